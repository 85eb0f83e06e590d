"""Rows of photographs with what the best attackers rebuild of them, and the most revealing ones."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from tfprivacy_rep.auditing.cells import nobody_known
from tfprivacy_rep.report.grids import choose, strip
from tfprivacy_rep.report.layout import Picture
from tfprivacy_rep.report.wording import is_missing, listed, number

_FIGURES = {"psnr": "PSNR", "ssim": "SSIM", "rank1": "naming people"}


def best_attackers(contents: Mapping[str, Any]) -> dict[str, list[str]]:
    """The headline's attackers by name, each with the figures that it is best for."""
    found: dict[str, list[str]] = {}
    for figure, words in _FIGURES.items():
        name = contents["headline_attackers"].get(figure)
        if name:
            found.setdefault(name, []).append(words)
    return found


def examples(contents: Mapping[str, Any], pictures: Mapping[str, np.ndarray]) -> tuple[Picture, ...]:
    """Photographs of different people, evenly spaced by number, above what the best attackers rebuild of them."""
    originals = pictures.get("originals")
    best = {name: words for name, words in best_attackers(contents).items() if name in pictures}
    if originals is None or not len(originals) or not best:
        return ()
    count = min([len(originals), *[len(pictures[name]) for name in best]])
    people = pictures.get("people")
    chosen = choose(np.arange(count) if people is None else np.asarray(people)[:count])
    told = [f"{name} (best for {listed(words)})" for name, words in best.items()]
    rule = "photographs" if people is None or nobody_known(contents) else "different people"
    return (strip(
        [originals[chosen], *[pictures[name][chosen] for name in best]],
        "Photographs and what the best attackers rebuild",
        f"Top row: {len(chosen)} {rule}, evenly spaced by number. Below: {'; then '.join(told)}.",
    ),)


def worst(contents: Mapping[str, Any], pictures: Mapping[str, np.ndarray]) -> tuple[Picture, ...]:
    """The photographs of which most comes back, most revealing first."""
    originals, images = pictures.get("worst/originals"), contents["worst"]["images"]
    names = [name for name in best_attackers(contents) if f"worst/{name}" in pictures]
    if originals is None or not len(originals) or not names:
        return ()
    values = [number(one["psnr"], "psnr") for one in images[: len(originals)] if not is_missing(one["psnr"])]
    caption = f"Photographs above, below them {', then '.join(names)}; most revealing first."
    caption += f" PSNR {', '.join(values)} dB." if values else ""
    rows = [originals, *[pictures[f"worst/{name}"] for name in names]]
    return (strip(rows, f"The {len(originals)} most revealing reconstructions", caption),)
