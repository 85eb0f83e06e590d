"""Any folder with a CSV: what it may look like and how its mistakes are told."""

from __future__ import annotations

import numpy as np
import photograph_files as samples
import pytest

from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import sources
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError

CSV = """image,person,Hat,Tie
a/1.jpg,ann,1,true
a/2.jpg,bob,0,False
b/c/3.png,ann,1,TRUE
4.jpg,7,0,false
"""


def config(folder, **options) -> DataConfig:
    """The folder at 32 pixels."""
    return DataConfig(dataset="folder", data_dir=str(folder), image_size=32, **options)


def load(folder, **options) -> Photographs:
    """By the registry."""
    return sources.load(config(folder, **options))


@pytest.fixture(name="folder")
def _folder(tmp_path):
    names = ["a/1.jpg", "a/2.jpg", "4.jpg"]
    files = {name: samples.encoded(samples.picture(i, 60, 50)) for i, name in enumerate(names)}
    files["b/c/3.png"] = samples.encoded(samples.picture(3, 60, 50), "PNG")
    files |= {"attributes.csv": CSV.encode(), "notes.txt": b"not a photograph"}
    return samples.write(tmp_path / "photos", files)


def test_photographs_are_found_below_the_folder_and_sorted(folder):
    photographs = load(folder)
    assert photographs.names == ("4.jpg", "a/1.jpg", "a/2.jpg", "b/c/3.png") and photographs.source == "folder"
    assert photographs.attributes == ("Hat", "Tie")
    assert photographs.labels.tolist() == [[0, 0], [1, 1], [0, 0], [1, 1]]
    assert photographs.people.tolist() == [0, 1, 2, 1]  # "7", "ann", "bob" in the order of their texts
    assert photographs.images[:].shape == (4, 32, 32, 3) and photographs.official is None


def test_people_decide_on_the_default_partition(folder):
    assert sources.default_partition(config(folder), load(folder)) == "disjoint_people"
    rows = [line.split(",") for line in CSV.splitlines()]
    (folder / "attributes.csv").write_text("\n".join(",".join(row[:1] + row[2:]) for row in rows))
    photographs = load(folder)
    assert photographs.people is None and photographs.attributes == ("Hat", "Tie")
    assert sources.default_partition(config(folder), photographs) == "paper"


def test_another_file_of_attributes_and_a_choice_among_them(folder, tmp_path):
    (folder / "attributes.csv").rename(tmp_path / "mine.csv")
    photographs = load(folder, attributes_file=str(tmp_path / "mine.csv"), attributes=("Tie",))
    assert photographs.labels.tolist() == [[0], [1], [0], [1]]


def test_minus_one_means_absent(folder):
    text = CSV.replace(",0,", ",-1,")
    (folder / "attributes.csv").write_text(text)
    assert load(folder).labels[:, 0].tolist() == [0, 1, 0, 1]
    (folder / "attributes.csv").write_text(text.replace("4.jpg,7,-1", "4.jpg,7,0"))
    with pytest.raises(UserError, match="either -1 or 0 for absent in column 'Hat'. Received: both. Write 0 and 1"):
        load(folder)


def test_a_file_with_an_unusual_suffix_is_read_if_a_row_names_it(folder):
    (folder / "4.jpg").rename(folder / "4.photo")
    (folder / "attributes.csv").write_text(CSV.replace("4.jpg", "4.photo"))
    assert "4.photo" in load(folder).names


def test_quotes_and_commas_in_names(folder):
    (folder / "4.jpg").rename(folder / "4, old.jpg")
    (folder / "attributes.csv").write_text(CSV.replace("4.jpg", '"4, old.jpg"'))
    assert "4, old.jpg" in load(folder).names


def test_bad_photographs_are_skipped_with_their_people(folder):
    (folder / "a/1.jpg").write_bytes(b"nothing")
    with pytest.raises(UserError, match="Received: 1 that can't be read: a/1.jpg: no image of a known kind"):
        load(folder)
    photographs = load(folder, on_bad_image="skip")
    assert photographs.skipped == ("a/1.jpg: no image of a known kind (BMP, GIF, JPEG, PNG, PPM, TIFF, WEBP)",)
    assert photographs.people.tolist() == [0, 2, 1] and photographs.labels.tolist() == [[0, 0], [0, 0], [1, 1]]


