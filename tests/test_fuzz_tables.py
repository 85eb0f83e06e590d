"""Text files of any bytes: a table that says what the file says, or an error that names the file."""

from __future__ import annotations

import csv
import io
import os
import string
from pathlib import Path

import numpy as np
import pytest
from fuzzing import answered, cases, damaged, holds
from hypothesis import strategies as st
from photograph_files import celeba, celeba_labels, encoded, picture, write

from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import folder, tables
from tfprivacy_rep.data.celeba import load as load_celeba

WORDS = st.text(string.ascii_letters + string.digits + "._-é/", min_size=1, max_size=8)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8).map(str.strip)


def _rows(words: st.SearchStrategy, values: st.SearchStrategy) -> st.SearchStrategy:
    """Column names, and rows of a name and a value for each."""
    return st.lists(words, min_size=1, max_size=4, unique=True).flatmap(lambda columns: st.tuples(
        st.just(columns), st.lists(st.tuples(words, st.lists(values, min_size=len(columns), max_size=len(columns))),
                                   max_size=6, unique_by=lambda row: row[0])))


@cases(30, 600)
def test_what_is_written_in_celebas_way_is_read(cases, tmp_path):
    path = tmp_path / "list.txt"

    def check(rows, space, end, header):
        columns, held = rows
        lines = [space.join([name, *(f"{2 * v - 1:2d}" for v in values)]) for name, values in held]
        path.write_text(end.join([str(len(held)), space.join(columns), *lines, ""] if header else [*lines, ""]),
                        encoding="utf-8", newline="")
        table = tables.read_words(path, None if header else columns)
        assert (table.columns, table.names) == (tuple(columns), tuple(name for name, _ in held))
        expected = np.array([values for _, values in held], np.int8).reshape(len(held), len(columns))
        np.testing.assert_array_equal(table.labels(columns, tables.CELEBA_VALUES), expected)
        names = [name for name, _ in held][::-1]
        assert [table.names[i] for i in table.order(names)] == names

    holds(check, cases, rows=_rows(WORDS, st.integers(0, 1)), space=st.sampled_from([" ", "  ", "\t"]),
          end=st.sampled_from(["\n", "\r\n", "\n\n"]), header=st.booleans())


@cases(30, 600)
def test_what_a_csv_holds_is_read(cases, tmp_path):
    path = tmp_path / "t.csv"

    def check(rows, quoting):
        columns, held = rows
        with open(path, "w", encoding="utf-8", newline="") as file:
            rows = [["image", *columns], *([name, *values] for name, values in held)]
            csv.writer(file, quoting=quoting).writerows(rows)
        table = tables.read_csv(path, ("image",))
        assert (table.columns, table.names) == (tuple(columns), tuple(name for name, _ in held))
        assert [[table.words[code] for code in row] for row in table.codes] == [values for _, values in held]

    quoting = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    holds(check, cases, rows=_rows(TEXTS.filter(bool), TEXTS), quoting=quoting)


def _tried(table: tables.Table) -> None:
    """Asks a table for everything that may be asked."""
    assert len(set(table.names)) == len(table.names) == len(table.lines) == len(table.codes)
    assert len(set(table.columns)) == len(table.columns) == table.codes.shape[1]
    for column in table.columns:
        labels = answered(lambda: table.labels([column], tables.CSV_VALUES), str(table.path))
        assert labels is None or (labels.shape == (len(table.names), 1) and set(labels.ravel().tolist()) <= {0, 1})
        numbers = answered(lambda: table.integers(column), str(table.path))
        if numbers is not None:
            assert numbers.tolist() == [int(table.words[code]) for code in table.texts(column)]
    answered(lambda: table.require_same_photographs(["a", *table.names[:2]], "the others"), str(table.path))


WHOLE = {
    "words": "3\nMale Smiling\n1.jpg -1  1\n2.jpg 1 1\n3.jpg  1 -1\n".encode(),
    "csv": "image,Male,person\n1.jpg,1,Ann\n\"2,.jpg\",0,\"B \"\"b\"\"\"\n3.jpg,0,Ann\n".encode(),
}


