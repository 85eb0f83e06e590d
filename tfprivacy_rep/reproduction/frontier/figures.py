"""Figures of points of a frontier and of pairs of them, with intervals over people, then seeds."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from tfprivacy_rep.evaluation.rate import identification_bound, rate_figures
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.evaluation.statistics import (
    Statistic,
    difference,
    mean_mcc_of,
    mean_of,
    mean_of_defined,
    ratio,
)
from tfprivacy_rep.reproduction.figures import FIRST, SECOND, all_measured, as_json, paired, table_of

#: What is told of a photograph: by linkage, by a judge of the reconstructions, by their pixels.
PRIVACY = ("linkage_rank1", "rank1", "psnr")
#: Every figure of a point by name.
STATISTICS: dict[str, Statistic] = {
    "mean_mcc": mean_mcc_of(),
    "linkage_rank1": mean_of_defined("linkage/best/rank1"),
    "rank1": mean_of_defined("row/rank1"),
    "psnr": mean_of("row/psnr"),
    "ssim": mean_of("row/ssim"),
    "face_similarity": mean_of_defined("row/face_similarity"),
}
_OF_PAIRS: dict[str, Statistic] = {
    **{name: difference(STATISTICS[name], FIRST, SECOND) for name in ("mean_mcc", *PRIVACY)},
    "linkage_ratio": ratio(STATISTICS["linkage_rank1"], FIRST, SECOND),
}


def measured(records: Sequence[RunRecord]) -> dict[str, dict[str, float | None]]:
    """All figures of a point, each as `{"mean", "low", "high"}`."""
    return all_measured(records, STATISTICS)


def against(first: Sequence[RunRecord], second: Sequence[RunRecord]) -> dict[str, dict[str, float | None] | None]:
    """A point against another, paired by photograph: the first's figures minus the second's, and `linkage_ratio`, its
    rank-1 by linkage over the other's; None where that is not defined."""
    found = {name: paired(first, second, statistic) for name, statistic in _OF_PAIRS.items()}
    return {name: None if interval is None else as_json(interval) for name, interval in found.items()}


def rate(records: Sequence[RunRecord]) -> dict[str, Any] | None:
    """The rate of a point as in the report of a training, and under `tested` what it means for as many equally likely
    people as were tested, None where nobody knows who is who: `people`, of the seed that has fewest, and `bound`, the
    largest share that can be named, None where that is vacuous. None for a point without noise."""
    found = rate_figures(table_of(records))
    if found is None:
        return None
    if not all(record.facts["partition"]["people"] for record in records):
        return found | {"tested": None}
    people = min(len(np.unique(record.people)) for record in records)
    bound = identification_bound(found["upper_limit_bits"], people)
    return found | {"tested": {"people": people, "bound": bound}}
