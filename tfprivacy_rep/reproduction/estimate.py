"""How long the points should take: counted operations divided by the speed that this machine shows at the moment."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, Sequence

import keras
import tensorflow as tf

from tfprivacy_rep.attacks.attacker import AttackerSpec, build_attacker
from tfprivacy_rep.config import Config, GameConfig
from tfprivacy_rep.data import sources
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.models.cost import forward_gflop
from tfprivacy_rep.models.perceptual import build_perceptual, build_untrained
from tfprivacy_rep.reproduction.plan import AnyTask, Task, encoders
from tfprivacy_rep.training.protect import build_adversary, build_protector

# Forward, and backward to the input or to the weights, cost about the same.
_FIXED, _FROZEN, _LEARNING = 1, 2, 3
#: Seconds to build, trace, evaluate and save, a training.
_OVERHEAD = 12.0


@dataclass(frozen=True)
class Cost:
    """What one training should take.

    Attributes:
        name: of the encoder or attacker.
        steps: at most.
        gflop: operations of all steps, 10^9.
        seconds: at the measured speed.
    """

    name: str
    steps: int
    gflop: float
    seconds: float


def costs(
    config: Config, points: Sequence[AnyTask], attackers: Callable[[AnyTask], Sequence[AttackerSpec]]
) -> list[Cost]:
    """The trainings that the points need for one seed.

    Args:
        config: sizes and lengths.
        points: rows, or points of a curve.
        attackers: those that are trained on a point.
    """
    attributes = len(config.data.attributes or sources.get(config.data.dataset).default_attributes) or 40
    network = _network(config)
    g = forward_gflop(network)
    # The players' small layers reach another speed than g's large ones.
    speeds = _player_speed(config), _perceptual_speed(config, network, g)
    found = []
    for job, needing in encoders(points).values():
        sized = job.sized(config)
        counted = _game_step(sized, job.game, attributes, g)
        found.append(_cost(job.name, config.train.steps, config.train.batch_size, counted, speeds))
        for point in needing:
            for spec in attackers(point):
                name, attack = f"{point.name}: {spec.name} on {job.name}", config.attack
                counted = _attack_step(sized, spec, g)
                found.append(_cost(name, attack.attack_steps, attack.attack_batch_size, counted, speeds))
    return found


def announce(config: Config, job: ReproduceConfig, points: Sequence[Task], found: Sequence[Cost]) -> None:
    """Prints the trainings, what each should take, and what all should."""
    runs = config.run.seeds * config.run.folds
    print(f"{len(points)} points, {len(found)} trainings a run, {runs} run{'s' * (runs > 1)}; budget {job.budget}, "
          f"dataset {config.data.dataset}")
    for cost in found:
        print(f"  {cost.name:<44} {cost.steps:>6} steps {cost.gflop:>10.0f} GFLOP {cost.seconds:>7.0f} s")
    total = runs * sum(cost.seconds for cost in found)
    print(f"estimated time: {total / 60:.0f} minutes, within a factor of two, at the speed that this machine just "
          "showed; attackers that converge end earlier; loading photographs and judging faces come on top")


def _network(config: Config) -> keras.Model:
    """g, or its like: a dry run must not download weights."""
    models, size = config.models, config.data.image_size
    if models.perceptual.endswith(".keras"):
        return build_perceptual(models.perceptual, size, models.perceptual_size)
    return build_untrained(size, models.perceptual_size)


def _images(config: Config) -> tf.Tensor:
    size = config.data.image_size
    return tf.random.stateless_uniform((config.train.batch_size, size, size, 3), (0, 0))


def _rate(step: Callable[[], tf.Tensor], gflop: float, seconds: float = 2.0) -> float:
    """Operations a second, 10^9, of a step that costs `gflop`."""
    step()
    started, count = time.monotonic(), 0
    while time.monotonic() - started < seconds:
        step()
        count += 1
    return gflop * count / (time.monotonic() - started)


def _perceptual_speed(config: Config, network: keras.Model, g: float) -> float:
    images = _images(config)
    run = tf.function(lambda: network(images, training=False)[-1])
    return _rate(run, g * config.train.batch_size)


def _player_speed(config: Config) -> float:
    """Of a training step of the configured encoder."""
    protector, images = build_protector(config, 1, 0, config.game.unprotected()), _images(config)

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(protector.classifier(protector.encoder(images, training=True)))
        gradients = tape.gradient(loss, [variable.value for variable in protector.variables])
        return loss + tf.add_n([tf.reduce_sum(gradient) for gradient in gradients])

    return _rate(step, _LEARNING * forward_gflop(protector.encoder) * config.train.batch_size)


def _cost(name: str, steps: int, batch: int, counted: tuple[float, float], speeds: tuple[float, float]) -> Cost:
    seconds = sum(steps * batch * gflop / speed for gflop, speed in zip(counted, speeds))
    return Cost(name, steps, steps * batch * sum(counted), seconds + _OVERHEAD)


def _game_step(config: Config, game: GameConfig, attributes: int, g: float) -> tuple[float, float]:
    """Operations of the players and of g for each photograph of a step."""
    protector = build_protector(config, attributes, 0, game)
    encoder = forward_gflop(protector.encoder)
    players = _LEARNING * (encoder + forward_gflop(protector.classifier))
    if not game.has_opponent:
        return players, 0.0
    adversary = build_adversary(config, game, protector.representation_shape, seed=0)
    decoder, moves = forward_gflop(adversary.decoder), game.adversary_moves
    players += _FROZEN * decoder
    players += moves * (_FIXED * encoder + _LEARNING * decoder + _discriminator(adversary.discriminator))
    return players, _perceptual(g) * ((game.lambda2 > 0) + moves * (game.mu2 > 0))


def _attack_step(config: Config, spec: AttackerSpec, g: float) -> tuple[float, float]:
    attacker = build_attacker(
        spec, (config.models.representation_size,), config.data.image_size, config.models.widths, 0.001)
    players = _LEARNING * forward_gflop(attacker.decoder) + _discriminator(attacker.discriminator)
    return players, _perceptual(g) * (spec.mu2 > 0)


def _perceptual(g: float) -> float:
    """g(X), g(Dec(Z)) and the way back from it."""
    return (_FIXED + _FROZEN) * g


def _discriminator(discriminator: keras.Model | None) -> float:
    """The decoder's move looks through it; its own has a real and a rebuilt photograph."""
    return 0.0 if discriminator is None else (_FROZEN + 2 * _LEARNING) * forward_gflop(discriminator)
