"""Medians, their spread, and memory."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.benchmarks import measuring


def test_a_spread_is_median_least_most():
    assert measuring.spread([3.0, 1.0, 8.00004]) == [3.0, 1.0, 8.0]
    assert measuring.cell([3.0, 1.0, 8.25], ".2f") == "3.00 [1.00, 8.25]"


def test_memory_sees_what_is_allocated():
    before, _ = measuring.memory()
    held = np.ones(100 * 2**20, np.uint8)
    now, peak = measuring.memory()
    assert 90 <= now - before <= 130 and peak >= now and held[-1] == 1


def test_a_call_is_timed_by_the_clock_and_by_the_processors(monkeypatch):
    clock, processor = iter([10.0, 12.5]), iter([1.0, 5.0])
    monkeypatch.setattr(measuring.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(measuring.time, "process_time", lambda: next(processor))
    called = []
    assert measuring.timed(lambda: called.append(1)) == (2.5, 4.0) and called == [1]
