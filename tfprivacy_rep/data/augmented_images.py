"""Shifted and mirrored variants of photographs, made when they are asked for."""

from __future__ import annotations

import copy
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Sequence

import numpy as np

from tfprivacy_rep.data.images import Images, ImageStore

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class Variants:
    """How each variant differs from its original; no shift and not mirrored for the originals themselves.

    Attributes:
        tops, lefts: int16 `[M]`, pixels by which the part that is kept lies lower and further right.
        mirrored: bool `[M]`.
    """

    tops: np.ndarray
    lefts: np.ndarray
    mirrored: np.ndarray


class AugmentedImages:
    """An `ImageStore` of variants: number i is made of original i % N, and pixels beyond the border repeat it.

    Args:
        originals: N photographs.
        variants: M of them, a multiple of N.
    """

    def __init__(self, originals: Images, variants: Variants) -> None:
        self._originals, self._variants = originals, variants
        self._indices = np.arange(len(variants.mirrored))

    @property
    def shape(self) -> tuple[int, ...]:
        """`(M, S, S, 3)`."""
        return (len(self._indices), *self._originals.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        """uint8."""
        return self._originals.dtype

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, key: int | slice | Sequence[int] | np.ndarray) -> np.ndarray:
        chosen = np.atleast_1d(self._indices[key])
        images = np.array(self._originals[chosen % len(self._originals)])
        held, pixels = self._variants, np.arange(self.shape[1])
        for image, top, left, mirrored in zip(images, held.tops[chosen], held.lefts[chosen], held.mirrored[chosen]):
            rows, columns = (np.clip(pixels + shift, 0, len(pixels) - 1) for shift in (top, left))
            image[:] = image[rows][:, columns[::-1] if mirrored else columns]
        return images if np.ndim(self._indices[key]) else images[0]

    def take(self, indices: np.ndarray) -> AugmentedImages:
        """The variants at `indices`, int `[K]`; reads nothing."""
        taken = copy.copy(self)
        taken._indices = self._indices[indices]
        taken.__dict__.pop("_tensors", None)
        return taken

    def row(self, index: tf.Tensor) -> tf.Tensor:
        """The variant at `index`, a scalar int64, as uint8 `[S, S, 3]`."""
        import tensorflow as tf

        assert isinstance(self._originals, ImageStore)
        place, top, left, mirrored = (tf.gather(values, index) for values in self._tensors)
        pixels = tf.range(self.shape[1])
        rows, columns = (tf.clip_by_value(pixels + shift, 0, self.shape[1] - 1) for shift in (top, left))
        image = tf.gather(self._originals.row(place), rows)
        return tf.gather(image, tf.where(mirrored, columns[::-1], columns), axis=1)

    @functools.cached_property
    def _tensors(self) -> tuple[tf.Tensor, ...]:
        import tensorflow as tf

        held, chosen = self._variants, self._indices
        values = (chosen % len(self._originals), held.tops[chosen].astype(np.int32),
                  held.lefts[chosen].astype(np.int32), held.mirrored[chosen])
        with tf.init_scope(), tf.device("CPU:0"):  # tensors that graphs refer to; made in a graph they'd be copied
            return tuple(tf.constant(value) for value in values)
