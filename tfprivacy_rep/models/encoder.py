"""The encoder Enc: a photograph becomes a representation Z."""

from __future__ import annotations

from typing import Callable, Sequence

import keras
from keras import layers

from tfprivacy_rep.models.initialisation import seeded_initialisers

GROUPS = 8


def build_encoder(
    image_size: int, representation_size: int = 128, widths: Sequence[int] = (32, 64, 128, 256), seed: int = 0
) -> keras.Model:
    """Builds the encoder: stride-2 convolutions of DCGAN's shape, then one dense layer.

    Normalisation is by groups of channels of one image, so the result depends neither on the batch nor on the replica.

    Args:
        image_size: side S of the images in pixels, divisible by `2 ** len(widths)`.
        representation_size: numbers d in the representation.
        widths: filters of the 4x4 stride-2 convolutions, each a multiple of 8.
        seed: of the weights.

    Returns:
        A model from images `[B, S, S, 3]` float32 in [0, 1] to representations `[B, d]` float32 (unbounded).
    """
    initialiser = seeded_initialisers(seed)
    trunk = _trunk(image_size, widths, initialiser)
    z = layers.Dense(
        representation_size, kernel_initializer=initialiser(), dtype="float32", name="representation"
    )(trunk.output)
    return keras.Model(trunk.input, z, name="encoder")


def build_trunk(image_size: int, widths: Sequence[int] = (32, 64, 128, 256), seed: int = 0) -> keras.Model:
    """Builds the encoder without its last layer, for a head of another kind (`models.release`).

    Args:
        image_size, widths, seed: as of `build_encoder`.

    Returns:
        A model from images `[B, S, S, 3]` float32 in [0, 1] to features `[B, F]` float32.
    """
    return _trunk(image_size, widths, seeded_initialisers(seed))


def _trunk(image_size: int, widths: Sequence[int], initialiser: Callable) -> keras.Model:
    x = images = keras.Input((image_size, image_size, 3), name="images")
    x = layers.Rescaling(2.0, offset=-1.0, dtype="float32", name="to_minus_one_one")(x)
    for index, filters in enumerate(widths):
        x = layers.Conv2D(filters, 4, 2, padding="same", kernel_initializer=initialiser(), name=f"conv{index}")(x)
        x = layers.GroupNormalization(GROUPS, name=f"norm{index}")(x)
        x = layers.LeakyReLU(0.2, name=f"activation{index}")(x)
    return keras.Model(images, layers.Flatten(name="flatten")(x), name="trunk")
