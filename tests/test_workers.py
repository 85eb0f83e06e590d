"""Several processes train as one: the same losses, each example once, one of them writes, and none outlives another.

Two workers on loopback, with one and with two devices each, against one process with 1, 2 and 4 logical devices.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_game as tiny
import worker_process
from small_run import ROOT

from tfprivacy_rep import distribution
from tfprivacy_rep.training import loop

pytestmark = pytest.mark.slow

FLAGS = (
    "--dataset=orl", "--attributes=Smiling", "--image_size=32", "--widths=8,8,8,8", "--representation_size=16",
    "--perceptual_size=16", "--recogniser=none", "--batch_size=8", "--steps=120", "--log_every=5",
    "--checkpoint_every=5", "--attack_steps=4", "--attack_check_every=2", "--attack_batch_size=8", "--nouse_progress",
)


def _start(command: list[str], count: int) -> list[subprocess.Popen]:
    """Starts a command as `count` workers; alone, without TF_CONFIG, if that is one."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
    for one in sockets:
        one.close()
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    environment = {**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}
    started = []
    for index in range(count):
        described = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        own = {"TF_CONFIG": json.dumps(described)} if count > 1 else {}
        started.append(subprocess.Popen(
            [sys.executable, *command], env=environment | own, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, cwd=ROOT,
        ))
    return started


def _end(processes: list[subprocess.Popen], timeout: float = 240) -> list[tuple[int, str, str]]:
    """Exit code, output and errors of each."""
    try:
        written = [process.communicate(timeout=timeout) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, *texts) for process, texts in zip(processes, written)]


def _workers(folder: Path, count: int, replicas: int) -> list[tuple[int, str, str]]:
    return _end(_start(["tests/worker_process.py", str(folder), str(replicas)], count))


def _seen(folder: Path, count: int) -> list[dict[str, Any]]:
    return [json.loads((folder / f"worker{index}.json").read_text()) for index in range(count)]


