"""CelebA from a folder: its layouts, and every way in which its files can disagree."""

from __future__ import annotations

import re
import shutil

import numpy as np
import photograph_files as samples
import pytest

from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import celeba, sources
from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.data.image_files import ImageFiles
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError

COUNT = 8
ATTRIBUTES, PARTITION, IDENTITIES = "list_attr_celeba.txt", "list_eval_partition.txt", "identity_CelebA.txt"


def load(folder, **options) -> Photographs:
    """By the registry, as an experiment does."""
    return sources.load(DataConfig(dataset="celeba", data_dir=str(folder), image_size=32, **options))


@pytest.fixture(name="folder")
def _folder(tmp_path):
    return samples.celeba(tmp_path / "celeba", COUNT)


def into_subfolders(folder) -> None:
    """The layout that the authors' drive has."""
    for part in ("Anno", "Eval", "Img"):
        (folder / part).mkdir()
    shutil.move(folder / "img_align_celeba", folder / "Img")
    shutil.move(folder / PARTITION, folder / "Eval")
    for name in (ATTRIBUTES, IDENTITIES):
        shutil.move(folder / name, folder / "Anno")


def into_kaggles(folder) -> None:
    """Kaggle's copy: a folder in a folder, CSVs, no identities."""
    shutil.move(folder / "img_align_celeba", folder / "images")
    shutil.move(folder / "images", folder / "img_align_celeba/img_align_celeba")
    for name, header in ((ATTRIBUTES, ",".join(["image_id", *CELEBA_ATTRIBUTES])), (PARTITION, "image_id,partition")):
        lines = (folder / name).read_text().splitlines()[2 if name == ATTRIBUTES else 0 :]
        rows = [",".join(line.split()) for line in lines]
        (folder / name.replace(".txt", ".csv")).write_text("\r\n".join([header, *rows, ""]))
        (folder / name).unlink()
    (folder / IDENTITIES).unlink()


def change(path, old: str, new: str) -> None:
    """Replaces text that must be there."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("layout", [None, into_subfolders, into_kaggles], ids=["original", "subfolders", "kaggle"])
def test_every_layout_gives_the_same(folder, layout):
    if layout:
        layout(folder)
    photographs = load(folder)
    assert photographs.names == tuple(f"{i:06d}.jpg" for i in range(1, COUNT + 1)) and photographs.source == "celeba"
    assert photographs.attributes == CELEBA_ATTRIBUTES
    np.testing.assert_array_equal(photographs.labels, samples.celeba_labels(COUNT))
    assert photographs.official.tolist() == [0, 0, 0, 0, 1, 1, 2, 2]  # half, a quarter, a quarter
    if layout is into_kaggles:
        assert photographs.people is None
    else:
        assert photographs.people.tolist() == [100, 100, 101, 101, 102, 102, 103, 103]
    assert photographs.skipped == () and isinstance(photographs.images, ImageFiles)


def test_the_middle_square_is_kept(folder):
    """Rows 20..197 of 218: their mean, as the smooth texture's changes from row to row."""
    image = np.asarray(samples.picture(2)).astype(float)
    kept, lower = image[20:198].mean((0, 1)), image[40:218].mean((0, 1))
    mean = load(folder).images[2].mean((0, 1))
    assert np.abs(mean - kept).max() < 2 < np.abs(mean - lower).max()


def test_attributes_are_chosen_and_the_paper_partition_is_the_default(folder):
    config = DataConfig(dataset="celeba", data_dir=str(folder), image_size=32, attributes=("Male", "Bald"))
    photographs = sources.load(config)
    np.testing.assert_array_equal(photographs.labels, samples.celeba_labels(COUNT)[:, [20, 4]])
    assert sources.default_partition(config, photographs) == "paper"
    with pytest.raises(UserError, match="Received: Beard. Available: 5_o_Clock_Shadow"):
        load(folder, attributes=("Beard",))


