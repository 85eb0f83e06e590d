"""The game that is measured: networks of DCGAN's width, all of L_u, L_p and L_perc, and no discriminator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfprivacy_rep.config import Config, DataConfig, GameConfig, ModelConfig, TrainConfig
from tfprivacy_rep.data.images import Images
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.models.cost import backward_gflop, forward_gflop
from tfprivacy_rep.models.perceptual import build_perceptual, calibrate
from tfprivacy_rep.objectives.combine import decoder_terms, protector_terms
from tfprivacy_rep.training import protect
from tfprivacy_rep.training.schedule import Schedule
from tfprivacy_rep.training.trainer import Game


@dataclass(frozen=True)
class Size:
    """How large the game is.

    Attributes:
        image_size: side S in pixels.
        batch_size: photographs a move.
        attributes: number A of the classifier's logits.
        perceptual_size: side in pixels of what g sees; 0: S.
        widths: filters of the encoder's stages; the decoder mirrors them.
    """

    image_size: int = 64
    batch_size: int = 32
    attributes: int = 40
    perceptual_size: int = 0
    widths: tuple[int, ...] = (32, 64, 128, 256)

    def config(self) -> Config:
        """The configuration of such a game: Z of 128 numbers, lambda1 = 1, lambda2 = 0.1, mu1 = mu2 = 0."""
        seen = self.perceptual_size or self.image_size
        return Config(
            data=DataConfig(image_size=self.image_size),
            models=ModelConfig(widths=self.widths, perceptual="hed", perceptual_size=seen),
            game=GameConfig(lambda1=1.0, lambda2=0.1, mu1=0.0, mu2=0.0), train=TrainConfig(batch_size=self.batch_size),
        )


def generated(size: Size, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Photographs of noise, uint8 `[count, S, S, 3]`, and labels, int8 `[count, A]`."""
    draws = np.random.default_rng(seed)
    shape = (count, size.image_size, size.image_size, 3)
    return {
        "images": draws.integers(0, 256, shape, np.uint8),
        "labels": draws.integers(0, 2, (count, size.attributes)).astype(np.int8),
    }


def build(strategy: tf.distribute.Strategy, size: Size, public: Images) -> Game:
    """Builds the players afresh, the same each time.

    Args:
        strategy: where replicas live.
        size: of the game.
        public: photographs that g's scales are measured on, uint8 `[N, S, S, 3]`, N >= 2.
    """
    config = size.config()
    weights = config.game
    network = build_perceptual("hed", size.image_size, config.models.perceptual_size)
    perceptual = calibrate(network, as_float(public[:64]))
    with strategy.scope():
        protector = protect.build_protector(config, size.attributes, seed=0)
        adversary = protect.build_adversary(config, weights, protector.encoder.output_shape[1:], seed=0)
    return Game(
        protector, adversary, perceptual, protector_terms(weights.lambda1, weights.lambda2, None),
        decoder_terms(weights.mu1, weights.mu2), weights.gan_loss, Schedule.of(weights),
    )


def step_gflop(game: Game) -> dict[str, float]:
    """Counts the operations of a step, one move of each player, for each private photograph, in 10^9.

    Only what is needed is counted: no gradient of weights that are fixed, none of a network's input where nothing
    before it learns.

    Returns:
        By part: `adversary` (the encoder's pass and the decoder's move), `players` of the protector's move, `g`.
    """
    assert game.adversary is not None and game.perceptual is not None
    encoder, classifier = game.protector.encoder, game.protector.classifier
    decoder, g = game.adversary.decoder, game.perceptual.model
    parts: dict[str, Any] = {
        "adversary": forward_gflop(encoder) + forward_gflop(decoder) + backward_gflop(decoder, True, False),
        "players": forward_gflop(encoder) + backward_gflop(encoder, True, False)
        + forward_gflop(classifier) + backward_gflop(classifier, True, True)
        + forward_gflop(decoder) + backward_gflop(decoder, False, True),
        "g": 2 * forward_gflop(g) + backward_gflop(g, False, True),  # of the photograph and of its reconstruction
    }
    return parts
