"""The outer loop: chunks and boundaries, exact resumption, and a stop at the first value that is not finite."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import renames
import tensorflow as tf
import tiny_game as tiny

from tfprivacy_rep import distribution
from tfprivacy_rep.errors import Stopped, UserError
from tfprivacy_rep.training import interruption, loop
from tfprivacy_rep.training import trainer as trainers
from tfprivacy_rep.training.compiled import Measured, NonFiniteError
from tfprivacy_rep.training.schedule import Schedule
from tfprivacy_rep.training.trainer import GameTrainer


class Tape:
    """A trainer that records how it is driven; its only variable is the number of steps done."""

    def __init__(
        self, boundaries: tuple[int, ...] = (), done_at: int | None = None, stop_at: int | None = None
    ) -> None:
        self.step, self.calls, self.sought = 0, [], []
        self._boundaries, self._done_at, self._stop_at = boundaries, done_at, stop_at
        self._variable = tf.Variable(0)

    def stateful(self) -> dict[str, list]:
        """As of a trainer."""
        return {"steps": [self._variable]}

    def seek(self, step: int) -> None:
        """As of a trainer; the variable was restored before."""
        assert int(self._variable.numpy()) == step
        self.step = step
        self.sought.append(step)

    def next_boundary(self, step: int) -> int | None:
        """The next of the boundaries given."""
        return min((b for b in self._boundaries if b > step), default=None)

    def train_steps(self, count: int) -> Measured:
        """Counts."""
        self.calls.append((self.step, count))
        self.step += count
        self._variable.assign_add(count)
        return Measured({"loss": float(self.step)}, {})

    def after_chunk(self, history: list[dict[str, float]]) -> bool:
        """Done, or interrupted, where it was told."""
        if self.step == self._stop_at:
            raise KeyboardInterrupt
        history[-1]["seen"] = len(history)
        return self.step == self._done_at


def _ends(tape: Tape) -> list[int]:
    return [first + count for first, count in tape.calls]


def _checkpoints(folder: Path) -> list[str]:
    return sorted(path.stem for path in (folder / "checkpoints").glob("*.index"))


def test_chunks_end_at_multiples_checkpoints_boundaries_and_the_last_step(tmp_path):
    """Multiples of 4, checkpoints at multiples of 6, boundaries 5 and 9, 14 steps."""
    tape = Tape(boundaries=(5, 9))
    history = loop.run(tape, tiny.options(tmp_path, 14, chunk=4, checkpoint_every=6))
    assert _ends(tape) == [row["step"] for row in history] == [4, 5, 6, 8, 9, 12, 14]
    assert history[0] == {"step": 4, "loss": 4.0, "seen": 1, "done": 0.0}
    assert _checkpoints(tmp_path) == ["ckpt-12", "ckpt-14"]


def test_an_interrupted_run_goes_on_from_its_newest_checkpoint(tmp_path):
    whole = loop.run(Tape(), tiny.options(tmp_path / "whole", 12, chunk=2, checkpoint_every=4))
    with pytest.raises(KeyboardInterrupt):
        loop.run(Tape(stop_at=10), tiny.options(tmp_path / "cut", 12, chunk=2, checkpoint_every=4))
    assert _checkpoints(tmp_path / "cut") == ["ckpt-4", "ckpt-8"]
    tape = Tape()
    assert loop.run(tape, tiny.options(tmp_path / "cut", 12, chunk=2, checkpoint_every=4)) == whole
    assert tape.sought == [8] and tape.calls == [(8, 2), (10, 2)]


def test_a_trainer_that_is_done_ends_the_run_for_good(tmp_path):
    history = loop.run(Tape(done_at=6), tiny.options(tmp_path, 100, chunk=3, checkpoint_every=50))
    assert [(row["step"], row["done"]) for row in history] == [(3, 0.0), (6, 1.0)]
    again = Tape()
    assert loop.run(again, tiny.options(tmp_path, 100, chunk=3, checkpoint_every=50)) == history
    assert again.calls == []


def test_a_finished_run_is_not_trained_again(tmp_path):
    history = loop.run(Tape(), tiny.options(tmp_path, 6))
    again = Tape()
    assert loop.run(again, tiny.options(tmp_path, 6)) == history and again.calls == []


def test_values_are_logged_for_tensorboard_once_a_row(tmp_path):
    options = loop.LoopOptions(6, 3, 6, tmp_path, "test", progress=False, tensorboard=True)
    loop.run(Tape(), options)
    (file,) = (tmp_path / "logs").iterdir()
    events = [e for e in tf.compat.v1.train.summary_iterator(str(file)) if e.summary.value]
    logged = [(e.step, v.tag, float(tf.make_ndarray(v.tensor))) for e in events for v in e.summary.value]
    assert logged == [(3, "loss", 3.0), (3, "seen", 1.0), (6, "loss", 6.0), (6, "seen", 2.0)]


def _game(strategy: tf.distribute.Strategy, seed: int = 2) -> GameTrainer:
    """Warm-up, several moves and a restart within 11 steps; `seed` is of the weights, which a restore must replace."""
    game = tiny.game(
        strategy, dense=True, schedule=Schedule(adversary_moves=2, warmup=3, restart_every=7),
        fresh_adversary=lambda number: tiny.dense_adversary(seed=50 + number),
    )
    with strategy.scope():
        for variable in [*game.protector.encoder.weights, *game.adversary.decoder.weights]:
            variable.assign(variable.value * float(seed))
    return tiny.trainer_of(strategy, game)


def _run(trainer: GameTrainer, folder: Path, steps: int) -> tuple[list[dict[str, float]], dict[str, np.ndarray]]:
    history = loop.run(trainer, tiny.options(folder, steps, chunk=3, checkpoint_every=5))
    return history, tiny.values(trainer.stateful())


def test_stop_and_resume_equals_uninterrupted_to_the_bit(strategy, tmp_path):
    """11 steps, or 5 and, with new objects that had other weights, 6 more."""
    whole, variables = _run(_game(strategy), tmp_path / "whole", 11)
    _run(_game(strategy), tmp_path / "halves", 5)
    resumed = _game(strategy, seed=3)
    halves, again = _run(resumed, tmp_path / "halves", 11)
    assert [row["step"] for row in whole] == [3, 5, 6, 7, 9, 10, 11]
    assert halves == whole
    assert tiny.differing(variables, again) == set()
    assert resumed.traces == 1  # no warm-up any more, and one graph for chunks of 1 and 2 steps


def test_a_checkpoint_restores_on_another_number_of_replicas(tmp_path):
    """The state of 5 steps on 1 replica is there to the bit on 2, and 1 step more gives the same but for rounding."""
    one, two = (distribution.mirrored(replicas) for replicas in (1, 2))
    first = _game(one)
    _, after_5 = _run(first, tmp_path, 5)
    second = _game(two, seed=3)
    history, restored = _run(second, tmp_path, 5)
    assert tiny.differing(after_5, restored) == set() and history[-1]["step"] == 5
    on_two, on_one = second.train_steps(1).means, first.train_steps(1).means
    assert on_two == pytest.approx(on_one, rel=1e-4)


def _not_finite_from(step: int, term: str, monkeypatch) -> Any:
    """Lets the protector's `term` be NaN from its move number `step` (from 1) on."""
    real = trainers.protector_move

    def move(protector: Any, *arguments: Any) -> dict[str, tf.Tensor]:
        moves = tf.cast(protector.optimizer.iterations.value, tf.int32)
        values = real(protector, *arguments)
        values[term] = tf.where(moves + 1 >= step, np.nan, values[term])
        return values

    monkeypatch.setattr(trainers, "protector_move", move)


