"""The figures of a look, against NumPy and against players whose state is known."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_game as tiny
from keras import layers

from tfprivacy_rep.models.players import Adversary
from tfprivacy_rep.training import health
from tfprivacy_rep.training.schedule import Schedule

COUNT, SIDE = 6, 4
PIXELS = SIDE * SIDE * 3


def _images(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((COUNT, SIDE, SIDE, 3), np.float32)


def _decoder(transform: layers.Layer | None = None) -> keras.Model:
    """Takes Z for pixels."""
    z = keras.Input((PIXELS,))
    x = layers.Reshape((SIDE, SIDE, 3))(z)
    return keras.Model(z, x if transform is None else transform(x))


def _discriminator(scale: float, offset: float) -> keras.Model:
    """The logit is the mean pixel times `scale`, plus `offset`."""
    images = keras.Input((SIDE, SIDE, 3))
    dense = layers.Dense(
        1, kernel_initializer=keras.initializers.Constant(scale / PIXELS),
        bias_initializer=keras.initializers.Constant(offset),
    )
    return keras.Model(images, layers.Reshape(())(dense(layers.Flatten()(images))))


def _look(z: np.ndarray, decoder: keras.Model | None = None, discriminator: keras.Model | None = None):
    adversary = Adversary.create(decoder or _decoder(), discriminator, 0.001)
    return health.AdversaryLook(adversary, _images())(z.reshape(len(z), -1).astype(np.float32))


def test_gain_and_spread_are_those_of_all_pairs():
    """Noisy pictures against a loop over all pairs of a picture and a photograph."""
    images = _images().astype(float)
    rebuilt = 0.7 * images + 0.3 * _images(1)
    found = _look(rebuilt)
    own = np.mean([np.mean((r - x) ** 2) for r, x in zip(rebuilt, images)])
    others = np.mean([np.mean((r - x) ** 2) for i, r in enumerate(rebuilt) for j, x in enumerate(images) if i != j])
    assert found["health/decoder_gain"] == pytest.approx(1 - own / others, rel=1e-4)
    assert found["health/decoder_spread"] == pytest.approx(rebuilt.std(0).mean() / images.std(0).mean(), rel=1e-4)
    assert set(found) == {"health/decoder_gain", "health/decoder_spread"}


def test_the_gain_is_1_for_perfect_pictures_and_0_where_z_makes_no_difference():
    assert _look(_images()) == pytest.approx({"health/decoder_gain": 1.0, "health/decoder_spread": 1.0}, abs=1e-5)
    constant = _look(_images(), _decoder(layers.Rescaling(0.0, offset=0.5)))
    assert constant == pytest.approx({"health/decoder_gain": 0.0, "health/decoder_spread": 0.0}, abs=1e-5)


def test_pictures_of_somebody_else_have_a_spread_and_no_gain():
    found = _look(np.roll(_images(), 1, axis=0))
    assert found["health/decoder_spread"] == pytest.approx(1.0, abs=1e-5) and found["health/decoder_gain"] < 0


def test_the_discriminator_s_figures_by_hand():
    """Z are the photographs less 0.4, so each of the known logits is known too."""
    images, scale, offset = _images(), 20.0, -6.0
    found = _look(images - 0.4, discriminator=_discriminator(scale, offset))
    real = scale * images.mean((1, 2, 3)) + offset
    answers = 1 / (1 + np.exp(-np.stack([real, real - 0.4 * scale])))
    expected = {
        "real": answers[0].mean(), "fake": answers[1].mean(), "spread": answers.std(),
        "accuracy": np.mean([answers[0] > 0.5, answers[1] <= 0.5]),
    }
    assert expected["accuracy"] == 1.0
    for name, value in expected.items():
        assert found[f"health/discriminator_{name}"] == pytest.approx(value, rel=1e-4), name


def test_one_photograph_can_be_compared_with_none():
    adversary = Adversary.create(_decoder(), None, 0.001)
    assert health.AdversaryLook(adversary, _images()[:1])(np.zeros((1, PIXELS), np.float32)) == {}


def test_a_graph_is_traced_once_and_sees_the_weights_of_each_look(monkeypatch):
    traced = []
    real = health.AdversaryLook._figures
    monkeypatch.setattr(health.AdversaryLook, "_figures", lambda self, z: traced.append(1) or real(self, z))
    players = tiny.dense_adversary(gan=False)
    look = health.AdversaryLook(players, tiny.images(8, 0).astype(np.float32) / 255)
    z = np.random.default_rng(0).normal(size=(8, tiny.NUMBERS)).astype(np.float32)
    assert traced == [], "short runs never pay for it"
    first = look(z)
    for variable in players.decoder.weights:
        variable.assign(tf.zeros(variable.shape))
    assert look(z)["health/decoder_spread"] == 0.0 < first["health/decoder_spread"] and len(traced) == 1


def test_an_attribute_of_one_answer_is_counted_and_named():
    labels = np.array([[0, 1, 1, 0]] * 5 + [[1, 0, 0, 0]] * 5 + [[1, 0, 1, 0]])
    positive = np.zeros(labels.shape, bool)
    positive[:, 0] = True  # and the second one answer too: none; the third is right, the fourth has no choice
    positive[:, 2] = labels[:, 2] > 0
    found = health.classifier_figures(("a", "b", "c", "d"), labels, positive)
    assert found == {"health/one_class": 2.0, "health/one_class/a": 1.0, "health/one_class/b": 0.0}


def test_a_rare_answer_that_is_missed_is_no_collapse():
    """Four of 20 photographs: a classifier may miss them all by chance."""
    labels = (np.arange(20) < health.LEAST_OF_EACH - 1)[:, None].astype(np.int8)
    assert health.classifier_figures(("a",), labels, labels < 0) == {"health/one_class": 0.0}
    labels[10] = 1
    assert health.classifier_figures(("a",), labels, labels < 0) == {"health/one_class": 1.0, "health/one_class/a": 0.0}


def test_the_first_looks_at_a_player_are_not_judged():
    """With restarts every 10 steps and looks every 5, steps 11 to 20 are the second adversary's."""
    schedule = Schedule(1, restart_every=10)
    assert [schedule.adversary_since(step) for step in (1, 10, 11, 20, 21)] == [0, 0, 10, 10, 20]
    assert [Schedule(1).adversary_since(step) for step in (1, 10, 11)] == [0, 0, 0]
    assert (health.FIRST_LOOKS, health.FIRST_STEPS) == (2, 100)
    for every, expected in [(1, 110), (40, 120), (60, 180)]:
        rows = [{"step": step} for step in range(every, 400, every)]
        settled = [rows[i]["step"] for i in range(len(rows)) if health.is_settled(rows[: i + 1], since=10)]
        assert settled == [row["step"] for row in rows if row["step"] >= expected], "since step 10"


def test_the_sample_is_the_same_for_equal_seeds_and_no_larger_than_there_are_photographs():
    assert len(health.sample_of(9, 0)) == 9 and len(health.sample_of(1000, 0)) == health.SAMPLE
    np.testing.assert_array_equal(health.sample_of(1000, 3), health.sample_of(1000, 3))
    assert set(health.sample_of(1000, 3)) != set(health.sample_of(1000, 4))
