"""Photographs of any size, kind and damage: the right pixels, or an error that names the file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from fuzzing import answered, cases, damaged, holds
from hypothesis import strategies as st
from PIL import Image

from tfprivacy_rep.data import decoding, indexing, preprocessing
from tfprivacy_rep.data.image_files import ImageFiles
from tfprivacy_rep.encoding import reading
from tfprivacy_rep.serving import image_bytes

SIZE, NAME = 32, "photograph.jpg"
MODES = {"PNG": ("L", "RGB", "RGBA", "P", "1", "LA", "I;16"), "JPEG": ("L", "RGB", "CMYK"), "BMP": ("L", "RGB"),
         "TIFF": ("L", "RGB", "CMYK"), "WEBP": ("RGB", "RGBA"), "GIF": ("L", "P"), "PPM": ("L", "RGB")}
LOSSLESS = ("PNG", "BMP", "TIFF", "PPM")
#: What EXIF's orientation does to rows and columns, written out in NumPy.
TURNS = {2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1], 5: lambda a: a.swapaxes(0, 1),
         6: lambda a: a.swapaxes(0, 1)[:, ::-1], 7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
         8: lambda a: a.swapaxes(0, 1)[::-1]}
PICTURES = st.tuples(st.integers(1, 70) | st.just(16), st.integers(1, 70) | st.just(16), st.integers(0, 99))
FILES = st.sampled_from([(kind, mode) for kind, modes in MODES.items() for mode in modes])


def made(picture: tuple[int, int, int], kind: str, mode: str, orientation: int) -> tuple[bytes, np.ndarray]:
    """A file, and its pixels before they are turned, uint8 `[H, W, 3]`."""
    height, width, seed = picture
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    if mode == "I;16":
        deep = np.asarray(image.convert("L")).astype(np.uint16) * 256 + 77
        image = Image.fromarray(deep)
        shown = np.repeat((deep >> 8).astype(np.uint8)[..., None], 3, 2)
    else:
        image = image.convert(mode)
        shown = np.array(image.convert("RGB"))
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    options = {"exif": exif.tobytes()} if kind in ("PNG", "JPEG", "WEBP", "TIFF") and orientation else {}
    image.save(buffer, kind, **options)
    if kind not in LOSSLESS:
        with Image.open(io.BytesIO(buffer.getvalue())) as lossy:
            shown = np.array(lossy.convert("RGB"))
    return buffer.getvalue(), TURNS[orientation](shown) if options and orientation in TURNS else shown


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    """One file's path, and everything that reads it, traced once: the pipeline by hint, the encoder's, the server's."""
    folder = tmp_path_factory.mktemp("images")
    files = {odd: ImageFiles(folder, [NAME], np.array([odd]), SIZE) for odd in (False, True)}
    found = {odd: reading.Found(folder, (NAME,), np.array([odd]), np.array([-1]), ()) for odd in (False, True)}
    skipping = {odd: reading.batches(one, SIZE, 1, "skip", None) for odd, one in found.items()}
    served = tf.function(lambda encoded: image_bytes.photographs(encoded, SIZE),
                         input_signature=[tf.TensorSpec([None], tf.string)])
    square = tf.function(lambda image: decoding.square(image, SIZE),
                         input_signature=[tf.TensorSpec([None, None, 3], tf.uint8)])
    return folder / NAME, files, skipping, served, square


@cases(30, 1200)
def test_a_whole_file_gives_its_pixels_upright(cases, tmp_path):
    path = tmp_path / NAME

    def check(picture, file, orientation):
        encoded, expected = made(picture, *file, orientation)
        path.write_bytes(encoded)
        np.testing.assert_array_equal(preprocessing.read_rgb(path), expected)
        if min(picture[:2]) < preprocessing.LEAST_SIDE:
            with pytest.raises(ValueError, match="a side below 16"):
                indexing.check(path)
        elif not indexing.check(path):
            assert file[0] in ("JPEG", "PNG") and orientation not in TURNS
        width, height = reading._upright_size(path)
        assert (height, width) == expected.shape[:2]

    holds(check, cases, picture=PICTURES, file=FILES, orientation=st.integers(0, 9))


