"""The compiled steps leave alone whoever does not move, and name what they measured."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tiny_game as tiny

from tfprivacy_rep.models.players import Protector
from tfprivacy_rep.training.schedule import Schedule

PROTECTOR = {"encoder", "classifier", "protector_optimizer"}
DECODER = {"adversary_decoder", "adversary_decoder_optimizer"}


def _with_batch_normalisation(strategy) -> Protector:
    """A protector whose encoder keeps statistics of its batches."""
    with strategy.scope():
        inputs = keras.Input((tiny.SIZE, tiny.SIZE, 3))
        x = keras.layers.BatchNormalization()(keras.layers.Flatten()(inputs))
        encoder = keras.Model(inputs, keras.layers.Dense(tiny.NUMBERS)(x))
        return Protector.create(encoder, tiny.dense_protector().classifier, 0.01)


def test_steps_of_the_adversary_leave_the_protector_to_the_bit(strategy):
    """The encoder's statistics too: two steps of warm-up, then one in which the protector moves as well."""
    game = tiny.game(
        strategy, tiny.Weights(lambda2=0.0, mu1=0.0, mu2=0.0), dense=True, schedule=Schedule(1, warmup=2),
        protector=_with_batch_normalisation(strategy),
    )
    trainer = tiny.trainer_of(strategy, game)
    before = tiny.values(trainer.stateful())
    trainer.train_steps(2)
    after = tiny.values(trainer.stateful())
    assert tiny.differing(before, after) == DECODER
    trainer.train_steps(1)
    assert tiny.differing(after, tiny.values(trainer.stateful())) == DECODER | PROTECTOR


@pytest.mark.parametrize(
    "weights, names",
    [
        (tiny.Weights(0.0, 0.0, 0.0, 0.0), {"protector/L_u"}),
        (tiny.Weights(1.0, 0.0, 0.0, 0.0), {"adversary/L_p", "protector/L_u", "protector/L_p"}),
        (
            tiny.Weights(),
            {f"adversary/{name}" for name in ("L_p", "L_adv", "L_perc", "L_d")}
            | {f"protector/{name}" for name in ("L_u", "L_p", "L_perc")},
        ),
    ],
)
def test_every_term_of_the_game_is_measured_and_no_other(one_replica, weights, names):
    measured = tiny.trainer(one_replica, weights, dense=True).train_steps(2)
    assert measured.means.keys() == names and measured.non_finite == {}
    assert np.isfinite(list(measured.means.values())).all()


def test_x1_and_x2_come_in_orders_of_their_own(one_replica):
    """With the same photographs as X1 and X2 the two players still see different batches."""
    weights = tiny.Weights(1.0, 0.0, 0.0, 0.0)
    game = tiny.game(one_replica, weights, dense=True)
    fields = tiny.private_fields()
    trainer = tiny.trainer_of(one_replica, game, fields, {"images": fields["images"]})
    # The decoder is judged before it moves; with step sizes of 0 both players measure the same L_p on the same batch.
    for optimizer in (game.protector.optimizer, game.adversary.decoder_optimizer):
        optimizer.learning_rate.assign(0.0)
    means = [trainer.train_steps(1).means for _ in range(3)]
    assert all(row["adversary/L_p"] != row["protector/L_p"] for row in means)
