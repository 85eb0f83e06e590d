"""The benchmark of encoding a folder: both rates are measured for each size, and their ratio is of the same round."""

from __future__ import annotations

from tfprivacy_rep.benchmarks import encoding


def test_both_rates_are_measured_for_each_width():
    found = encoding.measure((178, 356), 280, 32, (8, 8, 8, 8), repeats=1)
    assert [(one["side"], one["photographs"]) for one in found] == [(178, 280), (356, 70)]
    for one in found:
        whole, alone = one["encode_images_per_second"][0], one["decode_images_per_second"][0]
        assert 0 < whole and abs(one["encode_to_decode"][0] - whole / alone) < 1e-3
    assert encoding.table(found).startswith("| photographs | 280 of 178 px | 70 of 356 px |\n")
    assert encoding.table(found).count("\n| photographs/s") == 2
