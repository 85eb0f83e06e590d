"""Labels follow from the three looks, agreement is computed right, wrong tables are refused."""

from __future__ import annotations

import collections
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from tfprivacy_rep.data.orl import labelling
from tfprivacy_rep.errors import UserError

SCRIPT = Path(__file__).parent.parent / "scripts" / "label_disagreement.py"


@pytest.fixture(scope="module")
def looks() -> labelling.Looks:
    return labelling.read_looks()


@pytest.fixture
def folder(tmp_path):
    """A copy of the tables that a test may damage."""
    for path in labelling.FOLDER.glob("*.csv"):
        shutil.copyfile(path, tmp_path / path.name)
    return tmp_path


@pytest.fixture
def main():
    return runpy.run_path(str(SCRIPT))["main"]


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new))


def test_labels_are_what_the_looks_give(looks):
    assert labelling.labels_are_current()
    labels = labelling.read_labels()
    for row, name in enumerate(labelling.NAMES):
        for column, attribute in enumerate(labelling.ATTRIBUTES):
            first, second = looks.first[row, column], looks.second[row, column]
            expected = first if first == second else looks.third[name, attribute]
            assert labels[row, column] == expected, (name, attribute)


def test_the_third_look_holds_exactly_the_disputed_cells(looks):
    assert set(looks.third) == set(labelling.disputed(looks.first, looks.second))
    assert len(looks.third) == 128


def test_kappa_equals_scikit_learns(looks):
    for column in range(len(labelling.ATTRIBUTES)):
        first, second = looks.first[:, column], looks.second[:, column]
        assert labelling.kappa(first, second) == pytest.approx(cohen_kappa_score(first, second))


def test_kappa_by_hand():
    """Three of four agree: p_o = 0.75; shares of 1 are 0.5 and 0.25, so p_e = 0.125 + 0.375 = 0.5;
    kappa = 0.25 / 0.5. The opposite of everything gives -1, two constants give nothing to judge."""
    first = np.array([1, 1, -1, -1])
    assert labelling.kappa(first, np.array([1, -1, -1, -1])) == pytest.approx(0.5)
    assert labelling.kappa(first, -first) == pytest.approx(-1.0)
    assert np.isnan(labelling.kappa(np.ones(4), np.ones(4)))


def test_the_table_counts_as_done_by_hand(looks):
    lines = labelling.disagreement_table(looks).splitlines()
    assert len(lines) == 2 + len(labelling.ATTRIBUTES) + 1
    cells = [cell.strip() for cell in lines[3].strip("|").split("|")]
    column = labelling.ATTRIBUTES.index("Smiling")
    count = int((looks.first[:, column] != looks.second[:, column]).sum())
    smiling = labelling.compose(looks)[:, column] == 1
    people = collections.defaultdict(set)
    for name, value in zip(labelling.NAMES, smiling):
        people[name.split("/")[0]].add(bool(value))
    kappa = cohen_kappa_score(looks.first[:, column], looks.second[:, column])
    assert cells == [
        "Smiling",
        str(count),
        f"{count / 4:.2f}%",
        f"{kappa:.2f}",
        str(int(smiling.sum())),
        str(sum(True in values for values in people.values())),
        str(sum(False in values for values in people.values())),
        str(sum(len(values) == 2 for values in people.values())),
    ]


def test_the_note_holds_the_table_as_it_is_now(looks):
    note = (labelling.FOLDER / "LABELLING.md").read_text(encoding="utf-8")
    assert labelling.disagreement_table(looks) in note


def test_rows_may_be_in_any_order(folder):
    header, *rows = (folder / "labels.csv").read_text().splitlines()
    (folder / "labels.csv").write_text("\n".join([header, *reversed(rows)]))
    np.testing.assert_array_equal(
        labelling.read_labels(folder / "labels.csv"), labelling.read_labels()
    )


@pytest.mark.parametrize(
    "old, new, text",
    [
        ("image,Eye", "image,Spec", "expected the header image,Eyeglasses"),
        ("s3/4.pgm,", "s3/14.pgm,", "once, with 10 values. Received: s3/14.pgm"),
        ("s3/4.pgm,", "s3/5.pgm,", "once, with 10 values. Received: s3/5.pgm"),
        ("s3/4.pgm,", "s3/4.pgm,1,", "once, with 10 values. Received: s3/4.pgm"),
        ("s3/4.pgm,-1", "s3/4.pgm,0", "values 1 and -1. Received: '0' in the row s3/4.pgm"),
    ],
)
def test_a_wrong_table_is_refused(folder, old, new, text):
    path = folder / "labels.csv"
    _edit(path, old, new)
    with pytest.raises(UserError, match=f"Invalid file `{path}`.*{text}"):
        labelling.read_labels(path)


def test_a_missing_row_or_file_is_refused(folder):
    path = folder / "labels.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("s3/4.")))
    with pytest.raises(UserError, match="a row for every photograph.*none for s3/4.pgm"):
        labelling.read_labels(path)
    path.unlink()
    with pytest.raises(UserError, match=f"Unreadable file `{path}`"):
        labelling.read_labels(path)


def test_a_third_look_that_does_not_fit_is_refused(folder):
    path = folder / "pass3.csv"
    text = path.read_text()
    dropped = text.splitlines()[-1]
    path.write_text(text.replace(dropped, "").rstrip() + "\n")
    image, attribute, _ = dropped.split(",")
    with pytest.raises(UserError, match=rf"1 others, such as {image} {attribute} \(undecided\)"):
        labelling.compose(labelling.read_looks(folder))
    path.write_text(text.rstrip() + "\ns1/1.pgm,Male,1\n")
    with pytest.raises(UserError, match=r"s1/1.pgm Male \(decided though not disputed\)"):
        labelling.compose(labelling.read_looks(folder))
    path.write_text(text.rstrip() + f"\n{dropped}\n")
    with pytest.raises(UserError, match=f"no cell twice. Received: {dropped}"):
        labelling.read_looks(folder)
    path.write_text(text.replace("image,attribute", "image,name", 1))
    with pytest.raises(UserError, match="expected the header image,attribute,value"):
        labelling.read_looks(folder)


def test_the_command_checks_and_writes(folder, main, capsys):
    arguments = ["--folder", str(folder)]
    assert main([*arguments, "--check"]) == 0
    assert "| Smiling |" in capsys.readouterr().out
    original = (folder / "labels.csv").read_bytes()
    _edit(folder / "labels.csv", "s3/4.pgm,-1", "s3/4.pgm,1")
    assert main([*arguments, "--check"]) == 1
    assert "run with --write" in capsys.readouterr().err
    assert main([*arguments, "--write"]) == 0
    assert (folder / "labels.csv").read_bytes() == original
    (folder / "labels.csv").unlink()
    assert main([*arguments, "--check"]) == 1
    (folder / "pass2.csv").unlink()
    assert main(arguments) == 1
    assert f"Unreadable file `{folder / 'pass2.csv'}`" in capsys.readouterr().err
