"""The standard game written by hand, with nothing of the package but its networks: what the trainer is measured by."""

from __future__ import annotations

from typing import Callable, Mapping, Sequence

import keras
import tensorflow as tf

from tfprivacy_rep.training.trainer import Game

Batch = Mapping[str, tf.Tensor]


def bare_step(game: Game, lambda1: float, lambda2: float) -> Callable[[Batch, Batch], tuple[tf.Tensor, ...]]:
    """Returns a compiled step of one move of each player on one device, without mu1 and mu2.

    Args:
        game: whose networks, optimizers and g it uses; its terms and its schedule are not looked at.
        lambda1, lambda2: weights of the protector's negative terms.

    Returns:
        A function of a private and a public batch that returns the decoder's L_p, then L_u, L_p and L_perc of the
        protector, scalars.
    """
    adversary = game.adversary
    assert adversary is not None and game.perceptual is not None
    encoder, classifier = game.protector.encoder, game.protector.classifier
    decoder, g, scales = adversary.decoder, game.perceptual.model, game.perceptual.scales

    @tf.function
    def step(private: Batch, public: Batch) -> tuple[tf.Tensor, ...]:
        z = encoder(public["images"], training=False)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in decoder.trainable_variables])
            seen = tf.reduce_mean((decoder(z, training=True) - public["images"]) ** 2)
        _update(adversary.decoder_optimizer, tape, seen, decoder.trainable_variables)

        learned = encoder.trainable_variables + classifier.trainable_variables
        images, labels = private["images"], tf.cast(private["labels"], tf.float32)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in learned])
            z = encoder(images, training=True)
            utility = tf.reduce_mean(
                tf.nn.sigmoid_cross_entropy_with_logits(labels, classifier(z, training=True))
            )
            rebuilt = decoder(z, training=False)
            pixels = tf.reduce_mean((rebuilt - images) ** 2)
            features = zip(g(rebuilt, training=False), g(images, training=False), scales)
            perceptual = tf.add_n([s * tf.reduce_mean((a - b) ** 2) for a, b, s in features]) / len(scales)
            loss = utility - lambda1 * pixels - lambda2 * perceptual
        _update(game.protector.optimizer, tape, loss, learned)
        return seen, utility, pixels, perceptual

    return step


def _update(
    optimizer: keras.optimizers.Optimizer, tape: tf.GradientTape, loss: tf.Tensor, variables: Sequence
) -> None:
    optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)
