"""Identification and verification of people from scores: rank-k, AUC and the true accept rate at a false accept rate.

A score says how alike a probe and a gallery entry are. A pair is genuine if both show one person, an impostor pair
otherwise. Every figure is a column with one number a probe, so that people can be resampled for intervals.
"""

from __future__ import annotations

from typing import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.metrics.ranking import TIE_TOLERANCE

#: False accept rates at which the true accept rate is told.
FARS = (1e-1, 1e-2, 1e-3)

#: False accepts that a rate must stand on: of fewer, the threshold is the whim of a few pairs.
MIN_FALSE_ACCEPTS = 10

RANKS = (1, 5)

#: Probes looked at a time, so that no second matrix of all pairs is made.
_CHUNK = 256


def far_key(far: float) -> str:
    """Returns the column of a false accept rate: `tar_far1e-1` for 0.1."""
    mantissa, exponent = f"{far:e}".split("e")
    return f"tar_far{float(mantissa):g}e{int(exponent)}"


def identification(
    scores: ArrayLike, probe_people: ArrayLike, gallery_people: ArrayLike
) -> dict[str, NDArray[np.float64]]:
    """Computes how well scores tell who is on each probe.

    Scores that differ by no more than `TIE_TOLERANCE` are tied, and ties count by expectation, as if broken at random.

    Args:
        scores: of every probe with every gallery entry, `[N, M]`, finite, higher = more alike, M >= 1.
        probe_people: who is on the probes, `[N]` integers.
        gallery_people: who is on the gallery entries, `[M]` integers.

    Returns:
        Columns `[N]` float64. A probe without a mate, an entry of its person in the gallery, has NaN everywhere but in
        `other_people`; take `numpy.nanmean`.

        * `rank1`, `rank5`: probability that the right person is among the first k people; see `rank_hits`.
        * `auc`: mean over the probe's genuine pairs of the share of all impostor pairs, those of other probes included,
          that score lower; half for ties. The mean over probes weighs probes equally. It is the usual area under the
          ROC curve where all probes with a mate have equally many genuine pairs; otherwise that is the mean weighted
          by these numbers.
        * `tar_far1e-1`, `tar_far1e-2`, `tar_far1e-3`: share of the probe's genuine pairs above the threshold that at
          most that share of all impostor pairs exceeds. A score tied with the threshold is not accepted. NaN for all
          probes where there are fewer impostor pairs than ten false accepts need, 10 / FAR: 100, 1,000, 10,000.
        * `same_person`, `other_people`: mean score with entries of the same person and of other people.

    Raises:
        UserError: shapes do not fit or a score is not finite.
    """
    matrix, probes, gallery = _checked(scores, probe_people, gallery_people)
    genuine, rows, impostors, totals = _pairs(matrix, probes, gallery)
    mates = np.bincount(rows, minlength=len(probes))

    def of_genuine(values: NDArray) -> NDArray[np.float64]:
        return _ratio(np.bincount(rows, values, minlength=len(probes)), mates)

    columns = {f"rank{k}": hits for k, hits in zip(RANKS, _rank_hits(matrix, probes, gallery, RANKS))}
    below = np.searchsorted(impostors, genuine - TIE_TOLERANCE, "left")
    not_above = np.searchsorted(impostors, genuine + TIE_TOLERANCE, "right")
    columns["auc"] = of_genuine(_ratio((below + not_above) / 2.0, np.full(len(genuine), len(impostors))))
    for far in FARS:
        accepted = int(far * len(impostors))
        if accepted < MIN_FALSE_ACCEPTS:
            columns[far_key(far)] = np.full(len(probes), np.nan)
            continue
        threshold = impostors[-1 - accepted]  # so many impostor pairs come after it, and not all of them exceed it
        columns[far_key(far)] = of_genuine((genuine > threshold + TIE_TOLERANCE).astype(np.float64))
    same = np.bincount(rows, genuine, minlength=len(probes))
    columns["same_person"] = _ratio(same, mates)
    columns["other_people"] = _ratio(totals, len(gallery) - mates)
    return columns


def rank_hits(scores: ArrayLike, probe_people: ArrayLike, gallery_people: ArrayLike, k: int) -> NDArray[np.float64]:
    """Computes for each probe the probability that its person is among the first k people of the gallery.

    The ranking is one of people: a person's score is the best of the person's entries. With `above` people strictly
    better than the right one and `tied` people as good, the right one included, the hit is (k - above) / tied, at
    least 0 and at most 1. Where each person has one entry, k = 1 is `metrics.ranking.rank1_hits`.

    Args:
        scores: `[N, M]`, as in `identification`.
        probe_people: `[N]` integers.
        gallery_people: `[M]` integers.
        k: at least 1. With no more than k people in the gallery every probe with a mate hits.

    Returns:
        `[N]` float64 in [0, 1]; NaN for probes whose person is not in the gallery.

    Raises:
        UserError: as in `identification`.
    """
    return _rank_hits(*_checked(scores, probe_people, gallery_people), (k,))[0]


