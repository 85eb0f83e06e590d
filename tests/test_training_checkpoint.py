"""Checkpoints: all variables, the step and the history; a file that can't be read is passed over."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable

import keras
import numpy as np
import pytest
import renames
import tensorflow as tf

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.training.checkpoint import CheckpointStore, read_variables


def _variables(start: float) -> dict[str, list]:
    return {"keras": [keras.Variable([start, start + 1]), keras.Variable(start)], "tf": [tf.Variable([start])]}


def _set(variables: dict[str, list], value: float) -> None:
    for held in variables.values():
        for variable in held:
            variable.assign(tf.fill(variable.shape, value))


def _all_equal(variables: dict[str, list], value: float) -> bool:
    return all(np.all(np.asarray(v) == value) for held in variables.values() for v in held)


def _saved_at(folder: Path, *steps: int) -> None:
    """Checkpoints in which every variable and the newest row of the history equal the step."""
    variables = _variables(0.0)
    store = CheckpointStore(folder, variables)
    for step in steps:
        _set(variables, float(step))
        store.history.append({"step": step, "loss": step / 3})
        store.save(step)


def _truncate(folder: Path, step: int) -> None:
    data = folder / f"ckpt-{step}.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])


def test_variables_step_and_history_come_back(tmp_path):
    _saved_at(tmp_path, 5, 11)
    variables = _variables(-1.0)
    store = CheckpointStore(tmp_path, variables)
    assert store.restore() == 11 and _all_equal(variables, 11.0)
    assert store.history == [{"step": 5, "loss": 5 / 3}, {"step": 11, "loss": 11 / 3}]
    assert isinstance(store.history[0]["step"], int) and store.newest.endswith("ckpt-11")


def test_without_a_checkpoint_a_run_starts_at_0_with_its_own_weights(tmp_path):
    variables = _variables(-1.0)
    store = CheckpointStore(tmp_path, variables)
    assert (store.restore(), store.history, store.newest) == (0, [], None)
    assert np.asarray(variables["keras"][0]).tolist() == [-1.0, 0.0]


def test_the_newest_two_are_kept(tmp_path):
    _saved_at(tmp_path, 1, 2, 3)
    assert sorted(path.stem for path in tmp_path.glob("*.index")) == ["ckpt-2", "ckpt-3"]


def _flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def _cut(path: Path, share: float) -> None:
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])


DATA, INDEX = "ckpt-10.data-00000-of-00001", "ckpt-10.index"
DAMAGES: dict[str, Callable[[Path], None]] = {
    "data cut": lambda folder: _cut(folder / DATA, 0.5),
    "data empty": lambda folder: _cut(folder / DATA, 0),
    "data missing": lambda folder: (folder / DATA).unlink(),
    "first bit of the data": lambda folder: _flip(folder / DATA, 0),
    "last bit of the data": lambda folder: _flip(folder / DATA, -1),
    "a bit within the data": lambda folder: _flip(folder / DATA, 300),
    "index cut": lambda folder: _cut(folder / INDEX, 0.5),
    "index empty": lambda folder: _cut(folder / INDEX, 0),
    "a bit of the index": lambda folder: _flip(folder / INDEX, 20),
    "index of another checkpoint": lambda folder: shutil.copy(folder / "ckpt-5.index", folder / INDEX),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_newest_checkpoint_that_is_damaged_is_passed_over_with_a_warning(tmp_path, capsys, damage):
    _saved_at(tmp_path, 5, 10)
    DAMAGES[damage](tmp_path)
    variables = _variables(-1.0)
    store = CheckpointStore(tmp_path, variables)
    assert store.restore() == 5 and _all_equal(variables, 5.0)
    assert [row["step"] for row in store.history] == [5]
    assert "ckpt-10 can't be read" in capsys.readouterr().err


@pytest.mark.parametrize("state", [None, "", "model_checkpoint_path: \"ckpt-5\"\n", "rubbish {"])
def test_the_state_file_decides_nothing(tmp_path, capsys, state):
    """It may be lost, or lag behind the checkpoints."""
    _saved_at(tmp_path, 5, 10)
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "ckpt-10"), "for TensorFlow's own tools"
    (tmp_path / "checkpoint").unlink()
    if state is not None:
        (tmp_path / "checkpoint").write_text(state)
    variables = _variables(-1.0)
    assert CheckpointStore(tmp_path, variables).restore() == 10 and _all_equal(variables, 10.0)
    assert read_variables(tmp_path, variables) == 10 and capsys.readouterr().err == ""


def test_a_checkpoint_that_was_passed_over_goes_with_the_next_save(tmp_path):
    _saved_at(tmp_path, 5, 10)
    _truncate(tmp_path, 10)
    store = CheckpointStore(tmp_path, _variables(-1.0))
    store.restore()
    store.save(7)
    assert sorted(path.stem for path in tmp_path.glob("*.index")) == ["ckpt-5", "ckpt-7"]
    assert len(list(tmp_path.glob("ckpt-*"))) == 4 and CheckpointStore(tmp_path, _variables(-1.0)).restore() == 7


@pytest.mark.parametrize("place", [0, 1, 2], ids=["before the data", "before the index", "before the state file"])
def test_a_save_that_is_cut_off_leaves_a_whole_checkpoint_and_nothing_to_stay(tmp_path, capsys, monkeypatch, place):
    """Cut off at each rename, as by a kill: nothing is tidied up then."""
    _saved_at(tmp_path, 5, 10)
    variables = _variables(0.0)
    store = CheckpointStore(tmp_path, variables)
    _set(variables, 15.0)
    renames.end_at(monkeypatch, place)
    with pytest.raises(renames.Killed):
        store.save(15)
    monkeypatch.undo()
    assert list(tmp_path.glob(".*.tmp-*"))
    expected = 15 if place == 2 else 10
    again = _variables(-1.0)
    store = CheckpointStore(tmp_path, again)
    assert store.restore() == expected and _all_equal(again, float(expected)) and capsys.readouterr().err == ""
    store.save(15)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "checkpoint", *(f"ckpt-{step}.{part}" for step in (10, 15) for part in ("data-00000-of-00001", "index"))]


def test_without_room_the_checkpoints_before_stay(tmp_path):
    """A limit on the size of files stands for a full disk: TensorFlow's own writing fails."""
    _saved_at(tmp_path, 5, 10)
    store = CheckpointStore(tmp_path, _variables(0.0))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with renames.largest_file(100):
        with pytest.raises(UserError, match=r"Can't write `.*ckpt-15`: .*Received: .*`output_dir`, or make room"):
            store.save(15)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_that_has_vanished_is_not_made_again(tmp_path):
    store = CheckpointStore(tmp_path / "checkpoints", _variables(0.0))
    store.save(5)
    shutil.rmtree(tmp_path / "checkpoints")
    with pytest.raises(UserError, match=r"Received: .*checkpoints, which was removed .*`output_dir`"):
        store.save(10)
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_of_tensorflows_own_manager_are_read(tmp_path):
    """As they were written before the store wrote them itself."""
    variables = _variables(3.0)
    store = CheckpointStore(tmp_path, variables)
    store._step.assign(4)
    tf.train.CheckpointManager(store._checkpoint, str(tmp_path), max_to_keep=2).save(checkpoint_number=4)
    again = _variables(-1.0)
    assert CheckpointStore(tmp_path, again).restore() == 4
    assert np.asarray(again["keras"][0]).tolist() == [3.0, 4.0]


