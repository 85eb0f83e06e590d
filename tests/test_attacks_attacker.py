"""A fresh attacker: strong where the representation gives everything away, blind where it says nothing."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any, Callable

import keras
import numpy as np
import pytest
import small_run
import tensorflow as tf
import tiny_game
from keras import layers

from tfprivacy_rep.attacks import attacker as attacking
from tfprivacy_rep.attacks.attacker import (
    AttackerSpec,
    AttackTrainer,
    Pairs,
    attack,
    build_attacker,
    has_converged,
    ladder,
)
from tfprivacy_rep.attacks.frozen import FrozenEncoder
from tfprivacy_rep.config import AttackConfig
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.metrics.image_similarity import psnr
from tfprivacy_rep.training import health
from tfprivacy_rep.training.compiled import NonFiniteError
from tfprivacy_rep.training.health_warnings import warnings_of
from tfprivacy_rep.training.protect import build_adversary

SIZE, WIDTHS = 32, (8, 16)
PLAIN = AttackerSpec("decoder", 0.0, 0.0, seed=5)
GAN = AttackerSpec("decoder_gan", 0.05, 0.1, seed=6)


def smooth_images(count: int, seed: int) -> np.ndarray:
    """A wide spot of random height and colour on a random ground, uint8 `[count, 32, 32, 3]`."""
    draws = np.random.default_rng(seed)
    grid = np.linspace(0, 1, SIZE)
    y = draws.uniform(0.2, 0.8, (count, 1, 1))
    spot = np.exp(-((grid[None, None, :] - 0.5) ** 2 + (grid[None, :, None] - y) ** 2) / 0.1)[..., None]
    ground, colour = draws.uniform(0, 1, (2, count, 1, 1, 3))
    return np.round(255 * (ground + spot * (colour - ground))).astype(np.uint8)


def identity_encoder(shape: str) -> keras.Model:
    """Z is the photograph itself, as one vector or as a map."""
    images = keras.Input((SIZE, SIZE, 3))
    return keras.Model(images, (layers.Flatten() if shape == "vector" else layers.Identity())(images))


def constant_encoder(numbers: int = 16) -> keras.Model:
    """Z says nothing."""
    images = keras.Input((SIZE, SIZE, 3))
    z = layers.Dense(numbers, kernel_initializer="zeros", bias_initializer="ones", name="z")(layers.Flatten()(images))
    return keras.Model(images, z)


def budget(steps: int, **changes: Any) -> AttackConfig:
    """An attack of so many steps that is looked at every tenth of them."""
    values = {"attack_check_every": max(1, steps // 10), "attack_batch_size": 8, "attack_learning_rate": 3e-3} | changes
    return AttackConfig(attack_steps=steps, **values)


def pairs(encoder: keras.Model, count: int, seed: int) -> Pairs:
    """Photographs with their representations."""
    images = smooth_images(count, seed)
    return Pairs(images, FrozenEncoder(encoder)(images))


def run(strategy, spec, config, training, validation, folder: Path, perceptual=None) -> attacking.AttackOutcome:
    """A whole attack of a fresh attacker."""
    with strategy.scope():
        fresh = build_attacker(spec, training.z.shape[1:], SIZE, WIDTHS, config.attack_learning_rate)
    return attack(strategy, fresh, spec, config, perceptual, training, validation, folder, "test", False, False)


def loss_of_mean_image(training: Pairs, validation: Pairs) -> float:
    """Mean square error of the best constant guess."""
    mean = as_float(training.images).mean(0)
    return float(np.mean((as_float(validation.images) - mean) ** 2))


@pytest.mark.parametrize("shape", ["vector", "map"])
def test_it_reconstructs_what_an_identity_encoder_gives_away(shape, one_replica, tmp_path):
    encoder = identity_encoder(shape)
    training, validation = pairs(encoder, 128, 0), pairs(encoder, 24, 1)
    config = budget(300, attack_learning_rate=1e-2, attack_patience=10)
    outcome = run(one_replica, PLAIN, config, training, validation, tmp_path)
    best = min(row["validation_loss"] for row in outcome.history)
    assert best < 0.4 * loss_of_mean_image(training, validation)
    reconstructed = outcome.decode(validation.z)
    assert float(np.mean((reconstructed - as_float(validation.images)) ** 2)) == pytest.approx(best, rel=1e-4)
    assert warnings_of(outcome.history, attacker=True) == [] and outcome.history[-1]["health/decoder_gain"] > 0.5


def test_it_finds_the_mean_image_and_no_more_where_z_is_constant(one_replica, tmp_path, capsys):
    encoder = constant_encoder()
    training, validation = pairs(encoder, 96, 0), pairs(encoder, 24, 1)
    outcome = run(one_replica, PLAIN, budget(300), training, validation, tmp_path)
    floor = loss_of_mean_image(training, validation)
    best = min(row["validation_loss"] for row in outcome.history)
    # A constant guess of training photographs may by luck be a little closer to 24 others than their mean is.
    assert 0.95 * floor < best < 1.08 * floor
    reconstructed = outcome.decode(validation.z)
    assert float(np.ptp(reconstructed, axis=0).max()) < 1e-5, "the same guess for everybody"
    original = as_float(validation.images)
    mean = np.repeat(as_float(training.images).mean(0, keepdims=True), len(original), 0)
    assert abs(psnr(reconstructed, original).mean() - psnr(mean, original).mean()) < 0.4
    (warning,) = warnings_of(outcome.history, attacker=True)
    assert (warning.condition, warning.step, warning.recovered) == ("decoder_ignores_z", 180, None)
    assert warning.figures == pytest.approx({"decoder_gain": 0.0, "decoder_spread": 0.0}, abs=1e-3)
    assert capsys.readouterr().err.count("warning: test, step 180: the attacker's decoder ignores Z") == 1


def test_an_attack_leaves_the_encoder_as_it_was(one_replica, tmp_path):
    images = keras.Input((SIZE, SIZE, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 4, 4)(images))
    encoder = keras.Model(images, layers.Flatten()(x))
    frozen = FrozenEncoder(encoder)
    before = [np.array(v).tobytes() for v in encoder.variables]
    photographs = smooth_images(24, 0)
    training, validation = Pairs(photographs[:16], frozen(photographs[:16])), Pairs(
        photographs[16:], frozen(photographs[16:])
    )
    outcome = run(one_replica, PLAIN, budget(10), training, validation, tmp_path)
    frozen((outcome.decode(validation.z) * 255).astype(np.uint8))
    frozen.require_unchanged()
    assert [np.array(v).tobytes() for v in encoder.variables] == before


@pytest.mark.parametrize(
    "losses, converged",
    [
        ([], False),
        ([1.0, 1.0, 1.0], False),  # no more checks than the patience
        ([1.0, 1.0, 1.0, 1.0], True),
        ([1.0, 0.995, 0.995, 0.991], True),  # gains of less than 1 % all in all
        ([1.0, 0.995, 0.995, 0.989], False),
        ([1.0, 0.98, 1.0, 1.0], False),  # the gain is within the last three
        ([1.0, 0.98, 1.0, 1.0, 1.0], True),
        ([1.0, 0.5, 2.0, 3.0, 4.0], True),
        ([0.0, 0.0, 0.0, 0.0], False),  # a perfect attacker never stops; its budget ends it
    ],
)
def test_convergence_by_hand(losses, converged):
    assert has_converged(losses, patience=3) is converged


def test_the_ladder_has_the_reconstruction_loss_alone_and_everything():
    config = AttackConfig(attack_mu1=0.3, attack_mu2=0.7)
    plain, full = ladder(config, seed=0)
    assert (plain.name, plain.mu1, plain.mu2) == ("decoder", 0.0, 0.0)
    assert (full.name, full.mu1, full.mu2) == ("decoder_gan", 0.3, 0.7)
    seeds = {spec.seed for seed in range(50) for spec in ladder(config, seed)}
    assert len(seeds) == 100


def test_a_fresh_attacker_is_neither_another_one_nor_the_simulated_adversary():
    config = small_run.config("unused", mu1=0.1)
    shape, models = (config.models.representation_size,), config.models

    def weights(spec: AttackerSpec) -> list[np.ndarray]:
        return build_attacker(spec, shape, SIZE, models.widths, 1e-3).decoder.get_weights()

    specs = [spec for seed in (0, 1) for spec in ladder(config.attack, seed)]
    simulated = build_adversary(config, config.game, shape, 0, 0)
    assert simulated.discriminator is not None
    drawn = [weights(spec)[0].tobytes() for spec in specs] + [simulated.decoder.get_weights()[0].tobytes()]
    assert len(set(drawn)) == len(drawn)
    for first, second in zip(weights(specs[0]), weights(specs[0])):
        np.testing.assert_array_equal(first, second)
    with_gan = build_attacker(specs[1], shape, SIZE, models.widths, 1e-3)
    assert build_attacker(specs[0], shape, SIZE, models.widths, 1e-3).discriminator is None
    assert with_gan.discriminator is not None
    assert with_gan.discriminator.get_weights()[0].tobytes() != simulated.discriminator.get_weights()[0].tobytes()


class _Told(AttackTrainer):
    """Is told its validation losses, and keeps a copy of the decoder at each look."""

    losses: list[float] = []

    def _validation_loss(self) -> float:
        self.seen = getattr(self, "seen", []) + [[np.array(w) for w in self._attacker.decoder.get_weights()]]
        return self.losses[len(self.seen) - 1]


def _told(
    strategy, monkeypatch, losses: list[float], steps: int, folder: Path
) -> tuple[_Told, attacking.AttackOutcome]:
    made: list[_Told] = []

    def make(*arguments: Any) -> _Told:
        made.append(_Told(*arguments))
        made[0].losses = losses
        return made[0]

    monkeypatch.setattr(attacking, "AttackTrainer", make)
    encoder = constant_encoder()
    config = budget(steps, attack_check_every=1)
    outcome = run(strategy, PLAIN, config, pairs(encoder, 16, 0), pairs(encoder, 8, 1), folder)
    return made[0], outcome


def _same_weights(outcome: attacking.AttackOutcome, weights: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(outcome.decode.model.get_weights(), weights))


def test_the_weights_of_the_best_validation_loss_are_used(one_replica, monkeypatch, tmp_path):
    trainer, outcome = _told(one_replica, monkeypatch, [3.0, 1.0, 2.0, 1.5], 4, tmp_path)
    assert [_same_weights(outcome, seen) for seen in trainer.seen] == [False, True, False, False]
    assert [row["validation_loss"] for row in outcome.history] == [3.0, 1.0, 2.0, 1.5]
    assert (outcome.steps, outcome.converged) == (4, False)


def test_the_best_weights_survive_a_restart(one_replica, monkeypatch, tmp_path):
    first, _ = _told(one_replica, monkeypatch, [3.0, 1.0, 2.0], 3, tmp_path)
    second, outcome = _told(one_replica, monkeypatch, [1.5, 1.2], 5, tmp_path)
    assert _same_weights(outcome, first.seen[1])
    assert [row["validation_loss"] for row in outcome.history] == [3.0, 1.0, 2.0, 1.5, 1.2]


def test_it_stops_when_it_has_converged_and_a_restart_leaves_it_at_that(one_replica, monkeypatch, tmp_path):
    losses = [3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.1]
    trainer, outcome = _told(one_replica, monkeypatch, losses, 8, tmp_path)
    assert (outcome.steps, outcome.converged) == (7, True), "five checks without a gain after step 2"
    again, resumed = _told(one_replica, monkeypatch, [0.1], 8, tmp_path)
    assert (resumed.steps, resumed.converged) == (7, True) and not hasattr(again, "seen")
    assert _same_weights(resumed, trainer.seen[1])


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_validation_loss_that_is_no_number_ends_the_attack(loss, one_replica, monkeypatch, tmp_path):
    text = r"validation_loss is .* at step 2 \(test\)\. No checkpoint had been written yet\. Lower attack_"
    with pytest.raises(NonFiniteError, match=text):
        _told(one_replica, monkeypatch, [3.0, loss], 2, tmp_path)


def _from_move(move: int, monkeypatch, change: Callable[[Any, dict[str, tf.Tensor], tf.Tensor], None]) -> None:
    """Lets `change` spoil what the attacker's moves give, from number `move` (from 1) on."""
    real = attacking.decoder_move

    def moved(attacker: Any, *arguments: Any) -> dict[str, tf.Tensor]:
        number = tf.cast(attacker.decoder_optimizer.iterations.value, tf.int32) + 1
        values = real(attacker, *arguments)
        change(attacker, values, number >= move)
        return values

    monkeypatch.setattr(attacking, "decoder_move", moved)


