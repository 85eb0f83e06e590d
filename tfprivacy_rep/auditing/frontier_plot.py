"""The plot of use against privacy: the audited encoder, the unprotected one, the answer, and baselines."""

from __future__ import annotations

import functools
from typing import Any, Mapping

from tfprivacy_rep.report.layout import Picture
from tfprivacy_rep.report.plots import COLOURS, vector_picture
from tfprivacy_rep.report.scatter import Ends, Family, Mark, scatter
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
_INCHES = (5.2, 5.2)
_USE = "mean MCC of the task by a linear head"
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
        vector_picture(functools.partial(scatter, families=_families(contents, kind), x_axis=_USE, y_axis=axis),
                       title, _CAPTION, _INCHES)
        for kind, axis, title in panels
    )


def _families(contents: Mapping[str, Any], kind: str) -> list[Family]:
    """The points that have a figure, by family."""
    points = [(place, one) for place, one in enumerate(contents["frontier"]["points"])
              if not is_missing(one["mean_mcc"]) and not is_missing(one.get(kind))]
    found = []
    for name in dict.fromkeys([*_FAMILIES, *[one["family"] for _, one in points]]):
        own = sorted(((place, one) for place, one in points if one["family"] == name),
                     key=lambda item: item[1]["strength"] or 0.0)
        if own:
            words, colour, marker, size = _FAMILIES.get(name, (name, COLOURS[6], "x", 7))
            marks = tuple(_mark(contents, place, one, kind) for place, one in own)
            found.append(Family(words, colour, marker, size, marks, front=name == "audited"))
    return found


def _mark(contents: Mapping[str, Any], place: int, one: Mapping[str, Any], kind: str) -> Mark:
    ends: dict[str, Ends | None] = {key: None for key in ("mean_mcc", kind)}
    for key in ends if one["family"] == "audited" else ():
        held = lookup(contents, "intervals", "frontier", "points", place, key)
        if held and not is_missing(held["low"]):
            ends[key] = held["low"], held["high"]
    label = "" if one["strength"] is None else f"{one['strength']:g}"
    return Mark(one["mean_mcc"], one[kind], label, ends["mean_mcc"], ends[kind], one["pareto"])
