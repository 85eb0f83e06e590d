"""Reads tables of attributes and numbers about photographs, and checks each line of them."""

from __future__ import annotations

import array
import contextlib
import csv
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Iterator, Sequence, TextIO

import numpy as np

from tfprivacy_rep.errors import UserError

LISTED = 10  # photographs that an error names
CELEBA_VALUES = {"-1": 0, "1": 1}
CSV_VALUES = {"-1": 0, "0": 0, "1": 1, "false": 0, "true": 1}


@dataclass(frozen=True)
class Table:
    """Rows of text, each of a photograph; a text that comes up often is kept once.

    Attributes:
        path: the file, for errors.
        columns: names of the C values.
        names: of the N photographs, all different.
        lines: the line number of each row, from 1.
        words: the different texts.
        codes: int32 `[N, C]`, which of them each value is.
    """

    path: Path
    columns: tuple[str, ...]
    names: tuple[str, ...]
    lines: tuple[int, ...]
    words: tuple[str, ...]
    codes: np.ndarray

    def require_same_photographs(self, there: Sequence[str], other: str) -> None:
        """Raises a UserError unless the table has exactly the photographs that `other`, e.g. a folder, has."""
        held = set(there)
        surplus = [(n, line) for n, line in zip(self.names, self.lines) if n not in held]
        if surplus:
            listed = ", ".join(f"{name!r} in line {line}" for name, line in surplus[:LISTED])
            raise invalid(self.path, f"rows of photographs that are in {other}",
                          f"{len(surplus)} that are not: {listed}", "Add the photographs or remove the rows.")
        rows = set(self.names)
        missing = [name for name in there if name not in rows]
        if missing:
            raise invalid(self.path, f"a row for each photograph in {other}",
                          f"none for {len(missing)}: {', '.join(map(repr, missing[:LISTED]))}",
                          "Add the rows or remove the photographs.")

    def order(self, names: Sequence[str]) -> np.ndarray:
        """Where each of `names` has its row, int64."""
        place = {name: i for i, name in enumerate(self.names)}
        return np.array([place[name] for name in names], np.int64)

    def labels(self, columns: Sequence[str], values: dict[str, int]) -> np.ndarray:
        """The columns as int8 `[N, A]` of 0 and 1.

        Args:
            columns: A of the table's columns.
            values: what each text means, in lower case.

        Raises:
            UserError: if another value comes up, or both 0 and -1 in one column, so that one of them means something
                else than absent.
        """
        codes = self.codes[:, [self.columns.index(column) for column in columns]]
        meaning = np.array([values.get(word.lower(), -1) for word in self.words], np.int8)
        self._require(meaning[codes] >= 0, columns, " or ".join(values))
        negative, zero = (np.isin(codes, [i for i, word in enumerate(self.words) if word == w]) for w in ("-1", "0"))
        mixed = negative.any(0) & zero.any(0)
        if mixed.any():
            raise invalid(self.path, f"either -1 or 0 for absent in column {columns[int(mixed.argmax())]!r}", "both",
                          "Write 0 and 1, and leave out rows whose value is unknown.")
        return meaning[codes]

    def integers(self, column: str, values: Sequence[int] | None = None) -> np.ndarray:
        """A column of integers as int64 `[N]`, each of `values` where they are given.

        Raises:
            UserError: if one is no integer, or another one.
        """
        codes = self.texts(column)
        fits = np.array([_is_integer(word) and (values is None or int(word) in values) for word in self.words])
        self._require(fits[codes][:, None], (column,), " or ".join(map(str, values)) if values else "an integer")
        return np.array([int(word) if fit else 0 for word, fit in zip(self.words, fits)], np.int64)[codes]

    def texts(self, column: str) -> np.ndarray:
        """Which of `words` each value of a column is, int32 `[N]`."""
        return self.codes[:, self.columns.index(column)]

    def _require(self, fits: np.ndarray, columns: Sequence[str], expected: str) -> None:
        """Raises a UserError that names the first value that does not fit; `fits` is bool `[N, len(columns)]`."""
        if not fits.all():
            row, c = np.argwhere(~fits)[0]
            text = self.words[self.codes[row, self.columns.index(columns[c])]]
            raise invalid(self.path, f"{expected} in column {columns[c]!r}",
                          f"{text!r} in line {self.lines[row]}, for {self.names[row]!r}", "Mend that line.")


