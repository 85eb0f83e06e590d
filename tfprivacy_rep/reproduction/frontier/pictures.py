"""The plots of a frontier, and reconstructions without protection, with it, and from the answer."""

from __future__ import annotations

import functools
from typing import Any, Mapping, Sequence

from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.report.grids import choose, strip
from tfprivacy_rep.report.layout import Picture
from tfprivacy_rep.report.plots import COLOURS, vector_picture
from tfprivacy_rep.report.scatter import Ends, Family, Mark, scatter
from tfprivacy_rep.report.wording import is_missing, number
from tfprivacy_rep.reproduction.frontier.ways import ANSWER, NONE, RATE, WAYS

_LOOKS = {
    NONE: ("#000000", "s", 9), "lambda1": (COLOURS[1], "v", 7), "lambda2": (COLOURS[3], "^", 7),
    "both": ("#8c3b00", "D", 6), RATE: (COLOURS[0], "o", 7), "rate_lambda": (COLOURS[5], "P", 8),
    "noise": (COLOURS[2], "X", 8), "bottleneck": ("#5b6472", "p", 8), ANSWER: (COLOURS[4], "*", 17),
}
_PANELS = (
    ("linkage_rank1", "rank-1 straight from Z", "Naming people from what is sent, against use"),
    ("rank1", "rank-1 from reconstructions", "Naming people from rebuilt faces, against use"),
    ("psnr", "PSNR (dB)", "Rebuilding faces, against use"),
)
_CAPTION = (
    "Right is more useful, down more private. A line joins the strengths of one way to protect, written beside its "
    "points. Ringed: nothing else is both more useful and tells less; the star, the answer itself, is the limit and no "
    "rival. Thin lines: 95 % intervals of ringed points, of no protection and of the answer; the table has all."
)


def plots(contents: Mapping[str, Any]) -> tuple[Picture, ...]:
    """Each figure of privacy against the mean MCC; nothing for a figure that was not measured."""
    found = []
    for kind, axis, title in _PANELS:
        families = _families(contents, kind)
        if families:
            draw = functools.partial(scatter, families=families, x_axis="mean MCC", y_axis=axis)
            found.append(vector_picture(draw, title, _CAPTION, (7.4, 6.2)))
    return tuple(found)


def _families(contents: Mapping[str, Any], kind: str) -> list[Family]:
    found = []
    for name, way in WAYS.items():
        marks = tuple(
            _mark(one, kind) for one in contents["points"]
            if one["way"] == name and not is_missing(one[kind]["mean"]) and not is_missing(one["mean_mcc"]["mean"]))
        if marks:
            found.append(Family(way.words, *_LOOKS[name], marks, front=name in (NONE, ANSWER)))
    return found


def _mark(one: Mapping[str, Any], kind: str) -> Mark:
    label, ringed = "" if one["strength"] is None else f"{one['strength']:g}", bool(one["pareto"].get(kind))
    # Those of all points would hide the points.
    ends = (_ends(one["mean_mcc"]), _ends(one[kind])) if ringed or one["way"] in (NONE, ANSWER) else (None, None)
    return Mark(one["mean_mcc"]["mean"], one[kind]["mean"], label, *ends, ringed)


def _ends(found: Mapping[str, float | None]) -> Ends | None:
    low, high = found["low"], found["high"]
    return None if low is None or high is None else (low, high)


def strips(contents: Mapping[str, Any], records: Mapping[str, Sequence[RunRecord]]) -> tuple[Picture, ...]:
    """Originals, then rebuilt without protection, from what to use, and from the answer, of the first seed."""
    wanted = [(NONE, "Rebuilt without protection"), (contents["matched"][0]["best"], "Rebuilt from {}"),
              (ANSWER, "Rebuilt from the answer alone")]
    shown = [(records[name][0], title) for name, title in wanted if name in records]
    if not shown:
        return ()
    first = shown[0][0]
    chosen = choose(first.people[: len(first.pictures["originals"])])
    made = [strip([first.pictures["originals"][chosen]], "Original photographs",
                  f"Of {len(chosen)} people, evenly spaced by number.")]
    for record, title in shown:
        if record.facts["seed"] == first.facts["seed"]:
            label = WAYS[record.facts["way"]].told(record.facts["strength"])
            psnr = number(float(record.columns["point"]["row/psnr"].mean()), "psnr", unit=True)
            made.append(strip([record.pictures["rebuilt"][chosen]], title.format(label),
                              f"By the attacker that is best by PSNR on public photographs; {psnr} over all probes."))
    return tuple(made)
