"""The outer loop: chunks of compiled steps, logs, checkpoints, and a stop at a signal or a value that isn't finite."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Protocol

import tensorflow as tf
import tqdm

from tfprivacy_rep.data.image_files import as_user_error
from tfprivacy_rep.distribution import from_any, from_chief, is_chief, require_same_step, workers
from tfprivacy_rep.errors import Stopped, UserError
from tfprivacy_rep.training import interruption
from tfprivacy_rep.training.checkpoint import CheckpointStore
from tfprivacy_rep.training.compiled import Measured, NonFiniteError


class Trainer(Protocol):
    """What the loop drives: the game (`GameTrainer`) or a fresh attacker (`attacks.attacker.AttackTrainer`)."""

    step: int

    def stateful(self) -> dict[str, list]:
        """All variables that a checkpoint must hold, by name."""

    def seek(self, step: int) -> None:
        """Goes on as if `step` steps had been done; the variables are already restored."""

    def next_boundary(self, step: int) -> int | None:
        """The next step that a chunk must not cross."""

    def train_steps(self, count: int) -> Measured:
        """Does `count` steps."""

    def after_chunk(self, history: list[dict[str, float]]) -> bool:
        """Looks at the trained players after a chunk, may add to the newest row of the history; True ends the run."""


@dataclass(frozen=True)
class LoopOptions:
    """How a run is driven.

    Attributes:
        steps: the last step.
        chunk: steps a compiled call; each gives one row of history.
        checkpoint_every: steps between checkpoints; one more is written at the end.
        folder: where `checkpoints/` and, if wanted, TensorBoard `logs/` are written.
        title: what the progress bar says.
        progress: whether to show it.
        tensorboard: whether to write logs.
        remedy: what may help where a value is no longer finite; the end of that error's text.
        strategy: of the trainer; where it has several workers, the chief alone writes and shows a bar.
    """

    steps: int
    chunk: int
    checkpoint_every: int
    folder: Path
    title: str
    progress: bool = True
    tensorboard: bool = True
    remedy: str = "Lower the learning rates, or lambda1 and lambda2, or set bound_negative_terms."
    strategy: tf.distribute.Strategy = field(default_factory=tf.distribute.get_strategy)


def run(trainer: Trainer, options: LoopOptions) -> list[dict[str, float]]:
    """Trains until the last step or until the trainer says it is done, resuming where an earlier run stopped.

    Returns:
        The history: for each chunk a row with `step` and the means of the measured values.

    Raises:
        NonFiniteError: when a value is infinite or not a number; the last good checkpoint stays.
        UserError: if a step fails or a checkpoint or log can't be written; the last good checkpoint stays.
        Stopped: after SIGTERM or SIGINT, if `interruption.handled` handles them; a checkpoint has been saved.
    """
    store = CheckpointStore(options.folder / "checkpoints", trainer.stateful(), is_chief(options.strategy))
    restored = store.restore()
    require_same_step(options.strategy, restored)
    trainer.seek(restored)
    try:
        with interruption.deferred() as signalled:
            _train(trainer, options, store, signalled)
    except tf.errors.OpError as error:
        unreadable = as_user_error(error)  # a photograph may turn out to be damaged only when it is decoded
        if unreadable is None and workers(options.strategy) > 1:
            raise  # another worker may have ended, which `distribution.lost_worker_as_user_error` tells
        raise (unreadable or _failed(error, trainer.step, store.newest)) from error
    return store.history


def _train(
    trainer: Trainer, options: LoopOptions, store: CheckpointStore, signalled: Callable[[], int | None]
) -> None:
    saved = trainer.step
    done = bool(store.history) and bool(store.history[-1].get("done"))
    with _writer(options) as writer, _bar(options, trainer.step) as bar:
        while trainer.step < options.steps and not done:
            count = _next_stop(trainer, options) - trainer.step
            first = trainer.step
            result = trainer.train_steps(count)
            _require_finite(result, first, store.newest, options)
            store.history.append({"step": trainer.step, **result.means})
            done = trainer.after_chunk(store.history)
            _require_finite_row(store.history[-1], store.newest, options)
            store.history[-1]["done"] = float(done)
            _log(writer, store.history[-1])
            bar.update(count)
            signal = from_any(options.strategy, signalled())
            due = trainer.step >= saved + options.checkpoint_every or done or trainer.step == options.steps
            if due or signal:
                _require_finite_variables(trainer, store.newest, options)
                store.save(trainer.step)
                saved = trainer.step
            if signal:
                from_chief(options.strategy, 0.0)  # the chief must have written before anybody ends
                raise Stopped(signal, f"step {trainer.step} of {options.title} was saved as {store.newest}")


def _failed(error: tf.errors.OpError, step: int, newest: str | None) -> UserError:
    """A step, or the writing of a log, that TensorFlow gave up."""
    told = error.message.strip().splitlines() or ["no reason given"]
    return UserError(
        f"Training stopped after step {step}: expected every step to run. Received: {type(error).__name__}: {told[0]}. "
        f"{_kept(newest)}. Start the same command again to go on from there; if it fails once more, lower `batch_size` "
        "where memory ran out, make room in `output_dir` where a file could not be written, or mend `data_dir`."
    )


def _next_stop(trainer: Trainer, options: LoopOptions) -> int:
    step = trainer.step
    stops = [options.steps, (step // options.chunk + 1) * options.chunk]
    stops.append((step // options.checkpoint_every + 1) * options.checkpoint_every)
    boundary = trainer.next_boundary(step)
    return min(stops if boundary is None else [*stops, boundary])


def _require_finite(result: Measured, first_step: int, newest: str | None, options: LoopOptions) -> None:
    if result.non_finite:
        name, offset = min(result.non_finite.items(), key=lambda item: item[1])
        raise _non_finite(name, first_step + offset + 1, newest, options)


def _require_finite_row(row: dict[str, float], newest: str | None, options: LoopOptions) -> None:
    """What was measured after the chunk, on photographs of the validation, may overflow where no loss did."""
    for name, value in row.items():
        if not math.isfinite(value):
            raise _non_finite(name, int(row["step"]), newest, options)


def _require_finite_variables(trainer: Trainer, newest: str | None, options: LoopOptions) -> None:
    """The last move before a checkpoint may have broken weights that no loss has been computed with yet."""
    for name, variables in trainer.stateful().items():
        values = [tf.convert_to_tensor(variable) for variable in variables]
        if not all(tf.reduce_all(tf.math.is_finite(v)) for v in values if v.dtype.is_floating):
            raise _non_finite(f"a variable of {name}", trainer.step, newest, options)


def _non_finite(what: str, step: int, newest: str | None, options: LoopOptions) -> NonFiniteError:
    return NonFiniteError(
        f"Non-finite loss: expected finite values. Received: {what} is infinite or not a number at step {step} "
        f"({options.title}). {_kept(newest)}. {options.remedy}"
    )


def _kept(newest: str | None) -> str:
    return f"The last good checkpoint is {newest}" if newest else "No checkpoint had been written yet"


def _bar(options: LoopOptions, done: int) -> tqdm.tqdm:
    return tqdm.tqdm(total=options.steps, initial=done, desc=options.title, unit="step",
                     disable=not (options.progress and is_chief(options.strategy)), dynamic_ncols=True, mininterval=1.0)


def _writer(options: LoopOptions) -> contextlib.AbstractContextManager:
    if not (options.tensorboard and is_chief(options.strategy)):
        return contextlib.nullcontext()
    return contextlib.closing(tf.summary.create_file_writer(str(options.folder / "logs")))


def _log(writer: tf.summary.SummaryWriter | None, row: dict[str, float]) -> None:
    if writer is None:
        return
    with writer.as_default():
        for name, value in row.items():
            if name not in ("step", "done"):
                tf.summary.scalar(name, value, step=int(row["step"]))
        writer.flush()