def test_rows_may_be_in_any_order_and_have_any_white_space(folder):
    for name, header in ((ATTRIBUTES, 2), (PARTITION, 0), (IDENTITIES, 0)):
        lines = (folder / name).read_text().splitlines()
        rows = ["\t".join(line.split()) + "  " for line in lines[header:]][::-1]
        (folder / name).write_bytes(("\ufeff" + "\r\n".join([*lines[:header], *rows, ""])).encode())
    photographs = load(folder)
    np.testing.assert_array_equal(photographs.labels, samples.celeba_labels(COUNT))
    assert photographs.official.tolist() == [0, 0, 0, 0, 1, 1, 2, 2] and photographs.people[-1] == 103


def test_a_skipped_photograph_takes_its_rows_along(folder):
    (folder / "img_align_celeba/000003.jpg").write_bytes(b"")
    with pytest.raises(UserError, match="Received: 1 that can't be read: 000003.jpg: no bytes. .*on_bad_image=skip"):
        load(folder)
    photographs, kept = load(folder, on_bad_image="skip"), [0, 1, 3, 4, 5, 6, 7]
    assert photographs.skipped == ("000003.jpg: no bytes",)
    assert photographs.names == tuple(f"{i + 1:06d}.jpg" for i in kept)
    np.testing.assert_array_equal(photographs.labels, samples.celeba_labels(COUNT)[kept])
    assert photographs.people.tolist() == [100, 100, 101, 102, 102, 103, 103]
    assert photographs.official.tolist() == [0, 0, 0, 1, 1, 2, 2]
    np.testing.assert_array_equal(photographs.images[3], load_whole(folder)[4])


def load_whole(folder) -> ImageFiles:
    """All images, without a look at them."""
    names = [f"{i + 1:06d}.jpg" for i in range(COUNT)]
    return ImageFiles(folder / "img_align_celeba", names, np.zeros(COUNT, bool), 32)


@pytest.mark.parametrize("there", [True, False])
def test_another_layout_is_refused_with_what_was_looked_for(tmp_path, there):
    folder = tmp_path / "photos"
    if there:
        folder.mkdir()
        (folder / "list_attr_celeba.txt").touch()
    with pytest.raises(UserError) as error:
        load(folder)
    text = str(error.value)
    assert f"Received: {'a folder' if there else 'no folder'} at data_dir='{folder}'. Tried: Kaggle's (" in text
    for layout in celeba.LAYOUTS:
        assert f"{layout.name} ({layout.images}, {layout.attributes}, {layout.partition}) lacks" in text
    assert ("original (img_align_celeba, list_attr_celeba.txt, list_eval_partition.txt) lacks img_align_celeba, "
            "list_eval_partition.txt;" in text) == there


def test_a_folder_has_to_be_given():
    with pytest.raises(UserError, match=r"`data_dir`: expected the folder of CelebA.*data_dir=''.*docs/data.md"):
        sources.load(DataConfig(dataset="celeba"))


def test_a_folder_without_photographs_is_refused(folder):
    for path in (folder / "img_align_celeba").iterdir():
        path.unlink()
    with pytest.raises(UserError, match="expected photographs in `.*img_align_celeba`. Received: none"):
        load(folder)


