"""What a step of the game costs: beside the same game written by hand, and beside the machine's own convolutions."""

from __future__ import annotations

import time
from typing import Any, Iterator

import tensorflow as tf

from tfprivacy_rep import distribution
from tfprivacy_rep.benchmarks import standard_game
from tfprivacy_rep.benchmarks.bare_game import bare_step
from tfprivacy_rep.benchmarks.machine import Machine
from tfprivacy_rep.benchmarks.measuring import cell, memory, spread
from tfprivacy_rep.benchmarks.standard_game import Size
from tfprivacy_rep.data import pipeline
from tfprivacy_rep.training.trainer import GameTrainer

#: Photographs in each of X1 and X2.
PHOTOGRAPHS = 512
ROWS = {
    "images_per_second": "private images/s",
    "seconds_a_step": "seconds a step",
    "gflops": "GFLOP/s of the game",
    "peak_gflops": "GFLOP/s of the machine's best convolution",
    "peak_matmul_gflops": "GFLOP/s of its best matrix product",
    "fraction_of_peak": "game / best convolution",
    "trainer_to_bare": "trainer's step / step written by hand",
    "share_waiting": "share of a step that waits for data",
    "gflop_an_image": "GFLOP for each private image",
    "rss_mb": "resident MB",
    "peak_mb": "peak MB",
}


class Bare:
    """The game written by hand, fed by the same pipeline.

    Attributes:
        waited: seconds that it waited for photographs so far.
    """

    def __init__(self, size: Size, private: dict[str, Any], public: dict[str, Any]) -> None:
        weights = size.config().game
        game = standard_game.build(tf.distribute.get_strategy(), size, public["images"])
        self._step = bare_step(game, weights.lambda1, weights.lambda2)
        self.waited = 0.0
        self._batches: list[Iterator] = [
            iter(pipeline.batches(fields, size.batch_size, seed)) for seed, fields in enumerate((private, public))
        ]

    def steps(self, count: int) -> None:
        """Does `count` steps, and waits for the last."""
        for _ in range(count):
            started = time.perf_counter()
            batches = [next(batches) for batches in self._batches]
            self.waited += time.perf_counter() - started
            values = self._step(*batches)
        float(values[0])


def measure(size: Size, repeats: int, steps: int = 4) -> dict[str, Any]:
    """Times the trainer, the game written by hand, and the machine, in turn.

    Args:
        size: of the game.
        repeats: rounds; in each, every kind is timed once, so that what slows the machine slows all.
        steps: of each game in a round.

    Returns:
        The keys of `ROWS`, spreads `[median, least, most]` over the rounds but for single numbers: the two peaks, the
        best of all rounds; `images_per_second`, `gflops`, `fraction_of_peak`, of the median round; and the memory.
        `rounds` has each round's seconds a step.
    """
    fields = standard_game.generated(size, PHOTOGRAPHS)
    public = {"images": standard_game.generated(size, PHOTOGRAPHS, seed=1)["images"]}
    strategy = distribution.mirrored()
    game = standard_game.build(strategy, size, public["images"])
    trainer = GameTrainer(strategy, game, fields, public, size.batch_size, seed=0)
    bare, machine = Bare(size, fields, public), Machine()
    trainer.train_steps(2)
    bare.steps(2)
    rounds: dict[str, list[float]] = {"trainer": [], "bare": [], "waited": [], "convolution": []}
    for number in range(repeats):
        for kind in ("trainer", "bare") if number % 2 else ("bare", "trainer"):
            started, waited = time.perf_counter(), bare.waited
            bare.steps(steps) if kind == "bare" else trainer.train_steps(steps)
            taken = time.perf_counter() - started
            rounds[kind].append(taken / steps)
            if kind == "bare":
                rounds["waited"].append((bare.waited - waited) / taken)
        rounds["convolution"].append(machine.measure())
    return _summary(size, rounds, sum(standard_game.step_gflop(game).values()), machine)


def _summary(size: Size, rounds: dict[str, list[float]], gflop: float, machine: Machine) -> dict[str, Any]:
    seconds = spread(rounds["trainer"])
    images_per_second = round(size.batch_size / seconds[0], 2)
    now, peak = memory()
    return {
        "images_per_second": images_per_second,
        "images_per_second_spread": spread(size.batch_size / taken for taken in rounds["trainer"]),
        "seconds_a_step": seconds,
        "gflops": round(gflop * images_per_second, 1),
        "peak_gflops": round(machine.convolution, 1),
        "peak_matmul_gflops": round(machine.product, 1),
        "fraction_of_peak": round(gflop * images_per_second / machine.convolution, 3),
        "trainer_to_bare": spread(a / b for a, b in zip(rounds["trainer"], rounds["bare"])),
        "share_waiting": spread(rounds["waited"]),
        "gflop_an_image": round(gflop, 4),
        "rss_mb": now,
        "peak_mb": peak,
        "rounds": {name: [round(value, 4) for value in values] for name, values in rounds.items()},
    }


def table(found: dict[str, Any]) -> str:
    """The measurements as a Markdown table: median [least, most] over the rounds."""
    lines = ["| | |", "| --- | --- |"]
    for key, label in ROWS.items():
        value = found.get(f"{key}_spread", found[key])
        lines.append(f"| {label} | {cell(value) if isinstance(value, list) else value} |")
    return "\n".join(lines)
