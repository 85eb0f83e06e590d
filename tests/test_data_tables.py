"""Tables of attributes: read line by line, texts kept once, columns checked as a whole. Mistakes: see the sources."""

from __future__ import annotations

import numpy as np
import pytest

from tfprivacy_rep.data import tables
from tfprivacy_rep.errors import UserError


@pytest.fixture(name="table")
def _table(tmp_path) -> tables.Table:
    path = tmp_path / "table.csv"
    path.write_text("image,a,b,n\n\nx,1,False,3\ny,0,true,-12\n\nz,1,1,3\n")
    return tables.read_csv(path, ("image",))


def test_rows_know_their_lines_and_share_their_texts(table):
    assert table.names == ("x", "y", "z") and table.columns == ("a", "b", "n")
    assert table.lines == (3, 4, 6)
    assert sorted(table.words) == ["-12", "0", "1", "3", "False", "true"]
    assert [[table.words[code] for code in row] for row in table.codes] == [
        ["1", "False", "3"], ["0", "true", "-12"], ["1", "1", "3"],
    ]


def test_columns_are_picked_in_the_order_given(table):
    assert table.labels(("b", "a"), tables.CSV_VALUES).tolist() == [[0, 1], [1, 0], [1, 1]]
    assert table.labels(("b", "a"), tables.CSV_VALUES).dtype == np.int8
    assert table.integers("n").tolist() == [3, -12, 3] and table.integers("n").dtype == np.int64
    assert table.order(["z", "x"]).tolist() == [2, 0]


def test_the_first_wrong_value_is_named(table):
    with pytest.raises(UserError, match="expected -1 or 1 in column 'b'. Received: 'False' in line 3, for 'x'"):
        table.labels(("b", "a"), tables.CELEBA_VALUES)
    with pytest.raises(UserError, match="expected 3 in column 'n'. Received: '-12' in line 4, for 'y'"):
        table.integers("n", (3,))


@pytest.mark.parametrize("text", ["1.0", "", "1e3", "99999999999999999999", "٣", "0x1", "1_0"])
def test_only_plain_integers_that_fit_are_numbers(tmp_path, text):
    path = tmp_path / "numbers.csv"
    path.write_text(f"image,n\nx,{text}\n", encoding="utf-8")
    with pytest.raises(UserError, match=f"expected an integer in column 'n'. Received: '{text}' in line 2"):
        tables.read_csv(path, ("image",)).integers("n")


def test_photographs_are_compared_both_ways(table):
    table.require_same_photographs(["z", "y", "x"], "`there`")
    with pytest.raises(UserError, match="photographs that are in `there`. Received: 1 that are not: 'x' in line 3"):
        table.require_same_photographs(["y", "z"], "`there`")
    with pytest.raises(UserError, match="a row for each photograph in `there`. Received: none for 1: 'w'"):
        table.require_same_photographs(["w", "x", "y", "z"], "`there`")


@pytest.mark.parametrize("count", ["²", "9" * 5000])
def test_a_count_that_is_no_number_is_named(count, tmp_path):
    (tmp_path / "list.txt").write_text(f"{count}\nMale\na.jpg 1\n", encoding="utf-8")
    with pytest.raises(UserError, match="expected the number of photographs in line 1"):
        tables.read_words(tmp_path / "list.txt")
