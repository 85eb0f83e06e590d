"""A move changes its own player and nothing else, and computes nothing that its objective does not hold."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_game as tiny

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.perceptual import PerceptualNetwork
from tfprivacy_rep.models.players import Adversary, Protector
from tfprivacy_rep.objectives.combine import Term, decoder_terms, protector_terms
from tfprivacy_rep.training.moves import View, decoder_move, protector_move
from tfprivacy_rep.training.protect import features_of

PROTECTOR = {"encoder", "classifier", "protector_optimizer"}
ADVERSARY = {"decoder", "decoder_optimizer", "discriminator", "discriminator_optimizer"}


class Untouchable:
    """A network, as g or D, that must not be called."""

    scales = (1.0,)

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("called for nothing")


@dataclasses.dataclass
class Counting:
    """g with a count of its calls."""

    network: PerceptualNetwork
    calls: int = 0

    @property
    def scales(self) -> tuple[float, ...]:
        """As of g."""
        return self.network.scales

    def __call__(self, images: tf.Tensor) -> tuple[tf.Tensor, ...]:
        self.calls += 1
        return self.network(images)


def _batch(fields: dict[str, Any]) -> dict[str, tf.Tensor]:
    return next(tiny.batches_of(fields))


def _protect(
    protector: Protector, adversary: Adversary | None, g: Any, terms: Any, **more: Any
) -> dict[str, tf.Tensor]:
    return protector_move(protector, adversary, g, terms, _batch(tiny.private_fields()) | more, tiny.BATCH)


def _attack(adversary: Adversary, g: Any, terms: Any, **more: Any) -> dict[str, tf.Tensor]:
    batch = _batch(tiny.public_fields()) | more
    z = tf.random.stateless_normal([tiny.BATCH, tiny.NUMBERS], [1, 2])
    return decoder_move(adversary, g, terms, "saturating", batch, z, tiny.BATCH)


def test_a_protector_move_changes_the_protector_alone():
    protector, adversary, g = tiny.protector(), tiny.adversary(), tiny.perceptual()
    of_g = {"g": g.model.weights}
    mine, theirs, fixed = (tiny.values(held) for held in (protector.stateful(), adversary.stateful(), of_g))
    _protect(protector, adversary, g, protector_terms(1.0, 1.0))
    assert tiny.differing(mine, tiny.values(protector.stateful())) == PROTECTOR
    assert tiny.differing(theirs, tiny.values(adversary.stateful())) == set()
    assert tiny.differing(fixed, tiny.values(of_g)) == set()


def test_an_adversary_move_changes_decoder_and_discriminator_but_not_g():
    adversary, g = tiny.adversary(), tiny.perceptual()
    of_g = {"g": g.model.weights}
    mine, fixed = tiny.values(adversary.stateful()), tiny.values(of_g)
    _attack(adversary, g, decoder_terms(1.0, 1.0))
    assert tiny.differing(mine, tiny.values(adversary.stateful())) == ADVERSARY
    assert tiny.differing(fixed, tiny.values(of_g)) == set()


def test_every_weight_of_the_moving_player_moves():
    protector, adversary, g = tiny.protector(), tiny.adversary(), tiny.perceptual()
    trained = {str(i): [v] for i, v in enumerate(protector.variables + adversary.decoder.trainable_variables
                                                 + adversary.discriminator.trainable_variables)}
    before = tiny.values(trained)
    _protect(protector, adversary, g, protector_terms(1.0, 1.0))
    _attack(adversary, g, decoder_terms(1.0, 1.0))
    assert tiny.differing(before, tiny.values(trained)) == set(trained)


def _with_batch_normalisation(shape: tuple[int, ...], output: tuple[int, ...]) -> keras.Model:
    inputs = keras.Input(shape)
    x = keras.layers.BatchNormalization()(keras.layers.Flatten()(inputs))
    x = keras.layers.Dense(int(np.prod(output)), "sigmoid", kernel_initializer=keras.initializers.GlorotUniform(1))(x)
    return keras.Model(inputs, keras.layers.Reshape(output)(x))


def test_a_protector_move_leaves_the_statistics_of_a_normalising_decoder():
    """Its own encoder's statistics do move: the layer was used in training mode there, and only there."""
    pixels, numbers = (tiny.SIZE, tiny.SIZE, 3), (tiny.NUMBERS,)
    classifier = tiny.protector().classifier
    protector = Protector.create(_with_batch_normalisation(pixels, numbers), classifier, 0.01)
    adversary = Adversary.create(_with_batch_normalisation(numbers, pixels), None, 0.01)
    mine, theirs = tiny.values(protector.stateful()), tiny.values(adversary.stateful())
    _protect(protector, adversary, None, protector_terms(1.0, 0.0))
    assert tiny.differing(theirs, tiny.values(adversary.stateful())) == set()
    moved = tiny.values(protector.stateful())
    assert all(np.any(mine[name] != moved[name]) for name in mine if name.startswith("encoder/"))


