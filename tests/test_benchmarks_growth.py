"""Growth: each value of what grows is measured with the rest unchanged, and comes out as a table and a picture."""

from __future__ import annotations

import pytest
from PIL import Image

from tfprivacy_rep.benchmarks import attackers, growth, plot, reading, training
from tfprivacy_rep.benchmarks.standard_game import Size

SPREAD = [2.0, 1.0, 3.0]
GAME = {"images_per_second_spread": SPREAD, "processor_seconds_a_step": SPREAD, "gflop_an_image": 0.5, "gflops": 9.0,
        "peak_mb": 700}


@pytest.fixture(name="calls")
def _calls(monkeypatch):
    """What was measured, in place of measuring it."""
    calls = []

    def alone(call, size, *rest):
        calls.append((call, size, *rest))
        if call is attackers.measure:
            return {"attackers": [{"name": n, "seconds": 2.0, "seconds_so_far": 2.0} for n in rest[0]]}
        return GAME

    def read(counts, *rest):
        calls.append((reading.measure_all, *rest))
        return [{"photographs": n} | dict.fromkeys(growth._OF_READING, 800) for n in counts]

    monkeypatch.setattr(growth, "_alone", alone)
    monkeypatch.setattr(growth.reading, "measure_all", read)
    return calls


def test_one_thing_grows_at_a_time(calls):
    found = growth.measure(["batch_size", "images"], Size(32), repeats=3)
    assert calls[:4] == [(training.measure, Size(32, batch), 3) for batch in (8, 16, 32, 64)]
    assert calls[4] == (reading.measure_all, 32, 32, 30, 5, None)
    assert [row["value"] for row in found["images"]] == [2000, 20000, 200000]


def test_growth_is_a_table_and_a_picture(calls, tmp_path):
    found = {"growth": growth.measure(list(growth.GROWN), Size(), 1), "gflop_an_image": 0.5, "rounds":
             {"trainer": [1.0, 2.0], "bare": [1.0, 2.0], "convolution": [30.0, 31.0]}}
    lines = growth.tables(found["growth"]).split("\n\n")
    assert lines[0].splitlines()[2] == "| 32 | 2 [1, 3] | 2 [1, 3] | 0.5 | 9.0 | 700 |"
    assert lines[3].splitlines()[3] == "| 2 | decoder | 2.0 | 2.0 |" and len(lines) == 5
    plot.draw(found, 32, tmp_path / "growth.png")
    with Image.open(tmp_path / "growth.png") as picture:
        assert picture.size == (round(3 * 4.6 * 120), round(2 * 3.4 * 120))
