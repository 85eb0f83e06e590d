"""Linear discriminant analysis for cosines: directions in which people differ more than photographs of one person do.

Vectors are modelled as person + photograph, both normal. After the projection the photographs' part is white and the
people's part has the variance b_k along direction k. Each direction is then weighted by sqrt(b_k / (1 + b_k)), the root
of the share of it that is the person's (S. Ioffe, "Probabilistic linear discriminant analysis", ECCV 2006, gives the
model; the weights, those of a Wiener filter shared by the two sides of a cosine, are ours).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: What is added to the photographs' covariance, as a share of its mean variance, so that it can be inverted.
_RIDGE = 1e-4


def discriminant(vectors: NDArray, people: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fits the projection.

    Args:
        vectors: `[N, D]`, of equally many photographs of each person, at least two.
        people: who is on them, `[N]`, sorted.

    Returns:
        The mean `[D]` and the projection `[D, D]`, so that `(vectors - mean) @ projection` is what to compare; the most
        telling directions come first.
    """
    count = len(np.unique(people))
    groups = np.asarray(vectors, np.float64).reshape(count, -1, vectors.shape[1])
    photographs = groups.shape[1]
    centres = groups.mean(axis=1)
    deviations = (groups - centres[:, None]).reshape(-1, groups.shape[2])
    within = deviations.T @ deviations / (count * (photographs - 1))
    between = np.atleast_2d(np.cov(centres.T)) - within / photographs  # a mean of few photographs varies by them, too
    ridge = _RIDGE * np.trace(within) / len(within)
    sizes, directions = np.linalg.eigh(within + ridge * np.eye(len(within)))
    whiten = directions / np.sqrt(sizes)
    shares, turn = np.linalg.eigh(whiten.T @ between @ whiten)
    shares = np.maximum(shares, 0.0)
    projection = whiten @ turn * np.sqrt(shares / (1.0 + shares))
    return centres.mean(axis=0), projection[:, ::-1]
