"""Differences between figures, and what may be said about them.

A difference is called lower or higher only where its paired 95 % interval excludes 0. One run has no interval;
there the words are "in this one run".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

import numpy as np

from tfprivacy_rep.evaluation.results import RunRecord, by_seed
from tfprivacy_rep.evaluation.statistics import Columns, PersonValues, bootstrap_interval
from tfprivacy_rep.report.wording import TOLERANCE, interval, is_missing, lookup, number

SAME, LOWER, HIGHER = "same", "lower", "higher"
BLIND_FIGURES = ("psnr", "ssim", "rank1")


@dataclass(frozen=True)
class Compared:
    """A paired difference.

    Attributes:
        value: the difference, in the figure's unit.
        low, high: ends of its interval; None where there is none.
        repeated: whether there were several runs, so that an interval is asked for.
    """

    value: float
    low: float | None = None
    high: float | None = None
    repeated: bool = False

    @classmethod
    def of(cls, item: Mapping[str, float | None] | None, repeated: bool) -> "Compared | None":
        """Reads `{"value", "low", "high"}`; None where there is no value."""
        value = lookup(item, "value")
        if item is None or is_missing(value):
            return None
        low, high = item.get("low"), item.get("high")
        if is_missing(low) or is_missing(high):
            low = high = None
        return cls(value, low, high, repeated)

    def side(self, figure: str) -> str:
        """`"lower"`, `"higher"` or `"same"`: no difference that can be told."""
        if self.repeated:
            if self.low is None or self.high is None or self.low <= 0.0 <= self.high:
                return SAME
        elif abs(self.value) <= TOLERANCE[figure]:
            return SAME
        return LOWER if self.value < 0 else HIGHER

    def words(self, figure: str) -> str:
        """The difference as a phrase that claims no more than is known, e.g. "0.031 lower [−0.045, −0.020]"."""
        side, amount = self.side(figure), number(abs(self.value), figure, unit=True)
        if self.repeated:
            ends = interval({"low": self.low, "high": self.high}, figure)
            return "not measurably different" if side == SAME else f"{amount} {side} {ends}"
        return "about the same in this one run" if side == SAME else f"{amount} {side} in this one run"


@dataclass(frozen=True)
class Comparisons:
    """What the runs' columns say beyond the figures of results.json.

    Attributes:
        blind: for each encoder and figure, the best attacker minus the blind floor (the mean image).
        answer: for each encoder, rank-1 straight from Z minus rank-1 from the answer.
    """

    blind: dict[str, dict[str, Compared | None]]
    answer: dict[str, Compared | None]


def compare(contents: Mapping[str, Any], records: Sequence[RunRecord]) -> Comparisons:
    """Compares each encoder with the floors, paired on the same photographs."""
    blind: dict[str, dict[str, Compared | None]] = {}
    answer: dict[str, Compared | None] = {}
    for name in contents["encoders"]:
        blind[name] = {
            figure: _minus(records, name, f"headline/{figure}", f"mean_image/{figure}") for figure in BLIND_FIGURES
        }
        answer[name] = _minus(records, name, "linkage/rank1", "linkage/rank1_answer")
    return Comparisons(blind, answer)


def differences(contents: Mapping[str, Any], name: str) -> dict[str, Compared]:
    """The differences of results.json between an encoder and the unprotected one, by figure."""
    repeated = len(contents["runs"]) > 1
    items = lookup(contents, "differences", name) or {}
    read = {figure: Compared.of(item, repeated) for figure, item in items.items()}
    return {figure: compared for figure, compared in read.items() if compared is not None and figure in TOLERANCE}


def _minus(records: Sequence[RunRecord], encoder: str, first: str, second: str) -> Compared | None:
    needed = (first, second)
    tables = by_seed(records, encoder)
    if any(key not in table.columns for key in needed for table in tables):
        return None
    small = [PersonValues(table.people, {key: table.columns[key] for key in needed}) for table in tables]

    def figure(columns: Columns) -> float:
        return float(np.mean(columns[first]) - np.mean(columns[second]))

    if len(records) == 1:
        return Compared.of({"value": figure(small[0].columns)}, repeated=False)
    measured = bootstrap_interval(small, figure, seed=0)
    return Compared.of({"value": measured.value, "low": measured.low, "high": measured.high}, repeated=True)