def read_words(path: Path, columns: Sequence[str] | None = None) -> Table:
    """Reads a table whose words are parted by any white space, as CelebA's own.

    Args:
        path: of the file.
        columns: names of the values, where the file has no header; else line 1 is the number of rows and line 2 has
            the names.

    Raises:
        UserError: if the file can't be read, a line has too few or too many words, the number of rows is another, or a
            photograph comes twice.
    """
    with _opened(path) as file:
        lines = ((number, line.split()) for number, line in enumerate(file, 1) if line.strip())
        if columns is not None:
            return _table(path, columns, lines)
        (_, first), (_, names) = next(lines, (0, [])), next(lines, (0, []))
        if len(first) != 1 or not _is_integer(first[0]) or not names:
            raise invalid(path, "the number of photographs in line 1 and the attributes' names in line 2",
                          repr(" ".join(first)[:60]), "Use the original file.")
        table = _table(path, names, lines)
    if int(first[0]) != len(table.names):
        raise invalid(path, f"{first[0]} rows, as line 1 says", f"{len(table.names)}",
                      "Restore the original file, or write the right number into line 1.")
    return table


def read_csv(path: Path, first: Sequence[str]) -> Table:
    """Reads a CSV with a header.

    Args:
        path: of the file.
        first: names that the first column, that of the photographs, may have.

    Raises:
        UserError: as `read_words` does, or if the header is another.
    """
    with _opened(path) as file:
        reader = csv.reader(file)
        lines = ((reader.line_num, [word.strip() for word in row]) for row in reader if any(row))
        _, header = next(lines, (0, [""]))
        if header[0] not in first:
            raise invalid(path, f"a header whose first column is {' or '.join(map(repr, first))}",
                          repr(",".join(header)[:60]), "Mend line 1.")
        return _table(path, header[1:], lines)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            yield file
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise invalid(path, "a text file in UTF-8", f"{type(error).__name__}: {error}", "Restore the file.") from error


class _Codes(dict):
    """Numbers for texts, in the order they come up."""

    def __missing__(self, text: str) -> int:
        self[text] = len(self)
        return self[text]


def _table(path: Path, columns: Sequence[str], lines: Iterable[tuple[int, list[str]]]) -> Table:
    _require_different(path, columns)
    seen: dict[str, int] = {}
    words, codes = _Codes(), array.array("i")
    for number, row in lines:
        if len(row) != len(columns) + 1:
            raise invalid(path, f"a photograph's name and {len(columns)} values a line",
                          f"{len(row)} words in line {number}, {' '.join(row)[:40]!r}", "Mend that line.")
        name = row[0]
        if name in seen:
            raise invalid(path, "one row for each photograph",
                          f"two for {name!r}, in lines {seen[name]} and {number}", "Remove one of them.")
        seen[name] = number
        codes.extend(map(words.__getitem__, row[1:]))
    held = np.array(codes, np.int32).reshape(len(seen), len(columns))
    return Table(path, tuple(columns), tuple(seen), tuple(seen.values()), tuple(words), held)


def _is_integer(text: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]{1,18}", text) is not None


def _require_different(path: Path, columns: Sequence[str]) -> None:
    repeated = sorted({c for c in columns if list(columns).count(c) > 1})
    if repeated or "" in columns:
        raise invalid(path, "a different name for each column", f"{', '.join(repeated) or 'a column without a name'}",
                      "Mend the header.")


def invalid(path: str | os.PathLike, expected: str, received: str, remedy: str) -> UserError:
    """The error of a file."""
    return UserError(f"Invalid file `{os.fspath(path)}`: expected {expected}. Received: {received}. {remedy}")