def test_a_loss_that_is_not_finite_stops_the_run_naming_term_step_and_checkpoint(one_replica, tmp_path, monkeypatch):
    good, variables = _run(tiny.trainer(one_replica, dense=True), tmp_path / "good", 5)
    _not_finite_from(8, "L_p", monkeypatch)
    newest = re.escape(str(tmp_path / "bad" / "checkpoints" / "ckpt-5"))
    with pytest.raises(NonFiniteError, match=rf"protector/L_p is .* at step 8 \(test\)\. .* {newest}\. Lower"):
        _run(tiny.trainer(one_replica, dense=True), tmp_path / "bad", 20)
    monkeypatch.undo()
    restored, again = _run(tiny.trainer(one_replica, dense=True), tmp_path / "bad", 5)
    assert restored == good and tiny.differing(variables, again) == set()


def test_a_loss_that_is_not_finite_before_the_first_checkpoint_says_so(one_replica, tmp_path, monkeypatch):
    _not_finite_from(1, "L_u", monkeypatch)
    with pytest.raises(NonFiniteError, match=r"L_u .* at step 1 \(test\)\. No checkpoint had been written yet"):
        _run(tiny.trainer(one_replica, dense=True), tmp_path, 20)
    assert _checkpoints(tmp_path) == []


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_never_saved(tmp_path, bad):
    """The last move of a chunk may break the weights after its loss was measured."""

    class Breaking(Tape):
        def train_steps(self, count: int) -> Measured:
            result = super().train_steps(count)
            if self.step == 6:
                self.weights[0].assign([1.0, bad])
            return result

        def stateful(self) -> dict[str, list]:
            return super().stateful() | {"decoder": self.weights}

    tape = Breaking()
    tape.weights = [tf.Variable([1.0, 1.0])]
    text = r"a variable of decoder .* at step 6 \(test\)\. The last good checkpoint is .*ckpt-3"
    with pytest.raises(NonFiniteError, match=text):
        loop.run(tape, tiny.options(tmp_path, 9, chunk=3, checkpoint_every=3))
    assert _checkpoints(tmp_path) == ["ckpt-3"]


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
def test_what_is_measured_after_a_chunk_must_be_finite_too(tmp_path, bad):
    """A validation loss may overflow where no loss of the training did; nothing of that chunk is saved."""

    class Overflowing(Tape):
        def after_chunk(self, history: list[dict[str, float]]) -> bool:
            history[-1]["validation/L_u"] = bad if self.step == 6 else 1.0
            return False

    text = r"Received: validation/L_u is .* at step 6 \(test\)\. The last good checkpoint is .*ckpt-3\. Lower"
    with pytest.raises(NonFiniteError, match=text):
        loop.run(Overflowing(), tiny.options(tmp_path, 9, chunk=3, checkpoint_every=3))
    assert _checkpoints(tmp_path) == ["ckpt-3"]


