"""L_u against values derived by hand."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tfprivacy_rep.objectives.task import attribute_loss


def test_attribute_loss_is_the_mean_cross_entropy_over_attributes():
    """With p = sigmoid(logit): logits 0, ln 3, -ln 3 give p = 1/2, 3/4, 1/4.

    Row 0: y = (1, 0), p = (1/2, 3/4): -ln(1/2) = ln 2 and -ln(1 - 3/4) = 2 ln 2; their mean is 1.5 ln 2.
    Row 1: y = (0, 1), p = (1/4, 3/4): -ln(1 - 1/4) = ln(4/3) twice; their mean is ln(4/3).
    """
    logits = tf.constant([[0.0, np.log(3.0)], [-np.log(3.0), np.log(3.0)]], tf.float32)
    labels = tf.constant([[1, 0], [0, 1]], tf.int8)
    expected = [1.5 * np.log(2.0), np.log(4.0 / 3.0)]
    np.testing.assert_allclose(attribute_loss(logits, labels), expected, rtol=1e-6)


def test_attribute_loss_stays_finite_for_extreme_logits():
    """At logit 10^4 p rounds to 1: a wrong label costs 10^4 nats, a right one 0. The gradient is (p - y) / A."""
    logits = tf.constant([[1e4, -1e4], [1e4, -1e4]])
    labels = tf.constant([[0, 1], [1, 0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = attribute_loss(logits, labels)
    np.testing.assert_array_equal(loss, [1e4, 0.0])
    np.testing.assert_array_equal(tape.gradient(loss, logits), [[0.5, -0.5], [0.0, 0.0]])