def test_a_decoder_learns_with_the_statistics_of_its_batch():
    adversary = Adversary.create(_with_batch_normalisation((tiny.NUMBERS,), (tiny.SIZE, tiny.SIZE, 3)), None, 0.01)
    statistics = {"statistics": adversary.decoder.non_trainable_variables}
    before = tiny.values(statistics)
    _attack(adversary, None, decoder_terms(0.0, 0.0))
    assert tiny.differing(before, tiny.values(statistics)) == {"statistics"}


@pytest.mark.parametrize("lambda1, expected", [(0.0, {"L_u"}), (1.0, {"L_u", "L_p"})])
def test_without_lambda2_the_protector_never_calls_g(lambda1, expected):
    adversary = tiny.adversary(gan=False) if lambda1 else None
    assert set(_protect(tiny.protector(), adversary, Untouchable(), protector_terms(lambda1, 0.0))) == expected


def test_without_mu2_the_adversary_never_calls_g():
    assert set(_attack(tiny.adversary(), Untouchable(), decoder_terms(1.0, 0.0))) == {"L_p", "L_adv", "L_d"}


def test_without_mu1_there_is_no_discriminator():
    adversary = tiny.adversary(gan=False)
    assert adversary.discriminator is None and adversary.stateful().keys() == {"decoder", "decoder_optimizer"}
    assert set(_attack(adversary, tiny.perceptual(), decoder_terms(0.0, 1.0))) == {"L_p", "L_perc"}


def test_the_protector_never_calls_the_discriminator():
    adversary = dataclasses.replace(tiny.adversary(), discriminator=Untouchable())
    assert set(_protect(tiny.protector(), adversary, tiny.perceptual(), protector_terms(1.0, 1.0))) == {
        "L_u", "L_p", "L_perc"}


def test_features_that_came_with_the_batch_save_a_call_of_g_and_change_nothing():
    def moved(cached: bool) -> tuple[dict[str, np.ndarray], int]:
        g = Counting(tiny.perceptual())
        protector, adversary = tiny.protector(), tiny.adversary()
        for move, fields, terms in [(_attack, tiny.public_fields(), decoder_terms(0.5, 0.5)),
                                    (_protect, tiny.private_fields(), protector_terms(0.5, 0.5))]:
            features = features_of(g.network, fields["images"])
            more = {"features": tuple(tf.constant(f[: tiny.BATCH]) for f in features)} if cached else {}
            move(*([adversary] if move is _attack else [protector, adversary]), g, terms, **more)
        return tiny.values(protector.stateful() | adversary.stateful()), g.calls

    (without, calls), (with_cache, fewer) = moved(False), moved(True)
    assert (calls, fewer) == (4, 2)
    for name in without:
        np.testing.assert_allclose(with_cache[name], without[name], atol=1e-6, err_msg=name)


def test_values_are_those_of_the_objectives_before_the_move():
    """L_p written out in NumPy: the mean over everything of (Dec(Z) - X)^2."""
    adversary = tiny.adversary(gan=False)
    batch = _batch(tiny.public_fields())
    z = tf.random.stateless_normal([tiny.BATCH, tiny.NUMBERS], [1, 2])
    expected = np.mean((np.asarray(adversary.decoder(z)) - batch["images"].numpy()) ** 2)
    values = decoder_move(adversary, None, decoder_terms(0.0, 0.0), "saturating", batch, z, tiny.BATCH)
    np.testing.assert_allclose(values["L_p"], expected, rtol=1e-5)