def _attack_of_noise(strategy, folder: Path) -> attacking.AttackOutcome:
    """Four steps a call, a checkpoint every 20."""
    z = np.random.default_rng(0).normal(size=(24, 8)).astype(np.float32)
    images = smooth_images(24, 0)
    config = budget(28, attack_check_every=4)
    return run(strategy, PLAIN, config, Pairs(images[:16], z[:16]), Pairs(images[16:], z[16:]), folder)


def test_a_loss_that_is_not_finite_ends_the_attack_at_its_exact_step(one_replica, monkeypatch, tmp_path):
    def spoil(attacker: Any, values: dict[str, tf.Tensor], now: tf.Tensor) -> None:
        values["L_p"] = tf.where(now, np.nan, values["L_p"])

    _from_move(23, monkeypatch, spoil)
    newest = re.escape(str(tmp_path / "checkpoints" / "ckpt-20"))
    text = rf"Received: L_p is .* at step 23 \(test\)\. The last good checkpoint is {newest}\. Lower attack_"
    with pytest.raises(NonFiniteError, match=text):
        _attack_of_noise(one_replica, tmp_path)


def test_an_attacker_with_weights_that_are_not_finite_is_not_saved(one_replica, monkeypatch, tmp_path):
    """A statistic of an optimizer overflows, which no loss shows yet."""

    def spoil(attacker: Any, values: dict[str, tf.Tensor], now: tf.Tensor) -> None:
        moment = attacker.decoder_optimizer.variables[-1]
        moment.assign(tf.where(now, np.inf, moment.value))

    _from_move(20, monkeypatch, spoil)
    with pytest.raises(NonFiniteError, match=r"a variable of decoder_optimizer is .* at step 20 .* No checkpoint had"):
        _attack_of_noise(one_replica, tmp_path)
    assert not list(tmp_path.glob("checkpoints/*.index"))


