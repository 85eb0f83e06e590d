"""A game small enough to be traced in a second: photographs of 16 pixels, networks of two stages."""

from __future__ import annotations

import dataclasses
from typing import Any, Iterator

import keras
import numpy as np
import tensorflow as tf

from tfprivacy_rep.models.classifier import build_classifier
from tfprivacy_rep.models.decoder import build_decoder
from tfprivacy_rep.models.discriminator import build_discriminator
from tfprivacy_rep.models.encoder import build_encoder
from tfprivacy_rep.models.perceptual import PerceptualNetwork
from tfprivacy_rep.models.players import Adversary, Protector
from tfprivacy_rep.objectives.combine import decoder_terms, protector_terms
from tfprivacy_rep.training.loop import LoopOptions
from tfprivacy_rep.training.schedule import Schedule
from tfprivacy_rep.training.trainer import Game, GameTrainer

# Two channels a group: with one, biases before a normalisation have rounding errors for gradients; Adam inflates them.
SIZE, WIDTHS, NUMBERS, ATTRIBUTES, BATCH = 16, (16, 16), 6, 3, 4


def images(count: int, seed: int, size: int = SIZE) -> np.ndarray:
    """Random photographs, uint8 `[count, size, size, 3]`."""
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def private_fields(count: int = 10, seed: int = 1) -> dict[str, Any]:
    """X1: photographs and random labels."""
    labels = np.random.default_rng(seed + 100).integers(0, 2, (count, ATTRIBUTES)).astype(np.int8)
    return {"images": images(count, seed), "labels": labels}


def public_fields(count: int = 14, seed: int = 2) -> dict[str, Any]:
    """X2: photographs only."""
    return {"images": images(count, seed)}


def perceptual(size: int = SIZE) -> PerceptualNetwork:
    """A g of two layers with fixed random weights and scales that differ."""
    inputs = keras.Input((size, size, 3), name="images")
    seeds = [keras.initializers.GlorotUniform(seed) for seed in (5, 6)]
    first = keras.layers.Conv2D(4, 3, activation="relu", kernel_initializer=seeds[0], name="first")(inputs)
    second = keras.layers.Conv2D(5, 3, 2, activation="relu", kernel_initializer=seeds[1], name="second")(first)
    model = keras.Model(inputs, [first, second], name="g")
    model.trainable = False
    return PerceptualNetwork(model, (2.0, 0.5))


def protector(seed: int = 0, learning_rate: float = 0.01) -> Protector:
    """A fresh protector; call it inside a scope."""
    encoder = build_encoder(SIZE, NUMBERS, WIDTHS, seed=seed)
    return Protector.create(encoder, build_classifier((NUMBERS,), ATTRIBUTES, seed=seed + 1), learning_rate)


def adversary(seed: int = 2, gan: bool = True, learning_rate: float = 0.01) -> Adversary:
    """A fresh adversary; call it inside a scope."""
    discriminator = build_discriminator(SIZE, WIDTHS, seed=seed + 1) if gan else None
    return Adversary.create(build_decoder((NUMBERS,), SIZE, WIDTHS[::-1], seed=seed), discriminator, learning_rate)


def _dense(shape: tuple[int, ...], units: int, seed: int, output: tuple[int, ...], activation: str) -> keras.Model:
    # Named, as the layers of the package are: Keras numbers others, and TensorFlow's optimisation of graphs sorts by
    # name, so that a process's tenth `dense` may give another last digit than its ninth.
    initialiser = keras.initializers.GlorotUniform(seed)
    inputs = keras.Input(shape, name="inputs")
    x = keras.layers.Flatten(name="flat")(inputs)
    x = keras.layers.Dense(units, activation, kernel_initializer=initialiser, name="dense")(x)
    return keras.Model(inputs, keras.layers.Reshape(output, name="shaped")(x), name=f"of_{units}")


def dense_protector(seed: int = 0, learning_rate: float = 0.01) -> Protector:
    """A protector of dense layers, for tests of anything but the networks: traced in half the time."""
    encoder = _dense((SIZE, SIZE, 3), NUMBERS, seed, (NUMBERS,), "tanh")
    return Protector.create(encoder, build_classifier((NUMBERS,), ATTRIBUTES, seed=seed + 1), learning_rate)


def dense_adversary(seed: int = 2, gan: bool = True, learning_rate: float = 0.01) -> Adversary:
    """An adversary of dense layers."""
    pixels = (SIZE, SIZE, 3)
    discriminator = _dense(pixels, 1, seed + 1, (), "linear") if gan else None
    return Adversary.create(_dense((NUMBERS,), SIZE * SIZE * 3, seed, pixels, "sigmoid"), discriminator, learning_rate)


@dataclasses.dataclass(frozen=True)
class Weights:
    """The four weights of the game; all positive unless set."""

    lambda1: float = 0.5
    lambda2: float = 0.3
    mu1: float = 0.2
    mu2: float = 0.4

    @property
    def has_opponent(self) -> bool:
        """Whether the protector looks through a decoder."""
        return self.lambda1 > 0 or self.lambda2 > 0


def game(strategy: tf.distribute.Strategy, weights: Weights = Weights(), dense: bool = False, **changes: Any) -> Game:
    """A game with fresh players; `changes` replaces fields of `Game`."""
    protectors, adversaries = (dense_protector, dense_adversary) if dense else (protector, adversary)
    with strategy.scope():
        rules = Game(
            protectors(),
            adversaries(gan=weights.mu1 > 0) if weights.has_opponent else None,
            perceptual(),
            protector_terms(weights.lambda1, weights.lambda2),
            decoder_terms(weights.mu1, weights.mu2),
            "saturating",
            Schedule(adversary_moves=1 if weights.has_opponent else 0),
        )
    return dataclasses.replace(rules, **changes)


def trainer(strategy: tf.distribute.Strategy, weights: Weights = Weights(), **changes: Any) -> GameTrainer:
    """A trainer of a fresh game on the tiny photographs."""
    return trainer_of(strategy, game(strategy, weights, **changes))


def trainer_of(
    strategy: tf.distribute.Strategy, rules: Game, private: dict[str, Any] | None = None,
    public: dict[str, Any] | None = None, xla: bool = False,
) -> GameTrainer:
    """A trainer of a given game."""
    return GameTrainer(strategy, rules, private or private_fields(), public or public_fields(), BATCH, seed=3, xla=xla)


def options(folder: Any, steps: int, chunk: int = 3, checkpoint_every: int = 5) -> LoopOptions:
    """Options of a quiet run of the loop."""
    return LoopOptions(steps, chunk, checkpoint_every, folder, "test", progress=False, tensorboard=False)


def values(stateful: dict[str, list]) -> dict[str, np.ndarray]:
    """Copies of all variables of `stateful()`, by list and place."""
    return {f"{name}/{index}": np.array(v) for name, held in stateful.items() for index, v in enumerate(held)}


def differing(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> set[str]:
    """Names of the lists in which a bit changed."""
    assert before.keys() == after.keys()
    return {name.split("/")[0] for name in before if before[name].tobytes() != after[name].tobytes()}


def batches_of(fields: dict[str, Any], size: int = BATCH) -> Iterator[dict[str, tf.Tensor]]:
    """The rows of `fields` in order, as batches that a move takes."""
    for start in range(0, len(fields["images"]) - size + 1, size):
        batch = {name: tf.constant(value[start : start + size]) for name, value in fields.items()}
        yield batch | {"images": tf.cast(batch["images"], tf.float32) / 255.0}
