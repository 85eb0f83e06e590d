"""Representations as a file: NumPy's .npz, or Parquet."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

import numpy as np

from tfprivacy_rep import files
from tfprivacy_rep.errors import UserError, missing_extra

_ROW_GROUP = 1 << 16


@dataclass(frozen=True)
class Encoded:
    """What is written.

    Attributes:
        representations: float32 `[N, ...]`.
        names: N paths within the folder of photographs.
        skipped: "name: reason" of the photographs that were left out.
        facts: what made them: strings, numbers and lists, by name.
    """

    representations: np.ndarray
    names: tuple[str, ...]
    skipped: tuple[str, ...]
    facts: Mapping[str, Any]


def require_writable(path: str, option: str, overwrite: bool) -> None:
    """Raises a UserError if a file exists and is not to be replaced, or if what writes Parquet is not installed."""
    place = Path(path)
    if place.is_dir() or (place.exists() and not overwrite):
        raise UserError(f"Invalid `{option}`: expected a file that does not exist yet. Received: {path}, which does. "
                        "Add --overwrite to replace a file, or choose another name.")
    if place.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise missing_extra("pyarrow", "parquet", "Parquet files")


def write(encoded: Encoded, path: str) -> None:
    """Writes .npz or .parquet, by the suffix, whole or not at all.

    `.npz` has the arrays `representations`, `names`, `skipped`, and one for each fact. `.parquet` has the columns
    `name` and `representation`, a list of numbers (row by row where a representation has several dimensions), and in
    the metadata of its schema, as JSON, `skipped` and each fact.

    Raises:
        UserError: if the file can't be written.
    """
    with files.atomic_path(path, "output") as temporary:
        (_write_parquet if path.endswith(".parquet") else _write_npz)(encoded, temporary)


def _write_npz(encoded: Encoded, path: Path) -> None:
    arrays = {name: np.array(value) for name, value in encoded.facts.items()}
    with path.open("wb") as file:  # given a name, NumPy would add its suffix to it
        np.savez(file, allow_pickle=False, representations=encoded.representations, names=np.array(encoded.names),
                 skipped=np.array(encoded.skipped, str), **arrays)


def _write_parquet(encoded: Encoded, path: Path) -> None:
    import pyarrow as pa  # optional
    import pyarrow.parquet as parquet

    told = {"skipped": list(encoded.skipped), **encoded.facts}
    schema = pa.schema([("name", pa.string()), ("representation", pa.list_(pa.float32()))],
                       metadata={name: json.dumps(value) for name, value in told.items()})
    flat = encoded.representations.reshape(len(encoded.names), -1)
    with parquet.ParquetWriter(path, schema) as writer:
        for start in range(0, len(flat), _ROW_GROUP):
            part = flat[start : start + _ROW_GROUP]
            offsets = np.arange(len(part) + 1, dtype=np.int32) * np.int32(part.shape[1])
            lists = pa.ListArray.from_arrays(pa.array(offsets), pa.array(part.reshape(-1)))
            names = pa.array(encoded.names[start : start + _ROW_GROUP], pa.string())
            writer.write_table(pa.Table.from_arrays([names, lists], schema=schema))