ROW_3 = "000003.jpg "
DISAGREEMENTS = {
    "a wrong count": (ATTRIBUTES, "8\n", "9\n", "expected 9 rows, as line 1 says. Received: 8."),
    "no count": (ATTRIBUTES, "8\n", "", "expected the number of photographs in line 1.*Received: '5_o_Clock_Shadow"),
    "an unknown attribute": (ATTRIBUTES, " Bald ", " Hairless ", "the 40 attributes of CelebA. Received: 1 unknown: "
                             "Hairless"),
    "an attribute twice": (ATTRIBUTES, " Bald ", " Male ", "a different name for each column. Received: Male"),
    "a word too few": (ATTRIBUTES, ROW_3 + "-1", ROW_3, "40 values a line. Received: 40 words in line 5, '000003.jpg"),
    "another value": (ATTRIBUTES, ROW_3 + "-1", ROW_3 + " 0", "expected -1 or 1 in column '5_o_Clock_Shadow'. "
                      "Received: '0' in line 5, for '000003.jpg'"),
    "a row twice": (ATTRIBUTES, ROW_3, "000002.jpg ", "Received: two for '000002.jpg', in lines 4 and 5"),
    "a row without a photograph": (ATTRIBUTES, ROW_3, "000333.jpg ", "photographs that are in `.*img_align_celeba`. "
                                   "Received: 1 that are not: '000333.jpg' in line 5"),
    "another part": (PARTITION, ROW_3 + "0", ROW_3 + "3", "expected 0 or 1 or 2 in column 'partition'. Received: "
                     "'3' in line 3, for '000003.jpg'"),
    "a word for a part": (PARTITION, ROW_3 + "0", ROW_3 + "train", "Received: 'train' in line 3"),
    "an unknown name of a part": (PARTITION, ROW_3, "abc.jpg ", "photographs that are in `.*list_attr_celeba.txt`. "
                                  "Received: 1 that are not: 'abc.jpg' in line 3"),
    "a part too few": (PARTITION, ROW_3 + "0\n", "", "a row for each photograph in `.*list_attr_celeba.txt`. Received: "
                       "none for 1: '000003.jpg'"),
    "an identity too few": (IDENTITIES, ROW_3 + "101\n", "", "Received: none for 1: '000003.jpg'"),
    "an identity that is no number": (IDENTITIES, ROW_3 + "101", ROW_3 + "Ann", "an integer in column 'person'. "
                                      "Received: 'Ann' in line 3"),
    "an identity without a number": (IDENTITIES, ROW_3 + "101", ROW_3, "1 values a line. Received: 1 words in line 3"),
}


@pytest.mark.parametrize("what", DISAGREEMENTS)
def test_files_that_are_damaged_or_disagree_are_named_with_line_and_value(folder, what):
    name, old, new, text = DISAGREEMENTS[what]
    change(folder / name, old, new)
    with pytest.raises(UserError, match=f"Invalid file `{re.escape(str(folder / name))}`: .*{text}"):
        load(folder)


def test_a_photograph_without_a_row_is_named(folder):
    samples.write(folder / "img_align_celeba", {"000009.jpg": samples.encoded(samples.picture(9))})
    with pytest.raises(UserError, match="a row for each photograph in .*Received: none for 1: '000009.jpg'"):
        load(folder)


def test_a_missing_attribute_is_named(folder):
    into_kaggles(folder)
    path = folder / "list_attr_celeba.csv"
    path.write_text("\n".join(line.rsplit(",", 1)[0] for line in path.read_text().splitlines()))
    with pytest.raises(UserError, match="the 40 attributes of CelebA. Received: 1 missing: Young"):
        load(folder)


@pytest.mark.parametrize(
    "name, old, new, text",
    [
        ("list_attr_celeba.csv", "image_id,", "photo,", "whose first column is 'image_id'. Received: 'photo,5_o"),
        ("list_attr_celeba.csv", "000003.jpg,-1", "000003.jpg,x", "Received: 'x' in line 4, for '000003.jpg'"),
        ("list_eval_partition.csv", "image_id,partition", "image_id,part", "the columns image_id and partition"),
        ("list_eval_partition.csv", "000003.jpg,0", "000003.jpg", "1 values a line. Received: 1 words in line 4"),
    ],
)
def test_kaggles_files_are_checked_too(folder, name, old, new, text):
    into_kaggles(folder)
    change(folder / name, old, new)
    with pytest.raises(UserError, match=f"Invalid file `{folder / name}`: .*{text}"):
        load(folder)


def test_bytes_that_are_no_text_are_refused(folder):
    (folder / ATTRIBUTES).write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(UserError, match="expected a text file in UTF-8. Received: UnicodeDecodeError"):
        load(folder)


def test_an_empty_file_is_refused(folder):
    (folder / ATTRIBUTES).write_text("")
    with pytest.raises(UserError, match="expected the number of photographs in line 1"):
        load(folder)


def test_images_are_read_when_asked_for_and_kept_in_memory_only_if_wanted(folder):
    cached = load(folder, cache_images=True).images
    assert isinstance(cached, np.ndarray)
    np.testing.assert_array_equal(cached, load(folder).images[:])
