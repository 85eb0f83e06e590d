"""The attribute labels of the ORL photographs: three looks, how far they agree and what follows.

`LABELLING.md` tells how the looks were made. `pass1.csv` and `pass2.csv` hold a row for each
photograph; `pass3.csv` decides exactly the cells where those differ; `labels.csv` is composed from
the three.
"""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.files import write_text

FOLDER = Path(__file__).parent
NAMES: tuple[str, ...] = tuple(f"s{p}/{k}.pgm" for p in range(1, 41) for k in range(1, 11))
_NAME_SET = frozenset(NAMES)
ATTRIBUTES: tuple[str, ...] = (
    "Eyeglasses",
    "Smiling",
    "Male",
    "Mouth_Slightly_Open",
    "No_Beard",
    "Mustache",
    "Receding_Hairline",
    "Bangs",
    "Black_Hair",
    "Bushy_Eyebrows",
)
_VALUES = {"1": 1, "-1": -1}


@dataclasses.dataclass(frozen=True, eq=False)
class Looks:
    """The three looks.

    Attributes:
        first, second: int8 [400, 10] of 1 and -1; rows as `NAMES`, columns as `ATTRIBUTES`.
        third: the value of each decided cell, by (image, attribute).
    """

    first: np.ndarray
    second: np.ndarray
    third: dict[tuple[str, str], int]


def read_looks(folder: Path = FOLDER) -> Looks:
    """Reads `pass1.csv`, `pass2.csv` and `pass3.csv` of `folder`."""
    return Looks(
        read_labels(folder / "pass1.csv"),
        read_labels(folder / "pass2.csv"),
        _read_decisions(folder / "pass3.csv"),
    )


def read_labels(path: Path = FOLDER / "labels.csv") -> np.ndarray:
    """Reads a table `image,<ten attributes>` whose rows may be in any order.

    Returns:
        int8 [400, 10] of 1 (present) and -1 (absent); rows as `NAMES`, columns as `ATTRIBUTES`.

    Raises:
        UserError: if the header differs, a photograph is missing, unknown or comes twice, or a
            value is neither 1 nor -1; names the file and the row.
    """
    header, *rows = _rows(path)
    if header != ["image", *ATTRIBUTES]:
        raise _invalid(path, f"the header image,{','.join(ATTRIBUTES)}", ",".join(header))
    found: dict[str, list[int]] = {}
    for row in rows:
        name = row[0]
        if name not in _NAME_SET or name in found or len(row) != len(header):
            expected = f"each of s1/1.pgm .. s40/10.pgm once, with {len(ATTRIBUTES)} values"
            raise _invalid(path, expected, ",".join(row))
        found[name] = [_value(path, row, text) for text in row[1:]]
    missing = [name for name in NAMES if name not in found]
    if missing:
        raise _invalid(path, "a row for every photograph", f"none for {', '.join(missing[:3])}")
    return np.array([found[name] for name in NAMES], dtype=np.int8)


def disputed(first: np.ndarray, second: np.ndarray) -> list[tuple[str, str]]:
    """Lists the cells (image, attribute) in which two looks differ, in the order of the table."""
    return [(NAMES[row], ATTRIBUTES[column]) for row, column in np.argwhere(first != second)]


def compose(looks: Looks) -> np.ndarray:
    """Makes the labels: what the first two looks agree on, else what the third decided.

    Returns:
        int8 [400, 10] of 1 and -1.

    Raises:
        UserError: if the third look misses a disputed cell or decides one that is not disputed.
    """
    cells = set(disputed(looks.first, looks.second))
    wrong = sorted(cells ^ set(looks.third))
    if wrong:
        image, attribute = wrong[0]
        state = "undecided" if wrong[0] in cells else "decided though not disputed"
        raise UserError(
            f"Invalid `pass3.csv`: expected exactly the {len(cells)} disputed cells. "
            f"Received: {len(wrong)} others, such as {image} {attribute} ({state})."
        )
    labels = looks.first.copy()
    for (image, attribute), value in looks.third.items():
        labels[NAMES.index(image), ATTRIBUTES.index(attribute)] = value
    return labels