def test_a_resumed_attack_equals_an_uninterrupted_one(one_replica, tmp_path, monkeypatch):
    monkeypatch.setattr(health, "FIRST_STEPS", 0)
    encoder = constant_encoder(8)
    images = smooth_images(24, 0)
    z = np.random.default_rng(0).normal(size=(24, 8)).astype(np.float32)
    training, validation = Pairs(images[:16], z[:16]), Pairs(images[16:], z[16:])
    perceptual = tiny_game.perceptual(SIZE)
    assert encoder.output_shape == (None, 8)

    def outcome(steps: int, folder: str) -> attacking.AttackOutcome:
        config = budget(steps, attack_check_every=2, attack_batch_size=5)
        return run(one_replica, GAN, config, training, validation, tmp_path / folder, perceptual)

    whole = outcome(8, "whole")
    outcome(4, "parts")
    resumed = outcome(8, "parts")
    assert resumed.history == whole.history and len(whole.history) == 4
    np.testing.assert_array_equal(resumed.decode(z), whole.decode(z))
    assert {"L_p", "L_adv", "L_perc", "L_d", "validation_loss"} <= set(whole.history[0])
    assert {"health/decoder_gain", "health/discriminator_spread"} <= set(whole.history[-1])


def test_the_validation_loss_is_that_of_all_validation_pairs(one_replica):
    """More pairs than are looked at in one go, so that a forgotten or a doubled rest would show."""
    encoder = constant_encoder(8)
    training, validation = pairs(encoder, 16, 0), pairs(encoder, 47, 1)
    with one_replica.scope():
        fresh = build_attacker(GAN, (8,), SIZE, WIDTHS, 1e-3)
    perceptual = tiny_game.perceptual(SIZE)
    trainer = AttackTrainer(one_replica, fresh, GAN, budget(10), perceptual, training, validation)
    history: list[dict[str, float]] = [{"step": 0.0}]
    trainer.after_chunk(history)
    original = as_float(validation.images)
    reconstructed = fresh.decoder(validation.z).numpy()
    expected = np.mean((reconstructed - original) ** 2)
    for a, b, scale in zip(
        perceptual(tf.constant(reconstructed)), perceptual(tf.constant(original)), perceptual.scales
    ):
        expected += GAN.mu2 * scale * np.mean((a.numpy() - b.numpy()) ** 2) / 2  # the mean over two layers
    assert history[0]["validation_loss"] == pytest.approx(float(expected), rel=1e-4)