@pytest.fixture(name="two_workers", scope="module")
def _two_workers(tmp_path_factory) -> tuple[Path, list[tuple[int, str, str]]]:
    """Two workers, of which the second is killed in the end."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "kill").touch()
    return folder, _workers(folder, 2, 1)


@pytest.fixture(name="two_by_two", scope="module")
def _two_by_two(tmp_path_factory) -> tuple[Path, list[tuple[int, str, str]]]:
    """Two workers of two devices each, who go on with a run that one replica began."""
    folder = tmp_path_factory.mktemp("four")
    one = distribution.mirrored(1)
    loop.run(tiny.trainer(one, dense=True), tiny.options(folder / "run", steps=3, checkpoint_every=3))
    return folder, _workers(folder, 2, 2)


def _require_equal(found: list[dict[str, float]], expected: list[dict[str, float]], rtol: float) -> None:
    assert len(found) == len(expected) and found[0].keys() == expected[0].keys()
    for step, (mine, other) in enumerate(zip(found, expected)):
        for name, value in other.items():
            np.testing.assert_allclose(mine[name], value, rtol=rtol, atol=1e-6, err_msg=f"{name}, row {step}")


def test_losses_are_the_same_on_any_number_of_devices_and_workers(
    one_replica, two_replicas, two_workers, two_by_two, tmp_path
):
    expected = worker_process.losses(one_replica)
    assert expected[0]["protector/L_u"] > 1.02 * expected[-1]["protector/L_u"]
    _require_equal(worker_process.losses(two_replicas), expected, 1e-4)
    ended = _workers(tmp_path, 1, 4)
    assert ended[0][0] == 0, ended[0][2][-2000:]
    _require_equal(_seen(tmp_path, 1)[0]["losses"], expected, 1e-4)
    for folder, ended in (two_workers, two_by_two):
        for worker in _seen(folder, 2):
            _require_equal(worker["losses"], expected, 1e-4)


@pytest.mark.parametrize("case, replicas", [("two_workers", 1), ("two_by_two", 2)])
def test_an_epoch_of_all_workers_has_each_example_once(case, replicas, request):
    """And its batches are those of one process, cut into the shares of the replicas in their order."""
    folder, ended = request.getfixturevalue(case)
    one = worker_process.epoch(distribution.mirrored(1))
    shares = [worker["epoch"] for worker in _seen(folder, 2)]
    assert all(len(batch) == replicas for worker in shares for batch in worker)
    together = [[number for share in first + second for number in share] for first, second in zip(*shares)]
    assert together == [batch[0] for batch in one]
    assert sorted(sum(together, [])) == list(range(worker_process.EXAMPLES))


def test_the_chief_alone_writes_and_what_decides_is_its(two_workers):
    folder, _ = two_workers
    assert sorted(path.name for path in (folder / "run").iterdir()) == ["checkpoints", "logs"]
    assert len(list((folder / "run" / "logs").iterdir())) == 1
    names = {path.name for path in (folder / "run" / "checkpoints").iterdir()}
    assert names == {"checkpoint", *(f"ckpt-{step}.{part}" for step in (3, 6) for part in (
        "index", "data-00000-of-00001"))}
    assert [worker["agreed"] for worker in _seen(folder, 2)] == [10.0, 10.0]


def test_a_run_goes_on_with_another_number_of_workers(one_replica, two_workers, two_by_two, tmp_path):
    """From two workers to one process, and from one process to two workers of two devices."""
    expected = loop.run(tiny.trainer(one_replica, dense=True), tiny.options(tmp_path, 9, checkpoint_every=3))
    on_one = loop.run(tiny.trainer(one_replica, dense=True), tiny.options(two_workers[0] / "run", 9))
    _require_equal(on_one, expected, 1e-4)
    for worker in _seen(two_by_two[0], 2):
        _require_equal(worker["history"], expected[:2], 1e-4)


def test_when_a_worker_is_killed_the_others_end_and_say_so(two_workers):
    """Within the time that the fixture waits."""
    (code, _, error), (killed, _, _) = two_workers[1]
    assert killed == -9 and code == 1, error[-2000:]
    assert "error: A worker ended: expected all 2 workers to work to the end. Received: UnavailableError: " in error
    assert "task:1" in error and "they go on from the last checkpoint." in error


def test_a_sigterm_to_one_worker_saves_and_ends_all_of_them(tmp_path):
    """No checkpoint is due before the last step: the one that is there was saved because of the signal."""
    command = ["scripts/train.py", f"--output_dir={tmp_path}", *FLAGS, "--checkpoint_every=120"]
    processes = _start(command, 2)
    game = tmp_path / "runs" / "seed0-fold0" / "unprotected" / "game"
    deadline = time.monotonic() + 120
    # Until the figures of the first chunk are there, which both have then done.
    while sum(path.stat().st_size for path in game.glob("logs/*")) < 500 and time.monotonic() < deadline:
        time.sleep(0.05)
    processes[1].terminate()
    for code, _, error in _end(processes):
        assert code == 128 + signal.SIGTERM and "was saved as" in error, error[-2000:]
    saved = [int(path.stem.split("-")[1]) for path in (game / "checkpoints").glob("ckpt-*.index")]
    assert len(saved) == 1 and 5 <= saved[0] < 120 and saved[0] % 5 == 0


def test_a_training_of_two_workers_survives_the_loss_of_one(tmp_path):
    """The chief ends with a message; started again, both go on from its last checkpoint to the report."""
    command = ["scripts/train.py", f"--output_dir={tmp_path}", *FLAGS]
    processes = _start(command, 2)
    checkpoints = tmp_path / "runs" / "seed0-fold0" / "unprotected" / "game" / "checkpoints"
    deadline = time.monotonic() + 120
    while not list(checkpoints.glob("ckpt-*.index")) and time.monotonic() < deadline:
        time.sleep(0.05)
    processes[1].kill()
    (code, _, error), _ = _end(processes)
    assert code == 2 and "error: A worker ended: expected all 2 workers" in error, error[-2000:]
    reached = max(int(path.stem.split("-")[1]) for path in checkpoints.glob("ckpt-*.index"))
    assert 5 <= reached < 120
    chief, other = _end(_start(command, 2))
    assert chief[0] == 0, chief[2][-2000:]
    assert other[0] == 0 and other[1] == "", other[2][-2000:]
    held = json.loads((tmp_path / "runs" / "seed0-fold0" / "record.json").read_text())
    assert held["encoders"]["paper"]["history"]["game"][-1]["step"] == 120
    assert (tmp_path / "report" / "report.html").exists()
    assert (tmp_path / "export" / "encoder" / "1" / "saved_model.pb").exists()
    assert not [path for path in tmp_path.rglob(".*")]
