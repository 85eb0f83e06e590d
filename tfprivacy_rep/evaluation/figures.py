"""The figures of an encoder: which statistic of which columns each of them is.

One list serves a single run (the statistic of its photographs) and several (the same statistic with an interval), so
that a figure cannot mean two things.
"""

from __future__ import annotations

import math
from typing import Any, Iterable, Sequence

import numpy as np

from tfprivacy_rep.evaluation.statistics import (
    Columns,
    PersonValues,
    Statistic,
    bootstrap_intervals,
    mean_mcc_of,
    mean_of,
    mean_of_defined,
)
from tfprivacy_rep.metrics.mcc import mcc

Path = tuple[str | int, ...]
#: Metrics that a recogniser or knowledge of who is who is needed for.
OF_PEOPLE = ("rank1", "face_similarity", "same_person", "other_people", "raw", "centered")
ATTACK_METRICS = ("face_similarity", "feature_similarity", "feature_similarity_centered", "ssim", "psnr", "rank1")


def encoder_statistics(attributes: Sequence[str], attackers: Sequence[str]) -> dict[Path, Statistic]:
    """The figures of one encoder by their place in its part of results.json.

    Args:
        attributes: the task's.
        attackers: names of the attackers, in the order of the list `attacks`.
    """
    figures: dict[Path, Statistic] = {("utility", "mean_mcc"): mean_mcc_of()}
    for index, attribute in enumerate(attributes):
        figures["utility", "mcc", attribute] = _mcc_of(index)
    for place, attacker in enumerate(attackers):
        for metric in ATTACK_METRICS:
            figures["attacks", place, metric] = _mean(f"attacks/{attacker}/{metric}")
        figures["attacks", place, "face_similarity_rescaled"] = _rescaled(f"attacks/{attacker}/face_similarity")
    for name in ("rank1", "rank1_cosine", "rank1_lda", "rank1_answer"):
        figures["linkage", name] = _mean(f"linkage/{name}")
    for name in ("raw", "centered"):
        figures["random_pairs", f"feature_similarity_{name}"] = _mean(f"random_pairs/{name}")
    figures["headline", "mean_mcc"] = mean_mcc_of()
    figures["headline", "linkage_rank1"] = _mean("linkage/rank1")
    for name in ("rank1", "psnr", "ssim"):
        figures["headline", name] = _mean(f"headline/{name}")
    return figures


def reference_statistics() -> dict[Path, Statistic]:
    """Figures that belong to no encoder: the recogniser on originals, and the mean image as an attack that sees no
    Z."""
    figures: dict[Path, Statistic] = {
        ("recogniser", name): _mean(f"originals/{name}") for name in ("rank1", "same_person", "other_people")
    }
    for name in ("psnr", "ssim", "rank1", "face_similarity"):
        figures["mean_image", name] = _mean(f"mean_image/{name}")
    return figures


def measure(
    statistics: dict[Path, Statistic], runs: Sequence[PersonValues], intervals: bool, seed: int = 0
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Computes every figure, and its interval where there are several runs.

    Args:
        statistics: by place.
        runs: a table for each seed, folds pooled.
        intervals: whether to compute them.
        seed: of the resampling.

    Returns:
        The figures and the intervals `{"low", "high"}`, nested by place; a figure that is undefined is None. The second
        is empty when no intervals were asked for.
    """
    if not intervals:
        plain_values = {
            place: plain(float(np.mean([statistic(run.columns) for run in runs])))
            for place, statistic in statistics.items()
        }
        return nest(plain_values.items()), {}
    found = bootstrap_intervals(runs, statistics, seed=seed)
    return (
        nest((place, plain(one.value)) for place, one in found.items()),
        nest((place, {"low": plain(one.low), "high": plain(one.high)}) for place, one in found.items()),
    )


def nest(items: Iterable[tuple[Path, Any]]) -> dict[str, Any]:
    """Turns places into nested dictionaries; a number in a place is an index into a list."""
    root: dict[str, Any] = {}
    for place, value in items:
        node: Any = root
        for key, following in zip(place, (*place[1:], None)):
            empty: Any = [] if isinstance(following, int) else {}
            leaf = value if following is None else empty
            if isinstance(key, int):
                if key == len(node):
                    node.append(leaf)
            elif following is None or key not in node:
                node[key] = leaf
            node = node[key]
    return root


def _mean(column: str) -> Statistic:
    """The mean of a column; of one that tells about people, over the photographs that it can be told of."""
    name = column.split("/")[-1]
    return mean_of_defined(column) if name in OF_PEOPLE or "linkage/" in column else mean_of(column)


def _mcc_of(index: int) -> Statistic:
    def figure(columns: Columns) -> float:
        return float(mcc(columns["labels"][:, index : index + 1], columns["predictions"][:, index : index + 1])[0])

    return figure


def _rescaled(column: str) -> Statistic:
    """Face similarity on a scale where other people are 0 and the same person is 1."""

    def figure(columns: Columns) -> float:
        other, same = (mean_of_defined(f"originals/{name}")(columns) for name in ("other_people", "same_person"))
        if math.isnan(other) or math.isnan(same) or same == other:
            return math.nan
        return (mean_of_defined(column)(columns) - other) / (same - other)

    return figure


def plain(value: float) -> float | None:
    """A figure as JSON holds it: None where it is undefined."""
    return None if math.isnan(value) else float(value)
