"""A fresh attacker: a new decoder, maybe with a discriminator, trained on public pairs (Z, X).

It is the paper's Dec^a: black-box access to the frozen encoder, all of X2, new weights and a seed of its own. It never
sees X1, G or T. It keeps the weights of its best validation loss.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

import numpy as np
import tensorflow as tf

from tfprivacy_rep.config import AttackConfig
from tfprivacy_rep.data import pipeline
from tfprivacy_rep.data.images import Images, take
from tfprivacy_rep.data.rehearsal import spaced
from tfprivacy_rep.distribution import from_chief, is_chief, iterate, per_replica
from tfprivacy_rep.models.decoder import build_decoder, build_residual_decoder
from tfprivacy_rep.models.discriminator import build_discriminator
from tfprivacy_rep.models.inference import BatchedModel
from tfprivacy_rep.models.perceptual import PerceptualNetwork
from tfprivacy_rep.models.players import Adversary
from tfprivacy_rep.objectives.combine import combine, decoder_terms
from tfprivacy_rep.training import health, loop
from tfprivacy_rep.training.compiled import Measured, measured, repeat
from tfprivacy_rep.training.health_warnings import announce
from tfprivacy_rep.training.moves import View, decoder_move

GAIN = 0.01  # an improvement of the validation loss by less than 1 % is none


@dataclass(frozen=True)
class AttackerSpec:
    """Which attacker.

    Attributes:
        name: of the attacker in reports and folders.
        mu1, mu2: weights of the GAN and of the perceptual loss in its decoder's objective.
        seed: of its weights and of the order of its photographs.
        width: its decoder has so many times the filters of the paper's.
        residual: whether its decoder has residual stages.
        share: of X2's training part that it learns from.
        patience: its budget is so many times `attack_steps`, and so is the wait for a gain before it stops.
    """

    name: str
    mu1: float
    mu2: float
    seed: int
    width: int = 1
    residual: bool = False
    share: float = 1.0
    patience: int = 1


def ladder(config: AttackConfig, seed: int) -> tuple[AttackerSpec, ...]:
    """The attackers of an audit: one with the reconstruction loss alone, one with perceptual and GAN loss too."""
    return (
        AttackerSpec("decoder", 0.0, 0.0, attacker_seed(seed, 0)),
        AttackerSpec("decoder_gan", config.attack_mu1, config.attack_mu2, attacker_seed(seed, 1)),
    )


def attacker_seed(seed: int, place: int) -> int:
    """The seed of an attacker, far from those of the encoders and adversaries of the run.

    Args:
        seed: of the run.
        place: of the attacker among those of the run.
    """
    return 1_000_003 * (seed + 1) + place


@dataclass(frozen=True)
class Pairs:
    """What an attacker learns from.

    Attributes:
        images: uint8 `[N, S, S, 3]`.
        z: float32 `[N, ...]`, their representations, computed once for all attackers.
        features: g(X) of each layer, or None where it is computed as needed.
        copies: of each photograph, variants included: the first N / copies are the originals, and so on.
    """

    images: Images
    z: np.ndarray
    features: tuple[np.ndarray, ...] | None = None
    copies: int = 1

    @property
    def originals(self) -> int:
        """Photographs, without their variants."""
        return len(self.z) // self.copies

    def share(self, share: float) -> "Pairs":
        """The part that an attacker with less data has: some photographs, evenly spaced, with all their variants."""
        if share == 1.0:
            return self
        kept = spaced(np.arange(self.originals), max(1, round(share * self.originals)))
        chosen = (np.arange(self.copies)[:, None] * self.originals + kept).ravel()
        features = None if self.features is None else tuple(layer[chosen] for layer in self.features)
        return Pairs(take(self.images, chosen), self.z[chosen], features, self.copies)

    def fields(self, with_features: bool) -> dict[str, Any]:
        """The fields of a pipeline."""
        fields: dict[str, Any] = {"images": self.images, "z": self.z}
        if with_features and self.features is not None:
            fields["features"] = self.features
        return fields


@dataclass(frozen=True)
class AttackOutcome:
    """How far an attacker came.

    Attributes:
        spec: which attacker.
        decode: representations to images, float32 in [0, 1], with the weights of the best validation loss.
        steps: taken.
        converged: whether the last `attack_patience` checks brought no gain of 1 %; otherwise its budget ended first.
        history: the logged rows, with `validation_loss` in each.
    """

    spec: AttackerSpec
    decode: BatchedModel
    steps: int
    converged: bool
    history: list[dict[str, float]]


def has_converged(losses: list[float], patience: int) -> bool:
    """Whether the best of the last `patience` checks is no 1 % better than the best before them."""
    if len(losses) <= patience:
        return False
    return min(losses[-patience:]) > (1.0 - GAIN) * min(losses[:-patience])


class AttackTrainer:
    """Trains one attacker; driven by `training.loop.run`.

    Args:
        strategy: where replicas live; `attacker` was built in its scope.
        attacker: decoder and discriminator.
        spec: its weights mu1, mu2 and its seed.
        config: budget, patience, GAN term.
        perceptual: g, needed where `spec.mu2 > 0`.
        training: pairs of X2's training part.
        validation: pairs of X2's validation part.
        title: of the run, for warnings.
    """

    def __init__(
        self,
        strategy: tf.distribute.Strategy,
        attacker: Adversary,
        spec: AttackerSpec,
        config: AttackConfig,
        perceptual: PerceptualNetwork | None,
        training: Pairs,
        validation: Pairs,
        title: str = "attacker",
    ) -> None:
        per_replica(config.attack_batch_size, strategy, "attack_batch_size")
        self._strategy, self._attacker, self._spec, self._config = strategy, attacker, spec, config
        self._perceptual, self._validation, self._title = perceptual, validation, title
        self._terms = decoder_terms(spec.mu1, spec.mu2)
        self._judged = decoder_terms(0.0, spec.mu2)  # a GAN's loss says nothing about progress
        self._fields = pipeline.as_tensors(training.fields(with_features=spec.mu2 > 0))
        self._names = [term.name for term in self._terms] + (["L_d"] if attacker.discriminator is not None else [])
        with strategy.scope():
            self._best = [tf.Variable(v, trainable=False) for v in attacker.decoder.get_weights()]
        self._run = tf.function(self._steps)
        self._validate = tf.function(self._validation_values)
        places = health.sample_of(len(validation.images), spec.seed)
        self._look = health.AdversaryLook(attacker, health.sampled(validation.images, places))
        self._sample = validation.z[places]
        self.seek(0)

    def stateful(self) -> dict[str, list]:
        """All variables that a checkpoint must hold, by name."""
        return self._attacker.stateful() | {"best_decoder": self._best}

    def seek(self, step: int) -> None:
        """Puts the stream of pairs where an uninterrupted run has it after `step` steps."""
        self.step = step
        self._iterator = iterate(
            self._strategy,
            functools.partial(pipeline.batches, self._fields, self._config.attack_batch_size, self._spec.seed, step),
        )

    def next_boundary(self, step: int) -> int | None:
        """An attacker has no steps of another kind."""
        return None

    def train_steps(self, count: int) -> Measured:
        """Does `count` steps in one call of the graph."""
        results = self._run(self._iterator, tf.constant(count, tf.int64))
        self.step += count
        return measured(self._names, results)

    def after_chunk(self, history: list[dict[str, float]]) -> bool:
        """Looks at the validation loss and the attacker's health, keeps the best weights, and says whether the attacker
        has converged."""
        loss = from_chief(self._strategy, self._validation_loss())
        earlier = [row["validation_loss"] for row in history[:-1]]
        history[-1]["validation_loss"] = loss
        if is_chief(self._strategy):  # looked at, never acted on
            if health.is_settled(history):
                history[-1].update(self._look(self._sample))
            announce(self._title, history, attacker=True)
        if not earlier or loss < min(earlier):
            for best, weights in zip(self._best, self._attacker.decoder.get_weights()):
                best.assign(weights)
        return has_converged([*earlier, loss], self._spec.patience * self._config.attack_patience)

    def use_best(self) -> None:
        """Gives the decoder the weights of the best validation loss."""
        self._attacker.decoder.set_weights([v.numpy() for v in self._best])

    def _validation_loss(self) -> float:
        pairs, total, size = self._validation, 0.0, 40
        for start in range(0, len(pairs.images), size):
            images = tf.constant(pipeline.as_float(pairs.images[start : start + size]))
            total += float(self._validate(images, tf.constant(pairs.z[start : start + size])))
        return total / len(pairs.images)

    def _validation_values(self, images: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        view = View({"images": images}, z, self._attacker.decoder, self._perceptual)
        return tf.reduce_sum(combine(self._judged, {term.name: view.value(term.name) for term in self._judged}))

    def _replica(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return decoder_move(
            self._attacker, self._perceptual, self._terms, self._config.attack_gan_loss, batch, batch["z"],
            self._config.attack_batch_size,
        )

    def _steps(self, iterator: Any, count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        def step() -> dict[str, tf.Tensor]:
            values = self._strategy.run(self._replica, args=(next(iterator),))
            return {name: self._strategy.reduce("SUM", value, axis=None) for name, value in values.items()}

        return repeat(step, self._names, count)


def build_attacker(
    spec: AttackerSpec, representation_shape: tuple[int, ...], image_size: int, widths: tuple[int, ...],
    learning_rate: float,
) -> Adversary:
    """Builds a fresh attacker. Call it inside the strategy's scope.

    Args:
        spec: which attacker; its decoder mirrors the encoder's stages, wider or with residual stages where it says so;
            a discriminator comes with `mu1 > 0`.
        representation_shape: shape of one Z.
        image_size: side of the images in pixels.
        widths: of the encoder's stages, mirrored by the decoder.
        learning_rate: Adam's step size.
    """
    build = build_residual_decoder if spec.residual else build_decoder
    filters = tuple(spec.width * width for width in widths[::-1])
    decoder = build(representation_shape, image_size, filters, seed=spec.seed)
    discriminator = build_discriminator(image_size, widths, seed=spec.seed + 1) if spec.mu1 > 0 else None
    return Adversary.create(decoder, discriminator, learning_rate)


def attack(
    strategy: tf.distribute.Strategy,
    attacker: Adversary,
    spec: AttackerSpec,
    config: AttackConfig,
    perceptual: PerceptualNetwork | None,
    training: Pairs,
    validation: Pairs,
    folder: Path,
    title: str,
    progress: bool,
    tensorboard: bool,
) -> AttackOutcome:
    """Trains an attacker until its validation loss stops falling or its budget ends; resumes an earlier start.

    Args:
        strategy, attacker, spec, config, perceptual, training, validation: as of `AttackTrainer`.
        folder: for checkpoints and logs.
        title: of the progress bar and of warnings.
        progress, tensorboard: whether to show a bar, whether to write logs.
    """
    training = training.share(spec.share)
    trainer = AttackTrainer(strategy, attacker, spec, config, perceptual, training, validation, title)
    history = loop.run(
        trainer,
        loop.LoopOptions(
            steps=spec.patience * config.attack_steps, chunk=config.attack_check_every,
            checkpoint_every=5 * config.attack_check_every, folder=folder, title=title, progress=progress,
            tensorboard=tensorboard, remedy="Lower attack_learning_rate.", strategy=strategy,
        ),
    )
    trainer.use_best()
    return AttackOutcome(
        spec, BatchedModel(attacker.decoder), int(history[-1]["step"]), bool(history[-1]["done"]), history
    )
