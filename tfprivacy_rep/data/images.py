"""Images that are read on demand: what stands for an array of photographs that is too large for memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Sequence, Union, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf


@runtime_checkable
class ImageStore(Protocol):
    """N square RGB photographs, uint8 `[N, S, S, 3]`, that are decoded when they are asked for.

    What is read by `store[..]` and by `store.row(..)` is equal bit for bit. `np.ndarray` has all of this but `row`.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """`(N, S, S, 3)`."""

    @property
    def dtype(self) -> np.dtype:
        """uint8."""

    def __len__(self) -> int:
        """N."""

    def __getitem__(self, key: int | slice | Sequence[int] | np.ndarray) -> np.ndarray:
        """Decodes now: uint8 `[S, S, 3]` of an int, `[M, S, S, 3]` of anything else, as for an array."""

    def take(self, indices: np.ndarray) -> ImageStore:
        """The photographs at `indices`, int `[M]`, in that order; decodes nothing."""

    def row(self, index: tf.Tensor) -> tf.Tensor:
        """The photograph at `index`, a scalar int64, as uint8 `[S, S, 3]`: for use inside a graph of tf.data."""


Images = Union[np.ndarray, ImageStore]
"""Photographs in memory or read on demand."""


def take(images: Images, indices: np.ndarray) -> Images:
    """The photographs at `indices`, int `[M]`; decodes nothing."""
    return images.take(indices) if isinstance(images, ImageStore) else images[indices]


def in_memory(images: Images) -> np.ndarray:
    """All photographs as an array, uint8 `[N, S, S, 3]`: S * S * 3 bytes each."""
    return images[:] if isinstance(images, ImageStore) else images
