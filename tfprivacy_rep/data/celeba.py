"""CelebA from a local folder, in the original layout or in that of Kaggle's copy.

Source: Z. Liu, P. Luo, X. Wang, X. Tang, "Deep Learning Face Attributes in the Wild", ICCV 2015.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import indexing, tables
from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.data.image_files import ImageFiles
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.tables import Table
from tfprivacy_rep.errors import UserError

# The square that is kept of 178 x 218 pixels is rows 20..197, the middle one. CelebA's faces are aligned by their eyes:
# these are on row 111 and 38 pixels apart. A chin is 1.8 times that distance below the eyes, on row 181, and the top of
# a head as far above them, on row 41. So 16 rows are left below for open mouths and bowed heads, and 21 above for hair
# and hats; the lower squares that some use lose the latter, of which ten of the attributes tell.
CROP_TOP = None

_SUFFIXES = {".jpg", ".jpeg", ".png"}
_PARTS = (0, 1, 2)  # training, validation, test


@dataclass(frozen=True)
class Layout:
    """Where the files are within the folder; `identities` need not be there."""

    name: str
    images: str
    attributes: str
    partition: str
    identities: str


# Kaggle's first, because its folder of images contains that of the original.
LAYOUTS = (
    Layout("Kaggle's", "img_align_celeba/img_align_celeba", "list_attr_celeba.csv", "list_eval_partition.csv",
           "identity_CelebA.txt"),
    Layout("original", "img_align_celeba", "list_attr_celeba.txt", "list_eval_partition.txt", "identity_CelebA.txt"),
    Layout("original in Anno, Eval and Img", "Img/img_align_celeba", "Anno/list_attr_celeba.txt",
           "Eval/list_eval_partition.txt", "Anno/identity_CelebA.txt"),
)


def load(config: DataConfig) -> Photographs:
    """Indexes the folder `config.data_dir`; photographs are decoded when they are asked for.

    Returns:
        `Photographs` with all attributes of the file, CelebA's own partition as `official`, and people where
        `identity_CelebA.txt` is there.

    Raises:
        UserError: if the layout is unknown, or a file is missing, damaged or disagrees with another.
    """
    folder, layout = _find(config.data_dir)
    attributes = _read(folder / layout.attributes)
    _require_celeba_attributes(attributes)
    named = set(attributes.names)  # a file that a row names is a photograph, whatever its suffix
    names = sorted(entry.name for entry in os.scandir(folder / layout.images)
                   if entry.name in named or os.path.splitext(entry.name)[1].lower() in _SUFFIXES)
    if not names:
        raise UserError(f"Invalid `data_dir`: expected photographs in `{folder / layout.images}`. Received: none. "
                        "Unpack img_align_celeba.zip there.")
    attributes.require_same_photographs(names, f"`{folder / layout.images}`")
    official = _column(folder / layout.partition, attributes, "partition", _PARTS)
    has_people = (folder / layout.identities).is_file()
    people = _column(folder / layout.identities, attributes, "person") if has_people else None
    labels = attributes.labels(attributes.columns, _values(attributes.path))[attributes.order(names)]
    indexed = indexing.index(folder / layout.images, names, config.on_bad_image)
    kept = indexed.places
    order = attributes.order(names)[kept]
    return Photographs(
        images=ImageFiles(folder / layout.images, [names[i] for i in kept], indexed.odd, config.image_size, CROP_TOP),
        labels=labels[kept],
        attributes=attributes.columns,
        people=None if people is None else people[order],
        names=tuple(names[i] for i in kept),
        source="celeba",
        official=official[order].astype(np.int8),
        skipped=indexed.skipped,
    )


def _find(data_dir: str) -> tuple[Path, Layout]:
    """The folder and how it is laid out."""
    if not data_dir:
        raise UserError("Invalid `data_dir`: expected the folder of CelebA for dataset=celeba. Received: data_dir=''. "
                        "Use --data_dir=FOLDER; docs/data.md says what has to be in it.")
    folder = Path(data_dir)
    tried = []
    for layout in LAYOUTS:
        wanted = {layout.images: Path.is_dir, layout.attributes: Path.is_file, layout.partition: Path.is_file}
        lacking = [name for name, there in wanted.items() if not there(folder / name)]
        if not lacking:
            return folder, layout
        tried.append(f"{layout.name} ({', '.join(wanted)}) lacks {', '.join(lacking)}")
    what = "a folder" if folder.is_dir() else "no folder"
    raise UserError(f"Invalid `data_dir`: expected CelebA in one of its layouts. Received: {what} at "
                    f"data_dir={data_dir!r}. Tried: {'; '.join(tried)}. Add what is lacking in one of them.")


def _read(path: Path, columns: tuple[str, ...] | None = None) -> Table:
    return tables.read_csv(path, ("image_id",)) if path.suffix == ".csv" else tables.read_words(path, columns)


def _values(path: Path) -> dict[str, int]:
    return tables.CSV_VALUES if path.suffix == ".csv" else tables.CELEBA_VALUES


def _require_celeba_attributes(table: Table) -> None:
    for problem, names in (
        ("unknown", [name for name in table.columns if name not in CELEBA_ATTRIBUTES]),
        ("missing", [name for name in CELEBA_ATTRIBUTES if name not in table.columns]),
    ):
        if names:
            raise tables.invalid(table.path, "the 40 attributes of CelebA", f"{len(names)} {problem}: "
                                 f"{', '.join(names[:5])}", "Restore the header, or use --dataset=folder.")


def _column(path: Path, attributes: Table, name: str, values: tuple[int, ...] | None = None) -> np.ndarray:
    """A column of numbers in the order of the attributes' rows, int64 `[N]`."""
    table = _read(path, (name,))
    if table.columns != (name,):
        raise tables.invalid(path, f"the columns image_id and {name}", f"image_id, {', '.join(table.columns)}",
                             "Restore the file.")
    table.require_same_photographs(attributes.names, f"`{attributes.path}`")
    return table.integers(name, values)[table.order(attributes.names)]