def labels_text(labels: np.ndarray) -> str:
    """Writes labels (int8 [400, 10] of 1 and -1) as the text of `labels.csv`."""
    lines = [",".join(("image", *ATTRIBUTES))]
    lines += [",".join((name, *map(str, row))) for name, row in zip(NAMES, labels.tolist())]
    return "\n".join(lines) + "\n"


def write_labels(folder: Path = FOLDER) -> None:
    """Composes `labels.csv` of `folder` from its three looks."""
    write_text(folder / "labels.csv", labels_text(compose(read_looks(folder))))


def labels_are_current(folder: Path = FOLDER) -> bool:
    """Tells whether `labels.csv` of `folder` is what its three looks give."""
    path = folder / "labels.csv"
    return path.is_file() and np.array_equal(read_labels(path), compose(read_looks(folder)))


def kappa(first: np.ndarray, second: np.ndarray) -> float:
    """Cohen's kappa of two looks: agreement beyond chance, over agreement possible beyond chance.

    `(p_o - p_e) / (1 - p_e)` with `p_e` from each look's own share of 1 (Cohen 1960).

    Args:
        first, second: [N] of 1 and -1.

    Returns:
        At most 1.0; nan where both looks gave one and the same value to all.
    """
    a, b = np.mean(first == 1), np.mean(second == 1)
    expected = a * b + (1 - a) * (1 - b)
    if expected == 1:
        return float("nan")
    return float((np.mean(first == second) - expected) / (1 - expected))


def disagreement_table(looks: Looks) -> str:
    """Makes the Markdown table of how far the first two looks agree, a line for each attribute.

    `positives` counts photographs whose final value is 1. The last three columns count the people
    with a photograph of final value 1, of final value -1 and of both.
    """
    labels = compose(looks)
    # NAMES lists each person's ten photographs together.
    by_person = labels.reshape(40, 10, -1)
    present, absent = (by_person == 1).any(axis=1), (by_person == -1).any(axis=1)
    lines = [
        "| attribute | disagreements of 400 | rate | Cohen's kappa | positives "
        "| people with 1 | people with -1 | people with both |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for column, attribute in enumerate(ATTRIBUTES):
        first, second = looks.first[:, column], looks.second[:, column]
        count = int((first != second).sum())
        lines.append(
            f"| {attribute} | {count} | {count / len(NAMES):.2%} | {kappa(first, second):.2f} "
            f"| {int((labels[:, column] == 1).sum())} | {present[:, column].sum()} "
            f"| {absent[:, column].sum()} | {(present & absent)[:, column].sum()} |"
        )
    total = len(looks.third)
    lines.append(f"| all | {total} of {labels.size} | {total / labels.size:.2%} | | | | | |")
    return "\n".join(lines)


def _read_decisions(path: Path) -> dict[tuple[str, str], int]:
    header, *rows = _rows(path)
    if header != ["image", "attribute", "value"]:
        raise _invalid(path, "the header image,attribute,value", ",".join(header))
    decisions: dict[tuple[str, str], int] = {}
    for row in rows:
        cell = (row[0], row[1]) if len(row) == 3 else ("", "")
        if cell[0] not in _NAME_SET or cell[1] not in ATTRIBUTES or cell in decisions:
            raise _invalid(path, "rows image,attribute,value, no cell twice", ",".join(row))
        decisions[cell] = _value(path, row, row[2])
    return decisions


def _rows(path: Path) -> list[list[str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"Unreadable file `{path}`: expected a CSV. Received: {error}.") from error
    return rows or [[]]


def _value(path: Path, row: list[str], text: str) -> int:
    if text not in _VALUES:
        raise _invalid(path, "the values 1 and -1", f"{text!r} in the row {','.join(row)}")
    return _VALUES[text]


def _invalid(path: Path, expected: str, received: str) -> UserError:
    return UserError(f"Invalid file `{path}`: expected {expected}. Received: {received}.")