def test_of_several_terms_the_first_that_was_not_finite_is_named(tmp_path):
    """Steps 4 to 6 are one call: L_d broke at step 6, L_p at step 5."""

    class Breaking(Tape):
        def train_steps(self, count: int) -> Measured:
            result = super().train_steps(count)
            return Measured(result.means, {"L_d": 2, "L_p": 1} if self.step == 6 else {})

    with pytest.raises(NonFiniteError, match=r"Received: L_p is .* at step 5 \(test\)\."):
        loop.run(Breaking(), tiny.options(tmp_path, 9, chunk=3, checkpoint_every=3))


class Signalled(Tape):
    """Gets a signal while it does the step that it was told."""

    def __init__(self, number: int, during: int, done_at: int | None = None) -> None:
        super().__init__(done_at=done_at)
        self._number, self._during = number, during

    def train_steps(self, count: int) -> Measured:
        if self.step < self._during <= self.step + count:
            os.kill(os.getpid(), self._number)
        return super().train_steps(count)


@pytest.mark.parametrize("number", interruption.SIGNALS)
def test_a_signal_saves_a_checkpoint_at_the_end_of_its_chunk(tmp_path, capfd, number):
    whole = loop.run(Tape(), tiny.options(tmp_path / "whole", 12, chunk=2, checkpoint_every=8))
    options = tiny.options(tmp_path / "cut", 12, chunk=2, checkpoint_every=8)
    with interruption.handled(), pytest.raises(Stopped, match=r"step 6 of test was saved as .*ckpt-6\. Start the same"):
        loop.run(Signalled(number, 5), options)
    assert _checkpoints(tmp_path / "cut") == ["ckpt-6"] and "after this chunk" in capfd.readouterr().err
    tape = Tape()
    assert loop.run(tape, options) == whole
    assert tape.sought == [6] and _ends(tape) == [8, 10, 12]


