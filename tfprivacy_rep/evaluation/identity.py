"""Recognisers: who is on the photograph, or on its reconstruction?

A recogniser is not used in training. It describes faces by vectors whose cosine tells people apart;
`tfprivacy_rep.metrics.ranking.rank1_hits` turns the vectors into a rank-1 rate. Raw cosines are high for strangers,
too, so a face similarity means something only beside the one of other people.
"""

from __future__ import annotations

from typing import Any, Callable, Protocol

import numpy as np
from numpy.typing import NDArray

from tfprivacy_rep.errors import UserError

#: Smallest side of a photograph, in pixels.
MIN_SIZE = 32


class Recogniser(Protocol):
    """Describes faces by vectors whose cosine similarity tells people apart.

    Attributes:
        name: short name for reports, e.g. `"dlib"`.
    """

    name: str

    def describe(self, images: NDArray) -> NDArray[np.float32]:
        """Describes photographs or reconstructions of them.

        Args:
            images: square crops of faces, `[N, S, S, 3]`, float32 in [0, 1], RGB, S >= 32.

        Returns:
            `[N, D]` float32.

        Raises:
            UserError: another shape, dtype or range.
        """


def check_images(images: NDArray, name: str = "images") -> NDArray:
    """Returns the images, or raises a UserError if they are not `[N, S, S, 3]` floats in [0, 1]."""
    images = np.asarray(images)
    shape = images.shape
    if len(shape) != 4 or not shape[0] or shape[3] != 3 or not shape[1] == shape[2] >= MIN_SIZE:
        raise UserError(
            f"Invalid `{name}`: expected the shape [N, S, S, 3], N >= 1, S >= {MIN_SIZE}. "
            f"Received: shape {shape}. Crop the faces to squares."
        )
    low, high = images.min(), images.max()
    if not (np.issubdtype(images.dtype, np.floating) and low >= 0.0 and high <= 1.0):
        raise UserError(
            f"Invalid `{name}`: expected floating point values in [0, 1]. Received: "
            f"{images.dtype} from {low} to {high}. Divide uint8 images by 255, clip others."
        )
    return images


def in_batches(describe: Callable[[NDArray], Any], images: NDArray, size: int) -> NDArray[np.float32]:
    """Describes images by calls of one size, so that what comes out does not depend on how many there are.

    Args:
        describe: from `[size, S, S, 3]` float32 to `[size, D]` float32, an array or a tensor.
        images: `[N, S, S, 3]`, N >= 1.
        size: of a call, at least 1; the last one is filled up with black images.

    Returns:
        `[N, D]` float32.
    """
    parts = []
    for start in range(0, len(images), size):
        batch = images[start : start + size].astype(np.float32, copy=False)
        filled = np.concatenate([batch, np.zeros((size - len(batch), *batch.shape[1:]), np.float32)])
        parts.append(np.asarray(describe(filled))[: len(batch)])
    return np.concatenate(parts)
