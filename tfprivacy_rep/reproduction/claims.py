"""The paper's claims, each checked against the figures and called "holds", "does not hold" or "undecided"."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

import numpy as np

from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.evaluation.statistics import Interval, bootstrap_interval
from tfprivacy_rep.reproduction.figures import REPLICATES, STATISTICS, compared, table_of

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"
#: A loss of mean MCC up to this is called little. The paper's losses are 0.029 and 0.021.
LITTLE = 0.05
#: A mean MCC of the other attributes up to this is called none.
NO_OTHER = 0.05

Records = Mapping[str, Sequence[RunRecord]]


@dataclass(frozen=True)
class Expectation:
    """One comparison that a claim rests on.

    Attributes:
        figure: a key of `figures.STATISTICS`.
        first, second: names of points; `second` is None where the figure itself is asked for.
        sign: +1 where the figure of `first` should be above that of `second` plus `margin`, -1 where below it.
        margin: in the figure's unit.
    """

    figure: str
    first: str
    second: str | None
    sign: int
    margin: float = 0.0

    def words(self) -> str:
        """What is expected, e.g. "psnr: row3 above row1"."""
        side = "above" if self.sign > 0 else "below"
        if self.second is None:
            return f"{self.figure}: {self.first} {side} {self.margin:g}"
        if self.margin:
            return f"{self.figure}: {self.first} {side} {self.second} {'+' if self.margin > 0 else '-'} " \
                   f"{abs(self.margin):g}"
        return f"{self.figure}: {self.first} {side} {self.second}"

    def people_to_decide(self, interval: Interval | None, people: int) -> int | None:
        """How many people the interval would have to rest on to exclude the bound, if the value stayed as it is.

        The width of an interval falls with the root of the number of people. None where it decides already, or where
        more than a million would be needed.
        """
        if interval is None or self.verdict(interval) != UNDECIDED:
            return None
        distance, half = abs(interval.value - self.margin), (interval.high - interval.low) / 2
        needed = people * (half / distance) ** 2 if distance > 0 else math.inf
        return max(people + 1, round(needed)) if needed <= 1e6 else None

    def verdict(self, interval: Interval | None) -> str:
        """What the interval of the difference says to it."""
        if interval is None:
            return UNDECIDED
        low, high = sorted((self.sign * (interval.low - self.margin), self.sign * (interval.high - self.margin)))
        return HOLDS if low > 0 else FAILS if high < 0 else UNDECIDED


@dataclass(frozen=True)
class Claim:
    """A claim of the paper and what it rests on: it holds where all expectations hold, and does not where one fails."""

    text: str
    expectations: tuple[Expectation, ...] = field(default_factory=tuple)


def _pairs(figures: Sequence[str], rows: Sequence[tuple[int, int]], sign: int, margin: float = 0.0) -> tuple:
    return tuple(
        Expectation(figure, f"row{first}", f"row{second}", sign, margin) for first, second in rows for figure in figures
    )


_PROTECTED = ((2, 1), (4, 3), (6, 5), (8, 7))
CLAIMS: tuple[Claim, ...] = (
    Claim("Protection lowers face and feature similarity under the same attacker",
          _pairs(("face_similarity", "feature_similarity"), _PROTECTED, -1)),
    Claim(f"at little cost in mean MCC (at most {LITTLE:g})", _pairs(("mean_mcc",), ((2, 1), (8, 7)), +1, -LITTLE)),
    Claim("mu > 0 makes a stronger attacker on unprotected features",
          _pairs(("face_similarity", "ssim", "psnr"), ((3, 1),), +1)),
    Claim("More data makes a stronger attacker",
          _pairs(("face_similarity", "feature_similarity", "ssim", "psnr"), ((5, 1), (6, 2)), +1)),
    Claim("More data makes a better encoder", _pairs(("mean_mcc",), ((7, 1), (8, 2)), +1)),
    Claim("A single-attribute encoder leaks least",
          _pairs(("face_similarity", "feature_similarity", "ssim", "psnr"), ((9, 3), (10, 4)), -1)),
    Claim(f"and carries no other attribute (mean MCC of the others at most {NO_OTHER:g})",
          tuple(Expectation("other_mcc", f"row{row}", None, -1, NO_OTHER) for row in (9, 10))),
)


def sweep_claim(points: Sequence[tuple[float, str]]) -> Claim:
    """More lambda2, more privacy: each step of the curve lowers both similarities.

    Args:
        points: value and name of each point of the curve.
    """
    names = [name for _, name in sorted(points)]
    steps = tuple(
        Expectation(figure, after, before, -1)
        for before, after in zip(names, names[1:])
        for figure in ("face_similarity", "feature_similarity")
    )
    return Claim("More lambda2, more privacy: each step of the curve lowers face and feature similarity", steps)


def check(claim: Claim, records: Records) -> dict[str, Any] | None:
    """Checks a claim.

    Args:
        claim: what is claimed.
        records: of each point by name.

    Returns:
        `claim`, `verdict` and `evidence`, a list of `expected`, `difference` {mean, low, high} or None, `verdict`,
        `people_to_decide`, and `missing`, the points that were not run; None where no point of it was run.
    """
    names = {name for e in claim.expectations for name in (e.first, e.second) if name}
    evidence: list[dict[str, Any]] = []
    for expectation in claim.expectations:
        pair = [name for name in (expectation.first, expectation.second) if name]
        if any(not records.get(name) for name in pair):
            continue
        interval = _interval(expectation, records)
        numbers = None if interval is None else {
            "mean": interval.value, "low": interval.low, "high": interval.high}
        people = len(np.unique(np.concatenate([record.people for record in records[expectation.first]])))
        evidence.append({"expected": expectation.words(), "figure": expectation.figure, "difference": numbers,
                         "verdict": expectation.verdict(interval),
                         "people_to_decide": expectation.people_to_decide(interval, people)})
    if not evidence:
        return None
    missing = sorted(name for name in names if not records.get(name))
    return {"claim": claim.text, "verdict": _overall([e["verdict"] for e in evidence], bool(missing)),
            "evidence": evidence, "missing": missing}


def _interval(expectation: Expectation, records: Records) -> Interval | None:
    if expectation.second is not None:
        return compared(records[expectation.first], records[expectation.second], expectation.figure)
    table = table_of(records[expectation.first])
    interval = bootstrap_interval(table, STATISTICS[expectation.figure], seed=0, replicates=REPLICATES)
    return None if interval.low != interval.low else interval


def _overall(verdicts: Sequence[str], incomplete: bool) -> str:
    if FAILS in verdicts:
        return FAILS
    return HOLDS if set(verdicts) == {HOLDS} and not incomplete else UNDECIDED
