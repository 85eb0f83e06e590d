"""The benchmark of the input: what it generates can be loaded, and what it measures comes out as a table."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest
from small_run import ROOT

from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import sources

SCRIPT = ROOT / "scripts" / "benchmark.py"


@pytest.fixture(name="benchmark", scope="module")
def _benchmark():
    spec = importlib.util.spec_from_file_location("benchmark", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_photographs_are_a_whole_celeba(benchmark, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "DIFFERENT", 20)
    benchmark.make_celeba(tmp_path / "celeba", 45)
    photographs = sources.load(DataConfig(dataset="celeba", data_dir=str(tmp_path / "celeba"), image_size=32))
    assert len(photographs) == 45 and len(np.unique(photographs.people)) == 3
    assert np.bincount(photographs.official).tolist() == [15, 15, 15]
    assert len({image.tobytes() for image in photographs.images[:20]}) == 20
    np.testing.assert_array_equal(photographs.images[44], photographs.images[4])
    monkeypatch.setattr(benchmark, "PIPELINE_BATCHES", 2)
    assert benchmark.pipeline_rate(photographs) > 0


def test_memory_sees_what_is_allocated(benchmark):
    before, _ = benchmark.memory()
    held = np.ones(100 * 2**20, np.uint8)
    now, peak = benchmark.memory()
    assert 90 <= now - before <= 130 and peak >= now and held[-1] == 1


def test_the_table_has_a_column_for_each_size(benchmark):
    found = [dict.fromkeys(benchmark.ROWS, n) | {"photographs": n} for n in (2000, 200000)]
    lines = benchmark.table(found).splitlines()
    assert lines[0] == "| photographs | 2,000 | 200,000 |" and lines[1] == "| --- | --- | --- |"
    assert lines[2] == "| seconds to index | 2000 | 200000 |" and len(lines) == 2 + len(benchmark.ROWS)


@pytest.mark.slow
def test_the_command_measures_everything(tmp_path):
    command = [sys.executable, str(SCRIPT), "input", "--photographs=64,96", "--image_size=32", "--steps=5",
               "--compared=5", f"--json={tmp_path / 'found.json'}"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    measured = json.loads((tmp_path / "found.json").read_text())["measured"]
    assert [found["photographs"] for found in measured] == [64, 96]
    assert all(found["game_images_per_second"] > 0 and found["share_waiting"] < 1 for found in measured)
    assert "| photographs | 64 | 96 |" in run.stdout
