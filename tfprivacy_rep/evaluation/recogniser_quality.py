"""How well a recogniser tells people apart: verification of pairs and identification among many."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.metrics.ranking import rank1_hits
from tfprivacy_rep.metrics.similarity import cosine

#: Random pairs of different people for each pair of one person.
_OTHERS = 3


class Quality(NamedTuple):
    """Figures of a recogniser.

    Attributes:
        auc: area under the ROC curve of the cosines of pairs, one person's against two people's.
        rank1: share of the photographs whose nearest gallery entry is of the right person; the gallery has the first
            photograph of each person, all others are looked up in it.
        same: mean cosine of pairs of one person.
        other: mean cosine of pairs of two people.
    """

    auc: float
    rank1: float
    same: float
    other: float


def measure_quality(
    vectors: NDArray, people: NDArray[np.int64], gallery: NDArray | None = None, seed: int = 0
) -> Quality:
    """Measures how well descriptions tell people apart.

    Args:
        vectors: descriptions of photographs, `[N, D]`.
        people: who is on them, `[N]`, at least two people with two photographs each or more.
        gallery: descriptions of the same photographs `[N, D]` that the others are compared with: of the originals,
            where `vectors` describe what is left of them. None for `vectors` themselves.
        seed: of the random pairs of two people.

    Raises:
        UserError: if there are fewer people or photographs.
    """
    kept = vectors if gallery is None else gallery
    order = np.argsort(people, kind="stable")
    counts = np.unique(people, return_counts=True)[1]
    if len(counts) < 2 or counts.min() < 2:
        raise UserError(
            "Invalid `people`: expected at least 2 people with at least 2 photographs each. "
            f"Received: {len(counts)} people with {counts.min(initial=0)} or more. Draw more."
        )
    first, second = _pairs_of_one(order, counts)
    draws = np.random.default_rng(seed)
    left, right = draws.integers(len(people), size=(2, _OTHERS * len(first)))
    differ = people[left] != people[right]
    same = cosine(vectors[first], kept[second])
    other = cosine(vectors[left[differ]], kept[right[differ]])
    truth = np.repeat([1, 0], [len(same), len(other)])
    starts = np.cumsum(counts) - counts
    shelf, probes = order[starts], np.delete(order, starts)
    return Quality(
        auc=float(roc_auc_score(truth, np.concatenate([same, other]))),
        rank1=float(rank1_hits(vectors[probes], people[probes], kept[shelf], people[shelf]).mean()),
        same=float(same.mean()),
        other=float(other.mean()),
    )


def _pairs_of_one(order: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns the rows of all pairs of two photographs of one person, each pair once."""
    firsts, seconds = [], []
    for rows in np.split(order, np.cumsum(counts)[:-1]):
        a, b = np.triu_indices(len(rows), 1)
        firsts.append(rows[a])
        seconds.append(rows[b])
    return np.concatenate(firsts), np.concatenate(seconds)
