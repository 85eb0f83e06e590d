"""The plot of use against privacy: the audited encoder, the unprotected one, the answer, and baselines."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

from tfprivacy_rep.report.layout import Picture
from tfprivacy_rep.report.plots import COLOURS, plain_axes, vector_picture
from tfprivacy_rep.report.wording import is_missing, lookup

#: Of each family: what it is called, its colour, its marker and the size of that.
_FAMILIES = {
    "audited": ("audited encoder", "#000000", "D", 10), "unprotected": ("unprotected encoder", COLOURS[1], "s", 9),
    "answer": ("the answer alone", COLOURS[4], "*", 17), "noise": ("noise (standard deviations)", COLOURS[0], "o", 6),
    "pca": ("PCA (numbers kept)", COLOURS[2], "^", 7),
    "low_resolution": ("low resolution (pixels)", COLOURS[3], "v", 7),
    "jpeg": ("JPEG (quality)", COLOURS[5], "P", 7),
}
_PANELS = (("linkage_rank1", "rank-1 straight from Z", "Naming people, against use"),
           ("psnr", "PSNR (dB)", "Rebuilding faces, against use"))
#: Where a label may stand, in points from its point; the first that is free is taken.
_OFFSETS = tuple((x, y) for reach in (9, 14, 20) for x, y in
                 ((reach, reach), (-reach, reach), (reach, -reach), (-reach, -reach), (reach, 0), (-reach, 0),
                  (0, reach), (0, -reach)))
_INCHES = (5.2, 5.2)
_CAPTION = (
    "Right is more useful, down more private. A line joins the strengths of one baseline, written beside its points. "
    "Ringed: nothing else is both more useful and names fewer people. Thin lines: 95 % intervals of the audited "
    "encoder."
)


def frontier(contents: Mapping[str, Any]) -> tuple[Picture, ...]:
    """Rank-1 straight from Z, and PSNR, each against the mean MCC of a linear head; nothing without points."""
    points = [one for one in lookup(contents, "frontier", "points") or [] if not is_missing(one["mean_mcc"])]
    panels = [panel for panel in _PANELS if any(not is_missing(one.get(panel[0])) for one in points)]
    return tuple(
        vector_picture(lambda figure, kind=kind, axis=axis: _draw(figure, contents, kind, axis),  # type: ignore[misc]
                       title, _CAPTION, _INCHES)
        for kind, axis, title in panels
    )


def _draw(figure: Figure, contents: Mapping[str, Any], kind: str, axis: str) -> None:
    axes = figure.add_subplot()
    labelled = _panel(axes, contents, kind)
    axes.set_ylabel(axis)
    axes.set_xlabel("mean MCC of the task by a linear head")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    plain_axes(axes)
    figure.legend(loc="outside lower center", ncols=2, fontsize=10, frameon=False)
    figure.draw_without_rendering()  # places the axes, so that labels can be set without touching one another
    _label(axes, labelled)


def _panel(axes: Axes, contents: Mapping[str, Any], kind: str) -> list[tuple[float, float, str]]:
    """Draws the points of one panel; gives their places with the labels that they are to have."""
    labelled = []
    points = [one for one in contents["frontier"]["points"]
              if not is_missing(one["mean_mcc"]) and not is_missing(one.get(kind))]
    known = list(dict.fromkeys([*_FAMILIES, *[one["family"] for one in points]]))
    for family in known:
        own = [one for one in points if one["family"] == family]
        own.sort(key=lambda one: one["strength"] or 0.0)
        if own:
            words, colour, marker, size = _FAMILIES.get(family, (family, COLOURS[6], "x", 7))
            axes.plot([one["mean_mcc"] for one in own], [one[kind] for one in own], marker=marker, markersize=size,
                      color=colour, label=words, linewidth=1.2, zorder=4 if family == "audited" else 3)
            labelled += [(one["mean_mcc"], one[kind], "" if one["strength"] is None else f"{one['strength']:g}")
                         for one in own]
    _audited_interval(axes, contents, kind)
    ringed = [one for one in points if one["pareto"]]
    axes.plot([one["mean_mcc"] for one in ringed], [one[kind] for one in ringed], linestyle="", marker="o",
              markersize=19, markerfacecolor="none", markeredgecolor="#5b6472", markeredgewidth=1.2, zorder=2,
              label="not beaten in both" if ringed else None)
    axes.margins(0.1, 0.12)
    return labelled


def _audited_interval(axes: Axes, contents: Mapping[str, Any], kind: str) -> None:
    for place, one in enumerate(contents["frontier"]["points"]):
        ends = {key: lookup(contents, "intervals", "frontier", "points", place, key) for key in ("mean_mcc", kind)}
        if one["family"] == "audited" and not is_missing(one.get(kind)) and not is_missing(one["mean_mcc"]):
            if ends[kind] and not is_missing(ends[kind]["low"]):
                axes.plot([one["mean_mcc"]] * 2, [ends[kind]["low"], ends[kind]["high"]], color="#000000",
                          linewidth=0.9)
            if ends["mean_mcc"] and not is_missing(ends["mean_mcc"]["low"]):
                axes.plot([ends["mean_mcc"]["low"], ends["mean_mcc"]["high"]], [one[kind]] * 2, color="#000000",
                          linewidth=0.9)


def _label(axes: Axes, labelled: Sequence[tuple[float, float, str]]) -> None:
    taken = _drawn(axes)
    for x, y, text in labelled:
        if not text:
            continue
        best, least, free = None, float("inf"), None
        for right, up in _OFFSETS:
            tried = axes.annotate(
                text, (x, y), xytext=(right, up), textcoords="offset points", fontsize=9,
                ha="left" if right > 0 else "right" if right else "center",
                va="bottom" if up > 0 else "top" if up else "center")
            box = tried.get_window_extent()
            overlap = sum(_area(box, other) for other in taken) + (0 if _inside(axes, box) else 1e6)
            if overlap < least:
                if best is not None:
                    best.remove()
                best, least, free = tried, overlap, box
            else:
                tried.remove()
            if not least:
                break
        if free is not None:
            taken.append(free)


def _drawn(axes: Axes) -> list[Bbox]:
    """Small boxes all along what is drawn, which labels keep off."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    half, boxes = 3.5 * figure.dpi / 72.0, []
    for line in axes.get_lines():
        places = axes.transData.transform(np.column_stack([line.get_xdata(), line.get_ydata()]).astype(float))
        if line.get_linestyle() != "None" and len(places) > 1:
            share = np.linspace(0.0, 1.0, 40)[:, None]
            places = np.concatenate([(1 - share) * one + share * other for one, other in zip(places, places[1:])])
        boxes += [Bbox.from_bounds(x - half, y - half, 2 * half, 2 * half) for x, y in places]
    return boxes


def _area(first: Bbox, second: Bbox) -> float:
    shared = Bbox.intersection(first, second)
    return 0.0 if shared is None else shared.width * shared.height


def _inside(axes: Axes, box: Bbox) -> bool:
    frame = axes.get_window_extent()
    return bool(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1)
