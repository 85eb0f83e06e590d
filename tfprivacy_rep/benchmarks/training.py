"""What a step of the game costs: beside the same game written by hand, and beside the machine's own convolutions."""

from __future__ import annotations

import time
from typing import Any, Callable, Iterator

import tensorflow as tf

from tfprivacy_rep import distribution
from tfprivacy_rep.benchmarks import standard_game
from tfprivacy_rep.benchmarks.bare_game import bare_step
from tfprivacy_rep.benchmarks.machine import Machine
from tfprivacy_rep.benchmarks.measuring import Seconds, cell, memory, spread, timed
from tfprivacy_rep.benchmarks.peer import Peer
from tfprivacy_rep.benchmarks.standard_game import Size
from tfprivacy_rep.data import pipeline
from tfprivacy_rep.training.trainer import GameTrainer

#: Photographs in each of X1 and X2.
PHOTOGRAPHS = 512
ROWS = {
    "images_per_second": "private images/s",
    "seconds_a_step": "seconds a step",
    "processor_seconds_a_step": "seconds of the processors a step",
    "gflops": "GFLOP/s of the game",
    "peak_gflops": "GFLOP/s of the machine's best convolution",
    "peak_matmul_gflops": "GFLOP/s of its best matrix product",
    "fraction_of_peak": "game / best convolution",
    "fraction_of_peak_processor": "the same, both by second of the processors",
    "trainer_to_bare": "trainer's step / step written by hand",
    "trainer_to_bare_processor": "the same, in seconds of the processors",
    "to_peer": "images/s / those of eager PyTorch",
    "to_peer_processor": "the same, both by second of the processors",
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


def measure(size: Size, repeats: int, steps: int = 4, peer: str = "") -> dict[str, Any]:
    """Times the trainer, the game written by hand, PyTorch's, and the machine, in turn.

    Args:
        size: of the game.
        repeats: rounds; in each, every kind is timed once, so that what slows the machine slows all.
        steps: of each game in a round.
        peer: Python interpreter that has PyTorch; empty: without it.

    Returns:
        The keys of `ROWS`: spreads `[median, least, most]` over the rounds, and single numbers: the two peaks, the best
        of all rounds; `images_per_second`, `gflops` and the fractions, of the median round; and the memory. Seconds of
        the processors are those of all threads together. `rounds` has what each round measured.
    """
    fields = standard_game.generated(size, PHOTOGRAPHS)
    public = {"images": standard_game.generated(size, PHOTOGRAPHS, seed=1)["images"]}
    strategy = distribution.mirrored()
    game = standard_game.build(strategy, size, public["images"])
    trainer = GameTrainer(strategy, game, fields, public, size.batch_size, seed=0)
    bare, machine, other = Bare(size, fields, public), Machine(), Peer(peer, size) if peer else None
    kinds: dict[str, Callable[[], Any]] = {
        "trainer": lambda: trainer.train_steps(steps), "bare": lambda: bare.steps(steps)
    }
    for call in kinds.values():
        call()
    if other is not None:
        other.steps(2)
    rounds: dict[str, list[float]] = {"waited": [], "convolution": []}
    for number in range(repeats):
        waited = bare.waited
        for kind in list(kinds)[:: 1 if number % 2 else -1]:
            _record(rounds, kind, timed(kinds[kind]), steps)
        rounds["waited"].append((bare.waited - waited) / (rounds["bare"][-1] * steps))
        if other is not None:
            _record(rounds, "peer", other.steps(steps), steps)
        rounds["convolution"].append(machine.measure())
    if other is not None:
        other.close()
    return _summary(size, rounds, sum(standard_game.step_gflop(game).values()), machine)


def _record(rounds: dict[str, list[float]], kind: str, taken: Seconds, steps: int) -> None:
    rounds.setdefault(kind, []).append(taken.wall / steps)
    rounds.setdefault(f"{kind}_processor", []).append(taken.processor / steps)


def _summary(size: Size, rounds: dict[str, list[float]], gflop: float, machine: Machine) -> dict[str, Any]:
    def ratio(kind: str, of: str) -> list[float]:
        return spread(a / b for a, b in zip(rounds[kind], rounds[of], strict=True))

    seconds, processor = spread(rounds["trainer"]), spread(rounds["trainer_processor"])
    images_per_second = round(size.batch_size / seconds[0], 2)
    now, peak = memory()
    found = {
        "images_per_second": images_per_second,
        "images_per_second_spread": spread(size.batch_size / taken for taken in rounds["trainer"]),
        "seconds_a_step": seconds,
        "processor_seconds_a_step": processor,
        "gflops": round(gflop * images_per_second, 1),
        "peak_gflops": round(machine.convolution, 1),
        "peak_matmul_gflops": round(machine.product, 1),
        "fraction_of_peak": round(gflop * images_per_second / machine.convolution, 3),
        "fraction_of_peak_processor": round(gflop * size.batch_size / processor[0] / machine.of_processor, 3),
        "trainer_to_bare": ratio("trainer", "bare"),
        "trainer_to_bare_processor": ratio("trainer_processor", "bare_processor"),
        "share_waiting": spread(rounds["waited"]),
        "gflop_an_image": round(gflop, 4),
        "rss_mb": now,
        "peak_mb": peak,
        "rounds": {name: [round(value, 4) for value in values] for name, values in rounds.items()},
    }
    if "peer" in rounds:
        found["to_peer"] = ratio("peer", "trainer")
        found["to_peer_processor"] = ratio("peer_processor", "trainer_processor")
    return found


def table(found: dict[str, Any]) -> str:
    """The measurements as a Markdown table: median [least, most] over the rounds."""
    lines = ["| | |", "| --- | --- |"]
    for key, label in ROWS.items():
        if key in found:
            value = found.get(f"{key}_spread", found[key])
            lines.append(f"| {label} | {cell(value) if isinstance(value, list) else value} |")
    return "\n".join(lines)
