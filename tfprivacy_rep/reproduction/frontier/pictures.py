"""The plots of a frontier, and reconstructions without protection, with it, and from the answer."""

from __future__ import annotations

import functools
from typing import Any, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.report.grids import choose, strip
from tfprivacy_rep.report.layout import Picture
from tfprivacy_rep.report.plots import COLOURS, plain_axes, vector_picture
from tfprivacy_rep.report.scatter import Ends, Family, Mark, scatter
from tfprivacy_rep.report.wording import is_missing, lookup, number
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
_RATES = (
    "Left is the smaller bound. Dotted: no attack on one release names a larger share of so many equally likely "
    "people; at 1 it says nothing. Bars: 95 % intervals."
)


def plots(contents: Mapping[str, Any]) -> tuple[Picture, ...]:
    """Each figure of privacy against the mean MCC, of those that were measured; and what rates bound, where there are
    several."""
    found = []
    for kind, axis, title in _PANELS:
        families = _families(contents, kind)
        if families:
            draw = functools.partial(scatter, families=families, x_axis="mean MCC", y_axis=axis)
            found.append(vector_picture(draw, title, _CAPTION, (7.4, 6.2)))
    rated = [one for one in contents["points"] if one["rate"]]
    if len(rated) > 1:
        draw = functools.partial(_rates, points=rated, answer=_answer(contents))
        found.append(vector_picture(draw, "What a rate bounds, and what was measured", _RATES, (7.4, 6.2)))
    return tuple(found)


def _answer(contents: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return next((one for one in contents["points"] if one["way"] == ANSWER), None)


def _rates(figure: Figure, points: Sequence[Mapping[str, Any]], answer: Mapping[str, Any] | None) -> None:
    """Linkage, below it utility, against the upper limit of the rate."""
    limits = [one["rate"]["upper_limit_bits"] for one in points]
    panels = figure.subplots(2, 1, sharex=True)
    for axes, (kind, words) in zip(panels, (("linkage_rank1", "rank-1 straight from Z"), ("mean_mcc", "mean MCC"))):
        for name in dict.fromkeys(one["way"] for one in points):
            own = sorted((one for one in points if one["way"] == name), key=lambda one: one["rate"]["upper_limit_bits"])
            own = [one for one in own if not is_missing(one[kind]["mean"])]
            colour, marker, size = _LOOKS[name]
            values = [one[kind]["mean"] for one in own]
            ends = [_ends(one[kind]) or (value, value) for one, value in zip(own, values)]
            lengths = [[max(0.0, value - low) for value, (low, _) in zip(values, ends)],
                       [max(0.0, high - value) for value, (_, high) in zip(values, ends)]]
            axes.errorbar([one["rate"]["upper_limit_bits"] for one in own], values, lengths, color=colour,
                          marker=marker, markersize=size, linewidth=1.2, elinewidth=0.7, label=WAYS[name].words)
        if answer is not None and not is_missing(answer[kind]["mean"]):
            axes.axhline(answer[kind]["mean"], color=_LOOKS[ANSWER][0], linestyle="--", label=WAYS[ANSWER].words)
        axes.set_ylabel(words)
        plain_axes(axes)
    people = lookup(points[0], "rate", "tested", "people")
    if people:
        bits = np.geomspace(min(limits), max(limits), 100)
        panels[0].plot(bits, np.minimum(1.0, (bits + 1.0) / np.log2(people)), color="#000000", linestyle=":",
                       label=f"most that {people} people allow (Fano)")
    panels[1].set_xscale("log", base=2)
    panels[1].xaxis.set_major_formatter(ScalarFormatter())
    panels[1].set_xlabel("upper limit of the mean rate (bits)")
    handles, words_of = panels[0].get_legend_handles_labels()
    figure.legend(handles, words_of, loc="outside lower center", ncols=2, fontsize=10, frameon=False)


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
    """Originals, then rebuilt without protection, from what to use, and from the answer, of the first run."""
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
        if record.run == first.run:
            label = WAYS[record.facts["way"]].told(record.facts["strength"])
            psnr = number(float(record.columns["point"]["row/psnr"].mean()), "psnr", unit=True)
            made.append(strip([record.pictures["rebuilt"][chosen]], title.format(label),
                              f"By the attacker that is best by PSNR on public photographs; {psnr} over all probes."))
    return tuple(made)
