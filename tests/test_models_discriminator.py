"""Spectral normalisation of the discriminator; what all networks have in common is in test_models_networks."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_game as tiny

from tfprivacy_rep.models.discriminator import build_discriminator
from tfprivacy_rep.models.players import Adversary
from tfprivacy_rep.training.trainer import GameTrainer

WIDTHS = (8, 8, 16)


def _images(count: int = 4, size: int = 16) -> np.ndarray:
    return np.random.default_rng(0).random((count, size, size, 3), dtype=np.float32)


def _largest_singular_values(model: keras.Model) -> dict[str, float]:
    """By LAPACK, of each kernel as a matrix with one column a filter."""
    kernels = {v.path: v.numpy() for v in model.weights if v.path.endswith("kernel")}
    return {path: np.linalg.svd(k.reshape(-1, k.shape[-1]), compute_uv=False)[0] for path, k in kernels.items()}


def test_the_weights_are_those_without_spectral_normalisation():
    plain, spectral = build_discriminator(16, WIDTHS, 5), build_discriminator(16, WIDTHS, 5, spectral=True)
    assert not [v for v in plain.weights if "spectral" in v.path or "vector" in v.path]
    bounded = {v.path: v.numpy() for v in spectral.weights if not v.path.endswith("vector_u")}
    assert list(bounded) == [v.path for v in plain.weights], "in their order and by their names"
    for variable in plain.weights:
        np.testing.assert_array_equal(bounded[variable.path], variable.numpy(), err_msg=variable.path)
    np.testing.assert_array_equal(plain(_images()), spectral(_images(), training=False))


def test_without_it_the_weights_of_a_seed_are_what_they_were():
    """Seeds of published runs: sums of the kernels of seed 0, as the builder gave them before it had the argument."""
    kernels = [v.numpy() for v in build_discriminator(16, (8, 8)).weights if v.path.endswith("kernel")]
    np.testing.assert_allclose([np.abs(k).sum() for k in kernels], [36.90136, 78.30415, 13.94211], rtol=1e-6)


def test_every_convolution_and_the_dense_layer_are_bounded():
    model = build_discriminator(16, WIDTHS, spectral=True)
    assert [la.name for la in model.layers if isinstance(la, keras.layers.SpectralNormalization)] == [
        "spectral_conv0", "spectral_conv1", "spectral_conv2", "spectral_logit"
    ]
    assert not [la for la in model.layers if isinstance(la, (keras.layers.Conv2D, keras.layers.Dense))]
    paths = [v.path for v in model.variables]
    assert len(set(paths)) == len(paths), "a checkpoint goes by path"
    assert len(model.trainable_variables) == len(build_discriminator(16, WIDTHS).trainable_variables)


def test_largest_singular_values_come_near_1_in_training_only():
    model = build_discriminator(16, WIDTHS, spectral=True)
    before = _largest_singular_values(model)
    assert max(abs(value - 1.0) for value in before.values()) > 0.1, "or the test shows nothing"
    model(_images(), training=False)
    assert _largest_singular_values(model) == before
    for _ in range(30):
        model(_images(), training=True)
    for path, value in _largest_singular_values(model).items():
        assert value == pytest.approx(1.0, abs=0.02), path


def test_the_seed_decides_the_vectors_too():
    def vectors(seed: int) -> list[bytes]:
        weights = build_discriminator(16, WIDTHS, seed, spectral=True).weights
        return [v.numpy().tobytes() for v in weights if v.path.endswith("vector_u")]

    assert vectors(3) == vectors(3) and len(set(vectors(3) + vectors(4))) == 8


def test_a_keras_file_holds_kernels_and_vectors(tmp_path):
    model = build_discriminator(16, WIDTHS, seed=1, spectral=True)
    for _ in range(3):
        model(_images(), training=True)
    model.save(tmp_path / "discriminator.keras")
    again = keras.models.load_model(tmp_path / "discriminator.keras")
    assert [v.path for v in again.variables] == [v.path for v in model.variables]
    for training in (False, True, False):  # the vectors show in what training does next
        np.testing.assert_array_equal(again(_images(), training=training), model(_images(), training=training))
    for mine, other in zip(model.variables, again.variables):
        np.testing.assert_array_equal(mine.numpy(), other.numpy(), err_msg=mine.path)


def _trainer(strategy: tf.distribute.Strategy) -> GameTrainer:
    game = tiny.game(strategy)
    with strategy.scope():
        discriminator = build_discriminator(tiny.SIZE, tiny.WIDTHS, seed=3, spectral=True)
        adversary = Adversary.create(game.adversary.decoder, discriminator, 0.01)
    return tiny.trainer_of(strategy, dataclasses.replace(game, adversary=adversary))


def test_the_game_normalises_alike_on_1_and_on_2_replicas(one_replica, two_replicas):
    one, two = _trainer(one_replica), _trainer(two_replicas)
    start = tiny.values(one.stateful())
    np.testing.assert_equal(tiny.values(two.stateful()), start)
    for _ in range(3):
        mine, other = one.train_steps(1).means, two.train_steps(1).means
        for name in mine:
            np.testing.assert_allclose(other[name], mine[name], rtol=1e-4, atol=1e-6, err_msg=name)
    discriminators = [trainer.stateful()["adversary_discriminator"] for trainer in (one, two)]
    vectors = 0
    for index, (mine, other) in enumerate(zip(*discriminators)):
        first, second = (np.asarray(v) for v in two_replicas.experimental_local_results(other.value))
        np.testing.assert_array_equal(first, second, err_msg=mine.path)
        np.testing.assert_allclose(first, mine.numpy(), atol=1e-4, err_msg=mine.path)
        if mine.path.endswith("vector_u"):
            vectors += 1
            assert np.abs(mine.numpy() - start[f"adversary_discriminator/{index}"]).max() > 0.05, "u did not move"
    assert vectors == len(tiny.WIDTHS) + 1
