"""The discriminator D: is an image a photograph or a reconstruction?"""

from __future__ import annotations

from typing import Sequence

import keras
import numpy as np
from keras import layers

from tfprivacy_rep.models.encoder import GROUPS
from tfprivacy_rep.models.initialisation import seeded_initialisers


def build_discriminator(
    image_size: int, widths: Sequence[int] = (32, 64, 128, 256), seed: int = 0, spectral: bool = False
) -> keras.Model:
    """Builds the discriminator: DCGAN's, with normalisation by groups and none in the first stage.

    With `spectral`, each call with `training=True` first divides the kernel of every convolution and of the dense
    layer, as a matrix with one column a filter, by its largest singular value (Miyato et al., "Spectral Normalization
    for Generative Adversarial Networks", 2018). The value comes from one step of power iteration a call, from a vector
    that the layer keeps as `vector_u`. Keras writes the divided kernel back: calls with `training=False` change
    nothing, a kernel that was never called in training is not normalised, and the decoder's move, which looks through
    D, rescales D's kernels too. Normalisation by groups stays: single layers are bounded, the network is not.

    Args:
        image_size: side S of the images in pixels, divisible by `2 ** len(widths)`.
        widths: filters of the 4x4 stride-2 convolutions, each a multiple of 8.
        seed: of the weights; the same with and without `spectral`.
        spectral: whether kernels are kept at a largest singular value of 1.

    Returns:
        A model from images `[B, S, S, 3]` float32 in [0, 1] to logits `[B]` float32; `sigmoid(logit)` is the
        probability of a real photograph.
    """
    initialiser = seeded_initialisers(seed)

    def apply(layer: layers.Layer, x: keras.KerasTensor) -> keras.KerasTensor:
        if not spectral:
            return layer(x)
        # Built before it is wrapped, a layer names its weights as it does alone, and as when a `.keras` file is read.
        layer.build(x.shape)
        return layers.SpectralNormalization(layer, name=f"spectral_{layer.name}")(x)

    x = images = keras.Input((image_size, image_size, 3), name="images")
    x = layers.Rescaling(2.0, offset=-1.0, dtype="float32", name="to_minus_one_one")(x)
    for index, filters in enumerate(widths):
        convolution = layers.Conv2D(
            filters, 4, 2, padding="same", kernel_initializer=initialiser(), name=f"conv{index}"
        )
        x = apply(convolution, x)
        if index:
            x = layers.GroupNormalization(GROUPS, name=f"norm{index}")(x)
        x = layers.LeakyReLU(0.2, name=f"activation{index}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = apply(layers.Dense(1, kernel_initializer=initialiser(), dtype="float32", name="logit"), x)
    model = keras.Model(images, layers.Reshape((), dtype="float32", name="logits")(x), name="discriminator")
    _seed_vectors(model, seed)
    return model


def _seed_vectors(model: keras.Model, seed: int) -> None:
    """Gives each spectral normalisation a start that follows from the seed; Keras draws another in each process."""
    draws = np.random.default_rng((seed, 1))
    for layer in model.layers:
        if isinstance(layer, layers.SpectralNormalization):
            layer.vector_u.assign(draws.normal(0.0, 0.02, layer.vector_u.shape).astype(np.float32))