def test_a_representation_may_be_a_map(one_replica, tmp_path):
    images = keras.Input((SIZE, SIZE, 3))
    for encoder in (
        keras.Model(images, layers.AveragePooling2D(4)(images)),
        keras.Model(images, layers.Identity()(images)),
    ):
        training, validation = pairs(encoder, 16, 0), pairs(encoder, 8, 1)
        with one_replica.scope():
            fresh = build_attacker(PLAIN, training.z.shape[1:], SIZE, WIDTHS, 1e-3)
        assert fresh.decoder.output_shape == (None, SIZE, SIZE, 3)
        assert fresh.decoder(validation.z).shape == (8, SIZE, SIZE, 3)


def test_a_batch_that_two_replicas_can_not_share_is_refused(two_replicas):
    encoder = constant_encoder(8)
    with two_replicas.scope():
        fresh = build_attacker(PLAIN, (8,), SIZE, WIDTHS, 1e-3)
    with pytest.raises(
        UserError, match=r"`attack_batch_size`.*multiple of the 2 replicas.*attack_batch_size=7\. Use 6 or 8"
    ):
        AttackTrainer(
            two_replicas,
            fresh,
            PLAIN,
            budget(10, attack_batch_size=7),
            None,
            pairs(encoder, 16, 0),
            pairs(encoder, 8, 1),
        )


