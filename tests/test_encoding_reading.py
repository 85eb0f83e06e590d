"""Photographs of a folder come in the order of their names, with the pixels that training sees."""

from __future__ import annotations

import re

import numpy as np
import photograph_files as made
import pytest
import tensorflow as tf
from image_bytes_samples import png_that_claims
from PIL import Image

from tfprivacy_rep.data import preprocessing
from tfprivacy_rep.data.alignment import NoFaceError
from tfprivacy_rep.data.image_files import ImageFiles
from tfprivacy_rep.data.orl import loader
from tfprivacy_rep.encoding import reading
from tfprivacy_rep.errors import UserError

SIZE = 32


def read(found, on_bad_image="error", batch_size=2, aligner=None):
    """All images, float32 [N, S, S, 3], and reasons."""
    parts = list(reading.batches(found, SIZE, batch_size, on_bad_image, aligner).as_numpy_iterator())
    assert [len(part) for part, _ in parts[:-1]] == [batch_size] * (len(parts) - 1)
    return np.concatenate([images for images, _ in parts]), [r.decode() for _, reasons in parts for r in reasons]


@pytest.fixture(name="folder")
def _folder(tmp_path):
    contents = {
        "b/2.jpg": made.encoded(made.picture(0)), "b/c/1.PNG": made.encoded(made.picture(1), "PNG"),
        "a.jpg": made.rotated(made.picture(2)), "z.webp": made.encoded(made.picture(3, 100, 80), "WEBP"),
        "labels.csv": b"image,Smiling\n", "b/notes.txt": b"text",
    }
    return made.write(tmp_path / "photographs", contents)


def test_folders_are_searched_and_pixels_are_those_of_training(folder):
    found = reading.find(str(folder), "error", "training", None)
    assert found.names == ("a.jpg", "b/2.jpg", "b/c/1.PNG", "z.webp") and found.skipped == ()
    images, reasons = read(found)
    expected = ImageFiles(folder, found.names, found.odd, SIZE)[:]
    assert images.dtype == np.float32 and reasons == [""] * 4
    np.testing.assert_array_equal(images, expected.astype(np.float32) / np.float32(255))


@pytest.mark.parametrize("damage, reason", [
    (b"", "no bytes"), (b"\xff\xd8 nothing", "no image of a known kind (BMP, GIF, JPEG, PNG, PPM, TIFF, WEBP)")])
def test_bad_ones_are_named_or_left_out(folder, damage, reason):
    (folder / "b" / "bad.jpg").write_bytes(damage)
    with pytest.raises(UserError, match=rf"^Unreadable photographs in .*b/bad\.jpg: {re.escape(reason)}.*"
                       "--on_bad_image=skip"):
        reading.find(str(folder), "error", "training", None)
    found = reading.find(str(folder), "skip", "training", None)
    assert found.skipped == (f"b/bad.jpg: {reason}",) and len(found.names) == 4


def test_damage_between_the_ends_of_a_file_shows_when_it_is_decoded(folder):
    whole = made.encoded(made.picture(4), quality=95)
    (folder / "middle.jpg").write_bytes(whole[:-2].split(b"\xff\xda")[0] + whole[-2:])  # tables, then no pixels
    found = reading.find(str(folder), "skip", "training", None)
    assert "middle.jpg" in found.names, "its ends look whole"
    images, reasons = read(found, "skip")
    assert [name for name, reason in zip(found.names, reasons) if reason] == ["middle.jpg"]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Unreadable photograph `.*middle\.jpg`"):
        read(found, "error")


def test_a_file_that_goes_away_meanwhile_is_skipped_alone(folder):
    found = reading.find(str(folder), "skip", "training", None)
    (folder / "b" / "2.jpg").unlink()
    images, reasons = read(found, "skip")
    assert reasons == ["", "its pixels can't be decoded", "", ""] and images[1].max() == 0 and images[2].max() > 0


