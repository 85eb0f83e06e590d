"""Photographs in one file that holds them ready to use: decoded, cut and scaled."""

from __future__ import annotations

import copy
import os
from typing import Sequence

import numpy as np
import tensorflow as tf

from tfprivacy_rep.errors import UserError


class ArrayFile:
    """An `ImageStore` on a `.npy` file, which is mapped into memory and never read as a whole.

    Args:
        path: a `.npy` of uint8 `[N, S, S, 3]`.

    Raises:
        UserError: if the file is missing, damaged or holds something else.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        try:
            self._array = np.load(path, mmap_mode="r", allow_pickle=False)
            held = f"{self._array.dtype} {list(self._array.shape)}"
        except (OSError, ValueError, EOFError) as error:
            raise _invalid(path, f"{type(error).__name__}: {error}") from error
        shape = self._array.shape
        if self._array.dtype != np.uint8 or len(shape) != 4 or shape[1] != shape[2] or shape[3] != 3:
            raise _invalid(path, held)
        self._indices = np.arange(len(self._array))

    @property
    def shape(self) -> tuple[int, ...]:
        """`(N, S, S, 3)`."""
        return (len(self._indices), *self._array.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        """uint8."""
        return self._array.dtype

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, key: int | slice | Sequence[int] | np.ndarray) -> np.ndarray:
        return np.array(self._array[self._indices[key]])

    def take(self, indices: np.ndarray) -> ArrayFile:
        """The photographs at `indices`, int `[M]`; reads nothing."""
        taken = copy.copy(self)
        taken._indices = self._indices[indices]
        return taken

    def row(self, index: tf.Tensor) -> tf.Tensor:
        """The photograph at `index`, a scalar int64, as uint8 `[S, S, 3]`."""
        return tf.ensure_shape(tf.numpy_function(self.__getitem__, [index], tf.uint8, stateful=False), self.shape[1:])


def _invalid(path: str | os.PathLike, received: str) -> UserError:
    return UserError(
        f"Invalid file `{os.fspath(path)}`: expected a whole .npy of uint8 [N, S, S, 3]. Received: {received}. "
        "Remove the file, so that it is made again."
    )
