"""The benchmark of the input: what it generates can be loaded, and what it measures comes out as a table."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.benchmarks import reading
from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import sources


def test_generated_photographs_are_a_whole_celeba(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "DIFFERENT", 20)
    reading.make_celeba(tmp_path / "celeba", 45)
    photographs = sources.load(DataConfig(dataset="celeba", data_dir=str(tmp_path / "celeba"), image_size=32))
    assert len(photographs) == 45 and len(np.unique(photographs.people)) == 3
    assert np.bincount(photographs.official).tolist() == [15, 15, 15]
    assert len({image.tobytes() for image in photographs.images[:20]}) == 20
    np.testing.assert_array_equal(photographs.images[44], photographs.images[4])
    monkeypatch.setattr(reading, "PIPELINE_BATCHES", 2)
    assert reading.pipeline_rate(photographs) > 0


def test_the_table_has_a_column_for_each_size():
    found = [dict.fromkeys(reading.ROWS, n) | {"photographs": n} for n in (2000, 200000)]
    lines = reading.table(found).splitlines()
    assert lines[0] == "| photographs | 2,000 | 200,000 |" and lines[1] == "| --- | --- | --- |"
    assert lines[2] == "| seconds to index | 2000 | 200000 |" and len(lines) == 2 + len(reading.ROWS)
