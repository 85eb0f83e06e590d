"""Figures of points and of pairs of points, with intervals over people and seeds."""

from __future__ import annotations

from typing import Mapping, Sequence

import numpy as np

from tfprivacy_rep.evaluation.figures import plain
from tfprivacy_rep.evaluation.results import RunRecord, by_seed
from tfprivacy_rep.evaluation.statistics import (
    Interval,
    PersonValues,
    Statistic,
    bootstrap_interval,
    bootstrap_intervals,
    difference,
    joined,
    mean_mcc_of,
    mean_of,
    mean_of_defined,
)
from tfprivacy_rep.reproduction.tasks import PART

#: Every figure of a point by name; the first six are the paper's columns.
STATISTICS: dict[str, Statistic] = {
    "mean_mcc": mean_mcc_of(),
    "smiling_mcc": mean_mcc_of("single_labels", "single_predictions"),
    "face_similarity": mean_of_defined("face_similarity"),
    "feature_similarity": mean_of("feature_similarity"),
    "ssim": mean_of("ssim"),
    "psnr": mean_of("psnr"),
    "feature_similarity_centered": mean_of("feature_similarity_centered"),
    "rank1": mean_of_defined("rank1"),
    "linkage_rank1": mean_of_defined("linkage/rank1"),
    "answer_rank1": mean_of_defined("linkage/rank1_answer"),
    "other_mcc": mean_mcc_of("other_labels", "other_predictions"),
}
REPLICATES = 500
#: Parts of the table of a pair of points.
FIRST, SECOND = "first", "second"


def table_of(records: Sequence[RunRecord]) -> list[PersonValues]:
    """A table for each seed, in the order of the seeds, with its folds one below the other."""
    return by_seed(records, PART)


def measured(records: Sequence[RunRecord], name: str) -> dict[str, float | None]:
    """A figure of a point as `{"mean", "low", "high"}`: over the seeds, with its 95 % interval."""
    return as_json(bootstrap_interval(table_of(records), STATISTICS[name], seed=0, replicates=REPLICATES))


def all_measured(
    records: Sequence[RunRecord], statistics: Mapping[str, Statistic]
) -> dict[str, dict[str, float | None]]:
    """Several figures of a point, each as `measured` gives it."""
    found = bootstrap_intervals(table_of(records), statistics, seed=0, replicates=REPLICATES)
    return {name: as_json(interval) for name, interval in found.items()}


def compared(first: Sequence[RunRecord], second: Sequence[RunRecord], name: str) -> Interval | None:
    """A figure of the first point minus that of the second, paired by photograph, over the runs that both have."""
    return paired(first, second, difference(STATISTICS[name], FIRST, SECOND))


def paired(first: Sequence[RunRecord], second: Sequence[RunRecord], statistic: Statistic) -> Interval | None:
    """A figure of a pair of points, over the runs that both have.

    Args:
        first, second: records of the points.
        statistic: of a table joined of the parts `FIRST` and `SECOND`.

    Returns:
        None where no run has both, or the interval is not defined.
    """
    runs = {r.run for r in first} & {r.run for r in second}
    if not runs:
        return None
    parts = {
        part: table_of([r for r in records if r.run in runs])
        for part, records in ((FIRST, first), (SECOND, second))
    }
    interval = bootstrap_interval(joined(parts), statistic, seed=0, replicates=REPLICATES)
    return None if np.isnan([interval.low, interval.high]).any() else interval


def as_json(interval: Interval) -> dict[str, float | None]:
    """An interval as results.json has it."""
    return {"mean": plain(interval.value), "low": plain(interval.low), "high": plain(interval.high)}
