"""Who moves when: the arithmetic, and a counting oracle that runs the compiled steps."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfprivacy_rep.config import GameConfig
from tfprivacy_rep.objectives.combine import decoder_terms, protector_terms
from tfprivacy_rep.training import trainer as trainers
from tfprivacy_rep.training.schedule import Schedule
from tfprivacy_rep.training.trainer import Game, GameTrainer


def test_batches_used_follow_from_the_step():
    """2 moves of the adversary a step, the protector from step 3 on."""
    schedule = Schedule(adversary_moves=2, warmup=3)
    assert [schedule.private_batches(step) for step in range(6)] == [0, 0, 0, 0, 1, 2]
    assert [schedule.public_batches(step) for step in range(6)] == [0, 2, 4, 6, 8, 10]


def test_boundaries_are_the_end_of_the_warm_up_and_each_restart():
    schedule = Schedule(adversary_moves=1, warmup=3, restart_every=4)
    assert [schedule.next_boundary(step) for step in range(9)] == [3, 3, 3, 4, 8, 8, 8, 8, 12]
    assert [step for step in range(13) if schedule.restarts_at(step)] == [4, 8, 12]
    assert Schedule(1, warmup=3).next_boundary(3) is None
    assert not any(Schedule(1).restarts_at(step) for step in range(5))


def test_a_configured_game_has_its_schedule_and_one_without_negative_terms_no_adversary():
    game = GameConfig(lambda1=0.0, lambda2=1.0, adversary_moves=2, adversary_warmup=3, restart_decoder_every=4)
    assert Schedule.of(game) == Schedule(2, 3, 4)
    assert Schedule.of(dataclasses.replace(game, lambda2=0.0)) == Schedule(0, 0, 0)


class Counter:
    """A player that is one number; stands for any player of a `Game`."""

    discriminator, noise, draws = None, 0, 1

    def __init__(self, start: float) -> None:
        self.count = keras.Variable(start, aggregation="mean")

    def represent(self, batch: dict[str, tf.Tensor], training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """What the trainer asks a protector for before the adversary's move."""
        return batch["images"], batch["images"]

    def stateful(self) -> dict[str, list]:
        """As of a player."""
        return {"count": [self.count]}


@pytest.fixture
def oracle(monkeypatch):
    """Moves that count: the adversary adds 10 and the protector 100, each to its own number.

    Each reports what it found before it moved: `L_p` its own number, and the protector as `L_u` the adversary's.
    """

    def adversary_adds_10(adversary: Counter, *_: Any) -> dict[str, tf.Tensor]:
        found = tf.identity(adversary.count.value)
        adversary.count.assign_add(10.0)
        return {"L_p": found / tf.cast(tf.distribute.get_replica_context().num_replicas_in_sync, tf.float32)}

    def protector_adds_100(protector: Counter, adversary: Counter, *_: Any) -> dict[str, tf.Tensor]:
        replicas = tf.cast(tf.distribute.get_replica_context().num_replicas_in_sync, tf.float32)
        found = {"L_u": adversary.count.value / replicas, "L_p": protector.count.value / replicas}
        protector.count.assign_add(100.0)
        return found

    monkeypatch.setattr(trainers, "decoder_move", adversary_adds_10)
    monkeypatch.setattr(trainers, "protector_move", protector_adds_100)


def _counting(strategy: tf.distribute.Strategy, schedule: Schedule) -> tuple[GameTrainer, Counter, Counter]:
    with strategy.scope():
        protector, adversary = Counter(0.0), Counter(0.0)
    game = Game(
        protector, adversary, None, protector_terms(1.0, 0.0), decoder_terms(0.0, 0.0), "saturating", schedule,
        fresh_adversary=lambda number: Counter(1000.0 * number),
    )
    fields = {"images": np.zeros((4, 1, 1, 3), np.uint8)}
    return GameTrainer(strategy, game, fields, fields, 2, seed=0), protector, adversary


def _counts(trainer: GameTrainer, players: tuple[Counter, Counter], steps: int) -> list[tuple[int, int]]:
    """(protector, adversary) after each step."""
    counts = []
    for _ in range(steps):
        trainer.train_steps(1)
        counts.append(tuple(int(np.asarray(player.count)) for player in players))
    return counts