def test_photographs_of_the_sources_size_are_cut_as_the_source_cuts_them(tmp_path):
    original = loader.find_folder() / "s1" / "1.pgm"
    Image.open(original).save(tmp_path / "own.png")
    made.write(tmp_path, {"portrait.png": made.encoded(made.picture(0, 178, 218), "PNG")})
    found = reading.find(str(tmp_path), "error", "training", "orl")
    assert found.rows.tolist() == [12, -1]
    images, _ = read(found)
    square = preprocessing.resize(preprocessing.center_square(preprocessing.read_rgb(original), 12), SIZE)
    assert np.abs(images[0] * 255 - square).max() <= 1.01
    middle = preprocessing.center_square(preprocessing.read_rgb(tmp_path / "portrait.png"))
    assert np.abs(images[1] * 255 - preprocessing.resize(middle, SIZE)).max() <= 1.01
    for crop_top, dataset in (("middle", "orl"), ("training", "celeba"), ("training", None)):
        assert reading.find(str(tmp_path), "error", crop_top, dataset).rows.tolist() == [-1, -1]


def test_a_row_of_the_users_own_applies_to_all_and_must_leave_a_square(tmp_path):
    made.write(tmp_path, {"a.png": made.encoded(made.picture(0, 64, 100), "PNG"),
                          "b.png": made.encoded(made.picture(1, 100, 64), "PNG")})
    with pytest.raises(UserError, match=r"b\.png: 100 x 64 pixels, no square below row 30"):
        reading.find(str(tmp_path), "error", "30", "orl")
    found = reading.find(str(tmp_path), "skip", "30", "orl")
    assert found.names == ("a.png",) and found.rows.tolist() == [30]
    assert found.skipped == ("b.png: 100 x 64 pixels, no square below row 30",)
    pixels = preprocessing.read_rgb(tmp_path / "a.png")
    assert np.abs(read(found)[0][0] * 255 - preprocessing.resize(pixels[30:94], SIZE)).max() <= 1.01
    with pytest.raises(UserError, match="Unreadable photographs"):
        reading.find(str(tmp_path), "skip", "37", "orl")


def test_a_rotated_photograph_is_measured_upright(tmp_path):
    made.write(tmp_path, {"a.jpg": made.rotated(made.picture(2))})  # 178 x 218 when upright
    assert reading.find(str(tmp_path), "error", "40", None).rows.tolist() == [40]


def test_the_aligner_gets_whole_upright_photographs(folder):
    shapes = []

    def aligner(image):
        shapes.append(image.shape)
        if image.shape[0] == 80:
            raise NoFaceError("No face: ...")
        return np.full((SIZE, SIZE, 3), 255, np.uint8)

    images, reasons = read(reading.find(str(folder), "skip", "training", None), "skip", aligner=aligner)
    assert sorted(shapes) == [(80, 100, 3), (218, 178, 3), (218, 178, 3), (218, 178, 3)]
    assert reasons == ["", "", "", "no face that dlib finds"]
    assert images[:3].min() == 1 and images[3].max() == 0


def test_a_folder_of_nothing_is_an_error(tmp_path):
    with pytest.raises(UserError, match=r"^Invalid `photographs`: expected a folder. Received: .*nowhere, which is no"):
        reading.find(str(tmp_path / "nowhere"), "error", "training", None)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UserError, match="^Invalid `photographs`: expected a folder with photographs"):
        reading.find(str(tmp_path), "error", "training", None)
    (tmp_path / "a.jpg").touch()
    with pytest.raises(UserError, match="^Invalid `photographs`: expected photographs in .*none of which can be read"):
        reading.find(str(tmp_path), "skip", "training", None)


def test_a_png_whose_pixels_can_not_be_read_is_named_where_a_row_is_given(tmp_path):
    (tmp_path / "a.png").write_bytes(png_that_claims(40, 40))
    made.write(tmp_path, {"b.png": made.encoded(made.picture(0), "PNG")})
    with pytest.raises(UserError, match="a.png"):
        reading.find(str(tmp_path), "error", "3", None)
    assert reading.find(str(tmp_path), "skip", "3", None).names == ("b.png",)


def test_a_tiff_on_its_side_is_as_high_as_it_looks(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    made.picture(0, 60, 40).save(tmp_path / "a.tif", exif=exif.tobytes())  # 40 wide and 60 high
    found = reading.find(str(tmp_path), "error", "20", None)
    assert found.rows.tolist() == [20]
