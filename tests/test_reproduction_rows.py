"""The ten rows: which share an encoder, what the paper reports, and how rows are chosen."""

from __future__ import annotations

import pytest

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.reproduction.rows import FIGURES, ROWS, parse_rows


def test_rows_share_encoders_as_the_paper_does():
    names = {row.number: row.encoder.name for row in ROWS}
    assert names[1] == names[3] == names[5] and names[2] == names[4] == names[6]
    assert len({names[number] for number in (1, 2, 7, 8, 9, 10)}) == 6
    assert [row.number for row in ROWS if row.encoder.protected] == [2, 4, 6, 8, 10]
    assert [row.number for row in ROWS if row.attacker.strong] == [3, 4, 9, 10]
    assert [row.number for row in ROWS if row.attacker.more_data] == [5, 6, 7, 8]
    assert [row.number for row in ROWS if row.encoder.more_data] == [7, 8]


def test_the_papers_figures_are_the_posters():
    """Row sums of the poster's table, added by hand: MCC, face, feature, SSIM and PSNR."""
    sums = {1: 15.996, 2: 15.345, 4: 15.779, 6: 15.711, 8: 15.336, 9: 14.373, 10: 14.104}
    for number, expected in sums.items():
        paper = ROWS[number - 1].paper
        assert sum(v for name, v in paper.items() if name != "smiling_mcc") == pytest.approx(expected, abs=5e-4)
    assert {row.number: row.paper["smiling_mcc"] for row in ROWS if "smiling_mcc" in row.paper} == {9: 0.851, 10: 0.862}
    assert all(set(row.paper) <= set(FIGURES) for row in ROWS)


@pytest.mark.parametrize(
    "text, numbers",
    [("1-10", list(range(1, 11))), ("9", [9]), ("10,1-2, 2", [1, 2, 10]), ("3-3", [3])],
)
def test_rows_are_chosen_by_numbers_and_ranges(text, numbers):
    assert [row.number for row in parse_rows(text)] == numbers


@pytest.mark.parametrize("text", ["", "0", "11", "4-2", "1-2-3", "one", "1,,2", "-1", "1.5"])
def test_anything_else_is_refused_with_the_part_that_is_wrong(text):
    with pytest.raises(UserError, match=r"`rows`: expected numbers from 1 to 10.*Received: rows=.*Use 1-10"):
        parse_rows(text)


def test_a_number_of_thousands_of_digits_is_refused():
    with pytest.raises(UserError, match="Invalid `rows`"):
        parse_rows("9" * 5000)