def test_a_signal_in_the_last_chunk_leaves_a_run_that_has_ended(tmp_path, capfd):
    with interruption.handled(), pytest.raises(Stopped, match="step 6"):
        loop.run(Signalled(signal.SIGTERM, 5, done_at=6), tiny.options(tmp_path, 12, chunk=2, checkpoint_every=8))
    again = Tape()
    assert loop.run(again, tiny.options(tmp_path, 12, chunk=2))[-1]["done"] == 1.0 and again.calls == []


@pytest.mark.slow
def test_a_game_that_a_signal_stopped_goes_on_to_the_bit(one_replica, tmp_path, capfd):
    whole, variables = _run(_game(one_replica), tmp_path / "whole", 11)
    stopped = _game(one_replica)
    take = stopped.train_steps

    def steps(count: int) -> Measured:
        if stopped.step == 7:
            os.kill(os.getpid(), signal.SIGTERM)
        return take(count)

    stopped.train_steps = steps
    with interruption.handled(), pytest.raises(Stopped, match="step 9"):
        _run(stopped, tmp_path / "cut", 11)
    history, again = _run(_game(one_replica, seed=3), tmp_path / "cut", 11)
    assert tiny.differing(variables, again) == set()
    assert history == whole


class Failing(Tape):
    """Its step 7 fails as a graph does."""

    def train_steps(self, count: int) -> Measured:
        if self.step == 6:
            raise self.error
        return super().train_steps(count)


@pytest.mark.parametrize(
    "error, text",
    [
        (tf.errors.ResourceExhaustedError(None, None, "OOM when allocating\nand more"),
         r"after step 6: .*ResourceExhaustedError: OOM when allocating\. The last good .*ckpt-4\. .*`batch_size`"),
        (tf.errors.UnknownError(None, None, "OSError: [Errno 5] Input/output error"),
         r"UnknownError: OSError.*`data_dir`"),
        (tf.errors.InvalidArgumentError(None, None, "x: Unreadable photograph `a/b.jpg`: expected"),
         r"^Unreadable photograph `a/b\.jpg`"),
    ],
)
def test_a_step_that_fails_is_told_with_what_is_kept(tmp_path, error, text):
    tape = Failing()
    tape.error = error
    with pytest.raises(UserError, match=text):
        loop.run(tape, tiny.options(tmp_path, 12, chunk=2, checkpoint_every=4))
    assert _checkpoints(tmp_path) == ["ckpt-4"]


def test_without_room_a_run_stops_and_goes_on_when_there_is_some(tmp_path):
    whole = loop.run(Tape(), tiny.options(tmp_path / "whole", 12, chunk=2, checkpoint_every=4))

    class Filling(Tape):
        def after_chunk(self, history: list[dict[str, float]]) -> bool:
            if self.step == 6:
                full.enter_context(renames.largest_file(100))
            return super().after_chunk(history)

    options = tiny.options(tmp_path / "cut", 12, chunk=2, checkpoint_every=4)
    with contextlib.ExitStack() as full, pytest.raises(UserError, match=r"Can't write `.*ckpt-8`.*make room"):
        loop.run(Filling(), options)
    assert _checkpoints(tmp_path / "cut") == ["ckpt-4"] and not list(tmp_path.rglob(".*.tmp-*"))
    assert loop.run(Tape(), options) == whole


def test_a_log_that_can_not_be_written_stops_the_run_with_what_is_kept(tmp_path):
    class Filling(Tape):
        def after_chunk(self, history: list[dict[str, float]]) -> bool:
            if self.step == 6:
                full.enter_context(renames.largest_file(50))
            return super().after_chunk(history)

    options = loop.LoopOptions(12, 2, 4, tmp_path, "test", progress=False, tensorboard=True)
    with contextlib.ExitStack() as full, pytest.raises(UserError, match=r"(?s)ckpt-4.*make room in `output_dir`"):
        loop.run(Filling(), options)
    assert _checkpoints(tmp_path) == ["ckpt-4"]
