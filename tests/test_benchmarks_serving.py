"""The benchmark of an exported encoder: ratios are what they say, and a whole measurement comes out as a table."""

from __future__ import annotations

from tfprivacy_rep.benchmarks import serving


def test_ratios_are_of_the_same_round():
    seconds = {}
    for count, factor in ((1, 1.0), (serving.BATCH, 2.0)):
        kinds = {"keras": (2, 4, 6), "images": (1, 4, 12), "bytes": (3, 12, 30), "decoding": (2, 2, 3)}
        for kind, values in kinds.items():
            seconds[kind, count] = [factor * value for value in values]
    found = serving._summary(seconds)
    assert found["single_to_keras"] == found["batch_to_keras"] == [1.0, 0.5, 2.0]
    assert found["bytes_single"] == [2.0, 1.0, 2.0]  # 3/3, 12/6, 30/15
    assert found["single_p50_ms"]["keras"] == [4000.0, 2000.0, 6000.0]
    assert found["batch_images_per_second"]["decoding"] == [8.0, round(32 / 6, 4), 8.0]


def test_a_measurement_is_a_table():
    found = serving.measure(32, (8, 8, 16, 16), repeats=2, chunk=2)
    text = serving.table(found)
    assert all(found["single_p50_ms"][kind][1] > 0 for kind in ("keras", "images", "bytes", "decoding"))
    assert text.count("\n|") == 3 and text.count("\n- ") == 4
