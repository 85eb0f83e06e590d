"""What a stochastic encoder releases: its distribution, its rate, and its parameters as a network gives them."""

from __future__ import annotations

import math
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfprivacy_rep.models.encoder import build_encoder, build_trunk
from tfprivacy_rep.models.release import NATS_PER_BIT, GaussianRelease, fixed_release, learned_release

SIZE, NUMBERS, WIDTHS = 16, 5, (8, 8)


def parameters(count: int = 4, seed: int = 0) -> np.ndarray:
    """Random means and logarithms of scales, float32 `[count, 2, 5]`."""
    return np.random.default_rng(seed).normal(size=(count, 2, NUMBERS)).astype(np.float32)


def images(count: int = 3) -> np.ndarray:
    return np.random.default_rng(1).random((count, SIZE, SIZE, 3), np.float32)


def test_the_rate_of_one_number_by_hand():
    """m = 1, s = 2, p = 1: log(1 / 2) + (4 + 1) / 2 - 1 / 2 = 2 - log 2; the prior itself: 0."""
    one = tf.constant([[[1.0], [math.log(2.0)]], [[0.0], [0.0]]])
    np.testing.assert_allclose(GaussianRelease().rate(one), [2 - math.log(2), 0], atol=1e-6)


@pytest.mark.parametrize("prior", [1.0, 2.5])
def test_the_rate_is_the_mean_log_ratio_of_samples(prior):
    """KL is E_q[log q(z) - log r(z)], here by scipy's densities over 200,000 samples."""
    given = parameters(1)
    release = GaussianRelease(prior)
    many = np.repeat(given, 200_000, axis=0)
    z = release.sample(many, np.random.default_rng(2).standard_normal((len(many), NUMBERS)).astype(np.float32))
    mean, scale = given[0, 0].astype(float), np.exp(given[0, 1].astype(float))
    ratios = (stats.norm.logpdf(z, mean, scale) - stats.norm.logpdf(z, 0, prior)).sum(1)
    error = ratios.std() / len(ratios) ** 0.5
    assert abs(ratios.mean() - float(release.rate(tf.constant(given))[0])) < 5 * error


def test_the_rate_is_never_negative_and_bounds_what_a_channel_of_two_inputs_tells():
    """One number, means -1 and +1 equally likely, scale 1: I(X;Z) = 0.337 nats (by quadrature); the rate is 0.5."""
    assert (GaussianRelease().rate(tf.constant(parameters(100))).numpy() >= 0).all()
    z = np.linspace(-9, 9, 20_001)
    q = stats.norm.pdf(z, 1, 1)
    marginal = 0.5 * (q + stats.norm.pdf(z, -1, 1))
    information = np.trapezoid(q * np.log(q / marginal), z)
    rate = GaussianRelease().rate(tf.constant([[[1.0], [0.0]], [[-1.0], [0.0]]]))
    assert information == pytest.approx(0.3369, abs=1e-3)
    np.testing.assert_allclose(rate, [0.5, 0.5], atol=1e-6)
    assert information < float(tf.reduce_mean(rate))


def test_samples_have_the_mean_and_the_scale_in_numpy_and_in_a_graph():
    given, release = parameters(2), GaussianRelease()
    noise = np.random.default_rng(0).standard_normal((2, NUMBERS)).astype(np.float32)
    expected = given[:, 0] + np.exp(given[:, 1]) * noise
    np.testing.assert_allclose(release.sample(given, noise), expected, rtol=1e-6)
    np.testing.assert_allclose(release.sample(tf.constant(given), tf.constant(noise)), expected, rtol=1e-5)


def test_a_learned_head_starts_at_its_scale_and_keeps_within_bounds():
    encoder, release = learned_release(build_trunk(SIZE, WIDTHS, seed=0), NUMBERS, seed=1)
    given = encoder(images(), training=False)
    assert given.shape == (3, 2, NUMBERS) and release == GaussianRelease(1.0)
    np.testing.assert_allclose(given[:, 1], -1.0, atol=1e-5)
    scale = encoder.get_layer("scale")
    for bias, bound in ((1e4, 2.0), (-1e4, -8.0)):
        scale.bias.assign(np.full(NUMBERS, bias))
        np.testing.assert_allclose(encoder(images(), training=False)[:, 1], bound, atol=1e-4)


def test_fixed_noise_has_the_same_rate_for_every_image():
    """The capacity of a normal channel of so much power, d / 2 log2(1 + 1 / noise^2) bits: 2.5 for d = 5, noise 1."""
    encoder, release = fixed_release(build_encoder(SIZE, NUMBERS, WIDTHS, seed=0), 1.0)
    given = encoder(images(), training=False).numpy()
    np.testing.assert_allclose((given[:, 0] ** 2).mean(1), 1.0, rtol=1e-4)
    np.testing.assert_allclose(release.rate(tf.constant(given)) / NATS_PER_BIT, 2.5, rtol=1e-4)
    encoder, release = fixed_release(build_encoder(SIZE, NUMBERS, WIDTHS, seed=0), 0.5)
    expected = NUMBERS / 2 * math.log2(1 + 4)
    np.testing.assert_allclose(release.rate(encoder(images())) / NATS_PER_BIT, expected, rtol=1e-4)


@pytest.mark.parametrize("kind", ["learned", "fixed"])
def test_parameters_come_back_out_of_a_keras_file(kind, tmp_path):
    made = (learned_release(build_trunk(SIZE, WIDTHS), NUMBERS, seed=1) if kind == "learned"
            else fixed_release(build_encoder(SIZE, NUMBERS, WIDTHS), 0.3))
    made[0].save(tmp_path / "e.keras")
    again = keras.models.load_model(tmp_path / "e.keras", safe_mode=True)
    np.testing.assert_array_equal(again(images(), training=False), made[0](images(), training=False))


_PROCESS = """
import sys
import tensorflow as tf
from tfprivacy_rep.models.release import GaussianRelease
tf.random.set_seed(1)  # must not decide what leaves
draw = tf.function(GaussianRelease().fresh_sample)
given = tf.zeros((1, 2, 4))
print(draw(given).numpy().tolist(), draw(given).numpy().tolist())
"""


def test_fresh_samples_differ_between_calls_and_between_processes():
    runs = [subprocess.run([sys.executable, "-c", _PROCESS], capture_output=True, text=True, check=True).stdout
            for _ in range(2)]
    first, second = (eval(run.replace("] [", "], [")) for run in runs)
    assert len({str(z) for z in (*first, *second)}) == 4
