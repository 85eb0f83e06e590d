"""Files of representations can be read by NumPy and by pyarrow alone."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as parquet
import pytest
from small_run import hide_packages

from tfprivacy_rep.encoding import written
from tfprivacy_rep.encoding.written import Encoded
from tfprivacy_rep.errors import UserError

FACTS = {"weights_sha256": "ab", "image_size": 32, "representation_shape": [2, 3], "align": "none"}


def encoded(count: int = 5, skipped: tuple[str, ...] = ("d/x.png: no bytes",)) -> Encoded:
    z = np.random.default_rng(0).normal(size=(count, 2, 3)).astype(np.float32)
    return Encoded(z, tuple(f"d/é{i}.jpg" for i in range(count)), skipped, FACTS)


@pytest.mark.parametrize("skipped", [("d/x.png: no bytes",), ()])
def test_npz_needs_no_pickle(tmp_path, skipped):
    given = encoded(skipped=skipped)
    written.write(given, str(tmp_path / "z.npz"))
    with np.load(tmp_path / "z.npz", allow_pickle=False) as held:
        np.testing.assert_array_equal(held["representations"], given.representations)
        assert held["representations"].dtype == np.float32
        assert tuple(held["names"]) == given.names and tuple(held["skipped"]) == skipped
        assert held["skipped"].dtype.kind == "U"
        assert str(held["weights_sha256"]) == "ab" and int(held["image_size"]) == 32
        assert set(held.files) == {"representations", "names", "skipped", *FACTS}
    assert [path.name for path in tmp_path.iterdir()] == ["z.npz"]


def test_parquet_has_a_row_for_each_photograph_and_the_facts_in_its_schema(tmp_path, monkeypatch):
    monkeypatch.setattr(written, "_ROW_GROUP", 2)
    given = encoded()
    written.write(given, str(tmp_path / "z.parquet"))
    table = parquet.read_table(tmp_path / "z.parquet")
    assert table.column_names == ["name", "representation"] and table["name"].to_pylist() == list(given.names)
    assert str(table.schema.field("representation").type) == "list<element: float>"
    found = np.array(table["representation"].to_pylist(), np.float32).reshape(5, 2, 3)
    np.testing.assert_array_equal(found, given.representations)
    told = {key.decode(): json.loads(value) for key, value in table.schema.metadata.items() if key != b"ARROW:schema"}
    assert told == {"skipped": list(given.skipped), **FACTS}
    assert parquet.ParquetFile(tmp_path / "z.parquet").num_row_groups == 3


def test_a_file_that_exists_is_kept(tmp_path):
    path = tmp_path / "z.npz"
    written.require_writable(str(path), "output", False)
    path.touch()
    with pytest.raises(UserError, match=r"^Invalid `output`: expected a file that does not exist yet.*--overwrite"):
        written.require_writable(str(path), "output", False)
    written.require_writable(str(path), "output", True)
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(UserError, match="^Invalid `tflite`: expected a file"):
        written.require_writable(str(tmp_path / "folder.npz"), "tflite", True)


def test_parquet_without_pyarrow_is_refused_before_any_work(tmp_path, monkeypatch):
    hide_packages(monkeypatch, "pyarrow")
    with pytest.raises(UserError, match="^Missing package `pyarrow`: .*Parquet files.*parquet"):
        written.require_writable(str(tmp_path / "z.parquet"), "output", False)
    written.require_writable(str(tmp_path / "z.npz"), "output", False)
