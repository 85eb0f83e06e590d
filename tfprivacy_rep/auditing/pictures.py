"""Plots of an audit: learning curves, who is told from whom, other attributes, percentiles."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tfprivacy_rep.auditing.tables_people import sorted_probes
from tfprivacy_rep.report.layout import Picture
from tfprivacy_rep.report.plots import COLOURS, plain_axes, vector_picture
from tfprivacy_rep.report.wording import is_missing, lookup

_WIDTH = 5.2  # inches: as wide as a phone shows with letters still legible
_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
_BASE = "#5b6472"
_WHITE_BOX = "white box"
_WHITE_CAPTION = "What is made small for each probe: how far Z of the image is from the Z that was sent"
_METHODS = {"cosine": "cosine of Z", "lda": "LDA of Z", "task": "the answer f(Z)"}


def learning_curves(contents: Mapping[str, Any]) -> tuple[Picture, ...]:
    """A plot for each factor, of the attackers that vary it beside the base; those still improving are marked."""
    drawn = [one for one in contents["attackers"] if one.get("history")]
    base = [one for one in drawn if one["factor"] == "base"]
    factors = list(dict.fromkeys(one["factor"] for one in drawn if one["factor"] != "base"))
    made = []
    for factor in factors or (["base"] if base else []):
        own = [one for one in drawn if one["factor"] == factor and one not in base]
        lines = own if factor == _WHITE_BOX else [*base, *own]
        open_ended = [one["name"] for one in lines if not one["converged"]]
        caption = _WHITE_CAPTION if factor == _WHITE_BOX else "Objective on public photographs kept from training"
        caption += "; with other terms than the base's, so its height is not comparable." if factor == "loss" else "."
        caption += f" Still improving at the end: {', '.join(open_ended)}." if open_ended else ""
        made.append(vector_picture(lambda figure, lines=lines: _curves(figure, lines),  # type: ignore[misc]
                                   f"Learning curves: {factor}", caption, (_WIDTH, 3.9)))
    return tuple(made)


def _curves(figure: Figure, lines: Sequence[Mapping[str, Any]]) -> None:
    axes, values = figure.add_subplot(), []
    for place, one in enumerate(lines):
        points = [(row["step"], row["validation_loss"]) for row in one["history"]
                  if not is_missing(row.get("validation_loss"))]
        colour = _BASE if one["factor"] == "base" else COLOURS[place % len(COLOURS)]
        label = one["name"] + ("" if one["converged"] else " (still improving ▸)")
        axes.plot(*zip(*points) if points else ([], []), color=colour, linestyle=_STYLES[place % len(_STYLES)],
                  linewidth=1.8, label=label, marker="o" if len(points) < 3 else None, markersize=4)
        if points and not one["converged"]:
            axes.plot(*points[-1], color=colour, marker=">", markersize=10, clip_on=False)
        values += [value for _, value in points]
    if values and min(values) > 0:
        axes.set_yscale("log")
        if all(row["step"] > 0 for one in lines for row in one["history"]):
            axes.set_xscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("distance of Z" if lines[0]["factor"] == _WHITE_BOX else "validation loss")
    plain_axes(axes)
    figure.legend(loc="outside lower center", ncols=2, fontsize=10, frameon=False)


def distributions(contents: Mapping[str, Any]) -> tuple[Picture, ...]:
    """Similarities of one person's and of two people's photographs: by each recogniser, and straight from Z."""
    found = contents["distributions"]
    judges = list(dict.fromkeys(key.split("/", 1)[1] for key in found if not key.startswith("z/")))
    made = []
    for judge in judges:
        panels = [(f"{kind}/{judge}", title) for kind, title in
                  (("originals", "original photographs"), ("reconstructions", "reconstructions"))
                  if f"{kind}/{judge}" in found]
        made.append(_panels(found, panels, f"Told apart by {judge}", True))
    methods = [(key, _METHODS.get(key.split("/", 1)[1], key.split("/", 1)[1])) for key in found if key.startswith("z/")]
    if methods:
        made.append(_panels(found, methods, "Told apart straight from Z", False))
    return tuple(made)


def _panels(found: Mapping[str, Any], panels: Sequence[tuple[str, str]], title: str, shared: bool) -> Picture:
    def draw(figure: Figure) -> None:
        first = None
        for place, (key, words) in enumerate(panels):
            first = axes = figure.add_subplot(len(panels), 1, place + 1, sharex=first if shared else None)
            _densities(axes, found[key])
            axes.set_title(words, fontsize=11, loc="left")
        axes.set_xlabel("similarity")
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=10, frameon=False)

    return vector_picture(
        draw, title, "The less the two overlap, the more surely people are named.", (_WIDTH, 0.9 + 1.75 * len(panels)))


def _densities(axes: Axes, one: Mapping[str, Any]) -> None:
    for name, colour, hatch in (("same", COLOURS[0], ""), ("other", COLOURS[1], "///")):
        if one[name]:
            label = {"same": "same person", "other": "two people"}[name]
            axes.stairs(one[name], one["edges"], color=colour, linewidth=1.8, linestyle="-" if name == "same" else "--")
            axes.stairs(one[name], one["edges"], fill=True, facecolor=colour, alpha=0.25, hatch=hatch, label=label)
    axes.set_yticks([])
    axes.set_axisbelow(True)
    plain_axes(axes)


def attribute_bars(contents: Mapping[str, Any]) -> tuple[Picture, ...]:
    """Bars of the better probe's MCC of each attribute that is not the task's, the best told on top."""
    found = [(name, value) for name, value in sorted_probes(contents) if value is not None]
    if not found:
        return ()

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        values = np.array([value for _, value in found])
        axes.barh(range(len(found)), values, color=COLOURS[0], height=0.65,
                  xerr=_whiskers(contents, found), ecolor="#1d2430", capsize=2.5)
        axes.set_yticks(range(len(found)), [name for name, _ in found])
        axes.axvline(0.0, color="#1d2430", linewidth=1)
        axes.invert_yaxis()
        axes.set_xlabel("MCC of the better probe: 0 is guessing, 1 always right")
        axes.set_xlim(min(0.0, values.min() - 0.1), 1.0)
        plain_axes(axes)

    return (vector_picture(draw, "Attributes that nobody asked for", "Whiskers are 95 % intervals.",
                           (_WIDTH, 1.1 + 0.3 * len(found))),)


def _whiskers(contents: Mapping[str, Any], found: Sequence[tuple[str, float | None]]) -> np.ndarray:
    lengths = []
    for name, value in found:
        probe = contents["attributes"]["probes"][name]
        kind = "linear" if probe.get("linear") == value else "mlp"
        ends = lookup(contents, "intervals", "attributes", "probes", name, kind) or {}
        lengths.append([0.0 if is_missing(ends.get(end)) else max(0.0, sign * (ends[end] - (value or 0.0)))
                        for end, sign in (("low", -1), ("high", 1))])
    return np.array(lengths).T


def percentile_bars(contents: Mapping[str, Any]) -> tuple[Picture, ...]:
    """The median, the most revealing tenth and hundredth, beside the blind floor's mean."""
    titles = {"psnr": "PSNR (dB)", "ssim": "SSIM", "face_similarity": "face similarity"}
    kinds = [kind for kind, one in contents["percentiles"].items()
             if kind in titles and one and not any(map(is_missing, one.values()))]
    if not kinds:
        return ()

    def draw(figure: Figure) -> None:
        for place, kind in enumerate(kinds):
            axes, values = figure.add_subplot(1, len(kinds), place + 1), list(contents["percentiles"][kind].values())
            floor = contents["mean_image"].get(kind)
            axes.bar(range(3), values, color=[COLOURS[5], COLOURS[0], COLOURS[1]], width=0.7)
            lowest = min([*values, *([] if is_missing(floor) else [floor])])
            axes.set_ylim(max(0.0, lowest - (max(values) - lowest) * 0.6), None)
            if not is_missing(floor):
                axes.axhline(floor, color="#1d2430", linestyle="--", linewidth=1.2)
            axes.set_axisbelow(True)
            axes.set_xticks(range(3), ["½", "1/10", "1/100"])
            axes.set_title(titles[kind], fontsize=11)
            plain_axes(axes)

    return (vector_picture(
        draw, "The more revealing reconstructions",
        "Half, a tenth and a hundredth of the reconstructions are at least so revealing. Dashed: the mean of the blind "
        "guess. The axes do not start at 0.", (_WIDTH, 3.0)),)
