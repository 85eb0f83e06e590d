"""Decoding in core operations: the same pixels as Pillow, the stated square, no aliasing, no Python in the graph."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import photograph_files as samples
import pytest
import tensorflow as tf
from PIL import Image

from tfprivacy_rep.data import decoding, preprocessing


@pytest.mark.parametrize("kind, options", [("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True})])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_pixels_are_those_of_pillow(kind, options, mode):
    """PNG to the bit. Pillow's libjpeg and TensorFlow's may differ by a rounding of the colours."""
    data = samples.encoded(samples.picture(0).convert(mode), kind, **options)
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(image.convert("RGB")).astype(int)
    decoded = decoding.pixels(tf.constant(data)).numpy()
    assert decoded.dtype == np.uint8 and decoded.shape == (218, 178, 3)
    assert np.abs(decoded - expected).max() <= (0 if kind == "PNG" else 3)
    if mode == "L":
        assert (decoded == decoded[..., :1]).all()


def test_of_16_bits_of_colour_the_upper_8_are_kept():
    """A PNG made by hand, as Pillow can't write one: 1 x 1 pixels, 0x12ff 0x8001 0xfffe."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header, pixels = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0), b"\x00\x12\xff\x80\x01\xff\xfe"
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    assert decoding.pixels(tf.constant(data)).numpy().tolist() == [[[0x12, 0x80, 0xFF]]]


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
def test_the_square_keeps_the_stated_rows_and_columns(height, width, top, rows, columns):
    """Not scaled, so that what is left can be counted."""
    image = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)
    expected = image[rows[0] : rows[1], columns[0] : columns[1]]
    np.testing.assert_array_equal(decoding.square(tf.constant(image), min(height, width), top), expected)


def test_the_square_may_not_leave_the_picture():
    with pytest.raises(tf.errors.InvalidArgumentError):
        decoding.square(tf.zeros((6, 4, 3), tf.uint8), 4, top=3)


def test_scaling_down_does_not_alias():
    """Stripes of 0 and 200, one pixel wide, have the mean 100; sampling would give 0 or 200."""
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, 1::2] = 200
    small = decoding.square(tf.constant(stripes), 16).numpy()
    assert np.abs(small[:, 2:-2].astype(int) - 100).max() <= 3


def test_scaling_is_that_of_pillow_up_to_rounding():
    image = np.asarray(samples.picture(3, 178, 178))
    expected = preprocessing.resize(image, 64).astype(int)
    assert np.abs(decoding.square(tf.constant(image), 64).numpy() - expected).max() <= 1


def test_overshoot_is_clipped_and_does_not_wrap_around():
    """Lanczos' filter overshoots at an edge, below 0 and above 255."""
    edge = np.zeros((64, 64, 3), np.uint8)
    edge[:, 32:] = 255
    small = decoding.square(tf.constant(edge), 48).numpy()[:, :, 0].astype(int)
    assert (np.diff(small, axis=1) >= -20).all() and small.min() == 0 and small.max() == 255


def test_a_traced_graph_takes_bytes_and_needs_no_python():
    graph = tf.function(lambda data: decoding.decode(data, 64)).get_concrete_function(tf.TensorSpec([], tf.string))
    assert graph.structured_outputs.shape == (64, 64, 3)
    kinds = {node.op for node in graph.graph.as_graph_def().node}
    assert not kinds & {"PyFunc", "EagerPyFunc", "PyFuncStateless"} and "DecodeJpeg" in kinds
    data = tf.constant(samples.encoded(samples.picture(1)))
    np.testing.assert_array_equal(graph(data), decoding.decode(data, 64))


def test_bytes_that_are_no_photograph_are_refused():
    for data in (b"", b"text", samples.encoded(samples.picture(1))[:2000]):
        with pytest.raises(tf.errors.InvalidArgumentError):
            decoding.decode(tf.constant(data), 64)


def test_what_raises_gives_way_and_the_second_error_counts():
    """A file that is read, one that is not there, and one for which neither works."""
    one, two = (tf.fill((1, 1, 3), tf.constant(v, tf.uint8)) for v in (1, 2))

    def fails_below(limit, result):
        def read(value):
            with tf.control_dependencies([tf.debugging.assert_greater(value, limit, message=f"not above {limit}")]):
                return tf.identity(result)
        return read

    read = tf.function(lambda v: decoding.first_that_works(v, fails_below(5, one), fails_below(0, two)))
    assert read(tf.constant(9))[0, 0, 0] == 1
    assert read(tf.constant(3))[0, 0, 0] == 2
    with pytest.raises(tf.errors.InvalidArgumentError, match="not above 0"):
        read(tf.constant(-1))
