"""The game of a stochastic encoder: its noise, its rate, and that neither depends on replicas or on a stop."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
import tiny_game as tiny

from tfprivacy_rep.data import pipeline
from tfprivacy_rep.models.classifier import build_classifier
from tfprivacy_rep.models.encoder import build_trunk
from tfprivacy_rep.models.players import Protector
from tfprivacy_rep.models.release import learned_release
from tfprivacy_rep.objectives.combine import protector_terms
from tfprivacy_rep.training import loop
from tfprivacy_rep.training.moves import View
from tfprivacy_rep.training.rate_target import RateTarget
from tfprivacy_rep.training.trainer import GameTrainer


def trainer(strategy: tf.distribute.Strategy, target: float = 4.0, weight: float = 0.01, draws: int = 1) -> GameTrainer:
    """The tiny game with a learned release; both players and all terms."""
    with strategy.scope():
        encoder, release = learned_release(build_trunk(tiny.SIZE, tiny.WIDTHS, seed=0), tiny.NUMBERS, seed=4)
        classifier = build_classifier((tiny.NUMBERS,), tiny.ATTRIBUTES, seed=1)
        protector = Protector.create(encoder, classifier, 0.01, release, draws)
        rate_target = RateTarget(target) if target else None
    terms = protector_terms(0.5, 0.3, None, rate_target.weight if rate_target else weight)
    return tiny.trainer_of(strategy, dataclasses.replace(
        tiny.game(strategy), protector=protector, protector_terms=terms, rate_target=rate_target))


def test_noise_comes_with_each_example_another_in_each_epoch_and_the_same_after_a_stop():
    fields = {"images": tiny.images(6, 0)}
    first = [b["noise"].numpy() for b in pipeline.batches(fields, 3, seed=1, noise=4).take(4)]
    again = [b["noise"].numpy() for b in pipeline.batches(fields, 3, seed=1, first_batch=2, noise=4).take(2)]
    np.testing.assert_array_equal(first[2:], again)
    halves = [next(iter(pipeline.batches({"images": tiny.images(8, 0)}, 4, 1, 0, replica, 2, noise=4)))["noise"].numpy()
              for replica in (0, 1)]
    whole = next(iter(pipeline.batches({"images": tiny.images(8, 0)}, 4, 1, noise=4)))["noise"].numpy()
    np.testing.assert_array_equal(np.concatenate(halves), whole)
    assert len(np.unique(np.concatenate(first))) == 4 * 3 * 4
    other = next(iter(pipeline.batches(fields, 3, seed=2, noise=4)))["noise"].numpy()
    assert not np.isin(other, np.concatenate(first)).any()
    black = {"images": np.zeros((500, 1, 1, 1), np.uint8)}
    many = next(iter(pipeline.batches(black, 500, 3, noise=20)))["noise"].numpy()
    assert abs(many.mean()) < 0.05 and abs(many.std() - 1) < 0.05


def test_the_game_is_the_same_on_1_and_on_2_replicas(one_replica, two_replicas):
    one, two = trainer(one_replica), trainer(two_replicas)
    for _ in range(3):
        mine, other = one.train_steps(1).means, two.train_steps(1).means
        assert "protector/L_rate" in mine and mine.keys() == other.keys()
        for name in mine:
            np.testing.assert_allclose(other[name], mine[name], rtol=1e-3, atol=1e-5, err_msg=name)
    weights = [float(np.asarray(t.stateful()["rate_weight"][0])) for t in (one, two)]
    assert weights[0] == pytest.approx(weights[1], rel=1e-5) and weights[0] != pytest.approx(1e-3, rel=1e-3)


def test_stop_and_resume_equals_uninterrupted_to_the_bit(one_replica, tmp_path):
    whole, first, second = (trainer(one_replica) for _ in range(3))
    loop.run(whole, tiny.options(tmp_path / "whole", steps=8))
    loop.run(first, tiny.options(tmp_path / "parts", steps=5))
    loop.run(second, tiny.options(tmp_path / "parts", steps=8))
    expected, found = tiny.values(whole.stateful()), tiny.values(second.stateful())
    assert not tiny.differing(expected, found) and "rate_weight/0" in found


def test_the_adversary_leaves_a_stochastic_protector_to_the_bit(one_replica):
    played = trainer(one_replica)
    before = tiny.values(played._game.protector.stateful())
    played._adversary_step(played._iterators["public"])
    assert not tiny.differing(before, tiny.values(played._game.protector.stateful()))


def test_a_dearer_rate_is_a_smaller_rate(one_replica):
    rates = []
    for weight in (1e-6, 1.0):
        played = trainer(one_replica, target=0.0, weight=weight)
        for _ in range(30):
            means = played.train_steps(1).means
        rates.append(means["protector/L_rate"])
    assert rates[1] < 0.5 * rates[0]


def test_l_u_is_the_mean_over_the_draws_and_all_else_sees_the_first(one_replica):
    """By hand, of each draw alone."""
    game = trainer(one_replica, draws=3)._game
    protector = game.protector
    batch = {"images": tf.constant(tiny.images(4, 0), tf.float32) / 255.0,
             "labels": tf.constant(tiny.private_fields(4)["labels"]),
             "noise": tf.random.stateless_normal([4, 3 * tiny.NUMBERS], [1, 2])}
    given, z = protector.represent(batch, training=False)
    drawn = protector.drawn(given, batch)
    assert drawn.shape == (4, 3, tiny.NUMBERS) and protector.noise == tiny.NUMBERS
    np.testing.assert_array_equal(drawn[:, 0], z)
    by_hand = given[:, 0] + tf.exp(given[:, 1]) * batch["noise"][:, 2 * tiny.NUMBERS :]
    np.testing.assert_allclose(drawn[:, 2], by_hand, rtol=1e-6)
    view = View(batch, z, classifier=protector.classifier, draws=drawn)
    alone = [View(batch, drawn[:, draw], classifier=protector.classifier).value("L_u") for draw in range(3)]
    np.testing.assert_allclose(view.value("L_u"), np.mean(alone, axis=0), rtol=1e-5)
    assert not np.allclose(alone[0], alone[1])


def test_the_game_with_several_draws_is_the_same_on_1_and_on_2_replicas(one_replica, two_replicas):
    rows = [trainer(strategy, draws=3).train_steps(3).means for strategy in (one_replica, two_replicas)]
    assert rows[0].keys() == rows[1].keys()
    for name, value in rows[0].items():
        assert rows[1][name] == pytest.approx(value, rel=1e-3), name


def test_one_draw_without_noise_is_no_draw(one_replica):
    protector = tiny.game(one_replica).protector
    assert protector.drawn(None, {}) is None and protector.noise == 0
    assert trainer(one_replica)._game.protector.drawn(None, {}) is None