def histogram(
    scores: ArrayLike, probe_people: ArrayLike, gallery_people: ArrayLike, bins: int = 40
) -> dict[str, list[float]]:
    """Computes the distributions of the scores of genuine and of impostor pairs, ready for JSON.

    Args:
        scores: `[N, M]`, as in `identification`.
        probe_people: `[N]` integers.
        gallery_people: `[M]` integers.
        bins: at least 1, equally wide, from the least to the greatest score.

    Returns:
        `edges` (bins + 1 numbers), `same` and `other`: densities of `bins` numbers whose sum times the width of a bin
        is 1, or 0 where there is no such pair.

    Raises:
        UserError: as in `identification`, or without a probe.
    """
    matrix, probes, gallery = _checked(scores, probe_people, gallery_people)
    if not matrix.size:
        raise UserError(f"Invalid `scores`: expected at least one probe. Received: shape {matrix.shape}. Pass some.")
    low, high = float(matrix.min()), float(matrix.max())
    if high - low <= TIE_TOLERANCE:  # all tied: no bin is as narrow as rounding
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, bins + 1)
    counts = np.zeros((2, bins))
    for part in _chunks(len(probes)):
        mine = probes[part, None] == gallery
        counts += [np.histogram(matrix[part][chosen], edges)[0] for chosen in (mine, ~mine)]
    densities = counts / np.maximum(counts.sum(1, keepdims=True), 1.0) / np.diff(edges)
    return {"edges": edges.tolist(), "same": densities[0].tolist(), "other": densities[1].tolist()}


def _pairs(
    matrix: NDArray, probes: NDArray, gallery: NDArray
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Returns genuine scores, their probes, all impostor scores in ascending order, and each probe's sum of them."""
    genuine, rows, impostors, totals = [], [], [], []
    for part in _chunks(len(probes)):
        block = matrix[part].astype(np.float64)
        mine = probes[part, None] == gallery
        genuine.append(block[mine])
        rows.append(np.nonzero(mine)[0] + part.start)
        impostors.append(block[~mine])
        totals.append(np.where(mine, 0.0, block).sum(1))
    if not genuine:
        return np.zeros(0), np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    ordered = np.concatenate(impostors)
    ordered.sort()
    return np.concatenate(genuine), np.concatenate(rows), ordered, np.concatenate(totals)


def _rank_hits(
    matrix: NDArray, probes: NDArray, gallery: NDArray, ranks: tuple[int, ...]
) -> list[NDArray[np.float64]]:
    """Returns the column of `rank_hits` for each of the ranks."""
    order = np.argsort(gallery, kind="stable")
    people, starts = np.unique(gallery[order], return_index=True)
    place = np.searchsorted(people, probes).clip(max=len(people) - 1)
    known = people[place] == probes
    hits = [np.full(len(probes), np.nan) for _ in ranks]
    for part in _chunks(len(probes)):
        best = np.maximum.reduceat(matrix[part][:, order].astype(np.float64), starts, axis=1)
        lead = best - np.take_along_axis(best, place[part, None], 1)  # of each person over the right one
        above = (lead > TIE_TOLERANCE).sum(1)
        tied = (np.abs(lead) <= TIE_TOLERANCE).sum(1)
        for k, column in zip(ranks, hits):
            column[part] = np.where(known[part], np.clip((k - above) / tied, 0.0, 1.0), np.nan)
    return hits


def _ratio(sums: NDArray, counts: NDArray) -> NDArray[np.float64]:
    """Returns sums / counts, NaN where there is nothing to average."""
    return np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, count, _CHUNK))


def _checked(
    scores: ArrayLike, probe_people: ArrayLike, gallery_people: ArrayLike
) -> tuple[NDArray, NDArray, NDArray]:
    """Returns the arguments as arrays that fit each other, or raises a UserError."""
    matrix, probes, gallery = np.asarray(scores), np.asarray(probe_people), np.asarray(gallery_people)
    if probes.ndim != 1 or gallery.ndim != 1 or matrix.shape != (len(probes), len(gallery)) or not len(gallery):
        raise UserError(
            "Invalid `scores`: expected the shape [N, M], a row for each probe and a column for each of at least one "
            f"gallery entry. Received: scores {matrix.shape}, probe_people {probes.shape}, gallery_people "
            f"{gallery.shape}. Pass the people in the order of rows and columns."
        )
    if not np.isfinite(matrix).all():
        raise UserError(
            f"Invalid `scores`: expected finite numbers. Received: {int((~np.isfinite(matrix)).sum())} others among "
            f"{matrix.size}. Look for overflow in what was compared."
        )
    return matrix, probes, gallery