def _size(view: View) -> tf.Tensor:
    return tf.reduce_mean(tf.square(view.z), axis=-1)


def test_an_own_term_is_measured_and_moves_the_protector():
    """Of |Z|^2 alone, only the encoder has a gradient, and the same step leads to a smaller Z of the same batch."""
    protector, batch = tiny.protector(learning_rate=1e-4), _batch(tiny.private_fields())
    before = np.mean(np.asarray(protector.encoder(batch["images"])) ** 2)
    measured = protector_move(protector, None, None, [Term("L_u", 0.0), Term("size", 1.0, compute=_size)], batch,
                              tiny.BATCH)
    assert set(measured) == {"L_u", "size"}
    np.testing.assert_allclose(measured["size"], before, rtol=1e-5)
    assert np.mean(np.asarray(protector.encoder(batch["images"])) ** 2) < before


def test_an_own_term_of_the_decoder_may_take_the_place_of_the_papers():
    """The mean absolute error as L_p, by the reconstruction that the view holds."""
    adversary, batch = tiny.adversary(gan=False), _batch(tiny.public_fields())
    z = tf.random.stateless_normal([tiny.BATCH, tiny.NUMBERS], [1, 2])
    expected = np.mean(np.abs(np.asarray(adversary.decoder(z)) - batch["images"].numpy()))
    absolute = Term("L_p", 1.0, compute=lambda view: tf.reduce_mean(
        tf.abs(view.reconstruction - view.batch["images"]), axis=[1, 2, 3]))
    values = decoder_move(adversary, None, [absolute], "saturating", batch, z, tiny.BATCH)
    np.testing.assert_allclose(values["L_p"], expected, rtol=1e-5)


@pytest.mark.parametrize(
    "terms, text",
    [
        ([Term("L_z", 1.0)], r"expected one of L_u, L_p, L_perc, L_adv, L_rate, or a function.*Received: L_z\."),
        ([Term("L_u", 1.0), Term("L_u", 2.0)], "Received: L_u twice"),
        ([Term("L_z", 1.0, compute=lambda view: tf.reduce_mean(view.z))], r"Invalid term L_z.*Received: \(\) float32"),
        ([Term("L_z", 1.0, compute=lambda view: tf.zeros([tiny.BATCH], tf.int32))], r"Received: \(4,\) int32"),
    ],
    ids=["unknown", "twice", "scalar", "integers"],
)
def test_a_term_that_is_none_is_named(terms, text):
    with pytest.raises(UserError, match=text):
        _protect(tiny.protector(), None, None, terms)


@pytest.mark.parametrize("objective", ["protector_terms", "decoder_terms"])
def test_a_trainer_refuses_an_unknown_term_before_any_graph_is_made(one_replica, objective):
    game = tiny.game(one_replica, dense=True, **{objective: [Term("L_z", 1.0)]})
    with pytest.raises(UserError, match=r"Received: L_z\."):
        tiny.trainer_of(one_replica, game)


def test_an_own_term_of_the_game_is_logged_and_sees_own_fields(strategy):
    """Its name and its mean come out of the compiled steps, on any number of replicas."""
    own = Term("L_own", 0.1, compute=lambda view: tf.cast(view.batch["weight"], tf.float32) + 0.0 * _size(view))
    game = tiny.game(strategy, tiny.Weights(0.0, 0.0, 0.0, 0.0), dense=True, protector_terms=[Term("L_u", 1.0), own])
    fields = tiny.private_fields() | {"weight": np.full(10, 3, np.int32)}
    means = tiny.trainer_of(strategy, game, fields).train_steps(2).means
    assert set(means) == {"protector/L_u", "protector/L_own"}
    np.testing.assert_allclose(means["protector/L_own"], 3.0, rtol=1e-6)
