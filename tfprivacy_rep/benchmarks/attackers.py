"""What an attacker of the ladder costs: the whole attack beside the bare steps of its own decoder."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Sequence

import tensorflow as tf

from tfprivacy_rep import distribution
from tfprivacy_rep.attacks import ladder
from tfprivacy_rep.attacks.attacker import AttackerSpec, Pairs, attack, build_attacker
from tfprivacy_rep.attacks.closed_form import fit_linear_decoder
from tfprivacy_rep.attacks.frozen import FrozenEncoder
from tfprivacy_rep.benchmarks import standard_game
from tfprivacy_rep.benchmarks.measuring import timed
from tfprivacy_rep.benchmarks.standard_game import Size
from tfprivacy_rep.config import AttackConfig
from tfprivacy_rep.data import pipeline
from tfprivacy_rep.objectives.combine import decoder_terms
from tfprivacy_rep.training.moves import decoder_move
from tfprivacy_rep.training.trainer import Game

#: Photographs that attackers learn from, and that judge their progress.
PHOTOGRAPHS, VALIDATION = 512, 64


def measure(size: Size, names: Sequence[str], steps: int) -> dict[str, Any]:
    """Trains attackers one after another on representations that are computed once.

    Args:
        size: of the standard game, whose encoder with random weights is attacked.
        names: of rungs of the ladder.
        steps: of each attacker; `decoder_long` takes four times as many.

    Returns:
        `encode_seconds`, of the representations, and `attackers`, for each rung its `name`, `steps`, `seconds` of the
        attack as an audit does it (building, tracing, steps, validation, checkpoints), `bare_seconds` of the same
        number of its decoder's steps alone, once traced; of the solved rung no bare ones; both also in seconds of the
        processors; and `seconds_so_far`, with the encoding.
    """
    strategy = distribution.mirrored()
    training, validation = (
        standard_game.generated(size, count, seed)["images"] for seed, count in ((1, PHOTOGRAPHS), (2, VALIDATION))
    )
    game = standard_game.build(strategy, size, training)
    encode = FrozenEncoder(game.protector.encoder)
    started = time.perf_counter()
    pairs = Pairs(training, encode(training)), Pairs(validation, encode(validation))
    so_far = encoded = time.perf_counter() - started
    config = AttackConfig(attack_steps=steps, attack_check_every=max(1, steps // 2), attack_patience=1000)
    specs = ladder.specs(names, config, seed=0)
    found = []
    for name in names:
        row: dict[str, Any] = {"name": name}
        whole = timed(_whole(strategy, size, game, config, specs.get(name), pairs))
        row |= {"seconds": whole.wall, "processor": whole.processor}
        if name in specs:
            row["steps"] = specs[name].patience * steps
            bare = timed(_bare(strategy, size, game, config, specs[name], pairs[0]))
            row |= {"bare_seconds": bare.wall, "bare_processor": bare.processor}
        so_far += whole.wall
        found.append({key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()}
                     | {"seconds_so_far": round(so_far, 2)})
    return {"encode_seconds": round(encoded, 3), "attackers": found}


def _whole(
    strategy: tf.distribute.Strategy, size: Size, game: Game, config: AttackConfig, spec: AttackerSpec | None,
    pairs: tuple[Pairs, Pairs],
) -> Callable[[], Any]:
    if spec is None:
        return lambda: fit_linear_decoder(*pairs)

    def call() -> None:
        with strategy.scope():
            fresh = build_attacker(spec, pairs[0].z.shape[1:], size.image_size, size.widths, 1e-3)
        with tempfile.TemporaryDirectory() as folder:
            attack(strategy, fresh, spec, config, game.perceptual, *pairs, Path(folder), spec.name, False, False)

    return call


def _bare(
    strategy: tf.distribute.Strategy, size: Size, game: Game, config: AttackConfig, spec: AttackerSpec, pairs: Pairs
) -> Callable[[], Any]:
    """Its steps on one device, without strategy, loop, validation and checkpoints; traced already."""
    fresh = build_attacker(spec, pairs.z.shape[1:], size.image_size, size.widths, 1e-3)
    terms, batch_size = decoder_terms(spec.mu1, spec.mu2), config.attack_batch_size
    batches = iter(pipeline.batches(pairs.fields(False), batch_size, spec.seed))

    @tf.function
    def step(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return decoder_move(fresh, game.perceptual, terms, config.attack_gan_loss, batch, batch["z"], batch_size)

    step(next(batches))

    def call() -> None:
        for _ in range(spec.patience * config.attack_steps):
            values = step(next(batches))
        float(values["L_p"])

    return call


def table(found: dict[str, Any]) -> str:
    """The measurements as a Markdown table, a row for each attacker.

    What an attacker costs beside its decoder's steps (building, tracing, validation, checkpoints) hardly grows with the
    steps: the table has it in seconds of the processors.
    """
    lines = [f"Representations, computed once for all: {found['encode_seconds']} s.", "",
             "| attackers | the last of them | steps | seconds | bare steps of its decoder, seconds | "
             "seconds of the processors: attacker / bare steps | beside the steps | seconds of all so far |",
             "| --- " * 8 + "|"]
    for number, row in enumerate(found["attackers"], 1):
        cells = ["—"] * 4
        if "steps" in row:
            whole, bare = row["processor"], row["bare_processor"]
            cells = [str(row["steps"]), str(row["bare_seconds"]), f"{whole / bare:.2f}", f"{whole - bare:.1f}"]
        lines.append(f"| {number} | `{row['name']}` | {cells[0]} | {row['seconds']} | {' | '.join(cells[1:])} | "
                     f"{row['seconds_so_far']} |")
    return "\n".join(lines)
