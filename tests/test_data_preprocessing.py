"""Preprocessing: the crop, the scaling without aliasing and what happens to damaged files."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tfprivacy_rep.data import indexing, preprocessing
from tfprivacy_rep.errors import UserError


@pytest.mark.parametrize(
    "height, width, top, rows, columns",
    [
        (6, 4, None, (1, 5), (0, 4)),
        (4, 7, None, (0, 4), (1, 5)),
        (5, 5, None, (0, 5), (0, 5)),
        (6, 4, 0, (0, 4), (0, 4)),
        (6, 4, 2, (2, 6), (0, 4)),
    ],
)
def test_crop_keeps_the_stated_rows_and_columns(height, width, top, rows, columns):
    image = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)
    expected = image[rows[0] : rows[1], columns[0] : columns[1]]  # noqa: E203
    np.testing.assert_array_equal(preprocessing.center_square(image, top), expected)
    np.testing.assert_array_equal(
        preprocessing.center_square(image[..., 0], top), expected[..., 0]
    )


@pytest.mark.parametrize("top", [-1, 3])
def test_crop_refuses_to_leave_the_picture(top):
    with pytest.raises(UserError, match=rf"0\.\.2 for a picture 4 wide and 6 high.*top={top}"):
        preprocessing.center_square(np.zeros((6, 4, 3), np.uint8), top)


def test_scaling_down_does_not_alias():
    """Stripes of 0 and 200, one pixel wide, have the mean 100; sampling would give 0 or 200."""
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, 1::2] = 200
    small = preprocessing.resize(stripes, 16)
    assert small.shape == (16, 16, 3) and small.dtype == np.uint8
    # The filter is cut off at the border, so the outermost columns may be off a little more.
    assert np.abs(small[:, 2:-2].astype(int) - 100).max() <= 3


@pytest.mark.parametrize("size", [8, 16, 40])
def test_scaling_keeps_a_plain_colour_and_channels_apart(size):
    plain = np.full((16, 16, 3), (10, 120, 250), np.uint8)
    np.testing.assert_array_equal(
        preprocessing.resize(plain, size), np.full((size, size, 3), (10, 120, 250), np.uint8)
    )


def test_scaling_to_the_same_size_gives_a_copy():
    image = np.zeros((8, 8, 3), np.uint8)
    same = preprocessing.resize(image, 8)
    same[:] = 1
    assert image.max() == 0


@pytest.mark.parametrize("size", [0, -4, 8.0, "8", True])
def test_scaling_refuses_other_sizes(size):
    with pytest.raises(UserError, match="Invalid `size`: expected an integer, at least 1"):
        preprocessing.resize(np.zeros((4, 4, 3), np.uint8), size)


@pytest.mark.parametrize(
    "image", [np.zeros((4, 5, 3), np.uint8), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3))]
)
def test_scaling_refuses_other_pictures(image):
    with pytest.raises(UserError, match=r"Invalid `image`: expected uint8 \[H, H, 3\]"):
        preprocessing.resize(image, 4)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "LA"])
def test_every_8_bit_mode_becomes_rgb(tmp_path, mode):
    Image.new("RGB", (5, 5), (255, 255, 255)).convert(mode).save(tmp_path / "white.png")
    image = preprocessing.read_rgb(tmp_path / "white.png")
    assert image.shape == (5, 5, 3) and image.min() == 255


def test_of_16_bits_of_grey_the_upper_8_are_kept(tmp_path):
    Image.fromarray(np.array([[0, 255], [256, 65535]], np.uint16)).save(tmp_path / "deep.png")
    image = preprocessing.read_rgb(tmp_path / "deep.png")
    np.testing.assert_array_equal(image, np.repeat([[[0], [0]], [[1], [255]]], 3, axis=2))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_as_exif_says(tmp_path, orientation):
    """Pillow's own table of what undoes each orientation."""
    image = Image.fromarray(np.arange(18, dtype=np.uint8).reshape(2, 3, 3) * 14)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "turned.png", exif=exif)
    undo = [None, None, "FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_270", "TRANSVERSE",
            "ROTATE_90"][orientation]
    expected = image.transpose(Image.Transpose[undo]) if undo else image
    np.testing.assert_array_equal(preprocessing.read_rgb(tmp_path / "turned.png"), np.asarray(expected))


def _damaged(path, kind: str) -> None:
    if kind == "text":
        path.write_text("not an image")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "floating point":
        Image.fromarray(np.full((4, 4), 0.5, np.float32)).save(path, format="TIFF")
    elif kind == "cut off":
        Image.effect_noise((64, 64), 50).save(path, format="JPEG")
        path.write_bytes(path.read_bytes()[:700])
    elif kind == "cut off grey map":
        path.write_bytes(b"P5\n64 64\n255\n" + bytes(100))


@pytest.mark.parametrize(
    "kind", ["missing", "text", "empty", "cut off", "cut off grey map", "floating point"]
)
def test_an_unreadable_photograph_is_named(tmp_path, kind):
    path = tmp_path / "damaged photograph"
    _damaged(path, kind)
    with pytest.raises(UserError, match=f"Unreadable photograph `{path}`.*Received: .*Replace"):
        preprocessing.read_rgb(path)


@pytest.mark.parametrize("orientation, turned", [(6, lambda a: np.rot90(a, -1)), (8, np.rot90), (5, lambda a: a.T)])
def test_a_grey_tiff_on_its_side_keeps_its_rows(orientation, turned, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = np.arange(60, dtype=np.uint8).reshape(3, 20)
    Image.fromarray(pixels).save(tmp_path / "a.tif", exif=exif.tobytes())
    np.testing.assert_array_equal(preprocessing.read_rgb(tmp_path / "a.tif")[..., 0], turned(pixels))
    with Image.open(tmp_path / "a.tif") as image:
        assert preprocessing.upright_size(image) == (3, 20)


@pytest.mark.parametrize("kind", ["EPS", "ICO", "JPEG2000"])
def test_what_starts_programs_or_takes_gigabytes_is_refused_whatever_its_name(kind, tmp_path):
    Image.new("RGB", (20, 20)).save(tmp_path / "a.jpg", kind)
    with pytest.raises(UserError, match="Unreadable photograph `.*a.jpg`.*UnidentifiedImageError"):
        preprocessing.read_rgb(tmp_path / "a.jpg")
    with pytest.raises(UserError, match="a.jpg: no image of a known kind .BMP, GIF, JPEG, PNG, PPM, TIFF, WEBP.[;.]"):
        indexing.index(tmp_path, ["a.jpg"], "error")


@pytest.mark.parametrize("kind", [RuntimeError, AssertionError, MemoryError])
def test_whatever_a_decoder_raises_names_the_file(kind, tmp_path, monkeypatch):
    (tmp_path / "a.webp").write_bytes(b"x")

    def fail(file, formats):
        raise kind("no item")

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(UserError, match=f"Unreadable photograph `.*a.webp`.*{kind.__name__}: no item"):
        preprocessing.read_rgb(tmp_path / "a.webp")
