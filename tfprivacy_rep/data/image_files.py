"""Photographs that stay on disk as the JPEG and PNG files they came as, decoded each time they are asked for."""

from __future__ import annotations

import copy
import functools
import os
import re
from typing import Sequence

import numpy as np
import tensorflow as tf

from tfprivacy_rep.data import decoding, preprocessing
from tfprivacy_rep.errors import UserError


class ImageFiles:
    """An `ImageStore` on a folder of files.

    Plain JPEG and PNG files are decoded by TensorFlow, without Python, in as many threads as the pipeline has. Odd ones
    (CMYK, rotated by EXIF, transparent, 16 bits, other formats) and what TensorFlow's decoder refuses are read by
    Pillow, which either makes upright RGB of them or raises an error that names the file.

    Args:
        root: the folder.
        names: N paths within it.
        odd: bool `[N]`, true for what Pillow has to read (`indexing` finds them out).
        size: side S in pixels.
        top: first row of the square that is kept; None for the middle.
    """

    def __init__(
        self, root: str | os.PathLike, names: Sequence[str], odd: np.ndarray, size: int, top: int | None = None
    ) -> None:
        self._files = _Files(root, names, odd, size, top)
        self._indices = np.arange(len(names))

    @property
    def shape(self) -> tuple[int, ...]:
        """`(N, S, S, 3)`."""
        return (len(self._indices), self._files.size, self._files.size, 3)

    @property
    def dtype(self) -> np.dtype:
        """uint8."""
        return np.dtype(np.uint8)

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, key: int | slice | Sequence[int] | np.ndarray) -> np.ndarray:
        chosen = self._indices[key]
        decoded = self._files.decode(np.atleast_1d(chosen))
        return decoded if np.ndim(chosen) else decoded[0]

    def take(self, indices: np.ndarray) -> ImageFiles:
        """The photographs at `indices`, int `[M]`; reads nothing."""
        taken = copy.copy(self)
        taken._indices = self._indices[indices]
        taken.__dict__.pop("_places", None)
        return taken

    def row(self, index: tf.Tensor) -> tf.Tensor:
        """The photograph at `index`, a scalar int64, as uint8 `[S, S, 3]`."""
        return self._files.read(tf.gather(self._places, index))

    @functools.cached_property
    def _places(self) -> tf.Tensor:
        return outside_graphs(self._indices)


def outside_graphs(values: np.ndarray | list[bytes]) -> tf.Tensor:
    """A tensor that graphs refer to; a constant made while a graph is traced would be copied into it."""
    with tf.init_scope(), tf.device("CPU:0"):
        return tf.constant(values)


def as_user_error(error: tf.errors.OpError) -> UserError | None:
    """The error of a photograph that can't be read, out of the text of the graph that read it; None for others."""
    found = re.search(r"Unreadable photograph `.*", error.message)
    return UserError(found[0]) if found else None


class _Files:
    """All files of a folder, which every selection of them shares."""

    def __init__(
        self, root: str | os.PathLike, names: Sequence[str], odd: np.ndarray, size: int, top: int | None
    ) -> None:
        self.size, self._top = size, top
        self._folder = os.path.join(os.fsencode(root), b"")
        self._names, self._odd = outside_graphs([os.fsencode(name) for name in names]), outside_graphs(odd)
        self._decode = tf.function(self._decode_graph, input_signature=[tf.TensorSpec([None], tf.int64)])

    def read(self, place: tf.Tensor) -> tf.Tensor:
        """The photograph at `place`, a scalar int64, as uint8 `[S, S, 3]`."""
        path = tf.strings.join([self._folder, tf.gather(self._names, place)])
        image = tf.cond(tf.gather(self._odd, place), lambda: _by_pillow(path), lambda: _by_tensorflow(path))
        return decoding.square(image, self.size, self._top)

    def decode(self, places: np.ndarray) -> np.ndarray:
        """The photographs at `places`, int64 `[M]`, as uint8 `[M, S, S, 3]`.

        Raises:
            UserError: if a file can't be read; names it.
        """
        decoded = np.empty((len(places), self.size, self.size, 3), np.uint8)
        try:
            for start in range(0, len(places), 256):
                decoded[start : start + 256] = self._decode(places[start : start + 256])
        except tf.errors.OpError as error:
            raise (as_user_error(error) or error) from error
        return decoded

    def _decode_graph(self, places: tf.Tensor) -> tf.Tensor:
        return tf.map_fn(self.read, places, fn_output_signature=tf.uint8, parallel_iterations=4)


def _by_tensorflow(path: tf.Tensor) -> tf.Tensor:
    # Its error does not name the file; that of Pillow does.
    return decoding.first_that_works(path, lambda p: decoding.pixels(tf.io.read_file(p)), _by_pillow)


def _by_pillow(path: tf.Tensor) -> tf.Tensor:
    def read(encoded: bytes) -> np.ndarray:
        return preprocessing.read_rgb(os.fsdecode(encoded))

    return tf.ensure_shape(tf.numpy_function(read, [path], tf.uint8, stateful=False), (None, None, 3))
