"""L_adv and L_d against values derived by hand: D = sigmoid(logit), so logits 0, ln 3, -ln 3 give D = 1/2, 3/4, 1/4."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfprivacy_rep.objectives.adversarial import decoder_gan_loss, discriminator_loss

LOGITS = np.array([0.0, np.log(3.0), -np.log(3.0)], np.float32)


def _gradient(function, logits) -> np.ndarray:
    logits = tf.constant(logits, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = function(logits)
    return tape.gradient(value, logits).numpy()


def test_saturating_gan_loss_is_log_one_minus_d():
    """log(1 - D): ln(1/2) = -ln 2, ln(1/4) = -2 ln 2, ln(3/4)."""
    expected = [-np.log(2.0), -2 * np.log(2.0), np.log(0.75)]
    np.testing.assert_allclose(decoder_gan_loss(tf.constant(LOGITS), "saturating"), expected, rtol=1e-6)


def test_non_saturating_gan_loss_is_minus_log_d():
    """-log D: ln 2, -ln(3/4), -ln(1/4) = 2 ln 2."""
    expected = [np.log(2.0), -np.log(0.75), 2 * np.log(2.0)]
    np.testing.assert_allclose(decoder_gan_loss(tf.constant(LOGITS), "non_saturating"), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "kind, expected", [("saturating", [-0.5, -0.75, -0.25]), ("non_saturating", [-0.5, -0.25, -0.75])]
)
def test_both_gan_losses_fall_as_the_reconstruction_looks_more_real(kind, expected):
    """d log(1 - D) / d logit = -D, and d(-log D) / d logit = -(1 - D)."""
    np.testing.assert_allclose(_gradient(lambda logits: decoder_gan_loss(logits, kind), LOGITS), expected, rtol=1e-6)


def test_discriminator_loss_is_cross_entropy_of_real_and_fake():
    """-log D(X) - log(1 - D(X^)), for (real, fake) with D:

    (3/4, 1/4): -2 ln(3/4). (1/2, 3/4): ln 2 + 2 ln 2. (1/4, 1/2): 2 ln 2 + ln 2. (3/4, 3/4): -ln(3/4) + 2 ln 2.
    """
    third = np.log(3.0)
    real = tf.constant([third, 0.0, -third, third], tf.float32)
    fake = tf.constant([-third, third, 0.0, third], tf.float32)
    expected = [-2 * np.log(0.75), 3 * np.log(2), 3 * np.log(2), -np.log(0.75) + 2 * np.log(2)]
    np.testing.assert_allclose(discriminator_loss(real, fake), expected, rtol=1e-6)


def test_gan_terms_stay_finite_for_extreme_logits():
    """softplus(x) tends to x and softplus(-x) to 0. Where D wins (logit -10^4), the saturating gradient is 0."""
    extreme = tf.constant([1e4, -1e4])
    np.testing.assert_array_equal(decoder_gan_loss(extreme, "saturating"), [-1e4, 0.0])
    np.testing.assert_array_equal(decoder_gan_loss(extreme, "non_saturating"), [0.0, 1e4])
    np.testing.assert_array_equal(discriminator_loss(-extreme, extreme), [2e4, 0.0])
    for kind, expected in [("saturating", [-1.0, 0.0]), ("non_saturating", [0.0, -1.0])]:
        np.testing.assert_array_equal(_gradient(lambda x: decoder_gan_loss(x, kind), extreme), expected)
