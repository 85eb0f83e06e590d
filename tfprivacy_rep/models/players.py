"""The two players: their models, their optimizers, and the variables each may move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

import keras
import tensorflow as tf

from tfprivacy_rep.models.precision import scales_losses
from tfprivacy_rep.models.release import GaussianRelease


def _adam(learning_rate: float, model: keras.Model, beta_1: float = 0.9) -> keras.optimizers.Optimizer:
    adam = keras.optimizers.Adam(learning_rate, beta_1=beta_1)
    return keras.optimizers.LossScaleOptimizer(adam) if scales_losses(model) else adam


@dataclass(frozen=True)
class Protector:
    """Encoder and classifier, which move on the private data X1.

    Attributes:
        encoder: images `[B, S, S, 3]` in [0, 1] to representations `[B, ...]`, or, with a release, to its parameters
            `[B, 2, d]`.
        classifier: representations to logits `[B, A]`.
        optimizer: moves both; built for exactly their trainable variables.
        release: what Z is drawn from, for a stochastic encoder; None where the encoder gives Z itself.
        draws: releases of each photograph that L_u is averaged over; all other terms see the first alone.
    """

    encoder: keras.Model
    classifier: keras.Model
    optimizer: keras.optimizers.Optimizer
    release: GaussianRelease | None = None
    draws: int = 1

    @classmethod
    def create(
        cls, encoder: keras.Model, classifier: keras.Model, learning_rate: float,
        release: GaussianRelease | None = None, draws: int = 1,
    ) -> "Protector":
        """Joins the models with an Adam optimizer. Call it inside the strategy's scope."""
        optimizer = _adam(learning_rate, encoder)
        optimizer.build(encoder.trainable_variables + classifier.trainable_variables)
        return cls(encoder, classifier, optimizer, release, draws)

    @property
    def representation_shape(self) -> tuple[int, ...]:
        """Shape of one Z."""
        shape = tuple(self.encoder.output_shape[1:])
        return shape if self.release is None else shape[1:]

    @property
    def noise(self) -> int:
        """Normal numbers that one Z takes; 0 for an encoder that gives Z itself."""
        return 0 if self.release is None else self.representation_shape[0]

    def represent(self, batch: Mapping[str, Any], training: bool) -> tuple[Any, Any]:
        """Encodes a batch and draws Z.

        Args:
            batch: `images` `[b, S, S, 3]`; with a release, `noise` `[b, d]`, or more, of which the first d count.
            training: whether the encoder learns.

        Returns:
            What the encoder gives, and Z; the same without a release.
        """
        given = self.encoder(batch["images"], training=training)
        if self.release is None:
            return given, given
        return given, self.release.sample(given, batch["noise"][:, : self.noise])

    def drawn(self, given: Any, batch: Mapping[str, Any]) -> Any:
        """All draws of Z of a batch.

        Args:
            given: what `represent` has of the encoder.
            batch: that it was given, with `noise` `[b, draws * d]`.

        Returns:
            `[b, draws, d]`, of which the first is `represent`'s; None where there is no other.
        """
        if self.release is None or self.draws == 1:
            return None
        return tf.stack([self.release.sample(given, noise)
                         for noise in tf.split(batch["noise"], self.draws, axis=1)], axis=1)

    @property
    def variables(self) -> list:
        """The Keras variables that the protector's move changes."""
        return self.encoder.trainable_variables + self.classifier.trainable_variables

    def stateful(self) -> dict[str, list]:
        """All variables that a checkpoint must hold, by name."""
        return {
            "encoder": self.encoder.variables,
            "classifier": self.classifier.variables,
            "protector_optimizer": self.optimizer.variables,
        }


@dataclass(frozen=True)
class Adversary:
    """Decoder and, where there is a GAN term, discriminator, which move on the public data X2.

    The same parts, built afresh, are a fresh attacker.

    Attributes:
        decoder: representations `[B, ...]` to images `[B, S, S, 3]` in [0, 1].
        discriminator: images to logits `[B]`, or None.
        decoder_optimizer, discriminator_optimizer: one each.
    """

    decoder: keras.Model
    discriminator: keras.Model | None
    decoder_optimizer: keras.optimizers.Optimizer
    discriminator_optimizer: keras.optimizers.Optimizer | None

    @classmethod
    def create(
        cls, decoder: keras.Model, discriminator: keras.Model | None, learning_rate: float
    ) -> "Adversary":
        """Joins the models with Adam optimizers (beta_1 = 0.5 for a GAN, as in DCGAN). Call it inside the strategy's
        scope."""
        beta_1 = 0.9 if discriminator is None else 0.5
        optimizers = [_adam(learning_rate, decoder, beta_1),
                      None if discriminator is None else _adam(learning_rate, discriminator, 0.5)]
        optimizers[0].build(decoder.trainable_variables)
        if discriminator is not None:
            optimizers[1].build(discriminator.trainable_variables)
        return cls(decoder, discriminator, *optimizers)

    def stateful(self) -> dict[str, list]:
        """All variables that a checkpoint must hold, by name."""
        held = {"decoder": self.decoder.variables, "decoder_optimizer": self.decoder_optimizer.variables}
        if self.discriminator is not None and self.discriminator_optimizer is not None:
            held["discriminator"] = self.discriminator.variables
            held["discriminator_optimizer"] = self.discriminator_optimizer.variables
        return held
