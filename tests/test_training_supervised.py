"""With all weights zero the game is plain supervised training, written out here."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import tensorflow as tf
import tiny_game as tiny

from tfprivacy_rep.data import pipeline
from tfprivacy_rep.training.schedule import Schedule


def _by_hand(steps: int) -> tuple[list[np.ndarray], list[float]]:
    """Adam on binary cross-entropy; the trainer's seed is 3, and X1's order has twice the seed."""
    player = tiny.protector()
    model = keras.Sequential([player.encoder, player.classifier])
    optimizer = keras.optimizers.Adam(0.01)
    losses = []
    for batch in itertools.islice(pipeline.batches(tiny.private_fields(), tiny.BATCH, 2 * 3), steps):
        with tf.GradientTape() as tape:
            logits = model(batch["images"], training=True)
            labels = tf.cast(batch["labels"], tf.float32)
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(labels, logits, from_logits=True))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        losses.append(float(loss))
    return player.encoder.get_weights() + player.classifier.get_weights(), losses


def test_all_weights_zero_is_plain_supervised_training(one_replica):
    none = tiny.Weights(0.0, 0.0, 0.0, 0.0)
    game = tiny.game(one_replica, none, perceptual=None)
    assert game.adversary is None and game.schedule == Schedule(adversary_moves=0)
    trainer = tiny.trainer(one_replica, none, protector=game.protector, perceptual=None)
    losses = [trainer.train_steps(1).means for _ in range(5)]
    weights, expected = _by_hand(5)
    assert all(row.keys() == {"protector/L_u"} for row in losses)
    np.testing.assert_allclose([row["protector/L_u"] for row in losses], expected, rtol=1e-5)
    trained = game.protector.encoder.get_weights() + game.protector.classifier.get_weights()
    for mine, theirs in zip(trained, weights, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=2e-5)
