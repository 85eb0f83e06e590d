"""The whole game gives the same on 1 and on 2 replicas."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_game as tiny

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.training.trainer import Game, GameTrainer


def _with_plain_gradients(game: Game, strategy: tf.distribute.Strategy) -> Game:
    """Gradient descent for Adam, which hides a gradient that is too large by the number of replicas."""

    def descent(variables: list) -> keras.optimizers.Optimizer:
        optimizer = keras.optimizers.SGD(0.5)
        optimizer.build(variables)
        return optimizer

    protector, adversary = game.protector, game.adversary
    with strategy.scope():
        return dataclasses.replace(
            game,
            protector=dataclasses.replace(protector, optimizer=descent(protector.variables)),
            adversary=dataclasses.replace(
                adversary,
                decoder_optimizer=descent(adversary.decoder.trainable_variables),
                discriminator_optimizer=descent(adversary.discriminator.trainable_variables),
            ),
        )


def _weights(trainer: GameTrainer) -> dict[str, np.ndarray]:
    return tiny.values({n: held for n, held in trainer.stateful().items() if not n.endswith("optimizer")})


def _compare(one: GameTrainer, two: GameTrainer, steps: int, atol: float) -> None:
    before = _weights(one)
    for step in range(steps):
        mine, other = one.train_steps(1).means, two.train_steps(1).means
        assert len(mine) == 7 and mine.keys() == other.keys()
        for name in mine:
            np.testing.assert_allclose(other[name], mine[name], rtol=1e-4, atol=1e-6, err_msg=f"{name}, step {step}")
        of_two = _weights(two)
        for name, value in _weights(one).items():
            np.testing.assert_allclose(of_two[name], value, atol=atol, err_msg=f"{name}, step {step}")
    moved = {"encoder", "classifier", "adversary_decoder", "adversary_discriminator"}
    assert tiny.differing(before, _weights(one)) == moved


def test_gradient_descent_is_the_same_on_1_and_on_2_replicas(one_replica, two_replicas):
    """With steps of 0.5, a gradient of twice the size shows in the first step's weights."""
    trainers = []
    for strategy in (one_replica, two_replicas):
        game = _with_plain_gradients(tiny.game(strategy), strategy)
        trainers.append(tiny.trainer_of(strategy, game))
    _compare(*trainers, steps=4, atol=1e-5)


def test_adam_is_the_same_on_1_and_on_2_replicas(one_replica, two_replicas):
    _compare(*(tiny.trainer(s, dense=True) for s in (one_replica, two_replicas)), steps=4, atol=1e-4)


def test_replicas_hold_equal_weights_and_see_different_photographs(two_replicas):
    trainer = tiny.trainer(two_replicas, dense=True)
    trainer.train_steps(3)
    for held in trainer.stateful().values():
        for variable in held:
            first, second = (np.asarray(v) for v in two_replicas.experimental_local_results(variable.value))
            np.testing.assert_array_equal(first, second)


def test_a_batch_that_does_not_divide_by_the_replicas_is_refused(two_replicas):
    game = tiny.game(two_replicas, tiny.Weights(0.0, 0.0, 0.0, 0.0), dense=True)
    with pytest.raises(UserError, match="multiple of the 2 replicas. Received: batch_size=5. Use 4 or 6."):
        GameTrainer(two_replicas, game, tiny.private_fields(), tiny.public_fields(), 5, seed=3)
