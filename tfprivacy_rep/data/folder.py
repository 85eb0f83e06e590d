"""Any folder of photographs with a CSV that says what is on them."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import numpy as np

from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import indexing, tables
from tfprivacy_rep.data.image_files import ImageFiles
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.tables import Table
from tfprivacy_rep.errors import UserError

DEFAULT_ATTRIBUTES_FILE = "attributes.csv"
# Files with these suffixes need a row; others are photographs if a row names them.
SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm"}


def load(config: DataConfig) -> Photographs:
    """Indexes the folder `config.data_dir`; photographs are decoded when they are asked for.

    The CSV's first column is `image`, a path within the folder; a column `person` (any text) is optional; each other
    column is an attribute with the values 1 and 0, 1 and -1, or true and false.

    Returns:
        `Photographs` in the order of their names, with all attributes of the file.

    Raises:
        UserError: if the folder is missing or empty, or the CSV is damaged or disagrees with the folder.
    """
    if not config.data_dir or not os.path.isdir(config.data_dir):
        raise UserError("Invalid `data_dir`: expected a folder of photographs for dataset=folder. Received: "
                        f"data_dir={config.data_dir!r}, which is no folder. Use --data_dir=FOLDER.")
    folder = Path(config.data_dir)
    table = _attributes(Path(config.attributes_file) if config.attributes_file else folder / DEFAULT_ATTRIBUTES_FILE)
    names = _files(folder, table)
    if not names:
        raise UserError(f"Invalid `data_dir`: expected photographs in `{folder}`. Received: none. Files with the "
                        f"suffixes {', '.join(sorted(SUFFIXES))} are looked for.")
    table.require_same_photographs(names, f"`{folder}`")
    attributes = tuple(column for column in table.columns if column != "person")
    labels, people = table.labels(attributes, tables.CSV_VALUES), _people(table)
    indexed = indexing.index(folder, names, config.on_bad_image)
    kept = [names[i] for i in indexed.places]
    order = table.order(kept)
    return Photographs(
        images=ImageFiles(folder, kept, indexed.odd, config.image_size),
        labels=labels[order],
        attributes=attributes,
        people=None if people is None else people[order],
        names=tuple(kept),
        source="folder",
        skipped=indexed.skipped,
    )


def _attributes(path: Path) -> Table:
    if not path.is_file():
        raise UserError(f"Invalid `attributes_file`: expected a CSV with a column image. Received: no file at "
                        f"`{path}`. Use --attributes_file=FILE; docs/data.md shows one.")
    table = tables.read_csv(path, ("image",))
    if not set(table.columns) - {"person"}:
        raise tables.invalid(path, "a column for each attribute", f"image, {', '.join(table.columns)}",
                             "Add a column of 0 and 1.")
    for name, line in zip(table.names, table.lines):
        # In another spelling, such as ./a.jpg, a photograph could come twice, and be in two sets.
        if os.path.isabs(name) or ".." in Path(name).parts or PurePosixPath(name).as_posix() != name:
            raise tables.invalid(path, "paths within the folder in column 'image'",
                                 f"{name[:80]!r} in line {line}", "Mend that line: write for example deep/a.jpg.")
    return table


def _files(folder: Path, table: Table) -> list[str]:
    """All photographs below the folder, and what else the table names and is there."""
    named = {name for name in table.names if os.path.isfile(folder / name)}
    for place, _, files in os.walk(folder):
        within = Path(place).relative_to(folder)
        named |= {(within / file).as_posix() for file in files if os.path.splitext(file)[1].lower() in SUFFIXES}
    return sorted(named)


def _people(table: Table) -> np.ndarray | None:
    """Numbers for the texts of the column `person`, int64 `[N]` from 0, in the order of the texts."""
    if "person" not in table.columns:
        return None
    held = table.texts("person")
    nobody = np.flatnonzero(np.array([word == "" for word in table.words])[held])
    if nobody.size:
        raise tables.invalid(table.path, "a name or number in column 'person'",
                             f"nothing in line {table.lines[nobody[0]]}, for {table.names[nobody[0]]!r}",
                             "Fill it in, or leave the whole column out.")
    # Not by an array of texts, which makes room for the longest in each place and drops NULs at the end.
    names = sorted({table.words[code] for code in np.unique(held)})
    numbers = {name: number for number, name in enumerate(names)}
    return np.array([numbers.get(word, -1) for word in table.words], np.int64)[held]
