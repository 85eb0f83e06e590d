"""The discriminator D: is an image a photograph or a reconstruction?"""

from __future__ import annotations

from typing import Sequence

import keras
from keras import layers

from tfprivacy_rep.models.encoder import GROUPS
from tfprivacy_rep.models.initialisation import seeded_initialisers


def build_discriminator(image_size: int, widths: Sequence[int] = (32, 64, 128, 256), seed: int = 0) -> keras.Model:
    """Builds the discriminator: DCGAN's, with normalisation by groups and none in the first stage.

    Args:
        image_size: side S of the images in pixels, divisible by `2 ** len(widths)`.
        widths: filters of the 4x4 stride-2 convolutions, each a multiple of 8.
        seed: of the weights.

    Returns:
        A model from images `[B, S, S, 3]` float32 in [0, 1] to logits `[B]` float32; `sigmoid(logit)` is the
        probability of a real photograph.
    """
    initialiser = seeded_initialisers(seed)
    x = images = keras.Input((image_size, image_size, 3), name="images")
    x = layers.Rescaling(2.0, offset=-1.0, name="to_minus_one_one")(x)
    for index, filters in enumerate(widths):
        x = layers.Conv2D(filters, 4, 2, padding="same", kernel_initializer=initialiser(), name=f"conv{index}")(x)
        if index:
            x = layers.GroupNormalization(GROUPS, name=f"norm{index}")(x)
        x = layers.LeakyReLU(0.2, name=f"activation{index}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(1, kernel_initializer=initialiser(), name="logit")(x)
    return keras.Model(images, layers.Reshape((), name="logits")(x), name="discriminator")