@pytest.mark.parametrize("cases", [pytest.param(50, marks=pytest.mark.slow)])
def test_pipeline_encoder_and_server_see_the_same_photograph(cases, readers):
    path, files, skipping, served, square = readers

    def check(picture, file, orientation):
        encoded, expected = made(picture, *file, orientation)
        path.write_bytes(encoded)
        if min(picture[:2]) < preprocessing.LEAST_SIDE:
            return
        odd = indexing.check(path)
        wanted = square(expected).numpy()
        np.testing.assert_allclose(files[odd][0].astype(int), wanted, atol=3)
        image, reason = next(skipping[odd].as_numpy_iterator())
        assert reason.tolist() == [b""]
        np.testing.assert_allclose(image[0], files[odd][0] / np.float32(255), atol=1e-6)
        if file[0] in ("JPEG", "PNG") and file[1] not in ("CMYK", "I;16"):
            np.testing.assert_allclose(served([encoded])[0].numpy() * 255, wanted, atol=3)

    holds(check, cases, picture=PICTURES, file=FILES, orientation=st.integers(0, 9))


@pytest.mark.parametrize("cases", [pytest.param(300, marks=pytest.mark.slow)])
def test_a_damaged_file_gives_an_image_or_is_named(cases, readers):
    path, files, skipping, served, _ = readers

    def check(data, picture, file, orientation, hint):
        encoded = damaged(data, made(picture, *file, orientation)[0])
        path.write_bytes(encoded)
        indexed = answered(lambda: indexing.index(path.parent, [NAME], "error"), NAME)
        image = answered(lambda: preprocessing.read_rgb(path), str(path))
        assert image is None or (image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3)
        for rule in ("error", "skip"):
            answered(lambda: reading.find(str(path.parent), rule, hint, "orl"), "`")
        if indexed is not None:
            odd = bool(indexed.odd[0])
            pixels = answered(lambda: files[odd][0], str(path))
            assert pixels is None or pixels.shape == (SIZE, SIZE, 3)
            _, reason = next(skipping[odd].as_numpy_iterator())
            assert (reason[0] == b"") == (pixels is not None)
        try:
            told = served([encoded]).numpy()
        except tf.errors.InvalidArgumentError:
            return
        assert told.shape == (1, SIZE, SIZE, 3) and 0 <= told.min() <= told.max() <= 1

    holds(check, cases, data=st.data(), picture=PICTURES, file=FILES, orientation=st.integers(0, 9),
          hint=st.sampled_from(["training", "middle", "3", "999999999"]))


@cases(20, 400)
def test_a_square_is_cut_and_scaled_or_the_argument_is_named(cases):
    def check(height, width, top, size, channels):
        image = np.random.default_rng(height).integers(0, 256, (height, width, channels), dtype=np.uint8)
        cut = answered(lambda: preprocessing.center_square(image, top), "`top`")
        side = min(height, width)
        if cut is None:
            assert top is not None and not 0 <= top <= height - side
            return
        first, left = (height - side) // 2 if top is None else top, (width - side) // 2
        np.testing.assert_array_equal(cut, image[first:, left:][:side, :side])
        named = "`image`" if channels != 3 and size > 0 else "`size`"
        scaled = answered(lambda: preprocessing.resize(cut, size), named)
        assert (scaled is None) == (channels != 3 or size < 1)
        if scaled is not None:
            assert scaled.shape == (size, size, 3) and scaled.dtype == np.uint8
            assert size != side or (scaled == cut).all()
            # A filter of three lobes rings, but what is one colour stays that colour.
            even = np.full_like(cut, cut[0, 0])
            assert (preprocessing.resize(even, size) == cut[0, 0]).all()

    sides = st.integers(1, 40)
    holds(check, cases, height=sides, width=sides, top=st.none() | st.integers(-2, 30), size=st.integers(-1, 50),
          channels=st.sampled_from([3, 3, 3, 1, 4]))


@pytest.mark.slow
def test_the_fuzzer_of_bytes_runs_and_finds_nothing(tmp_path):
    import subprocess
    import sys

    from small_run import ROOT

    command = [sys.executable, str(ROOT / "scripts" / "fuzz_images.py"), "--seconds=3", f"--found_dir={tmp_path}"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert "number_of_executed_units" in ended.stderr and list(Path(tmp_path).iterdir()) == []
