"""What an encoder that was made elsewhere takes for an image: its size, and the scale of its numbers."""

from __future__ import annotations

import os
from typing import Sequence

import numpy as np

from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.errors import UserError

#: Factor and offset from [0, 1] to each scale of float images.
SCALES = {"unit": (1.0, 0.0), "byte": (255.0, 0.0), "symmetric": (2.0, -1.0)}
#: Image sizes of the package are multiples of this, so that its networks fit them.
_MULTIPLE = 16


def require_fitting(shape: Sequence[int | None], image_size: int) -> None:
    """Raises a UserError where photographs of `image_size` pixels don't fit an input.

    Args:
        shape: of the input, the batch included; None where any number will do.
        image_size: side of the photographs.
    """
    shown = f"[{', '.join('any' if size is None else str(size) for size in shape)}]"
    if len(shape) != 4 or shape[3] not in (3, None) or (shape[1] != shape[2] and None not in shape[1:3]):
        raise UserError(
            "An encoder whose input does not fit the images: expected square RGB images [any, S, S, 3]. Received: "
            f"an input of shape {shown}. Wrap it in a model that takes such images."
        )
    sides = {size for size in shape[1:3] if size is not None}
    if sides <= {image_size}:
        return
    wanted = sides.pop()
    remedy = f"Add --image_size={wanted}." if wanted % _MULTIPLE == 0 and wanted >= 2 * _MULTIPLE else (
        f"Wrap it in a model that resizes images to {wanted} pixels: --image_size is a multiple of {_MULTIPLE}, at "
        f"least {2 * _MULTIPLE}."
    )
    raise UserError(
        f"An encoder whose input does not fit the images: expected one of {image_size} x {image_size} pixels. "
        f"Received: an encoder of {wanted} x {wanted} pixels. {remedy}"
    )


def unknown_side(path: str | os.PathLike) -> UserError:
    """The error of an encoder that takes images of any size where none was said."""
    return UserError(
        f"Invalid `image_size`: expected a side in pixels, because {path} takes images of any. Received: "
        "image_size=0. Add --image_size=64, or what it was trained with."
    )


def scaled(images: np.ndarray, dtype: type, input_range: str) -> np.ndarray:
    """Photographs as an encoder takes them.

    Args:
        images: `[N, S, S, 3]`, uint8 or float32 in [0, 1].
        dtype: uint8 or float32; uint8 has but one scale, 0 to 255.
        input_range: scale of float32, one of `SCALES`.
    """
    if dtype == np.uint8:
        return images if images.dtype == np.uint8 else np.rint(255.0 * images).clip(0, 255).astype(np.uint8)
    factor, offset = SCALES[input_range]
    if images.dtype == np.uint8 and input_range == "byte":
        return images.astype(np.float32)  # exact, which a division and a product are not
    return (as_float(images) * np.float32(factor) + np.float32(offset)).astype(np.float32)
