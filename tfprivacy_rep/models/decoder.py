"""The decoder Dec: a representation becomes a photograph again."""

from __future__ import annotations

from typing import Callable, Sequence

import keras
from keras import layers

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.encoder import GROUPS
from tfprivacy_rep.models.initialisation import seeded_initialisers

#: Maps that are doubled less often pass convolutions at their own size first.
_LEAST_STAGES = 2


def build_decoder(
    representation_shape: Sequence[int], image_size: int, widths: Sequence[int] = (256, 128, 64, 32), seed: int = 0
) -> keras.Model:
    """Builds the decoder: the encoder's mirror of transposed 4x4 stride-2 convolutions, then a 3x3 output.

    A vector is first spread over a small map; a map is taken as it is, and upsampled until it has the image's size.
    The last stage has no normalisation: at full resolution it would cost as much as all convolutions.

    Args:
        representation_shape: `(d,)`, or `(h, h, c)` where `image_size / h` is a power of two.
        image_size: side S of the images in pixels.
        widths: filters from the smallest map to the largest, each a multiple of 8. A map that starts larger uses the
            last.
        seed: of the weights.

    Returns:
        A model from representations `[B, ...]` float32 to images `[B, S, S, 3]` float32 in [0, 1] (sigmoid).

    Raises:
        UserError: if a map can't be upsampled to the image's size by doubling.
    """
    initialiser = seeded_initialisers(seed)
    representation, x = _as_map(representation_shape, image_size, widths, initialiser)
    stages = _stages(representation_shape, image_size, widths)
    x = _deepened(x, stages, widths, initialiser)
    for index, filters in enumerate(stages):
        x = layers.Conv2DTranspose(
            filters, 4, 2, padding="same", kernel_initializer=initialiser(), name=f"deconv{index}"
        )(x)
        if index < len(stages) - 1:
            x = layers.GroupNormalization(GROUPS, name=f"norm{index}")(x)
        x = layers.LeakyReLU(0.2, name=f"activation{index}")(x)
    x = layers.Conv2D(
        3, 3, padding="same", activation="sigmoid", kernel_initializer=initialiser(), dtype="float32", name="images"
    )(x)
    return keras.Model(representation, x, name="decoder")


def build_residual_decoder(
    representation_shape: Sequence[int], image_size: int, widths: Sequence[int] = (256, 128, 64, 32), seed: int = 0
) -> keras.Model:
    """Builds a decoder of another kind, for attackers: residual blocks, each doubling the side by nearest neighbours.

    A block adds two 3x3 convolutions with normalisation by groups before each, to its input passed by a 1x1 convolution
    (K. He et al., "Identity mappings in deep residual networks", ECCV 2016). Arguments, result and errors are those of
    `build_decoder`.
    """
    initialiser = seeded_initialisers(seed)
    representation, x = _as_map(representation_shape, image_size, widths, initialiser)

    def convolution(x: keras.KerasTensor, filters: int, side: int, name: str) -> keras.KerasTensor:
        return layers.Conv2D(filters, side, padding="same", kernel_initializer=initialiser(), name=name)(x)

    def prepared(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        if x.shape[-1] % GROUPS == 0:  # a map may come with any number of channels
            x = layers.GroupNormalization(GROUPS, name=f"norm_{name}")(x)
        return layers.LeakyReLU(0.2, name=f"activation_{name}")(x)

    stages = _stages(representation_shape, image_size, widths)
    x = _deepened(x, stages, widths, initialiser)
    for index, filters in enumerate(stages):
        inside = convolution(prepared(x, f"{index}a"), filters, 3, f"conv{index}a")
        inside = layers.UpSampling2D(name=f"up{index}a")(inside)
        inside = convolution(prepared(inside, f"{index}b"), filters, 3, f"conv{index}b")
        beside = layers.UpSampling2D(name=f"up{index}")(convolution(x, filters, 1, f"conv{index}"))
        x = layers.Add(name=f"add{index}")([inside, beside])
    x = layers.LeakyReLU(0.2, name="activation")(x)
    x = layers.Conv2D(
        3, 3, padding="same", activation="sigmoid", kernel_initializer=initialiser(), dtype="float32", name="images"
    )(x)
    return keras.Model(representation, x, name="residual_decoder")


def _as_map(
    representation_shape: Sequence[int], image_size: int, widths: Sequence[int],
    initialiser: Callable[[], keras.initializers.Initializer],
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The input, and the map that the stages start from: a vector is spread, a map is taken as it is."""
    x = representation = keras.Input(tuple(representation_shape), name="representation")
    if len(representation_shape) == 1:
        side = image_size // 2 ** len(widths)
        x = layers.Dense(side * side * widths[0], kernel_initializer=initialiser(), name="spread")(x)
        x = layers.Reshape((side, side, widths[0]), name="map")(x)
        x = layers.LeakyReLU(0.2, name="spread_activation")(x)
    return representation, x


def _deepened(
    x: keras.KerasTensor, stages: Sequence[int], widths: Sequence[int],
    initialiser: Callable[[], keras.initializers.Initializer],
) -> keras.KerasTensor:
    """Convolutions for maps that (nearly) have the image's size: the doublings alone would make a toy of a decoder."""
    for index in range(_LEAST_STAGES - len(stages)):
        x = layers.Conv2D(
            2 * widths[-1], 5, padding="same", kernel_initializer=initialiser(), name=f"refine{index}"
        )(x)
        x = layers.LeakyReLU(0.2, name=f"refine_activation{index}")(x)
    return x


def fits(representation_shape: Sequence[int], image_size: int) -> bool:
    """Whether decoders take representations of a shape: a vector, or a map that doubling brings to the image's size."""
    try:
        _stages(representation_shape or (0, 1, 1), image_size, (8,))
    except UserError:
        return False
    return True


def _stages(representation_shape: Sequence[int], image_size: int, widths: Sequence[int]) -> list[int]:
    if len(representation_shape) == 1:
        return [*widths[1:], widths[-1]]
    side, doublings = max(1, representation_shape[0]), 0
    while side << doublings < image_size:
        doublings += 1
    if len(representation_shape) != 3 or side << doublings != image_size or side != representation_shape[1]:
        raise UserError(
            f"Invalid `representation_shape`: expected (d,) or a square map (h, h, c) with image_size={image_size} = h "
            f"times a power of two. Received: representation_shape={tuple(representation_shape)}. "
            "Resize or flatten the map first."
        )
    if doublings > len(widths):
        return [widths[0]] * (doublings - len(widths)) + list(widths)
    return list(widths[len(widths) - doublings :])
