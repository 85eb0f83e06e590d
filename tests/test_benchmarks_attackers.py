"""The benchmark of attackers: every rung beside its own decoder's steps, and the seconds so far."""

from __future__ import annotations

import pytest

from tfprivacy_rep.benchmarks import attackers
from tfprivacy_rep.benchmarks.standard_game import Size


def test_each_attacker_is_measured_beside_its_decoder(monkeypatch):
    monkeypatch.setattr(attackers, "PHOTOGRAPHS", 16)
    monkeypatch.setattr(attackers, "VALIDATION", 4)
    found = attackers.measure(Size(32, 4, 3, 16, (8, 8, 8, 8)), ["linear", "decoder"], steps=2)
    solved, trained = found["attackers"]
    assert solved["name"] == "linear" and "bare_seconds" not in solved
    assert trained["steps"] == 2 and trained["seconds"] > trained["bare_seconds"] > 0
    so_far = found["encode_seconds"] + solved["seconds"] + trained["seconds"]
    assert trained["seconds_so_far"] == pytest.approx(so_far, abs=0.02)
    lines = attackers.table(found).splitlines()
    assert lines[4].startswith("| 1 | `linear` | — |") and lines[5].startswith("| 2 | `decoder` | 2 |")