def test_players_alternate_and_the_adversary_moves_first(oracle, strategy):
    """Before the protector's move number n (from 1) the adversary has moved n times and the protector n - 1 times."""
    trainer, *players = _counting(strategy, Schedule(adversary_moves=1))
    for n in (1, 2, 3):
        assert trainer.train_steps(1).means == {
            "adversary/L_p": 10.0 * (n - 1), "protector/L_u": 10.0 * n, "protector/L_p": 100.0 * (n - 1),
        }
    assert [int(np.asarray(p.count)) for p in players] == [300, 30]


def test_the_adversary_moves_k_times_a_step(oracle, one_replica):
    trainer, *players = _counting(one_replica, Schedule(adversary_moves=3))
    assert _counts(trainer, players, 3) == [(100, 30), (200, 60), (300, 90)]


def test_only_the_adversary_moves_in_the_warm_up(oracle, one_replica):
    trainer, *players = _counting(one_replica, Schedule(adversary_moves=2, warmup=2))
    assert trainer.train_steps(1).means.keys() == {"adversary/L_p"}
    assert _counts(trainer, players, 3) == [(0, 40), (100, 60), (200, 80)]


def test_the_adversary_starts_afresh_at_each_multiple_and_the_protector_does_not(oracle, one_replica):
    """Restart number n puts the adversary at 1000 n before the step that follows, warm-up or not."""
    trainer, *players = _counting(one_replica, Schedule(adversary_moves=1, warmup=3, restart_every=2))
    assert _counts(trainer, players, 7) == [
        (0, 10), (0, 20), (0, 1010), (100, 1020), (200, 2010), (300, 2020), (400, 3010),
    ]


def test_many_steps_in_a_call_are_as_many_calls(oracle, one_replica):
    trainer, *players = _counting(one_replica, Schedule(adversary_moves=2))
    found = trainer.train_steps(4)
    assert [int(np.asarray(p.count)) for p in players] == [400, 80]
    # Means over the steps of what the last moves found: adversary 10, 30, 50, 70; protector 0, 100, 200, 300.
    assert found.means == {"adversary/L_p": 40.0, "protector/L_u": 50.0, "protector/L_p": 150.0}


def test_graphs_are_traced_once_whatever_the_number_of_steps(oracle, strategy):
    """One graph for the warm-up, one for the game; not one more for other counts or after a seek."""
    trainer, *_ = _counting(strategy, Schedule(adversary_moves=1, warmup=5))
    for count, traces in [(1, 1), (4, 1), (3, 2), (1, 2), (7, 2)]:
        trainer.train_steps(count)
        assert trainer.traces == traces
    for step, count in [(2, 3), (9, 2)]:
        trainer.seek(step)
        trainer.train_steps(count)
        assert trainer.traces == 2


def test_a_seek_enters_both_streams_where_an_uninterrupted_run_has_them(monkeypatch, one_replica):
    """Photographs are grey values that name their row; moves report what they saw."""

    def saw(batch: dict[str, tf.Tensor]) -> tf.Tensor:
        return tf.reduce_sum(batch["images"][:, 0, 0, 0] * tf.constant([255.0, 25500.0]))

    monkeypatch.setattr(trainers, "decoder_move", lambda _a, _g, _t, _k, batch, *_: {"L_p": saw(batch)})
    monkeypatch.setattr(
        trainers, "protector_move", lambda _p, _a, _g, _t, batch, *_: {"L_u": saw(batch), "L_p": saw(batch)}
    )
    rows = np.broadcast_to(np.arange(7, dtype=np.uint8)[:, None, None, None], (7, 1, 1, 3))
    with one_replica.scope():
        game = Game(
            Counter(0.0), Counter(0.0), None, protector_terms(1.0, 0.0), decoder_terms(0.0, 0.0), "saturating",
            Schedule(adversary_moves=2, warmup=2),
        )

    def seen(start: int) -> list[dict[str, float]]:
        trainer = GameTrainer(one_replica, game, {"images": rows}, {"images": rows}, 2, seed=0)
        trainer.seek(start)
        return [trainer.train_steps(1).means for _ in range(start, 9)]

    whole = seen(0)
    assert len({row["adversary/L_p"] for row in whole}) > 5 and len({row.get("protector/L_u") for row in whole}) > 5
    for start in (1, 3, 6):
        assert seen(start) == whole[start:]
