"""Checkpoints that resume exactly: every variable, the step and the history of logged values."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Callable, Mapping, Sequence

import tensorflow as tf

from tfprivacy_rep import files
from tfprivacy_rep.errors import UserError

_UNREADABLE = (IndexError, ValueError, AssertionError, RuntimeError, tf.errors.OpError)
_NAME, _KEPT = "ckpt", 2


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
    another number of replicas. A checkpoint is there once its `.index` is, which is renamed to its place last; the
    file `checkpoint` is written for TensorFlow's own tools and never read.

    Args:
        folder: where checkpoints are written.
        stateful: Keras or TensorFlow variables by name of the list.
        writes: whether `save` writes; of several workers, whose variables are equal, the chief alone does.

    Raises:
        UserError: if the folder can't be made.
    """

    def __init__(self, folder: str | Path, stateful: Mapping[str, list], writes: bool = True) -> None:
        self._writes = writes
        self._history = _History()
        self._step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._variables = _by_place(stateful)
        self._checkpoint = tf.train.Checkpoint(variables=self._variables, step=self._step, history=self._history)
        self._checkpoint.save_counter  # makes it: TensorFlow's own manager, which once wrote checkpoints, stores it
        self._folder = Path(folder)
        if writes:
            with files.temporary_beside(self._folder / _NAME):
                pass  # makes the folder, or says why it can't; clears what a killed process left

    @property
    def history(self) -> list[dict[str, float]]:
        """The logged rows up to the newest save or restore; append to it before `save`."""
        return self._history.rows

    @property
    def newest(self) -> str | None:
        """Path of the newest checkpoint, or None."""
        return next(reversed(_checkpoints(self._folder)), None)

    def restore(self) -> int:
        """Restores the newest checkpoint that can be read and returns its step; 0 where there is none.

        A checkpoint that can't be read is passed over, with a warning, for the one before. Where none can be read, the
        variables keep the values they had.
        """
        start = {name: variable.numpy() for name, variable in self._variables.items() if self.newest}
        if _first_readable(_checkpoints(self._folder), lambda path: self._checkpoint.restore(path).assert_consumed()):
            return int(self._step.numpy())
        for name, value in start.items():  # what could be read of a damaged checkpoint has been assigned already
            self._variables[name].assign(value)
        self._history.rows = []
        return 0

    def save(self, step: int) -> None:
        """Writes a checkpoint of `step`, whole or not at all.

        Raises:
            UserError: if it can't be written, for want of room for example, or the folder has been removed since the
                store was made; the checkpoints before stay.
        """
        if not self._writes:
            return
        self._step.assign(step)
        if not self._folder.is_dir():
            raise UserError(
                f"Can't write a checkpoint: expected the folder that this run started in. Received: {self._folder}, "
                "which was removed or moved meanwhile. Put it back to go on from its last checkpoint, or start anew in "
                "another `output_dir`."
            )
        place = self._folder / f"{_NAME}-{step}"
        with files.temporary_beside(place) as temporary:
            temporary.mkdir()
            try:
                self._checkpoint.write(str(temporary / _NAME))
            except tf.errors.OpError as error:
                raise OSError(error.message) from error
            # One of this step that can't be read may be there: its index must not stand beside new data.
            place.with_name(f"{place.name}.index").unlink(missing_ok=True)
            for part in sorted(temporary.iterdir()):  # `.data-...` comes before `.index`
                os.replace(part, place.with_name(place.name + part.name.removeprefix(_NAME)))
        self._keep_newest(step)

    def _keep_newest(self, step: int) -> None:
        """Removes all but the newest; those after `step` were passed over, because they can't be read."""
        found = _checkpoints(self._folder)
        kept = [path for path in found if _step_of(path) <= step][-_KEPT:]
        named = "".join(f'all_model_checkpoint_paths: "{Path(path).name}"\n' for path in kept)
        files.write_text(self._folder / "checkpoint", f'model_checkpoint_path: "{Path(kept[-1]).name}"\n{named}')
        names = {Path(path).name for path in kept}
        # `.index` comes last by name, but must go first.
        for path in sorted(self._folder.glob(f"{_NAME}-*.*"), reverse=True):
            if path.name.partition(".")[0] not in names:
                path.unlink()


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

    return int(step.numpy()) if _first_readable(_checkpoints(Path(folder)), read) else None


def _checkpoints(folder: Path) -> list[str]:
    """The checkpoints of a folder without their suffixes, the newest last."""
    found = [str(path.with_suffix("")) for path in folder.glob(f"{_NAME}-*.index")]
    return sorted((path for path in found if path.rpartition("-")[2].isdecimal()), key=_step_of)


def _step_of(checkpoint: str) -> int:
    return int(checkpoint.rpartition("-")[2])


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
