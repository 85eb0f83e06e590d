"""A job that is ended again and again comes to what it comes to when nothing ends it.

Five kills, each at another moment, meet one folder, one after the other. Thirty, in six folders:
`python -m pytest -m slow -s tests/test_survival.py --kills=30`.
"""

from __future__ import annotations

import random
import signal
from pathlib import Path
from typing import Any

import kills
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(name="whole", scope="module")
def _whole(tmp_path_factory) -> tuple[dict[str, Any], float]:
    """What the job comes to when nothing ends it, and its seconds of the processors."""
    place = tmp_path_factory.mktemp("whole")
    seconds = kills.finish(place)
    return kills.outcome(place), seconds


def test_a_job_that_is_ended_again_and_again_comes_to_the_same_bits(whole, tmp_path, pytestconfig):
    (expected, seconds), draw = whole, random.Random(6)
    for number in range(pytestconfig.getoption("kills") // len(kills.MOMENTS)):
        place = tmp_path / str(number)
        for moment in kills.MOMENTS:
            cut = kills.end(place, moment, seconds, draw)
            print(f"folder {number}, kill at {moment}: {cut or 'nothing'} was being written", flush=True)
            if (number, moment) == (0, "random"):
                _stop(place, seconds, draw)
        kills.finish(place)
        assert kills.differing(expected, kills.outcome(place)) == []
        assert kills.leftovers(place) == []


def _stop(place: Path, seconds: float, draw: random.Random) -> None:
    """Ends the job by a signal that it handles."""
    left = kills.end(place, "checkpoint", seconds, draw, signal.SIGTERM)
    told = (place / "errors").read_text()
    assert "stopped by SIGTERM: " in told and "Start the same command again" in told and "Traceback" not in told
    assert left == ""
