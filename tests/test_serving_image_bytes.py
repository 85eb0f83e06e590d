"""Files are decoded in the graph as training decodes them, and refused without a crash or a large allocation."""

from __future__ import annotations

import io
import resource

import numpy as np
import pytest
import tensorflow as tf
from image_bytes_samples import encoded, picture, refused
from PIL import Image

from tfprivacy_rep.data import indexing, sources
from tfprivacy_rep.data.image_files import ImageFiles
from tfprivacy_rep.data.orl import loader
from tfprivacy_rep.serving.image_bytes import photographs

SIZE = 32
_GRAPH = tf.function(lambda files: photographs(files, SIZE), input_signature=[tf.TensorSpec([None], tf.string)])


def decoded(*files: bytes) -> np.ndarray:
    return _GRAPH(tf.constant(list(files), tf.string)).numpy()


def require_same_pixels(found: np.ndarray, expected: np.ndarray) -> None:
    """The same of 256 levels everywhere; the graph may divide by 255 in another rounding."""
    np.testing.assert_array_equal(np.round(found * 255), np.round(expected * 255))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def as_in_training(folder, *files: bytes) -> np.ndarray:
    names = [f"{number}.img" for number in range(len(files))]
    for name, data in zip(names, files):
        (folder / name).write_bytes(data)
    found = indexing.index(folder, names, "error")
    return ImageFiles(folder, names, found.odd, SIZE)[:].astype(np.float32) / np.float32(255)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_file_is_turned_cut_and_scaled_as_in_training(kind, orientation, tmp_path):
    file = encoded(kind, orientation=orientation)
    require_same_pixels(decoded(file), as_in_training(tmp_path, file))


@pytest.mark.parametrize("kind, mode", [("PNG", "L"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "1"),
                                        ("JPEG", "L")])
def test_colours_are_those_of_training(kind, mode, tmp_path):
    file = encoded(kind, mode=mode)
    require_same_pixels(decoded(file), as_in_training(tmp_path, file))


def test_colours_for_print_are_within_a_level_of_those_of_training(tmp_path):
    file = encoded("JPEG", mode="CMYK")
    np.testing.assert_allclose(decoded(file), as_in_training(tmp_path, file), rtol=0, atol=1.01 / 255)


def test_orientations_can_be_told_apart():
    seen = [decoded(encoded("PNG", orientation=orientation)) for orientation in range(1, 9)]
    assert all(np.abs(a - b).max() > 0.1 for n, a in enumerate(seen) for b in seen[:n])


def test_photographs_of_several_sizes_are_one_batch_in_order():
    files = [encoded("JPEG"), encoded("PNG", picture(70, 200)), encoded("PNG", picture(16, 16))]
    together = decoded(*files)
    assert together.shape == (3, SIZE, SIZE, 3) and together.dtype == np.float32
    assert 0 <= together.min() and together.max() <= 1
    for one, file in zip(together, files):
        np.testing.assert_array_equal(one, decoded(file)[0])
    assert decoded().shape == (0, SIZE, SIZE, 3)


@pytest.mark.parametrize("name", refused())
def test_what_is_no_photograph_is_refused(name):
    file, message = refused()[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        decoded(encoded("JPEG"), file)
    assert message in str(caught.value).replace("] [", " ")
    if "50000" in name:  # its pixels would take 7.5 GB
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_the_message_says_which_of_the_batch():
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Received: number\] \[2\] \[of the batch"):
        decoded(encoded("JPEG"), encoded("JPEG"), b"hello, this is no photograph")


def test_photographs_of_the_sources_own_size_are_cut_where_training_cuts_them():
    folder = loader.find_folder()
    files = []
    for name in ("s1/1.pgm", "s7/4.pgm"):
        buffer = io.BytesIO()
        with Image.open(folder / name) as image:
            image.save(buffer, "PNG")
        files.append(buffer.getvalue())
    cut = sources.get("orl").cut
    trained = loader.load(SIZE).images[[0, 63]].astype(np.float32) / 255
    served = photographs(tf.constant(files), SIZE, cut).numpy()
    # The loader scales by Pillow: at most one level apart. Two rows higher, they would be far apart.
    np.testing.assert_allclose(served, trained, rtol=0, atol=1.01 / 255)
    assert np.abs(decoded(*files) - trained).max() > 0.2
    other = encoded("PNG", picture(200, 150))
    np.testing.assert_array_equal(photographs(tf.constant([other]), SIZE, cut), photographs(tf.constant([other]), SIZE))
