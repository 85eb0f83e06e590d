"""Encoder, classifier, decoder, discriminator: shapes, ranges, seeds, and independence of the batch."""

from __future__ import annotations

from typing import Callable

import keras
import numpy as np
import pytest

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.classifier import build_classifier
from tfprivacy_rep.models.decoder import build_decoder, build_residual_decoder
from tfprivacy_rep.models.discriminator import build_discriminator
from tfprivacy_rep.models.encoder import build_encoder

WIDTHS = (8, 8, 8, 16)

BUILDERS: dict[str, Callable[[int], keras.Model]] = {
    "encoder": lambda seed: build_encoder(32, 6, WIDTHS, seed=seed),
    "classifier": lambda seed: build_classifier((6,), 3, hidden=(4,), seed=seed),
    "decoder": lambda seed: build_decoder((6,), 32, WIDTHS[::-1], seed=seed),
    "residual_decoder": lambda seed: build_residual_decoder((6,), 32, WIDTHS[::-1], seed=seed),
    "discriminator": lambda seed: build_discriminator(32, WIDTHS, seed=seed),
}


def _inputs(model: keras.Model, count: int = 5, seed: int = 0) -> np.ndarray:
    """Noise in [0, 1] of the shape that the model takes."""
    return np.random.default_rng(seed).random((count, *model.input_shape[1:]), dtype=np.float32)


@pytest.fixture(params=BUILDERS)
def name(request: pytest.FixtureRequest) -> str:
    """Each network in turn."""
    return request.param


@pytest.mark.parametrize(
    "network, shape", [("encoder", (6,)), ("classifier", (3,)), ("decoder", (32, 32, 3)), ("discriminator", ())]
)
def test_outputs_have_the_documented_shape_and_type(network, shape):
    model = BUILDERS[network](0)
    outputs = model(_inputs(model))
    assert tuple(outputs.shape) == (5, *shape) and outputs.dtype == "float32"
    assert model.name == network and np.isfinite(outputs).all()


def test_the_seed_decides_the_weights(name):
    same, again, other = ([w.tobytes() for w in BUILDERS[name](seed).get_weights()] for seed in (0, 0, 1))
    assert same == again
    kernels = [index for index, v in enumerate(BUILDERS[name](0).weights) if v.path.endswith("kernel")]
    assert kernels and all(same[index] != other[index] for index in kernels)


def test_layers_of_one_network_differ(name):
    """One seed for all layers would give layers of the same shape the same weights."""
    kernels = [v.numpy() for v in BUILDERS[name](0).weights if v.path.endswith("kernel")]
    starts = [kernel.ravel()[:8] / np.abs(kernel).max() for kernel in kernels]
    assert len({np.round(start, 3).tobytes() for start in starts}) == len(kernels)


def test_an_example_does_not_depend_on_its_batch(name):
    """Alone, and among four others, in training mode too."""
    model = BUILDERS[name](0)
    inputs = _inputs(model)
    for training in (False, True):
        alone = np.asarray(model(inputs[2:3], training=training))[0]
        np.testing.assert_allclose(np.asarray(model(inputs, training=training))[2], alone, atol=1e-6)


def test_a_representation_depends_on_the_photograph():
    model = BUILDERS["encoder"](0)
    z = np.asarray(model(_inputs(model)))
    assert np.abs(z[0] - z[1]).max() > 1e-3


def test_reconstructions_are_in_the_unit_interval_for_extreme_representations():
    model = BUILDERS["decoder"](0)
    images = np.asarray(model(1e4 * (_inputs(model) - 0.5)))
    assert images.min() >= 0.0 and images.max() <= 1.0 and images.std() > 0.0


@pytest.mark.parametrize("side", [2, 4, 8, 16, 32])
def test_a_decoder_of_maps_doubles_them_to_the_size_of_the_image(side):
    """From 32 pixels on there is nothing to double; from 2 on more doublings than widths of three stages."""
    model = build_decoder((side, side, 4), 32, (16, 8, 8))
    assert model.output_shape == (None, 32, 32, 3)
    doublings = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Conv2DTranspose)]
    assert len(doublings) == np.log2(32 // side)


def test_a_decoder_of_vectors_takes_other_image_sizes():
    assert build_decoder((6,), 48, WIDTHS[::-1]).output_shape == (None, 48, 48, 3)


@pytest.mark.parametrize("shape", [(3, 3, 4), (8, 4, 4), (64, 64, 4), (8, 8)])
def test_a_map_that_can_not_be_doubled_to_the_image_is_refused(shape):
    with pytest.raises(UserError) as error:
        build_decoder(shape, 32, WIDTHS[::-1])
    text = " ".join(str(error.value).split())
    assert text.startswith("Invalid `representation_shape`: expected (d,) or a square map (h, h, c) with image_size=32")
    assert f"Received: representation_shape={shape}. Resize or flatten the map first." in text


def test_a_classifier_of_maps_sees_every_number():
    model = build_classifier((4, 4, 2), 3)
    assert model.output_shape == (None, 3) and model.get_layer("logits").kernel.shape == (32, 3)


def test_a_classifier_is_linear_unless_it_has_hidden_layers():
    linear, deep = build_classifier((6,), 3), build_classifier((6,), 3, hidden=(4, 4))
    a, b = _inputs(linear, 2)
    weights, bias = linear.get_weights()
    np.testing.assert_allclose(linear(np.stack([a, b])), np.stack([a, b]) @ weights + bias, atol=1e-6)
    assert [layer.units for layer in deep.layers[1:]] == [4, 4, 3]
