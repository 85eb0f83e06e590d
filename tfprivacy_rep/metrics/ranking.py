"""Rank-1 re-identification: is the nearest photograph of the gallery one of the same person?"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.metrics.similarity import as_vectors, cosine_matrix

Measure = Literal["cosine", "hamming", "euclidean"]

#: Gallery entries are tied when their distances to the probe differ by no more than this: enough
#: for the rounding of a matrix product of equal vectors (about 1e-15), and so little that vectors
#: squeezed around a large common mean, which an attacker can tell apart, do not count as tied.
TIE_TOLERANCE = 1e-12
#: Probes compared at a time, so that no matrix of all of them with a large gallery is made.
_CHUNK = 512


def rank1_hits(
    probes: ArrayLike,
    probe_people: ArrayLike,
    gallery: ArrayLike,
    gallery_people: ArrayLike,
    measure: Measure = "cosine",
) -> NDArray[np.float64]:
    """Computes for each probe the probability that the nearest gallery entry is the right person.

    Ties are broken at random, and the expectation of that is returned: the share of the nearest
    entries that belong to the probe's person. Taking the first of the tied entries instead would
    reward the order of the gallery, which matters for vectors of few bits. If all entries are
    tied, the result is chance.

    Args:
        probes: vectors to identify, `[N, D]`, finite.
        probe_people: their person's id, `[N]`, integers.
        gallery: vectors of known people, `[M, D]`, finite.
        gallery_people: their person's id, `[M]`, integers.
        measure: `"cosine"` (1 - cosine similarity; a zero vector is equally far from all),
            `"hamming"` (number of entries that differ) or `"euclidean"`. Entries within
            `TIE_TOLERANCE` = 1e-12 of the smallest distance are tied.

    Returns:
        `[N]` float64 in [0, 1]; the mean is the rank-1 identification rate.

    Raises:
        UserError: shapes do not fit, a value is not finite, the measure is unknown or a probe's
            person is not in the gallery (the rate would be bounded by that, unseen).
    """
    probe_ids = _as_people(probe_people, probes, "probe_people")
    gallery_ids = _as_people(gallery_people, gallery, "gallery_people")
    absent = np.setdiff1d(probe_ids, gallery_ids)
    if absent.size:
        raise UserError(
            "Invalid `gallery_people`: expected every person of the probes to be in the gallery. "
            f"Received: {absent.size} people without an entry, e.g. {absent[:5].tolist()}. "
            "Add a photograph of each or leave their probes out."
        )
    hits = [
        _hits(distances(np.asarray(probes)[part], gallery, measure), probe_ids[part], gallery_ids)
        for part in (slice(start, start + _CHUNK) for start in range(0, len(probe_ids), _CHUNK))
    ]
    return np.concatenate(hits) if hits else np.zeros(0)


def _hits(distance: NDArray, probe_ids: NDArray, gallery_ids: NDArray) -> NDArray[np.float64]:
    nearest = distance <= distance.min(axis=1, keepdims=True) + TIE_TOLERANCE
    right = nearest & (probe_ids[:, None] == gallery_ids[None, :])
    return right.sum(axis=1) / nearest.sum(axis=1)


def distances(
    probes: ArrayLike, gallery: ArrayLike, measure: Measure = "cosine"
) -> NDArray[np.float64]:
    """Computes the distance of every probe to every gallery entry.

    Args:
        probes: vectors, `[N, D]`, finite.
        gallery: vectors, `[M, D]`, finite.
        measure: as in `rank1_hits`.

    Returns:
        `[N, M]` float64, at least 0: in [0, 2] for cosine, whole numbers in [0, D] for hamming.

    Raises:
        UserError: shapes do not fit, a value is not finite or the measure is unknown.
    """
    if measure not in get_args(Measure):
        raise UserError(
            f"Invalid `measure`: expected one of {', '.join(get_args(Measure))}. "
            f"Received: measure={measure!r}. Use 'cosine' for descriptors, 'hamming' for bits."
        )
    if measure == "cosine":
        return 1.0 - cosine_matrix(probes, gallery)
    left, right = as_vectors(probes, "probes"), as_vectors(gallery, "gallery")
    if left.shape[1] != right.shape[1]:
        raise UserError(
            "Invalid `gallery`: expected vectors of the length of those of `probes`. "
            f"Received: probes {left.shape}, gallery {right.shape}. Describe both the same way."
        )
    if measure == "hamming":  # cdist gives the share of entries that differ.
        return np.round(cdist(left, right, "hamming") * left.shape[1])
    return cdist(left, right, "euclidean")


def _as_people(people: ArrayLike, vectors: ArrayLike, name: str) -> NDArray:
    """Returns the ids as an array `[N]` that fits `vectors`, or raises a UserError."""
    ids = np.asarray(people)
    if ids.shape != np.shape(vectors)[:1]:
        raise UserError(
            f"Invalid `{name}`: expected one id for each vector, shape {np.shape(vectors)[:1]}. "
            f"Received: shape {ids.shape}. Pass the ids in the order of the vectors."
        )
    return ids
