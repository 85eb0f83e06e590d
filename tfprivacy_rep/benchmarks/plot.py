"""The measurements as a picture: the game beside the machine's peak, and a panel for each thing that grows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tfprivacy_rep import files
from tfprivacy_rep.benchmarks.growth import HEADINGS

_GAMES = {"trainer": "the trainer", "bare": "written by hand", "peer": "eager PyTorch"}
#: What a panel shows of what grows; of the game where it is not said.
_SHOWN = {"attackers": "seconds_so_far", "images": "peak_played_mb"}
_COLUMNS = 3


def draw(found: dict[str, Any], batch_size: int, path: str | os.PathLike) -> None:
    """Writes the picture, in the format of the suffix.

    Args:
        found: of `training.measure`, with `growth` of `growth.measure` if something was grown.
        batch_size: of the game in `found`.
        path: of the picture.
    """
    growth = found.get("growth", {})
    rows = -(-(1 + len(growth)) // _COLUMNS)
    columns = min(_COLUMNS, 1 + len(growth))
    figure = Figure(figsize=(4.6 * columns, 3.4 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    _rounds(axes[0], found, batch_size)
    for place, (name, grown) in zip(axes[1:], growth.items()):
        _grown(place, name, grown)
    for unused in axes[1 + len(growth):]:
        unused.set_axis_off()
    with files.atomic_path(path, "plot") as temporary:
        figure.savefig(temporary, dpi=120, format=Path(path).suffix[1:] or "png")


def _rounds(axes: Axes, found: dict[str, Any], batch_size: int) -> None:
    rounds = found["rounds"]
    gflop = found["gflop_an_image"] * batch_size
    numbers = range(1, len(rounds["trainer"]) + 1)
    for kind, label in _GAMES.items():
        if kind in rounds:
            axes.plot(numbers, [gflop / seconds for seconds in rounds[kind]], "o-", markersize=3, label=label)
    axes.plot(numbers, rounds["convolution"], "s--", markersize=3, color="grey", label="best convolution")
    axes.set(xlabel="round", ylabel="GFLOP/s", title="The game beside the machine", ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=8)


def _grown(axes: Axes, name: str, rows: list[dict[str, Any]]) -> None:
    key = _SHOWN.get(name, "images_per_second_spread")
    values, shown = [row["value"] for row in rows], [row[key] for row in rows]
    if isinstance(shown[0], list):
        middle = [spread[0] for spread in shown]
        errors = [[m - spread[1] for m, spread in zip(middle, shown)], [spread[2] - spread[0] for spread in shown]]
        highest = max(spread[2] for spread in shown)
        axes.errorbar(values, middle, errors, fmt="o-", markersize=4, capsize=3)
    else:
        highest = max(shown)
        axes.plot(values, shown, "o-", markersize=4)
    if name not in ("attackers", "image_size"):
        axes.set_xscale("log")
    axes.set_xticks(values, [f"{value:,}" for value in values])
    axes.minorticks_off()
    axes.set(xlabel=HEADINGS[name], ylabel=HEADINGS[key], ylim=(0, 1.08 * highest))
