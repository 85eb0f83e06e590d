"""How cost grows with the size of the game, each size measured in a process of its own."""

from __future__ import annotations

import dataclasses
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Callable, Sequence

from tfprivacy_rep.benchmarks import attackers, reading, training
from tfprivacy_rep.benchmarks.measuring import cell
from tfprivacy_rep.benchmarks.standard_game import Size
from tfprivacy_rep.jobs import ATTACKERS

#: What can grow, and the values that are measured.
GROWN: dict[str, tuple[int, ...]] = {
    "image_size": (32, 64, 96, 128),
    "batch_size": (8, 16, 32, 64),
    "attributes": (1, 10, 40, 160),
    "attackers": tuple(range(1, len(ATTACKERS) + 1)),
    "images": (2_000, 20_000, 200_000),
}
_OF_THE_GAME = ("images_per_second_spread", "processor_seconds_a_step", "gflop_an_image", "gflops", "peak_mb")
_OF_READING = ("game_images_per_second", "rss_indexed_mb", "rss_played_mb", "peak_played_mb")
HEADINGS = {
    "image_size": "side of the images, pixels", "batch_size": "photographs a move", "attributes": "attributes",
    "attackers": "attackers", "images": "photographs on disk",
    "images_per_second_spread": "private images/s", "processor_seconds_a_step": "seconds of the processors a step",
    "gflop_an_image": "GFLOP an image", "gflops": "GFLOP/s", "peak_mb": "peak MB",
    "game_images_per_second": "images/s of X1 and X2", "rss_indexed_mb": "MB after indexing",
    "rss_played_mb": "MB after the game", "peak_played_mb": "peak MB",
    "name": "the last of them", "seconds": "its seconds", "seconds_so_far": "seconds of all",
}


def measure(names: Sequence[str], size: Size, repeats: int) -> dict[str, list[dict[str, Any]]]:
    """Measures each value of what grows; the rest is as of `size`.

    Args:
        names: keys of `GROWN`.
        size: of the game.
        repeats: rounds of each size; steps of the game for the number of images are ten times as many.

    Returns:
        For each name a row for each value: `value`, and some of what `training`, `attackers` or `reading` measure.
    """
    return {name: _rows(name, size, repeats) for name in names}


def _rows(name: str, size: Size, repeats: int) -> list[dict[str, Any]]:
    seen = size.perceptual_size or size.image_size
    if name == "images":
        steps = max(reading.CHUNK, 10 * repeats)
        measured = reading.measure_all(GROWN[name], size.image_size, seen, steps, reading.CHUNK, None)
        return [{"value": row["photographs"]} | {key: row[key] for key in _OF_READING} for row in measured]
    if name == "attackers":
        rows = _alone(attackers.measure, size, ATTACKERS, 10 * repeats)["attackers"]
        kept = ("name", "seconds", "seconds_so_far")
        return [{"value": number} | {key: row[key] for key in kept} for number, row in enumerate(rows, 1)]
    found = []
    for value in GROWN[name]:
        grown = dataclasses.replace(size, **{name: value})  # type: ignore[arg-type]
        row = _alone(training.measure, grown, repeats)
        found.append({"value": value} | {key: row[key] for key in _OF_THE_GAME})
    return found


def _alone(call: Callable[..., Any], *arguments: Any) -> Any:
    """What a call returns in a process of its own, whose memory is of nothing else."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(call, *arguments).result()


def tables(found: dict[str, list[dict[str, Any]]]) -> str:
    """The measurements as Markdown tables, one for each thing that grows: median [least, most] over the rounds."""
    return "\n\n".join(_table(name, rows) for name, rows in found.items())


def _table(name: str, rows: list[dict[str, Any]]) -> str:
    keys = [key for key in rows[0] if key != "value"]
    lines = ["| " + " | ".join([HEADINGS[name], *(HEADINGS[key] for key in keys)]) + " |",
             "| --- " * (len(keys) + 1) + "|"]
    for row in rows:
        cells = [cell(row[key]) if isinstance(row[key], list) else str(row[key]) for key in keys]
        lines.append("| " + " | ".join([f"{row['value']:,}", *cells]) + " |")
    return "\n".join(lines)
