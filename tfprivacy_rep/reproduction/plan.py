"""Which encoders and attackers the chosen rows, or the points of the curve, need."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Sequence, TypeVar

from tfprivacy_rep.attacks.attacker import AttackerSpec, attacker_seed
from tfprivacy_rep.config import Config, GameConfig
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.reproduction.budgets import LAMBDA2
from tfprivacy_rep.reproduction.rows import AttackerRecipe, EncoderRecipe, Row, parse_rows


@dataclass(frozen=True)
class EncoderJob:
    """An encoder to train, once for all points that need it.

    Attributes:
        name: of its folder; the same name means the same encoder.
        game: weights and rules.
        more_data: whether X1, and X2 of the simulated adversary, are used whole.
        single: whether the single attribute is the task.
        numbers: in its Z; 0 for the configuration's.
    """

    name: str
    game: GameConfig
    more_data: bool = False
    single: bool = False
    numbers: int = 0

    def sized(self, config: Config) -> Config:
        """The configuration with as many numbers in Z as this encoder has."""
        if not self.numbers:
            return config
        return dataclasses.replace(
            config, models=dataclasses.replace(config.models, representation_size=self.numbers))


@dataclass(frozen=True)
class Task:
    """Something that is tried on an encoder, and that has a record for each run.

    Attributes:
        name: of its folder: `row3` or `lambda2=0.3`.
        encoder: who is attacked.
    """

    name: str
    encoder: EncoderJob


@dataclass(frozen=True)
class Point(Task):
    """A row of the table, or a point of the curve.

    Attributes:
        attacker: by whom the encoder is attacked.
        row: number of the table's row, or None.
        value: of the curve's parameter, or None.
    """

    attacker: AttackerRecipe
    row: int | None = None
    value: float | None = None


AnyTask = TypeVar("AnyTask", bound=Task)


def points(config: Config, job: ReproduceConfig) -> tuple[Point, ...]:
    """What is to be done for each run, in order: points of one encoder need not be neighbours.

    Raises:
        UserError: if `rows` can't be read.
    """
    if job.sweep:
        return tuple(_swept(config, value) for value in job.sweep_values or LAMBDA2[job.budget])
    return tuple(_row(config, job, row) for row in parse_rows(job.rows))


def encoders(wanted: Sequence[AnyTask]) -> dict[str, tuple[EncoderJob, list[AnyTask]]]:
    """The encoders of the points, each with the points that need it."""
    found: dict[str, tuple[EncoderJob, list[AnyTask]]] = {}
    for point in wanted:
        found.setdefault(point.encoder.name, (point.encoder, []))[1].append(point)
    return found


def attacker_spec(config: Config, recipe: AttackerRecipe, seed: int) -> AttackerSpec:
    """The attacker's weights and seed; attackers of one kind have the same seed whatever they attack."""
    mu1, mu2 = (config.attack.attack_mu1, config.attack.attack_mu2) if recipe.strong else (0.0, 0.0)
    return AttackerSpec(recipe.name, mu1, mu2, attacker_seed(seed, int(recipe.strong)))


def _row(config: Config, job: ReproduceConfig, row: Row) -> Point:
    return Point(f"row{row.number}", _encoder(config, job, row.encoder), row.attacker, row=row.number)


def _encoder(config: Config, job: ReproduceConfig, recipe: EncoderRecipe) -> EncoderJob:
    game = config.game if recipe.protected else config.game.unprotected()
    if recipe.protected and job.lambda1_alone:
        game = dataclasses.replace(game, lambda2=0.0)
    return EncoderJob(recipe.name, game, recipe.more_data, recipe.single)


def _swept(config: Config, value: float) -> Point:
    """lambda2 alone is varied, with lambda1 = 0, so that the curve starts at the unprotected encoder."""
    game = dataclasses.replace(config.game, lambda1=0.0, lambda2=value)
    name = f"lambda2={value!r}"
    job = EncoderJob(name, game) if value > 0 else EncoderJob(EncoderRecipe(False).name, config.game.unprotected())
    return Point(name, job, AttackerRecipe(strong=False), value=value)
