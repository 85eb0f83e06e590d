"""A file or folder is whole or not there."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tfprivacy_rep import files
from tfprivacy_rep.errors import UserError


def test_json_goes_round(tmp_path):
    path = tmp_path / "new" / "folder" / "x.json"
    files.write_json(path, {"a": [1, 2.5, None, "é"]})
    assert files.read_json(path) == {"a": [1, 2.5, None, "é"]}
    assert path.read_text(encoding="utf-8").endswith("\n")
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_what_json_does_not_know_is_refused_and_leaves_the_old_file(value, tmp_path):
    files.write_json(tmp_path / "x.json", {"old": 1})
    with pytest.raises((ValueError, TypeError)):
        files.write_json(tmp_path / "x.json", {"new": value})
    assert files.read_json(tmp_path / "x.json") == {"old": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_an_interrupted_file_leaves_the_old_one_and_nothing_else(tmp_path):
    files.write_text(tmp_path / "x.txt", "old")
    with pytest.raises(KeyboardInterrupt):
        with files.atomic_path(tmp_path / "x.txt") as temporary:
            temporary.write_text("ne")
            assert (tmp_path / "x.txt").read_text() == "old"
            raise KeyboardInterrupt
    assert (tmp_path / "x.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"]


def test_an_interrupted_folder_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError):
        with files.atomic_path(tmp_path / "1") as temporary:
            (temporary / "deep").mkdir(parents=True)
            (temporary / "deep" / "x").write_text("x")
            assert not temporary.name.isdigit() and temporary.name.startswith(".")
            raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_published_whole(tmp_path):
    with files.atomic_path(tmp_path / "1") as temporary:
        temporary.mkdir()
        (temporary / "x").write_text("x")
        assert not (tmp_path / "1").exists()
    assert (tmp_path / "1" / "x").read_text() == "x" and [p.name for p in tmp_path.iterdir()] == ["1"]


def test_what_a_killed_process_left_under_the_same_number_is_no_obstacle(tmp_path):
    left = tmp_path / f".1.tmp-{os.getpid()}"
    left.mkdir()
    (left / "stale").write_text("x")
    with files.atomic_path(tmp_path / "1") as temporary:
        temporary.mkdir()
    assert [p.name for p in tmp_path.rglob("*")] == ["1"]


def test_a_file_where_a_folder_should_be_is_named(tmp_path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(UserError, match=r"Can't write `.*taken/sub/x.txt`.*Choose another `output_dir`") as caught:
        files.write_text(tmp_path / "taken" / "sub" / "x.txt", "text")
    assert isinstance(caught.value.__cause__, OSError)
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_folder_with_something_in_it_is_not_replaced(tmp_path):
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "precious").write_text("x")
    with pytest.raises(UserError, match="Can't write"):
        with files.atomic_path(tmp_path / "1") as temporary:
            temporary.mkdir()
    assert [p.relative_to(tmp_path) for p in sorted(tmp_path.rglob("*"))] == [Path("1"), Path("1/precious")]


def test_the_callers_own_error_comes_through(tmp_path):
    with pytest.raises(UserError, match="^mine$"):
        with files.atomic_path(tmp_path / "x"):
            raise UserError("mine")


@pytest.fixture(name="other")
def _other():
    """A process that lives until the test ends."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.communicate(b"\n")


def test_what_a_living_process_writes_stays_and_what_a_dead_one_left_goes(other, tmp_path):
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    host, place = socket.gethostname(), tmp_path / "sub"
    place.mkdir()
    living = [f".a.tmp-{host}-{other.pid}", f".a.tmp-{other.pid}", f".a.tmp-another-{int(dead.stdout)}", ".a.tmp-mine"]
    gone = [f".a.tmp-{host}-{int(dead.stdout)}", f".b.tmp-{int(dead.stdout)}", f".b.tmp-{host}-{os.getpid()}"]
    for name in living + gone:
        (place / name).mkdir()
        (place / name / "x").write_text("x")
    with files.atomic_path(place / "a") as temporary:
        temporary.write_text("a")
        with files.atomic_path(place / "b") as inner:
            assert temporary.exists(), "a path of this process that is in use is left alone"
            inner.write_text("b")
    assert {p.name for p in place.iterdir()} == {"a", "b", *living}


def test_no_room_is_told_with_the_remedy_and_leaves_the_old_file(monkeypatch, tmp_path):
    files.write_text(tmp_path / "x.txt", "old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(UserError, match=r"x\.txt`.*No space left.*`output_dir`, or make room.*start the same"):
        files.write_text(tmp_path / "x.txt", "new")
    monkeypatch.undo()
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]
