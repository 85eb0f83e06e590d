"""Finds out which photographs can be read, by their first and last bytes, without decoding them.

A file is bad if it has no bytes, is no image, ends before its end, is smaller than 16 pixels or larger than 64
megapixels. Its suffix does not matter.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

import numpy as np
from PIL import Image

from tfprivacy_rep.data.preprocessing import DAMAGED, FORMATS, LEAST_SIDE, MOST_PIXELS, opened, upright_rgb
from tfprivacy_rep.errors import UserError

_LISTED = 10  # bad files that an error names
_ORIENTATION = 0x0112
_NOTES = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")  # where Pillow looks for a rotation
_PLAIN_MODES = ("L", "RGB")  # what TensorFlow's decoders turn into the same RGB as Pillow
_ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}  # the last bytes of a whole file


@dataclass(frozen=True)
class Indexed:
    """The photographs that can be read.

    Attributes:
        places: int64 `[M]`, their numbers among those asked for, rising.
        odd: bool `[M]`, true for what Pillow has to decode: no plain JPEG or PNG, or rotated by EXIF.
        skipped: "name: reason" of each of the others.
    """

    places: np.ndarray
    odd: np.ndarray
    skipped: tuple[str, ...]


def index(folder: str | os.PathLike, names: Sequence[str], on_bad_image: str) -> Indexed:
    """Checks the files `names` within `folder`.

    Reads two pieces of each file: about 30,000 files a second on one core once the system has them at hand.

    Args:
        folder: where the files are.
        names: paths within it, N of them.
        on_bad_image: `"error"` or `"skip"`.

    Raises:
        UserError: if a file is bad and bad ones are not to be skipped, naming the first ten, or if none is good.
    """
    places, odd, bad = [], [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's warnings of large pictures and of odd metadata
        for place, name in enumerate(names):
            try:
                odd.append(check(os.path.join(folder, name)))
                places.append(place)
            except DAMAGED as error:
                bad.append(f"{name}: {_reason(error)}")
    if bad and on_bad_image == "error":
        raise bad_images(folder, bad, len(names))
    if names and not places:
        raise UserError(
            f"Invalid `data_dir`: expected photographs in `{folder}`. Received: {len(names)} files, none of which can "
            f"be read, the first {bad[0]}. Restore the files."
        )
    return Indexed(np.array(places, np.int64), np.array(odd, bool), tuple(bad))


def check(path: str | os.PathLike) -> bool:
    """Returns whether Pillow has to decode the file; decodes it only if its end looks wrong.

    Raises:
        one of `preprocessing.DAMAGED`: if the file is bad.
    """
    with open(path, "rb") as file:
        if not os.fstat(file.fileno()).st_size:
            raise ValueError("no bytes")
        with opened(file) as image:
            _require_sides(*image.size)
            end = _ENDS.get(image.format or "", b"")
            plain = bool(end) and image.mode in _PLAIN_MODES and not _rotated(image)
            if not end or not _ends_with(file, end):
                _require_sides(*upright_rgb(image).size)  # a file can hold another picture than its start says
                plain = False
            elif image.format == "PNG":
                image.verify()  # its checksums; a PNG has no other way to be partly right
    return not plain


def _require_sides(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise ValueError(f"{width} x {height} pixels, more than {MOST_PIXELS // 10**6} megapixels")
    if min(width, height) < LEAST_SIDE:
        raise ValueError(f"{width} x {height} pixels, a side below {LEAST_SIDE}")


def _rotated(image: Image.Image) -> bool:
    return any(key in image.info for key in _NOTES) and image.getexif().get(_ORIENTATION, 1) != 1


def _ends_with(file, end: bytes) -> bool:
    place = file.tell()
    file.seek(-len(end), os.SEEK_END)
    found = file.read() == end
    file.seek(place)
    return found


def _reason(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, Image.UnidentifiedImageError):
        return f"no image of a known kind ({', '.join(FORMATS)})"
    return " ".join(str(error).split()) or type(error).__name__


def bad_images(folder: str | os.PathLike, bad: Sequence[str], count: int) -> UserError:
    """The error that names the first ten of the bad ones, each "name: reason", among `count` photographs."""
    listed = "; ".join(bad[:_LISTED]) + ("; .." if len(bad) > _LISTED else "")
    return UserError(
        f"Unreadable photographs in `{Path(folder)}`: expected {count} whole image files of at least {LEAST_SIDE} "
        f"pixels a side. Received: {len(bad)} that can't be read: {listed}. Replace them, or leave them out with "
        "--on_bad_image=skip."
    )
