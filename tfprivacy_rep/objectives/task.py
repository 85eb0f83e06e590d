"""The utility loss L_u of the paper."""

from __future__ import annotations

import tensorflow as tf


def attribute_loss(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """L_u: binary cross-entropy in nats, the mean over attributes.

    `L_u = mean_a [ -y_a log p_a - (1 - y_a) log(1 - p_a) ]` with `p = sigmoid(logits)`. The paper writes a general
    L(f(Z), Y).

    Args:
        logits: `[B, A]` float32.
        labels: `[B, A]`, 0 or 1.

    Returns:
        `[B]` float32, at least 0.
    """
    labels = tf.cast(labels, logits.dtype)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits), axis=-1)
