"""Indexing: which files are good, which need Pillow, which are bad, and how that is told."""

from __future__ import annotations

import numpy as np
import photograph_files as samples
import pytest
from PIL import Image, ImageFile

from tfprivacy_rep.data import indexing
from tfprivacy_rep.data.image_files import ImageFiles
from tfprivacy_rep.errors import UserError

RED = Image.new("RGB", (40, 40), (200, 30, 60))


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header promises so many pixels; Pillow writes it without holding them."""
    return samples.encoded(Image.new("1", (width, height)), "PNG")


GOOD = {  # name, contents, whether Pillow has to decode it
    "plain.jpg": (samples.encoded(RED), False),
    "plain.png": (samples.encoded(RED, "PNG"), False),
    "grey.jpg": (samples.encoded(RED.convert("L")), False),
    "progressive.jpg": (samples.encoded(RED, progressive=True), False),
    "a png.jpg": (samples.encoded(RED, "PNG"), False),
    "a jpeg.png": (samples.encoded(RED), False),
    "no suffix": (samples.encoded(RED), False),
    "upright.jpg": (samples.encoded(RED, exif=Image.Exif()), False),
    "rotated.jpg": (samples.rotated(RED), True),
    "cmyk.jpg": (samples.encoded(RED.convert("CMYK")), True),
    "alpha.png": (samples.encoded(RED.convert("RGBA"), "PNG"), True),
    "palette.png": (samples.encoded(RED.quantize(), "PNG"), True),
    "deep.png": (samples.encoded(Image.fromarray(np.full((40, 40), 77 * 256 + 5, np.uint16)), "PNG"), True),
    "image.webp": (samples.encoded(RED, "WEBP", lossless=True), True),
    "image.bmp": (samples.encoded(RED, "BMP"), True),
    "image.gif": (samples.encoded(RED, "GIF"), True),
    "bytes after its end.jpg": (samples.encoded(RED) + bytes(100), True),
}
JPEG, PNG = samples.encoded(samples.picture(0)), samples.encoded(samples.picture(0), "PNG")
BAD = {  # name, contents, reason
    "empty.jpg": (b"", "no bytes"),
    "text.jpg": (b"this is no photograph at all", "no image of a known kind"),
    "zeros.jpg": (bytes(5000), "no image of a known kind"),
    "half.jpg": (JPEG[: len(JPEG) // 2], r"image file is truncated"),
    "header alone.jpg": (JPEG[:700], r"truncated|broken|cannot"),
    "half.png": (PNG[: len(PNG) // 2], r"truncated|broken|chunk"),
    "flipped bit.png": (PNG[:900] + bytes([PNG[900] ^ 1]) + PNG[901:], r"broken|checksum|CRC"),
    "half.webp": (samples.encoded(samples.picture(0), "WEBP")[:600], "."),
    "tiny.jpg": (samples.encoded(RED.resize((40, 15))), "40 x 15 pixels, a side below 16"),
    "huge.png": (png_of(8001, 8000), "8001 x 8000 pixels, more than 64 megapixels"),
    "bomb.png": (png_of(20000, 20000), "exceeds limit|more than 64 megapixels"),
    "floats.tif": (samples.encoded(Image.new("F", (40, 40), 0.5), "TIFF"), "more than 8 bits a channel"),
    "missing.jpg": (None, "no such file"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_known_to_be_plain_or_odd_and_is_read(tmp_path, name):
    data, odd = GOOD[name]
    samples.write(tmp_path, {name: data})
    indexed = indexing.index(tmp_path, [name], "error")
    assert indexed.places.tolist() == [0] and indexed.odd.tolist() == [odd] and indexed.skipped == ()
    middle = ImageFiles(tmp_path, [name], indexed.odd, 32)[0][16, 16].astype(int)
    grey = {"grey.jpg": 84, "deep.png": 77}.get(name)  # 84: 0.299 * 200 + 0.587 * 30 + 0.114 * 60
    expected = [grey] * 3 if grey else (200, 30, 60)
    assert np.abs(middle - expected).max() <= (25 if name == "cmyk.jpg" else 4)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_with_the_reason(tmp_path, name):
    data, reason = BAD[name]
    samples.write(tmp_path, {"good.jpg": JPEG} | ({name: data} if data is not None else {}))
    with pytest.raises(UserError, match=rf"expected 2 whole image files.*Received: 1 that can't be read: {name}: "
                       rf"([^;]*)({reason}).*--on_bad_image=skip"):
        indexing.index(tmp_path, ["good.jpg", name], "error")


def test_skipping_lists_every_bad_file_and_keeps_the_places_of_the_others(tmp_path):
    names = ["a.jpg", *BAD, "z.jpg"]
    samples.write(tmp_path, {name: data for name, (data, _) in BAD.items() if data is not None})
    samples.write(tmp_path, {"a.jpg": JPEG, "z.jpg": samples.rotated(RED)})
    indexed = indexing.index(tmp_path, names, "skip")
    assert indexed.places.tolist() == [0, len(names) - 1] and indexed.odd.tolist() == [False, True]
    assert [line.split(": ")[0] for line in indexed.skipped] == list(BAD)
    assert all(line.split(": ", 1)[1].strip() for line in indexed.skipped)


def test_the_first_ten_of_many_are_named_and_all_are_counted(tmp_path):
    names = [f"{i:02d}.jpg" for i in range(14)]
    samples.write(tmp_path, dict.fromkeys(names, b""))
    with pytest.raises(UserError) as error:
        indexing.index(tmp_path, names, "error")
    assert "Received: 14 that can't be read" in str(error.value) and "09.jpg: no bytes; ..." in str(error.value)
    assert "10.jpg" not in str(error.value)


def test_nothing_but_bad_files_is_an_error_even_if_they_are_to_be_skipped(tmp_path):
    samples.write(tmp_path, {"a.jpg": b""})
    with pytest.raises(UserError, match="Received: 1 files, none of which can be read, the first a.jpg: no bytes"):
        indexing.index(tmp_path, ["a.jpg"], "skip")


def test_plain_files_are_not_decoded(tmp_path, monkeypatch):
    samples.write(tmp_path, samples.jpegs(3))
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("decoded"))
    assert not indexing.index(tmp_path, sorted(samples.jpegs(3)), "error").odd.any()


def test_a_rotation_noted_in_xmp_alone_is_for_pillow(tmp_path):
    note = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6"/></x:xmpmeta>'
    samples.picture(0).save(tmp_path / "a.jpg", xmp=note)
    samples.picture(0).save(tmp_path / "b.jpg", xmp=note.replace(b"6", b"1"))
    assert indexing.check(tmp_path / "a.jpg") and not indexing.check(tmp_path / "b.jpg")


def test_a_picture_that_is_smaller_than_its_file_says_is_found(tmp_path, monkeypatch):
    samples.picture(0).save(tmp_path / "a.bmp")
    monkeypatch.setattr(indexing, "upright_rgb", lambda image: Image.new("RGB", (15, 15)))
    with pytest.raises(ValueError, match="15 x 15 pixels, a side below 16"):
        indexing.check(tmp_path / "a.bmp")