def test_two_replicas_attack_as_one_does(one_replica, two_replicas, tmp_path):
    encoder = constant_encoder(8)
    images = smooth_images(24, 0)
    z = np.random.default_rng(0).normal(size=(24, 8)).astype(np.float32)
    training, validation = Pairs(images[:16], z[:16]), Pairs(images[16:], z[16:])
    assert encoder.output_shape[1:] == z.shape[1:]
    histories = [
        run(strategy, PLAIN, budget(4, attack_check_every=2), training, validation, tmp_path / name).history
        for name, strategy in (("one", one_replica), ("two", two_replicas))
    ]
    for one, two in zip(*histories):
        assert one.keys() == two.keys()
        np.testing.assert_allclose(list(one.values()), list(two.values()), rtol=1e-4)


def test_features_come_along_only_for_an_attacker_that_compares_them():
    features = (np.zeros((2, 3), np.float32),)
    known = Pairs(smooth_images(2, 0), np.zeros((2, 4), np.float32), features)
    assert set(known.fields(with_features=False)) == {"images", "z"}
    assert known.fields(with_features=True)["features"] is features
    assert set(dataclasses.replace(known, features=None).fields(with_features=True)) == {"images", "z"}


def test_a_patient_attacker_has_more_steps_and_waits_longer(one_replica, tmp_path):
    encoder = constant_encoder()
    training, validation = pairs(encoder, 24, 0), pairs(encoder, 8, 1)
    config = budget(20, attack_check_every=2, attack_patience=2, attack_learning_rate=1e-12)  # never any better
    steps = [
        run(one_replica, dataclasses.replace(PLAIN, patience=patience), config, training, validation,
            tmp_path / str(patience)).steps
        for patience in (1, 3, 30)
    ]
    assert steps == [6, 14, 122]  # the first check, and 2, 6 and 60 more without a gain
