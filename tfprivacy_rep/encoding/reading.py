"""Photographs of a folder as an encoder takes them, read ahead of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
import tensorflow as tf
from PIL import Image

from tfprivacy_rep.data import decoding, indexing, preprocessing, sources
from tfprivacy_rep.data.alignment import NoFaceError
from tfprivacy_rep.data.image_files import ImageFiles
from tfprivacy_rep.errors import UserError

Aligner = Callable[[np.ndarray], np.ndarray]

#: Decoding takes several times as long as a small encoder; the model gets what the decoders leave.
_PARALLEL, _AHEAD = max(2, os.cpu_count() or 1), 4


@dataclass(frozen=True)
class Found:
    """The photographs of a folder that look whole.

    Attributes:
        folder: that was searched.
        names: N paths within it, with slashes, sorted.
        odd: bool `[N]`, true for what Pillow has to decode.
        rows: int64 `[N]`, first row of the square that is kept; -1 for the middle.
        skipped: "name: reason" of those that are left out.
    """

    folder: Path
    names: tuple[str, ...]
    odd: np.ndarray
    rows: np.ndarray
    skipped: tuple[str, ...]


def find(folder: str, on_bad_image: str, crop_top: str, dataset: str | None) -> Found:
    """Searches a folder and all folders in it for files with a suffix of one of `preprocessing.FORMATS`.

    Args:
        folder: to search.
        on_bad_image: `error` or `skip`.
        crop_top: a row, `middle`, or `training`: the row of the source's photographs for those of their size.
        dataset: source of the encoder's photographs; None where it is not known.

    Raises:
        UserError: if there is no such folder or no photograph in it, or if one is bad and bad ones are not skipped.
    """
    root = Path(folder)
    if not root.is_dir():
        raise UserError(f"Invalid `photographs`: expected a folder. Received: {folder}, which is none. Use "
                        "--photographs=FOLDER.")
    names = _names(root)
    if not names:
        raise UserError(f"Invalid `photographs`: expected a folder with photographs. Received: {folder} without a file "
                        "that has the suffix of a picture, such as .jpg or .png. Check the path.")
    try:
        indexed = indexing.index(root, names, on_bad_image)
    except UserError as error:  # it speaks of the option that training has
        raise UserError(str(error).replace("`data_dir`", "`photographs`")) from error
    kept = [names[i] for i in indexed.places]
    rows, unfit = _rows(root, kept, crop_top, dataset)
    if unfit and (on_bad_image == "error" or len(unfit) == len(kept)):
        raise indexing.bad_images(root, list(unfit.values()), len(names))
    fits = [i for i in range(len(kept)) if i not in unfit]
    skipped = tuple(sorted([*indexed.skipped, *unfit.values()]))
    return Found(root, tuple(kept[i] for i in fits), indexed.odd[fits], rows[fits], skipped)


def batches(found: Found, size: int, batch_size: int, on_bad_image: str, aligner: Aligner | None) -> tf.data.Dataset:
    """Batches in the order of the names, decoded while the model works on those before.

    Args:
        found: the photographs.
        size: side S in pixels.
        batch_size: photographs a batch; the last may be smaller.
        on_bad_image: with `skip`, photographs that can't be decoded come with a reason in place of an error.
        aligner: cuts the face out, in place of the square.

    Returns:
        A dataset of pairs: images float32 `[B, S, S, 3]` in [0, 1], and reasons, string `[B]`, why an image is none;
        empty for those that are.
    """
    read = _reader(found, size) if aligner is None else _aligned_reader(found, size, aligner)
    if aligner is None and on_bad_image == "skip":
        read = _forgiving(read, size)

    def as_float(images: tf.Tensor, reasons: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.cast(images, tf.float32) / 255.0, reasons

    dataset = tf.data.Dataset.range(len(found.names)).map(read, num_parallel_calls=_PARALLEL, deterministic=True)
    return dataset.batch(batch_size).map(as_float).prefetch(_AHEAD)


def _names(root: Path) -> list[str]:
    Image.init()
    suffixes = {suffix for suffix, kind in Image.registered_extensions().items() if kind in preprocessing.FORMATS}
    names = [(Path(place).relative_to(root) / file).as_posix() for place, _, files in os.walk(root) for file in files
             if os.path.splitext(file)[1].lower() in suffixes]
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise UserError("Invalid `photographs`: expected names of files in UTF-8. Received: "
                            f"{os.fsencode(name)!r}. Rename the file.") from error
    return sorted(names)


def _rows(root: Path, names: list[str], crop_top: str, dataset: str | None) -> tuple[np.ndarray, dict[int, str]]:
    """The first row of each photograph's square, -1 for the middle, and "name: reason" of those that it leaves."""
    rows, unfit = np.full(len(names), -1, np.int64), {}
    cut = sources.get(dataset).cut if dataset and crop_top == "training" else None
    row = cut.top if cut else None
    if crop_top not in ("training", "middle"):
        row = int(crop_top)
    if row is None:
        return rows, {}
    for place, name in enumerate(names):
        try:
            width, height = _upright_size(root / name)
        except preprocessing.DAMAGED as error:  # which the look at its ends did not find
            unfit[place] = f"{name}: {error}"
            continue
        if crop_top != "training" and row + min(width, height) > height:
            unfit[place] = f"{name}: {width} x {height} pixels, no square below row {row}"
        elif cut is None or (height, width) == (cut.height, cut.width):
            rows[place] = row
    return rows, unfit


def _upright_size(path: Path) -> tuple[int, int]:
    with open(path, "rb") as file, preprocessing.opened(file) as image:
        return preprocessing.upright_size(image)


Reader = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def _reader(found: Found, size: int) -> Reader:
    row = int(found.rows.max(initial=-1))
    middle = ImageFiles(found.folder, found.names, found.odd, size)
    if row < 0:
        return lambda place: (middle.row(place), tf.constant(""))
    from_row, rows = ImageFiles(found.folder, found.names, found.odd, size, row), tf.constant(found.rows)

    def read(place: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        chosen = tf.gather(rows, place) >= 0
        return tf.cond(chosen, lambda: from_row.row(place), lambda: middle.row(place)), tf.constant("")

    return read


def _forgiving(read: Reader, size: int) -> Reader:
    """Files whose damage does not show at their ends fail as they are decoded, which a graph can't catch."""

    def damaged(_: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.zeros((size, size, 3), tf.uint8), tf.constant("its pixels can't be decoded")

    return lambda place: decoding.first_that_works(place, read, damaged)


def _aligned_reader(found: Found, size: int, aligner: Aligner) -> Reader:
    black = np.zeros((size, size, 3), np.uint8)

    def read(place: np.ndarray) -> tuple[np.ndarray, bytes]:
        try:
            return aligner(preprocessing.read_rgb(found.folder / found.names[int(place)])), b""
        except NoFaceError:
            return black, b"no face that dlib finds"
        except UserError as error:
            return black, str(error).encode()

    def row(place: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        image, reason = tf.numpy_function(read, [place], (tf.uint8, tf.string), stateful=False)
        return tf.ensure_shape(image, (size, size, 3)), tf.ensure_shape(reason, ())

    return row
