"""From a file of any kind to a square RGB photograph, by Pillow.

The order is: decode to 8-bit RGB, cut to a square, scale down without aliasing. Scaling to [0, 1]
is left to the network's input, so that photographs rest as uint8. `decoding` does the same to plain
JPEG and PNG files in TensorFlow.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from tfprivacy_rep.errors import UserError

#: Smaller photographs show no face; larger ones take more memory than one photograph should.
LEAST_SIDE, MOST_PIXELS = 16, 64_000_000
#: Pillow's names of what photographs come as. Others are left out because a few bytes of them start another program
#: (EPS), hold a picture larger than they declare (ICO, ICNS) or make Pillow ask for gigabytes (JPEG 2000).
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")

_ORIENTATION, _ON_ITS_SIDE = 0x0112, (5, 6, 7, 8)
# Pillow's conversion to RGB would clip these to white. 16-bit grey alone has a known range.
_DEEP_MODES = ("I", "F")
_GREY_16 = ("I;16", "I;16L", "I;16B")
# Pillow reports damaged files with all of these, depending on the format.
DAMAGED = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, TypeError, LookupError,
           ArithmeticError, AttributeError, AssertionError, RuntimeError, MemoryError, struct.error, zlib.error)


@dataclass(frozen=True)
class Cut:
    """Where the square lies on photographs of one size; on others it is the middle one.

    Attributes:
        height, width: of the photographs, in pixels.
        top: first row that is kept.
    """

    height: int
    width: int
    top: int


def read_rgb(path: str | os.PathLike) -> np.ndarray:
    """Decodes a photograph and turns it upright.

    Grey photographs become RGB with three equal channels; transparency is dropped; of 16 bits the
    upper 8 are kept. A rotation noted in EXIF is applied; the decoders of TensorFlow don't, so
    `indexing` leaves rotated files to this function.

    Args:
        path: a file of one of `FORMATS`; the first picture of an animation.

    Returns:
        uint8 [H, W, 3], RGB in 0..255.

    Raises:
        UserError: if the file is missing, damaged or of a mode with an unknown range; names the
            path.
    """
    try:
        # Not by its name: Pillow maps a plain file of a name to memory, and mixes up rows of a TIFF on its side.
        with open(path, "rb") as file, opened(file) as image:
            return np.array(upright_rgb(image))
    except DAMAGED as error:
        raise UserError(
            f"Unreadable photograph `{Path(path)}`: expected a whole image file with 8 bits a "
            f"channel. Received: {type(error).__name__}: {error}. Replace the file or leave it out."
        ) from error


def opened(file: BinaryIO) -> Image.Image:
    """Opens a file of one of `FORMATS`, and reads no more of it than its size and kind.

    Raises:
        one of `DAMAGED`: if it is of no such format.
    """
    return Image.open(file, formats=FORMATS)


def upright_rgb(image: Image.Image) -> Image.Image:
    """Decodes an opened file as `read_rgb` does.

    Raises:
        one of `DAMAGED`: for the reasons of `read_rgb`.
    """
    image = ImageOps.exif_transpose(image)
    if image.mode in _GREY_16:
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode.startswith(_DEEP_MODES):
        raise ValueError(f"more than 8 bits a channel (Pillow mode {image.mode})")
    return image.convert("RGB")


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height that `upright_rgb` gives an opened file.

    Raises:
        one of `DAMAGED`: if its metadata can't be read.
    """
    width, height = image.size
    turned = image.format != "TIFF" and image.getexif().get(_ORIENTATION, 1) in _ON_ITS_SIDE  # a TIFF's is upright
    return (height, width) if turned else (width, height)


def center_square(image: np.ndarray, top: int | None = None) -> np.ndarray:
    """Cuts the largest square out of the middle.

    Args:
        image: [H, W, C] or [H, W].
        top: first row that is kept, for sources whose faces don't sit in the middle of a portrait;
            None cuts as much above as below. Only for H >= W.

    Returns:
        [min(H, W), min(H, W), C] or without C, the same dtype; a view of `image`.

    Raises:
        UserError: if the square would leave the picture.
    """
    height, width = image.shape[:2]
    side = min(height, width)
    if top is None:
        top = (height - side) // 2
    elif not 0 <= top <= height - side:
        raise UserError(
            f"Invalid `top`: expected a row in 0..{height - side} for a picture {width} wide and "
            f"{height} high. Received: top={top}. Use None for the middle."
        )
    left = (width - side) // 2
    bottom, right = top + side, left + side
    return image[top:bottom, left:right]


def resize(image: np.ndarray, size: int) -> np.ndarray:
    """Scales a square picture, without aliasing when it gets smaller.

    Lanczos' filter of three lobes. `tf.image.resize(.., "lanczos3", antialias=True)`, rounded and
    clipped, differs by at most one level when it makes the ORL photographs smaller.

    Args:
        image: uint8 [H, H, 3] in 0..255.
        size: new side S in pixels, at least 1.

    Returns:
        uint8 [S, S, 3] in 0..255.

    Raises:
        UserError: if `image` is no square uint8 RGB picture or `size` no positive integer.
    """
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise UserError(
            f"Invalid `size`: expected an integer, at least 1. Received: size={size!r}. Use 64."
        )
    shape = image.shape
    if image.dtype != np.uint8 or len(shape) != 3 or shape[0] != shape[1] or shape[2] != 3:
        raise UserError(
            f"Invalid `image`: expected uint8 [H, H, 3]. Received: {image.dtype} {list(shape)}. "
            "Use center_square first."
        )
    if shape[0] == size:
        return np.array(image)
    scaled = Image.fromarray(np.ascontiguousarray(image)).resize(
        (int(size), int(size)), Image.Resampling.LANCZOS
    )
    return np.array(scaled)
