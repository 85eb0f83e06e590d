"""Checkpoints: all variables, the step and the history; a file that can't be read is passed over."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

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


@pytest.mark.parametrize("damage", ["truncated", "missing"])
def test_a_newest_checkpoint_that_is_damaged_is_passed_over_with_a_warning(tmp_path, capsys, damage):
    _saved_at(tmp_path, 5, 10)
    if damage == "truncated":
        _truncate(tmp_path, 10)
    else:
        (tmp_path / "ckpt-10.data-00000-of-00001").unlink()
    variables = _variables(-1.0)
    store = CheckpointStore(tmp_path, variables)
    assert store.restore() == 5 and _all_equal(variables, 5.0)
    assert [row["step"] for row in store.history] == [5]
    assert "ckpt-10 can't be read" in capsys.readouterr().err


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