@pytest.mark.parametrize(
    "old, new, text",
    [
        ("image,", "file,", "a header whose first column is 'image'. Received: 'file,person,Hat,Tie'"),
        ("Hat,Tie", "Hat,Hat", "a different name for each column. Received: Hat"),
        ("Hat,Tie", "Hat,", "Received: a column without a name"),
        ("a/2.jpg,bob,0", "a/2.jpg,bob,2", "-1 or 0 or 1 or false or true in column 'Hat'. Received: '2' in line 3, "
                                           "for 'a/2.jpg'"),
        ("a/2.jpg,bob,0", "a/2.jpg,bob,", "in column 'Hat'. Received: '' in line 3"),
        ("a/2.jpg,bob", "a/2.jpg,", "in column 'person'. Received: nothing in line 3, for 'a/2.jpg'"),
        ("a/2.jpg,bob,0,", "a/2.jpg,bob,", "3 values a line. Received: 3 words in line 3"),
        ("a/2.jpg", "a/1.jpg", "Received: two for 'a/1.jpg', in lines 2 and 3"),
        ("a/2.jpg", "a/5.jpg", "Received: 1 that are not: 'a/5.jpg' in line 3"),
        ("a/2.jpg,bob,0,False\n", "", "a row for each photograph in `.*photos`. Received: none for 1: 'a/2.jpg'"),
        ("a/2.jpg", "../photos/a/2.jpg", "paths within the folder in column 'image'. Received: '../photos/a/2.jpg' in "
                                         "line 3"),
        ("a/2.jpg", "/etc/hosts", "Received: '/etc/hosts' in line 3"),
    ],
)
def test_mistakes_are_named_with_line_and_value(folder, old, new, text):
    assert old in CSV
    (folder / "attributes.csv").write_text(CSV.replace(old, new, 1))
    with pytest.raises(UserError, match=f"Invalid file `{folder}/attributes.csv`: .*{text}"):
        load(folder)


def test_a_file_without_attributes_is_refused(folder):
    (folder / "attributes.csv").write_text("image,person\na/1.jpg,ann\n")
    with pytest.raises(UserError, match="a column for each attribute. Received: image, person"):
        load(folder)


def test_the_folder_and_the_file_have_to_be_there(folder, tmp_path):
    for name in ("", str(tmp_path / "no")):
        with pytest.raises(UserError, match=f"`data_dir`: expected a folder of photographs.*data_dir='{name}'"):
            load(name)
    (folder / "attributes.csv").unlink()
    with pytest.raises(UserError, match=f"`attributes_file`: .*Received: no file at `{folder}/attributes.csv`"):
        load(folder)


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "attributes.csv").write_text("image,Hat\n")
    with pytest.raises(UserError, match=f"expected photographs in `{tmp_path}`. Received: none. .*jpeg"):
        load(tmp_path)


def test_unknown_attributes_are_named(folder):
    with pytest.raises(UserError, match="labels for. Received: Beard. Available: Hat, Tie"):
        load(folder, attributes=("Beard",))


def test_images_are_those_of_the_rows(folder):
    photographs = load(folder)
    plain = np.asarray(samples.picture(3, 60, 50))[:, 5:55].mean((0, 1))
    assert np.abs(photographs.images[3].mean((0, 1)) - plain).max() < 1


@pytest.mark.parametrize("name", ["./a/1.jpg", "a//1.jpg", "a/./1.jpg"])
def test_a_photograph_in_another_spelling_is_not_a_second_one(folder, name):
    with open(folder / "attributes.csv", "a", encoding="utf-8") as file:
        file.write(f"\n{name},ann,1,1\n")
    with pytest.raises(UserError, match="expected paths within the folder in column 'image'"):
        load(folder)


def test_a_name_too_long_for_a_file_is_a_row_without_a_photograph(folder):
    with open(folder / "attributes.csv", "a", encoding="utf-8") as file:
        file.write(f"\n{'x' * 300},ann,1,1\n")
    with pytest.raises(UserError, match="expected rows of photographs that are in"):
        load(folder)
