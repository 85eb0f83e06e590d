"""The points of a frontier: which encoder each needs, and who attacks it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Iterable

from tfprivacy_rep.attacks.ladder import ROW_ATTACKERS
from tfprivacy_rep.config import UNPROTECTED, Config, GameConfig
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.jobs import ATTACKERS, ReproduceConfig
from tfprivacy_rep.reproduction import budgets
from tfprivacy_rep.reproduction.frontier.ways import ANSWER, NONE, RATE, WAYS
from tfprivacy_rep.reproduction.plan import EncoderJob, Task

#: Added to a point's name where the whole ladder of attackers is let loose on it.
HARD = "+all"


@dataclass(frozen=True)
class Variant(Task):
    """A point of the frontier.

    Attributes:
        way: a key of `WAYS`.
        strength: of the way; None where it has none.
        attackers: names of those who rebuild photographs.
    """

    way: str
    strength: float | None = None
    attackers: tuple[str, ...] = ROW_ATTACKERS

    @property
    def label(self) -> str:
        """What it is called."""
        return WAYS[self.way].told(self.strength)

    @property
    def protects(self) -> bool:
        """Whether it sends a protected representation, and neither the answer nor a plain one."""
        return self.way not in (NONE, ANSWER)

    def hard(self) -> "Variant":
        """The same with the whole ladder of attackers."""
        return dataclasses.replace(self, name=self.name + HARD, attackers=ATTACKERS)


def points(config: Config, job: ReproduceConfig) -> tuple[Variant, ...]:
    """The points in the order of the ways, of each from the weakest protection to the strongest.

    Args:
        config: the game whose rules and weights are varied, and `release_size`.
        job: which ways, and how strong: `points` and, where they leave it open, the budget.

    Raises:
        UserError: if `points` names a way that there is not, or a strength that it can't have.
    """
    strengths = budgets.strengths(job.budget, config.data.dataset)
    wanted: list[tuple[str, float | None]] = [(NONE, None), (ANSWER, None)]
    for asked in job.points or strengths:
        way, given, strength = asked.partition("=")
        if way not in strengths:
            raise _invalid(asked, f"ways to protect among {', '.join(strengths)}", "Use rate=64.")
        wanted += [(way, own) for own in ([_strength(way, strength)] if given else strengths[way])]
    return ordered(config, wanted)


def _strength(way: str, text: str) -> float:
    """A strength as it is written in the option `points`."""
    try:
        strength = float(text)
    except ValueError:
        strength = 0.0
    if not 0 < strength < float("inf") or (way == "bottleneck" and strength % 1):
        expected = "a whole number above 0" if way == "bottleneck" else "a number above 0"
        raise _invalid(f"{way}={text}", f"{expected} after {way}=", f"Use {way}=16.")
    return strength


def _invalid(received: str, expected: str, remedy: str) -> UserError:
    return UserError(f"Invalid `points`: expected {expected}. Received: {received!r}. {remedy}")


def ordered(config: Config, wanted: Iterable[tuple[str, float | None]]) -> tuple[Variant, ...]:
    """Points by way and strength, each once: in the order of the ways, of each from the weakest protection on."""
    wanted = set(wanted)
    plain = EncoderJob(UNPROTECTED, config.game.unprotected(), more_data=True)
    found = []
    for way, kind in WAYS.items():
        found += [Variant(way, plain, way)] if (way, None) in wanted else []
        for strength in kind.sorted(own for name, own in wanted if name == way and own is not None):
            name = f"{way}={strength:g}"
            numbers = int(strength) if way == "bottleneck" else 0
            job = EncoderJob(name, _game(config.game, way, strength), more_data=True, numbers=numbers)
            found.append(Variant(name, job, way, strength))
    return tuple(found)


def _game(game: GameConfig, way: str, strength: float) -> GameConfig:
    plain = game.unprotected()
    negative = dataclasses.replace(game, rate_weight=0.0, target_rate_bits=0.0, release_noise=0.0)
    games = {
        "lambda1": dataclasses.replace(negative, lambda1=strength, lambda2=0.0),
        "lambda2": dataclasses.replace(negative, lambda1=0.0, lambda2=strength),
        "both": dataclasses.replace(negative, lambda1=strength * game.lambda1, lambda2=strength * game.lambda2),
        RATE: dataclasses.replace(plain, target_rate_bits=strength),
        "rate_lambda": dataclasses.replace(negative, target_rate_bits=strength),
        "noise": dataclasses.replace(plain, release_noise=strength),
        "bottleneck": plain,
    }
    return games[way]


def options(config: Config, encoder: EncoderJob) -> str:
    """The options of scripts/train.py that make such an encoder, beside sizes and lengths."""
    game, models = encoder.game, encoder.sized(config).models
    given = {"lambda1": game.lambda1, "lambda2": game.lambda2, **game.noise_options()}
    size = "release_size" if game.noise_options() and models.release_size else "representation_size"
    return " ".join(f"--{name}={value:g}" for name, value in {**given, size: getattr(models, size)}.items())
