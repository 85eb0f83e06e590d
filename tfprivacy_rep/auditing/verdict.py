"""What the figures amount to: how much an attacker learns, against the floors, the answer and the baselines."""

from __future__ import annotations

import math
from typing import Any, Mapping, Sequence

from tfprivacy_rep.auditing.budgets import FAMILIES
from tfprivacy_rep.auditing.figures import AUDITED, mean, minus, paired, utility
from tfprivacy_rep.evaluation.figures import plain
from tfprivacy_rep.evaluation.statistics import PersonValues, Statistic, bootstrap_interval

#: Questions: name, figure of the headline, its column, that of the answer's bits, and that of the blind floor.
_QUESTIONS = (
    ("identity_from_z", "linkage_rank1", "linkage/best/rank1", "linkage/best/rank1", None),
    ("identity_from_images", "rank1", "headline/rank1", "row/rank1", "row/rank1"),
    ("appearance", "psnr", "headline/psnr", "row/psnr", "row/psnr"),
)
#: A difference this small is rounding.
_ROUNDING = 1e-9
#: A baseline is as good as the audited encoder in a figure if it is measurably no further on the worse side than this.
MARGINS = {"linkage_rank1": 0.05, "psnr": 0.5, "mean_mcc": 0.05}
BEYOND, WITHIN, FLOOR, UNKNOWN = "beyond_answer", "within_answer", "floor", "not_measured"
CONDEMNED, LEAKS = "condemned", "leaks"


def interval(runs: Sequence[PersonValues], statistic: Statistic) -> dict[str, float | None] | None:
    """A statistic with its interval as JSON; None where it is undefined."""
    found = bootstrap_interval(runs, statistic, seed=0)
    if math.isnan(found.value):
        return None
    return {name: plain(end) for name, end in found._asdict().items()}


def verdict(runs: Sequence[PersonValues], chance: float | None, points: Sequence[str]) -> dict[str, Any]:
    """The part `verdict` of results.json.

    A question's level is `beyond_answer` where its figure is measurably above the blind floor, and above what the best
    attack on the predicted bits gets: the 95 % intervals of the paired differences exclude 0. It is `within_answer`
    where it is above the blind floor only, and `floor` otherwise.

    Args:
        runs: one table a seed, of `figures.tables`.
        chance: rank-1 of guessing, or None where nobody can be named.
        points: the matched baselines, such as `noise-0.5`.
    """
    questions = [_question(runs, chance, *question) for question in _QUESTIONS]
    levels = {one["question"]: one["level"] for one in questions}
    grade = FLOOR
    if any(level in (BEYOND, WITHIN) for level in levels.values()):
        grade = LEAKS
    if BEYOND in (levels["identity_from_z"], levels["identity_from_images"]):
        grade = CONDEMNED
    return {"grade": grade, "questions": questions, "baselines": [_baseline(runs, f, points) for f in FAMILIES]}


def _question(
    runs: Sequence[PersonValues], chance: float | None, question: str, figure: str, column: str, like: str,
    blind: str | None,
) -> dict[str, Any]:
    found = interval(runs, mean(AUDITED, column))
    told: dict[str, Any] = {"question": question, "level": UNKNOWN, "figure": figure, "value": None, "blind": None,
                            "answer": None, "over_blind": None, "over_answer": None}
    if found is None or (blind is None and chance is None):
        return told
    if blind is None:
        floor = chance
        over_blind = interval(runs, lambda columns: mean(AUDITED, column)(columns) - (chance or 0.0))
    else:
        at_floor = interval(runs, mean("mean_image", blind))
        floor = at_floor["value"] if at_floor else None
        over_blind = interval(runs, paired(f"{AUDITED}|{column}", f"mean_image|{blind}"))
    answer = interval(runs, mean("answer_bits", like))
    over_answer = interval(runs, paired(f"{AUDITED}|{column}", f"answer_bits|{like}"))
    return told | {
        "level": _level(over_blind, over_answer), "value": found["value"], "blind": floor,
        "answer": answer["value"] if answer else None, "over_blind": over_blind, "over_answer": over_answer,
    }


def _level(over_blind: Mapping[str, Any] | None, over_answer: Mapping[str, Any] | None) -> str:
    if not _above(over_blind):
        return FLOOR
    return BEYOND if _above(over_answer) else WITHIN


def _above(difference: Mapping[str, Any] | None) -> bool:
    return difference is not None and difference["low"] is not None and difference["low"] > _ROUNDING


def _below(difference: Mapping[str, Any] | None) -> bool:
    return difference is not None and difference["high"] is not None and difference["high"] < -_ROUNDING


def _within(difference: Mapping[str, Any] | None, figure: str, sign: float = 1.0) -> bool:
    """Whether the interval says that a difference is no further on the worse side than the figure's margin."""
    if difference is None:
        return True  # not measured of either
    end = difference["high" if sign > 0 else "low"]
    return end is not None and sign * end <= MARGINS[figure]


def _baseline(runs: Sequence[PersonValues], family: str, points: Sequence[str]) -> dict[str, Any]:
    """Whether a baseline of the audited encoder's utility protects better: the strongest that keeps it on X1's
    validation part, compared on T. It wins where it names measurably fewer people from what leaves, or gives back
    measurably less of the face, and where its interval keeps it within `MARGINS` of the audited encoder in everything
    else. It loses where it is measurably worse in anything and better in nothing; otherwise nothing is decided."""
    told: dict[str, Any] = {"family": family, "label": label(family, None), "matched": False, "wins": None,
                            "linkage_rank1": None, "psnr": None, "mean_mcc": None}
    names = [name for name in points if name.rsplit("-", 1)[0] == family]
    if not names:
        return told
    record = f"matched/{names[0]}"
    named = interval(runs, paired(f"{record}|linkage/best/rank1", f"{AUDITED}|linkage/best/rank1"))
    rebuilt = interval(runs, paired(f"{record}|row/psnr", f"{AUDITED}|row/psnr"))
    useful = interval(runs, minus(utility(record, head=True), utility(AUDITED, head=True)))
    better = _below(named) or _below(rebuilt)
    as_good = _within(named, "linkage_rank1") and _within(rebuilt, "psnr") and _within(useful, "mean_mcc", -1.0)
    worse = _above(named) or _above(rebuilt) or _below(useful)
    wins = True if better and as_good else False if worse and not better else None
    return told | {
        "label": label(family, float(names[0].rsplit("-", 1)[1])), "matched": True, "wins": wins,
        "linkage_rank1": named, "psnr": rebuilt, "mean_mcc": useful,
    }


def label(family: str, strength: float | None) -> str:
    """A release in words."""
    if strength is None:
        return {"noise": "noise on Z", "pca": "fewer numbers in Z", "low_resolution": "smaller photographs",
                "jpeg": "JPEG photographs", "answer": "the answer itself (bits)"}.get(family, family)
    told = f"{strength:g}"
    return {
        "noise": f"noise on Z, {told} standard deviations", "pca": f"{told} principal components of Z",
        "low_resolution": f"Z of photographs of {told} pixels", "jpeg": f"Z of photographs at JPEG quality {told}",
    }[family]
