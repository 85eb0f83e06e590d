"""Checkpoints that resume exactly: every variable, the step and the history of logged values."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Callable, Mapping, Sequence

import tensorflow as tf

_UNREADABLE = (IndexError, ValueError, AssertionError, tf.errors.OpError)


class _History(tf.train.experimental.PythonState):
    """The logged values as JSON inside the checkpoint, so that they can't disagree with the weights."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def serialize(self) -> str:
        return json.dumps(self.rows)

    def deserialize(self, string_value: bytes) -> None:
        self.rows = json.loads(string_value)


class CheckpointStore:
    """Saves and restores named lists of variables in a folder; the newest two checkpoints are kept.

    Variables are stored by list name and place, whatever object holds them, so a checkpoint can be restored with
    another number of replicas.

    Args:
        folder: where checkpoints are written.
        stateful: Keras or TensorFlow variables by name of the list.
        writes: whether `save` writes; of several workers, whose variables are equal, the chief alone does.
    """

    def __init__(self, folder: str | Path, stateful: Mapping[str, list], writes: bool = True) -> None:
        self._writes = writes
        self._history = _History()
        self._step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._variables = _by_place(stateful)
        self._checkpoint = tf.train.Checkpoint(variables=self._variables, step=self._step, history=self._history)
        self._manager = tf.train.CheckpointManager(self._checkpoint, str(folder), max_to_keep=2)

    @property
    def history(self) -> list[dict[str, float]]:
        """The logged rows up to the newest save or restore; append to it before `save`."""
        return self._history.rows

    @property
    def newest(self) -> str | None:
        """Path of the newest checkpoint, or None."""
        return self._manager.latest_checkpoint

    def restore(self) -> int:
        """Restores the newest checkpoint that can be read and returns its step; 0 where there is none.

        A checkpoint that can't be read is passed over, with a warning, for the one before. Where none can be read, the
        variables keep the values they had.
        """
        start = {name: variable.numpy() for name, variable in self._variables.items() if self.newest}
        if _first_readable(self._manager.checkpoints, lambda path: self._checkpoint.restore(path).assert_consumed()):
            return int(self._step.numpy())
        for name, value in start.items():  # what could be read of a damaged checkpoint has been assigned already
            self._variables[name].assign(value)
        self._history.rows = []
        return 0

    def save(self, step: int) -> None:
        """Writes a checkpoint of `step`."""
        if not self._writes:
            return
        self._step.assign(step)
        self._manager.save(checkpoint_number=step)


def read_variables(folder: str | Path, stateful: Mapping[str, list]) -> int | None:
    """Reads some of the lists of variables of a folder's newest checkpoint that can be read, and writes nothing.

    Args:
        folder: that a `CheckpointStore` has written.
        stateful: as of `CheckpointStore`, or only some of its lists.

    Returns:
        The step of the checkpoint; None if there is none that can be read, and then the variables may hold anything.
    """
    step = tf.Variable(0, dtype=tf.int64, trainable=False)
    checkpoint = tf.train.Checkpoint(variables=_by_place(stateful), step=step)

    def read(path: str) -> None:
        # All that is asked for must be there; that there is more, of other players, is as it should be.
        checkpoint.restore(path).assert_existing_objects_matched().expect_partial()

    state = tf.train.get_checkpoint_state(str(folder))
    paths = [] if state is None else state.all_model_checkpoint_paths
    return int(step.numpy()) if _first_readable(paths, read) else None


def _by_place(stateful: Mapping[str, list]) -> dict[str, tf.Variable]:
    return {
        f"{name}/{index}": variable if isinstance(variable, tf.Variable) else variable.value
        for name, variables in stateful.items()
        for index, variable in enumerate(variables)
    }


def _first_readable(paths: Sequence[str], read: Callable[[str], None]) -> str | None:
    """Reads the last of the checkpoints; where it can't be read, warns and reads the one before."""
    for path in reversed(paths):
        try:
            read(path)
            return path
        except _UNREADABLE as error:
            print(f"warning: checkpoint {path} can't be read ({type(error).__name__}); trying the one before",
                  file=sys.stderr)
    return None
