"""From a configuration to a trained encoder: players by seed, restarts, caps of the negative terms, cached features."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tiny_game as tiny

from tfprivacy_rep.config import Config, DataConfig, GameConfig, ModelConfig, RunConfig, TrainConfig
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.models.perceptual import PerceptualNetwork
from tfprivacy_rep.training import protect
from tfprivacy_rep.training import trainer as trainers
from tfprivacy_rep.training.schedule import Schedule
from tfprivacy_rep.training.trainer import GameTrainer

SIZE = 32


def _config(steps: int = 4, **game: Any) -> Config:
    return Config(
        DataConfig(image_size=SIZE),
        ModelConfig(representation_size=6, widths=(8, 8, 8, 8), perceptual_size=SIZE),
        GameConfig(**game),
        TrainConfig(steps=steps, batch_size=4, log_every=2, checkpoint_every=4),
        run=RunConfig(output_dir="unused", use_progress=False, use_tensorboard=False),
    )


def _photographs(count: int, seed: int) -> Photographs:
    labels = np.random.default_rng(seed).integers(0, 2, (count, 2)).astype(np.int8)
    names = tuple(f"{seed}/{i}" for i in range(count))
    return Photographs(tiny.images(count, seed, SIZE), labels, ("Male", "Smiling"), None, names, "test")


@pytest.fixture(scope="module")
def data() -> protect.GameData:
    """X1, its validation part and X2."""
    return protect.GameData(_photographs(10, 1), _photographs(6, 2), _photographs(12, 3))


@pytest.fixture(scope="module")
def g() -> PerceptualNetwork:
    """A small perceptual network."""
    return tiny.perceptual(SIZE)


def test_features_are_those_of_g_for_each_photograph(data, g):
    """10 photographs in batches of 4: the last batch is smaller."""
    features = protect.features_of(g, data.private.images, batch_size=4)
    for cached, layer in zip(features, g(data.private.images.astype(np.float32) / 255.0), strict=True):
        np.testing.assert_allclose(cached, layer, atol=1e-5)


def test_the_caps_are_the_distances_of_the_mean_public_image(data, g):
    """M = mean of X2. L_p: mean over X1 of (M - X)^2. L_perc: the same of g0 and g1, scaled by 2 and 0.5, over 2."""
    images = data.private.images / 255.0
    mean = (data.public.images / 255.0).mean(axis=0, keepdims=True)
    at_mean, at_images = ([np.asarray(f, float) for f in g(x.astype(np.float32))] for x in (mean, images))
    squares = [np.mean((a - b) ** 2) for a, b in zip(at_mean, at_images)]
    expected = {"L_p": np.mean((mean - images) ** 2), "L_perc": (2.0 * squares[0] + 0.5 * squares[1]) / 2}
    assert protect.mean_image_bounds(data, g) == pytest.approx(expected, rel=1e-4)
    cached = dataclasses.replace(data, private_features=protect.features_of(g, data.private.images))
    assert protect.mean_image_bounds(cached, g) == pytest.approx(expected, rel=1e-4)


def _weights(model: Any) -> bytes:
    return b"".join(w.tobytes() for w in model.get_weights())


def test_equal_seeds_build_equal_players_and_other_seeds_others():
    config = _config(mu1=0.1)
    protectors = [protect.build_protector(config, 2, seed) for seed in (0, 0, 1)]
    adversaries = [protect.build_adversary(config, config.game, (6,), seed) for seed in (0, 0, 1)]
    for players, part in [(protectors, "encoder"), (protectors, "classifier"), (adversaries, "decoder"),
                          (adversaries, "discriminator")]:
        same, again, other = (_weights(getattr(player, part)) for player in players)
        assert same == again != other


def test_a_discriminator_is_built_where_mu1_is_positive():
    without, with_one = _config(mu1=0.0), _config(mu1=0.1)
    assert protect.build_adversary(without, without.game, (6,), 0).discriminator is None
    assert protect.build_adversary(with_one, with_one.game, (6,), 0).discriminator is not None


def test_each_restart_has_weights_of_its_own():
    config = _config(mu1=0.1)
    built = [protect.build_adversary(config, config.game, (6,), 0, restart) for restart in (0, 1, 2)]
    assert len({_weights(adversary.decoder) for adversary in built}) == 3
    assert len({_weights(adversary.discriminator) for adversary in built}) == 3


def test_a_restart_gives_weights_and_optimizers_of_a_fresh_adversary(strategy, monkeypatch):
    """Every variable of the adversary is set to 7, and moves do nothing: what the restart left is seen to the bit."""
    config = _config(mu1=0.1)
    with strategy.scope():
        protector = protect.build_protector(config, 2, seed=0)
        adversary = protect.build_adversary(config, config.game, (6,), seed=0)
        expected = protect.build_adversary(config, config.game, (6,), 0, restart=2)
    for move, names in [("decoder_move", ("L_p", "L_adv", "L_d")), ("protector_move", ("L_u", "L_p", "L_perc"))]:
        monkeypatch.setattr(trainers, move, lambda *_, names=names: {name: tf.zeros([]) for name in names})
    game = trainers.Game(
        protector, adversary, None, protect.protector_terms(1.0, 1.0), protect.decoder_terms(0.1, 0.0), "saturating",
        Schedule(1, restart_every=3),
        fresh_adversary=lambda restart: protect.build_adversary(config, config.game, (6,), 0, restart),
    )
    images = {"images": tiny.images(4, 0, SIZE)}
    trainer = GameTrainer(strategy, game, images, images, 4, seed=0)
    for held in adversary.stateful().values():
        for variable in held:
            variable.assign(np.full(variable.shape, 7, variable.dtype))
    before, mine = tiny.values(adversary.stateful()), tiny.values(protector.stateful())
    trainer.seek(5)
    trainer.train_steps(1)
    assert tiny.differing(before, tiny.values(adversary.stateful())) == set()
    trainer.train_steps(1)
    assert tiny.differing(tiny.values(expected.stateful()), tiny.values(adversary.stateful())) == set()
    assert tiny.differing(mine, tiny.values(protector.stateful())) == set()


class NotCalled:
    """A g that no term should ask for anything."""

    scales = (1.0,)

    def __call__(self, images: Any) -> None:
        raise RuntimeError("called for nothing")


def test_a_trained_encoder_comes_with_its_history(one_replica, g, data, tmp_path):
    """4 steps with a warm-up of 2 and a restart at 3; g(X) is cached."""
    config = _config(lambda1=0.5, lambda2=0.5, adversary_warmup=2, bound_negative_terms=True, restart_decoder_every=3)
    cached = dataclasses.replace(data, private_features=protect.features_of(g, data.private.images))
    trained = protect.train_encoder(one_replica, config, config.game, g, cached, 0, tmp_path, "test")
    warmup, last = trained.history[0], trained.history[-1]
    assert [row["step"] for row in trained.history] == [2, 3, 4]
    assert not any(name.startswith("protector") for name in warmup)
    assert {"adversary/L_p", "protector/L_u", "protector/L_p", "protector/L_perc"} < set(last)
    logits = trained.classifier(trained.encoder(data.validation.images.astype(np.float32) / 255.0)).numpy()
    p, y = 1.0 / (1.0 + np.exp(-logits.astype(float))), data.validation.labels
    assert last["validation/L_u"] == pytest.approx(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), rel=1e-4)


def test_an_unprotected_encoder_is_trained_without_decoder_and_g(one_replica, data, tmp_path):
    config = _config(lambda1=0.0, lambda2=0.0, mu1=1.0, mu2=1.0)
    trained = protect.train_encoder(one_replica, config, config.game, NotCalled(), data, 0, tmp_path, "test")
    of_moves = {name for name in trained.history[-1] if not name.startswith("validation")}
    assert of_moves == {"step", "done", "protector/L_u"}


def test_cached_features_give_the_same_weights(one_replica):
    """5 steps of the whole game with g(X) from the cache and with g(X) computed each time."""
    weights, network = tiny.Weights(), tiny.perceptual()
    trained = []
    for cached in (False, True):
        game = tiny.game(one_replica, weights, dense=True)
        fields = [tiny.private_fields(), tiny.public_fields()]
        if cached:
            fields = [f | {"features": protect.features_of(network, f["images"])} for f in fields]
        trainer = tiny.trainer_of(one_replica, game, *fields)
        trainer.train_steps(5)
        trained.append(tiny.values(trainer.stateful()))
    for name, value in trained[0].items():
        np.testing.assert_allclose(trained[1][name], value, atol=1e-5, err_msg=name)