@cases(40, 900)
@pytest.mark.parametrize("kind", WHOLE)
def test_any_bytes_are_a_table_or_an_error_that_names_the_file(kind, cases, tmp_path):
    path = tmp_path / "any"
    pieces = st.sampled_from([b"1", b"\xc2\xb2", b"9" * 5000, b"\n", b"\r", b",", b'"', b" ", b"\x00", b"\xff",
                              b"image", b"a.jpg", b"-1", b"0", b"\xef\xbb\xbf", b"x" * 140_000, b"\xe2\x80\xa8"])

    def check(data, raw, damage):
        path.write_bytes(damaged(data, WHOLE[kind]) if damage else raw)
        read = (lambda: tables.read_words(path)) if kind == "words" else (lambda: tables.read_csv(path, ("image",)))
        table = answered(read, str(path))
        if table is not None:
            _tried(table)

    raw = st.binary(max_size=40) | st.lists(pieces, max_size=9).map(b"".join)
    holds(check, cases, data=st.data(), raw=raw, damage=st.booleans())


NAMES = ("a.png", "b.png", "deep/c.png")


@pytest.fixture(scope="module")
def photographs(tmp_path_factory) -> Path:
    contents = {name: encoded(picture(i, 16, 16), "PNG") for i, name in enumerate(NAMES)}
    return write(tmp_path_factory.mktemp("folder"), contents)


@cases(30, 500)
def test_any_csv_of_a_folder_gives_each_photograph_once_or_an_error(cases, photographs):
    names = st.sampled_from([*NAMES, "./a.png", "deep//c.png", "deep/../a.png", "A.PNG", "", ".", "/etc/passwd",
                             "x" * 300, "b.png/", "a.png\x00", "deep"])
    values = st.sampled_from(["0", "1", "-1", "true", "FALSE", "", "2", "\x00"])
    people = st.sampled_from(["Ann", "Bob", "Ann\x00", "", "1", "01", "x" * 5000])
    path = photographs / folder.DEFAULT_ATTRIBUTES_FILE

    def check(data, rows, whole, damage):
        if whole:
            rows = [(name, *row[1:]) for name, row in zip(NAMES, [*rows, *[("", "1", "Ann")] * 3])]
        buffer = io.StringIO()
        csv.writer(buffer).writerows([("image", "Male", "person"), *rows])
        contents = buffer.getvalue().encode()
        path.write_bytes(damaged(data, contents) if damage else contents)
        made = answered(lambda: folder.load(DataConfig(dataset="folder", data_dir=str(photographs), image_size=32)))
        if made is None:
            return
        files = [os.path.realpath(photographs / name) for name in made.names]
        assert sorted(files) == sorted(os.path.realpath(photographs / name) for name in NAMES)
        if not damage:
            meaning = {name: (tables.CSV_VALUES[value.lower()], person.strip()) for name, value, person in rows}
            assert made.labels[:, 0].tolist() == [meaning[name][0] for name in made.names]
            persons = [meaning[name][1] for name in made.names]
            numbers = {person: i for i, person in enumerate(sorted(set(persons)))}
            assert made.people.tolist() == [numbers[person] for person in persons]

    rows = st.lists(st.tuples(names, values, people), max_size=4)
    holds(check, cases, data=st.data(), rows=rows, whole=st.booleans(), damage=st.sampled_from([False, False, True]))


@cases(15, 300)
def test_damaged_texts_of_celeba_give_the_right_labels_or_an_error(cases, tmp_path):
    root = celeba(tmp_path / "c", 4)
    whole = {name: (root / name).read_bytes() for name in sorted(os.listdir(root)) if name.endswith(".txt")}
    expected = load_celeba(DataConfig(dataset="celeba", data_dir=str(root), image_size=32))
    np.testing.assert_array_equal(expected.labels, celeba_labels(4))

    def check(data, name):
        made = damaged(data, whole[name])
        (root / name).write_bytes(made)
        try:
            found = answered(lambda: load_celeba(DataConfig(dataset="celeba", data_dir=str(root), image_size=32)))
        finally:
            (root / name).write_bytes(whole[name])
        if found is not None:
            assert found.names == expected.names and set(found.attributes) == set(expected.attributes)
            same = found.labels == expected.labels
            # One damaged byte can turn a value or a digit, never those of another file.
            if name != "list_attr_celeba.txt":
                assert same.all()
            if name != "identity_CelebA.txt":
                assert found.people.tolist() == expected.people.tolist()
            if name != "list_eval_partition.txt":
                assert found.official.tolist() == expected.official.tolist()

    holds(check, cases, data=st.data(), name=st.sampled_from(sorted(whole)))
