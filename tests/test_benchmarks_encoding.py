"""The benchmark of encoding a folder: both rates are measured, and their ratio is of the same round."""

from __future__ import annotations

from tfprivacy_rep.benchmarks import encoding


def test_both_rates_are_measured():
    found = encoding.measure(70, 32, (8, 8, 8, 8), repeats=1)
    whole, alone = found["encode_images_per_second"][0], found["decode_images_per_second"][0]
    assert 0 < whole and abs(found["encode_to_decode"][0] - whole / alone) < 1e-3
    assert encoding.table(found).count("\n| photographs/s") == 2
