"""A plot of use against what is told: families of points, intervals, rings around points that nothing beats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

from tfprivacy_rep.report.plots import plain_axes

Ends = tuple[float, float]
#: Where a label may stand, in points from its point; the first that is free is taken.
_OFFSETS = tuple((x, y) for reach in (9, 14, 20) for x, y in
                 ((reach, reach), (-reach, reach), (reach, -reach), (-reach, -reach), (reach, 0), (-reach, 0),
                  (0, reach), (0, -reach)))


@dataclass(frozen=True)
class Mark:
    """A point.

    Attributes:
        x, y: its place.
        label: beside it, or empty.
        x_ends, y_ends: of its intervals, which are drawn as thin lines; None for none.
        ringed: whether nothing beats it.
    """

    x: float
    y: float
    label: str = ""
    x_ends: Ends | None = None
    y_ends: Ends | None = None
    ringed: bool = False


@dataclass(frozen=True)
class Family:
    """Points that belong together, joined by a line.

    Attributes:
        words: for the legend.
        colour, marker, size: of its points.
        marks: in the order of the line.
        front: whether it is drawn above others.
    """

    words: str
    colour: str
    marker: str
    size: float
    marks: tuple[Mark, ...]
    front: bool = False


def scatter(figure: Figure, families: Sequence[Family], x_axis: str, y_axis: str, columns: int = 2) -> None:
    """Draws families of points.

    Args:
        figure: to draw on.
        families: each with one point or more.
        x_axis, y_axis: names of the axes.
        columns: of the legend.
    """
    axes = figure.add_subplot()
    marks = [mark for family in families for mark in family.marks]
    for family in families:
        axes.plot([mark.x for mark in family.marks], [mark.y for mark in family.marks], marker=family.marker,
                  markersize=family.size, color=family.colour, label=family.words, linewidth=1.2,
                  zorder=4 if family.front else 3)
        for mark in family.marks:
            _intervals(axes, mark, family.colour)
    ringed = [mark for mark in marks if mark.ringed]
    axes.plot([mark.x for mark in ringed], [mark.y for mark in ringed], linestyle="", marker="o", markersize=19,
              markerfacecolor="none", markeredgecolor="#5b6472", markeredgewidth=1.2, zorder=2,
              label="not beaten in both" if ringed else None)
    axes.margins(0.1, 0.12)
    axes.set_ylabel(y_axis)
    axes.set_xlabel(x_axis)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    plain_axes(axes)
    figure.legend(loc="outside lower center", ncols=columns, fontsize=10, frameon=False)
    figure.draw_without_rendering()  # places the axes, so that labels can be set without touching one another
    _label(axes, [(mark, family.colour) for family in families for mark in family.marks])


def _intervals(axes: Axes, mark: Mark, colour: str) -> None:
    if mark.y_ends is not None:
        axes.plot([mark.x, mark.x], mark.y_ends, color=colour, linewidth=0.9)
    if mark.x_ends is not None:
        axes.plot(mark.x_ends, [mark.y, mark.y], color=colour, linewidth=0.9)


def _label(axes: Axes, labelled: Sequence[tuple[Mark, str]]) -> None:
    """Writes labels beside their marks, in a darker shade of their colour: where many are close, it tells whose they
    are."""
    taken = _drawn(axes)
    for mark, colour in labelled:
        if not mark.label:
            continue
        best, least, free = None, float("inf"), None
        for right, up in _OFFSETS:
            tried = axes.annotate(
                mark.label, (mark.x, mark.y), xytext=(right, up), textcoords="offset points", fontsize=9,
                color=[0.7 * part for part in to_rgb(colour)],
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
