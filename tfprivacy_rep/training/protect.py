"""From a configuration to a trained encoder: builds the game, plays it, hands over the protector."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import keras
import numpy as np
import tensorflow as tf

from tfprivacy_rep.config import Config, GameConfig
from tfprivacy_rep.data.images import Images
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.data.summary import mean_image
from tfprivacy_rep.metrics.mcc import mcc, mean_mcc
from tfprivacy_rep.models.classifier import build_classifier
from tfprivacy_rep.models.decoder import build_decoder
from tfprivacy_rep.models.discriminator import build_discriminator
from tfprivacy_rep.models.encoder import build_encoder, build_trunk
from tfprivacy_rep.models.inference import BatchedModel
from tfprivacy_rep.models.perceptual import PerceptualNetwork
from tfprivacy_rep.models.players import Adversary, Protector
from tfprivacy_rep.models.precision import building_in, perceptual_in
from tfprivacy_rep.models.release import NATS_PER_BIT, GaussianRelease, fixed_release, learned_release
from tfprivacy_rep.objectives.combine import decoder_terms, protector_terms
from tfprivacy_rep.objectives.reconstruction import perceptual_distance, pixel_distance
from tfprivacy_rep.objectives.task import attribute_loss
from tfprivacy_rep.training import health, loop
from tfprivacy_rep.training.health_warnings import announce
from tfprivacy_rep.training.rate_target import RateTarget
from tfprivacy_rep.training.schedule import Schedule
from tfprivacy_rep.training.trainer import Game, GameTrainer

Figures = dict[str, float]


@dataclass(frozen=True)
class GameData:
    """What the game is played on.

    Attributes:
        private: X1's training part.
        validation: X1's validation part; looked at, never trained on.
        public: X2's training part.
        private_features, public_features: g(X) of each layer, or None where it is computed as needed.
    """

    private: Photographs
    validation: Photographs
    public: Photographs
    private_features: tuple[np.ndarray, ...] | None = None
    public_features: tuple[np.ndarray, ...] | None = None


@dataclass(frozen=True)
class TrainedEncoder:
    """What training leaves.

    Attributes:
        encoder: images `[B, S, S, 3]` in [0, 1] to representations, in float32 whatever precision it learned in.
        classifier: representations to logits, likewise.
        history: the logged rows.
        release: what Z is drawn from where the encoder gives its parameters; None where it gives Z.
    """

    encoder: keras.Model
    classifier: keras.Model
    history: list[dict[str, float]]
    release: GaussianRelease | None = None


def features_of(perceptual: PerceptualNetwork, images: Images, batch_size: int = 32) -> tuple[np.ndarray, ...]:
    """Computes g(X) of uint8 images once, `[N, ...]` float32 for each layer."""
    kept: list[np.ndarray] = []
    for start in range(0, len(images), batch_size):
        layers = [np.asarray(layer) for layer in perceptual(tf.constant(as_float(images[start : start + batch_size])))]
        # Filled in place: a list of parts and their concatenation would take twice the memory.
        kept = kept or [np.empty((len(images), *layer.shape[1:]), np.float32) for layer in layers]
        for held, layer in zip(kept, layers):
            held[start : start + batch_size] = layer
    return tuple(kept)


def mean_image_bounds(data: GameData, perceptual: PerceptualNetwork, sample: int = 4096) -> dict[str, float]:
    """L_p and L_perc that the mean public image reaches on the first private photographs: the caps of the negative
    terms.

    Args:
        data: X1 and X2.
        perceptual: g.
        sample: private photographs that are looked at, at most.
    """
    mean = mean_image(data.public.images)[None]
    images = as_float(data.private.images[:sample])
    cached = data.private_features
    target = features_of(perceptual, data.private.images[:sample]) if cached is None else [f[:sample] for f in cached]
    at_mean = perceptual(tf.constant(mean))
    pixels = pixel_distance(tf.constant(mean), tf.constant(images))
    features = perceptual_distance(at_mean, [tf.constant(t) for t in target], perceptual.scales)
    return {"L_p": float(tf.reduce_mean(pixels)), "L_perc": float(tf.reduce_mean(features))}


def build_protector(
    config: Config, attributes: int, seed: int, game: GameConfig | None = None, precision: str = "float32"
) -> Protector:
    """Builds encoder and classifier afresh. Call it inside the strategy's scope.

    Args:
        config: sizes and step sizes.
        attributes: number of the classifier's logits.
        seed: of the weights.
        game: says whether Z is drawn from a distribution, one that is learned or one of a fixed scale; None: that of
            the configuration.
        precision: one of `config.PRECISIONS` that they compute in; the weights are float32 in all.
    """
    with building_in(precision):
        return _protector(config, attributes, seed, game or config.game)


def _protector(config: Config, attributes: int, seed: int, game: GameConfig) -> Protector:
    models = config.models
    size, numbers = config.data.image_size, models.representation_size
    if game.noise_options():
        numbers = models.release_size or numbers
    release = None
    if game.learns_release:
        trunk = build_trunk(size, models.widths, seed=10 * seed)
        encoder, release = learned_release(trunk, numbers, seed=10 * seed + 4)
    else:
        encoder = build_encoder(size, numbers, models.widths, seed=10 * seed)
        if game.release_noise > 0:
            encoder, release = fixed_release(encoder, game.release_noise)
    shape = encoder.output_shape[1:] if release is None else encoder.output_shape[2:]
    classifier = build_classifier(shape, attributes, seed=10 * seed + 1)
    return Protector.create(encoder, classifier, config.train.learning_rate, release, config.train.utility_draws)


def build_adversary(
    config: Config, game: GameConfig, representation_shape: tuple[int, ...], seed: int, restart: int = 0,
    precision: str = "float32",
) -> Adversary:
    """Builds the simulated adversary afresh. Call it inside the strategy's scope.

    Args:
        config: sizes and step sizes.
        game: a discriminator comes with `mu1 > 0`.
        representation_shape: shape of one Z.
        seed: of the weights, together with `restart`.
        restart: number of the restart that it is built for; 0 for the first.
        precision: as of `build_protector`.
    """
    size, widths = config.data.image_size, config.models.widths
    own = 10 * (seed + 7919 * restart)
    with building_in(precision):
        decoder = build_decoder(representation_shape, size, widths[::-1], seed=own + 2)
        discriminator = build_discriminator(size, widths, seed=own + 3) if game.mu1 > 0 else None
        return Adversary.create(decoder, discriminator, config.train.adversary_learning_rate)


def train_encoder(
    strategy: tf.distribute.Strategy,
    config: Config,
    game: GameConfig,
    perceptual: PerceptualNetwork,
    data: GameData,
    seed: int,
    folder: Path,
    title: str,
) -> TrainedEncoder:
    """Plays the game to its end, resuming an earlier start.

    Args:
        strategy: where replicas live.
        config: sizes and lengths.
        game: weights and rules; `config.game` or its unprotected variant.
        perceptual: g.
        data: X1 and X2.
        seed: of weights and batches.
        folder: for checkpoints and logs.
        title: of the progress bar and of warnings.

    Raises:
        UserError: if the batch does not divide by the replicas, or a loss is not finite.
    """
    rules = _rules(strategy, config, game, perceptual, data, seed)
    private: dict[str, Any] = {"images": data.private.images, "labels": data.private.labels}
    public: dict[str, Any] = {"images": data.public.images}
    if game.lambda2 > 0 and data.private_features is not None:
        private["features"] = data.private_features
    if game.has_opponent and game.mu2 > 0 and data.public_features is not None:
        public["features"] = data.public_features
    trainer = GameTrainer(
        strategy, rules, private, public, config.train.batch_size, seed, _validation(rules, data, seed, title),
        config.train.use_xla,
    )
    options = loop.LoopOptions(
        steps=config.train.steps, chunk=config.train.log_every, checkpoint_every=config.train.checkpoint_every,
        folder=folder, title=title, progress=config.run.use_progress, tensorboard=config.run.use_tensorboard,
        strategy=strategy,
    )
    history = loop.run(trainer, options)
    bits = history[-1].get("validation/rate_bits")  # of several workers the chief alone measures it
    if rules.rate_target is not None and bits is not None and (said := rules.rate_target.missed(bits)) is not None:
        print(f"warning: {title}: {said}", file=sys.stderr)
    protector = rules.protector
    if config.train.precision != "float32":  # attackers and servers get the same weights at full precision
        with strategy.scope():
            protector = build_protector(config, len(data.private.attributes), seed, game)
        protector.encoder.set_weights(rules.protector.encoder.get_weights())
        protector.classifier.set_weights(rules.protector.classifier.get_weights())
    return TrainedEncoder(protector.encoder, protector.classifier, history, protector.release)


def _rules(
    strategy: tf.distribute.Strategy, config: Config, game: GameConfig, perceptual: PerceptualNetwork, data: GameData,
    seed: int,
) -> Game:
    """The game with players built afresh; arguments as of `train_encoder`."""
    precision = config.train.precision
    with strategy.scope():
        protector = build_protector(config, len(data.private.attributes), seed, game, precision)
        shape = protector.representation_shape
        rate_target = RateTarget(game.target_rate_bits) if game.target_rate_bits > 0 else None
        adversary = build_adversary(config, game, shape, seed, 0, precision) if game.has_opponent else None
    bounds = mean_image_bounds(data, perceptual) if game.bound_negative_terms else None
    return Game(
        protector,
        adversary,
        perceptual_in(perceptual, precision),
        protector_terms(
            game.lambda1, game.lambda2, bounds, rate_target.weight if rate_target else game.rate_weight
        ),
        decoder_terms(game.mu1, game.mu2),
        game.gan_loss,
        Schedule.of(game),
        fresh_adversary=lambda restart: build_adversary(config, game, shape, seed, restart, precision),
        rate_target=rate_target,
    )


def _validation(game: Game, data: GameData, seed: int, title: str) -> Callable[[list[dict[str, float]]], Figures]:
    """What is measured after each chunk: the task on X1's validation part, and the players' health."""
    given, classify = BatchedModel(game.protector.encoder), BatchedModel(game.protector.classifier)
    release = game.protector.release
    validation = data.validation
    sample = health.sampled(data.public.images, health.sample_of(len(data.public.images), seed))
    look = None if game.adversary is None else health.AdversaryLook(game.adversary, sample)

    def represent(parameters: np.ndarray) -> np.ndarray:
        return parameters if release is None else release.drawn(parameters, seed)

    def validate(history: list[dict[str, float]]) -> Figures:
        parameters = given(validation.images)
        logits = classify(represent(parameters))
        loss = float(tf.reduce_mean(attribute_loss(tf.constant(logits), tf.constant(validation.labels))))
        value = mean_mcc(mcc(validation.labels, logits > 0)).value
        # Undefined where every attribute is constant among so few people: left out, as JSON has no not-a-number.
        figures = {"validation/L_u": loss} | ({} if math.isnan(value) else {"validation/mean_mcc": value})
        if release is not None:
            figures["validation/rate_bits"] = float(np.mean(release.rate(parameters))) / NATS_PER_BIT
        if health.is_settled(history, game.schedule.warmup):
            figures |= health.classifier_figures(validation.attributes, validation.labels, logits > 0)
        if look is not None and health.is_settled(history, game.schedule.adversary_since(int(history[-1]["step"]))):
            figures |= look(represent(given(sample)))
        announce(title, [*history[:-1], history[-1] | figures])
        return figures

    return validate
