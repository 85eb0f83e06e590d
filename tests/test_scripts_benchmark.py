"""The benchmark as a command: each kind of measurement comes out as a table and as JSON."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from small_run import ROOT

from tfprivacy_rep.benchmarks import growth

SCRIPT = ROOT / "scripts" / "benchmark.py"


def run(*arguments: str) -> subprocess.CompletedProcess:
    """Runs the script in a process of its own."""
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True)


@pytest.mark.slow
def test_reading_is_measured(tmp_path):
    done = run("input", "--photographs=64,96", "--image_size=32", "--steps=5", "--compared=5",
               f"--json={tmp_path / 'found.json'}")
    measured = json.loads((tmp_path / "found.json").read_text())["measured"]
    assert [found["photographs"] for found in measured] == [64, 96]
    assert all(found["game_images_per_second"] > 0 and found["share_waiting"] < 1 for found in measured)
    assert "| photographs | 64 | 96 |" in done.stdout


@pytest.mark.slow
def test_the_game_is_measured(tmp_path):
    done = run("train", "--image_size=32", "--batch_size=4", "--repeats=2", f"--json={tmp_path / 'found.json'}")
    found = json.loads((tmp_path / "found.json").read_text())
    assert 0 < found["gflops"] and 0 < found["images_per_second"] and 0 < found["peak_gflops"]
    assert found["fraction_of_peak"] == pytest.approx(found["gflops"] / found["peak_gflops"], abs=0.01)
    assert "| game / best convolution |" in done.stdout


def test_what_can_grow_is_said():
    done = run("train", "--grow=batch_size,weight")
    assert f"expected some of {', '.join(growth.GROWN)}. Received: weight." in done.stderr


def test_too_few_steps_are_refused():
    done = run("input", "--steps=2")
    assert done.returncode == 2 and "argument --steps: expected at least 5. Received: 2." in done.stderr