def test_a_run_goes_on_over_a_damaged_checkpoint(tmp_path):
    _saved_at(tmp_path, 5, 10)
    _truncate(tmp_path, 10)
    variables = _variables(-1.0)
    store = CheckpointStore(tmp_path, variables)
    store.restore()
    _set(variables, 10.5)
    store.save(10)
    again = _variables(-1.0)
    assert CheckpointStore(tmp_path, again).restore() == 10 and _all_equal(again, 10.5)


def test_nothing_of_damaged_checkpoints_stays_when_none_can_be_read(tmp_path, capsys):
    """A checkpoint may restore some variables before its damage is met: they get their own values back."""
    _saved_at(tmp_path, 5)
    _truncate(tmp_path, 5)
    variables = _variables(-1.0)
    store = CheckpointStore(tmp_path, variables)
    assert store.restore() == 0 and store.history == []
    assert "ckpt-5 can't be read" in capsys.readouterr().err
    assert [np.asarray(v).tolist() for held in variables.values() for v in held] == [[-1.0, 0.0], -1.0, [-1.0]]


def test_nothing_of_a_checkpoint_of_other_variables_stays(tmp_path, capsys):
    _saved_at(tmp_path, 5)
    variables = _variables(-1.0) | {"more": [tf.Variable(-1.0)]}
    store = CheckpointStore(tmp_path, variables)
    assert store.restore() == 0 and store.history == []
    assert np.asarray(variables["keras"][0]).tolist() == [-1.0, 0.0]
    assert "AssertionError" in capsys.readouterr().err


def test_some_lists_can_be_read_alone(tmp_path):
    _saved_at(tmp_path, 5, 11)
    variables = _variables(-1.0)
    assert read_variables(tmp_path, {"keras": variables["keras"]}) == 11
    assert [np.asarray(v).tolist() for held in variables.values() for v in held] == [[11.0, 11.0], 11.0, [-1.0]]


def test_a_list_that_no_checkpoint_has_can_not_be_read(tmp_path, capsys):
    _saved_at(tmp_path, 5, 11)
    assert read_variables(tmp_path, {"more": [tf.Variable(-1.0)]}) is None
    assert capsys.readouterr().err.count("can't be read (AssertionError)") == 2
    assert read_variables(tmp_path / "nowhere", _variables(-1.0)) is None
