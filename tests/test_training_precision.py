"""Mixed precision and XLA: half precision where asked for, float32 where it ends, and the game stays the game."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import small_run
import tensorflow as tf
import tiny_game as tiny

from tfprivacy_rep import distribution
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.encoder import build_trunk
from tfprivacy_rep.models.perceptual import PerceptualNetwork
from tfprivacy_rep.models.precision import building_in, perceptual_in
from tfprivacy_rep.models.release import learned_release
from tfprivacy_rep.training import moves, protect
from tfprivacy_rep.training.restore import restore_protector

HALF = {"mixed_bfloat16": tf.bfloat16, "mixed_float16": tf.float16}


def _players(precision: str, gan: bool = True):
    with building_in(precision):
        return tiny.protector(), tiny.adversary(gan=gan)


@pytest.mark.parametrize("precision", HALF)
def test_networks_compute_in_half_precision_and_give_float32(precision):
    protector, adversary = _players(precision)
    images = tiny.images(4, 0).astype(np.float32) / 255
    z = protector.encoder(images)
    assert {x.dtype for x in (z, protector.classifier(z), adversary.decoder(z), adversary.discriminator(images))} == {
        tf.float32}
    for model in (protector.encoder, adversary.decoder, adversary.discriminator):
        assert {w.dtype for w in model.weights} == {"float32"}
        kinds = {layer.compute_dtype for layer in model.layers if "conv" in layer.name}
        assert kinds == {HALF[precision].name}
    assert keras.config.dtype_policy().name == "float32", "the setting of Keras is as it was"
    with building_in(precision):
        encoder, release = learned_release(build_trunk(tiny.SIZE, tiny.WIDTHS), 4, seed=1)
    parameters = encoder(images)
    assert parameters.dtype == tf.float32 and release.rate(parameters).dtype == tf.float32


@pytest.mark.parametrize("precision", HALF)
def test_g_is_copied_into_half_precision_and_stays_itself(precision):
    g = tiny.perceptual()
    half = perceptual_in(g, precision)
    images = tf.constant(tiny.images(2, 0).astype(np.float32) / 255)
    for exact, coarse in zip(g(images), half(images)):
        assert coarse.dtype == tf.float32
        assert not np.array_equal(exact, coarse), "it computes in half precision"
        np.testing.assert_allclose(exact, coarse, atol=0.03)
    assert {layer.compute_dtype for layer in g.model.layers} == {"float32"} and half.scales == g.scales
    assert perceptual_in(g, "float32") is g


def test_colours_in_the_hundreds_are_centred_before_they_are_halved():
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Rescaling(255.0, offset=-123.0)(inputs)
    g = PerceptualNetwork(keras.Model(inputs, keras.layers.Conv2D(2, 1, kernel_initializer="ones")(x)), (1.0,))
    images = np.full((1, 8, 8, 3), 124.0 / 255, np.float32)
    (features,) = perceptual_in(g, "mixed_bfloat16")(tf.constant(images))
    np.testing.assert_allclose(features, 3.0, atol=0.03)  # bfloat16 has no number between 124 and 124.5


def _trainer(strategy, precision: str, xla: bool, gan: bool = True):
    with strategy.scope():
        protector, adversary = _players(precision, gan)
        g = perceptual_in(tiny.perceptual(), precision)
    game = tiny.game(
        strategy, tiny.Weights(mu1=0.2 * gan), protector=protector, adversary=adversary, perceptual=g)
    return tiny.trainer_of(strategy, game, xla=xla)


def _losses(strategy, precision: str, xla: bool, gan: bool = True, steps: int = 4) -> np.ndarray:
    trainer = _trainer(strategy, precision, xla, gan)
    rows = [trainer.train_steps(1).means for _ in range(steps)]
    assert trainer.traces == 1
    return np.array([[row[name] for name in sorted(row)] for row in rows])


@pytest.mark.parametrize("precision", ["mixed_float16", pytest.param("mixed_bfloat16", marks=pytest.mark.slow)])
def test_the_game_in_half_precision_is_nearly_the_game(precision):
    """Without D, whose first steps in float16 are left out until the scale of its losses fits."""
    exact, coarse = (_losses(distribution.mirrored(), p, False, gan=False) for p in ("float32", precision))
    assert not np.array_equal(coarse[0], exact[0])
    np.testing.assert_allclose(coarse, exact, rtol=0.04)


@pytest.mark.slow
def test_xla_compiles_each_move_and_changes_rounding_alone():
    strategy = distribution.mirrored()
    losses = []
    for xla in (False, True):
        trainer = _trainer(strategy, "float32", xla)
        losses.append([list(trainer.train_steps(1).means.values()) for _ in range(4)])
        graph = trainer._play.get_concrete_function(*(trainer._iterators.values()), tf.constant(1, tf.int64)).graph
        compiled = sum(f.attr["_XlaMustCompile"].b for f in graph.as_graph_def().library.function)
        assert compiled >= 3 if xla else compiled == 0, f"decoder, discriminator, protector: {compiled}"
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_replicas_agree_under_xla(precision):
    one, two = (_losses(distribution.mirrored(replicas), precision, True, False) for replicas in (0, 2))
    np.testing.assert_allclose(two, one, rtol=1e-3 if precision == "float32" else 0.04)


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_gradient_that_overflows_on_the_last_replica_moves_nobody_and_halves_the_scale(replicas):
    strategy = distribution.mirrored(replicas if replicas > 1 else 0)
    with strategy.scope():
        with building_in("mixed_float16"):
            protector = tiny.protector()
    before = tiny.values(protector.stateful())

    def move(place: tf.Tensor) -> tf.Tensor:
        largest = tf.where(place == replicas - 1, float("inf"), 1.0)

        def objective() -> tuple[tf.Tensor, tf.Tensor]:
            kernels = [tf.reduce_sum(variable.value) for variable in protector.variables]
            return largest * tf.add_n(kernels), largest

        return moves._move(protector.optimizer, protector.variables, objective, (), False)

    places = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(context.replica_id_in_sync_group))
    tf.function(lambda: strategy.run(move, args=(places,)))()
    after = tiny.values(protector.stateful())
    changed = {name for name in before if before[name].tobytes() != after[name].tobytes()}
    scale = float(protector.optimizer.dynamic_scale.numpy())
    assert scale == 2.0**14 and len(changed) == 1, (changed, scale)


def test_what_training_hands_over_computes_in_float32_whatever_it_learned_in(tmp_path):
    small = small_run.config(tmp_path, precision="mixed_float16", lambda1=0.1, lambda2=0.1)
    labels = np.random.default_rng(0).integers(0, 2, (12, 2)).astype(np.int8)
    photographs = Photographs(tiny.images(12, 1, 32), labels, ("Male", "Smiling"), None, tuple("abcdefghijkl"), "test")
    data = protect.GameData(photographs, photographs, photographs)
    trained = protect.train_encoder(
        distribution.mirrored(), small, small.game, tiny.perceptual(32), data, 0, tmp_path, "small")
    for model in (trained.encoder, trained.classifier):
        assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    restored = restore_protector(small, small.game, 2, 0, tmp_path)
    images = tiny.images(3, 2, 32).astype(np.float32) / 255
    z = restored.encoder(images)
    np.testing.assert_array_equal(trained.encoder(images), z)
    np.testing.assert_array_equal(trained.classifier(z), restored.classifier(z))
    start = protect.build_protector(small, 2, 0).encoder(images)
    assert np.abs(z - start).max() > 1e-4, "it has learned"


def test_an_unknown_precision_is_named(tmp_path):
    with pytest.raises(UserError, match="Invalid `precision`: expected one of float32, mixed_bfloat16, mixed_float16."):
        small_run.config(tmp_path, precision="float16")
