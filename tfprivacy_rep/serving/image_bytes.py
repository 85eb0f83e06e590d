"""Files of photographs as strangers send them, decoded in the graph of an exported model.

What training does with a file on disk (`data.indexing` looks at it, `data.image_files` reads it) happens here in core
TensorFlow operations: a file is looked at before memory is taken for its pixels, and one that is refused raises
INVALID_ARGUMENT, which TensorFlow Serving hands to the client.
"""

from __future__ import annotations

import tensorflow as tf

from tfprivacy_rep.data import decoding
from tfprivacy_rep.data.preprocessing import LEAST_SIDE, MOST_PIXELS, Cut

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_HEADER = 1 << 16  # bytes in which a file says how it is to be turned
# The entry Orientation of EXIF's first directory, in either order of bytes. `\C` is one byte, whatever it is.
_ORIENTATION = (
    r"(?s)^\C*?(?:Exif\x00\x00|eXIf)(?:II\*\x00\C*?\x12\x01\x03\x00\x01\x00\x00\x00([\x02-\x08])"
    r"|MM\x00\*\C*?\x01\x12\x00\x03\x00\x00\x00\x01\x00([\x02-\x08]))\C*$"
)


def photographs(image_bytes: tf.Tensor, size: int, cut: Cut | None = None) -> tf.Tensor:
    """Decodes files, cuts each to a square and scales it, as training does.

    Grey becomes RGB, transparency is dropped, a rotation noted in EXIF is applied. Files are decoded a few at a time,
    so that a batch of the largest ones takes no more memory than those few.

    Args:
        image_bytes: string `[B]`, each a whole JPEG or PNG.
        size: side S in pixels.
        cut: where the square lies on photographs of one size; None for the middle of all.

    Returns:
        float32 `[B, S, S, 3]` in [0, 1].

    Raises:
        tf.errors.InvalidArgumentError: if a file is empty, damaged, of another kind, animated, smaller than
            `preprocessing.LEAST_SIDE` pixels a side or larger than `preprocessing.MOST_PIXELS`.
    """
    places = tf.range(tf.shape(image_bytes)[0])
    decoded = tf.map_fn(
        lambda one: _photograph(one[0], one[1], size, cut), (places, image_bytes), fn_output_signature=tf.uint8,
        parallel_iterations=4,
    )
    return tf.cast(tf.ensure_shape(decoded, (None, size, size, 3)), tf.float32) / 255.0


def _photograph(place: tf.Tensor, encoded: tf.Tensor, size: int, cut: Cut | None) -> tf.Tensor:
    with tf.control_dependencies([_require(_kind(encoded) > 0, place, "a whole JPEG or PNG file", encoded)]):
        encoded = tf.identity(encoded)
    height, width = tf.unstack(tf.cond(_kind(encoded) == 1, lambda: _jpeg_sides(encoded), lambda: _png_sides(encoded)))
    fits = (tf.minimum(height, width) >= LEAST_SIDE) & (
        tf.cast(height, tf.int64) * tf.cast(width, tf.int64) <= MOST_PIXELS
    )
    expected = f"sides of at least {LEAST_SIDE} pixels and at most {MOST_PIXELS // 10**6} megapixels"
    checks = [
        _require(fits, place, expected, encoded, height, "x", width, "pixels"),
        _require(~_animated(encoded), place, "a still picture", encoded, "an animated PNG"),
    ]
    with tf.control_dependencies(checks):
        image = _upright(decoding.pixels(encoded), encoded)
    if cut is None:
        return decoding.square(image, size)
    its_own = tf.reduce_all(tf.shape(image)[:2] == [cut.height, cut.width])
    return tf.cond(
        its_own, lambda: decoding.square(image, size, cut.top), lambda: decoding.square(image, size)
    )


def _require(
    holds: tf.Tensor, place: tf.Tensor, expected: str, encoded: tf.Tensor, *received: object
) -> tf.Operation:
    found = received or ("a file that starts otherwise",)
    data = [f"Invalid `image_bytes`: expected {expected}. Received: number", place, "of the batch with",
            tf.strings.length(encoded), "bytes,", *found]
    return tf.debugging.Assert(holds, data)


def _kind(encoded: tf.Tensor) -> tf.Tensor:
    """1 for JPEG, 2 for PNG that is long enough to hold its sides, 0 for anything else."""
    png = (tf.strings.substr(encoded, 0, len(_PNG)) == _PNG) & (tf.strings.length(encoded) >= 33)
    jpeg = tf.strings.substr(encoded, 0, len(_JPEG)) == _JPEG
    return tf.where(jpeg, 1, tf.where(png, 2, 0))


def _jpeg_sides(encoded: tf.Tensor) -> tf.Tensor:
    return tf.io.extract_jpeg_shape(encoded)[:2]


def _png_sides(encoded: tf.Tensor) -> tf.Tensor:
    width_height = tf.io.decode_raw(tf.strings.substr(encoded, 16, 8), tf.int32, little_endian=False)
    return tf.ensure_shape(width_height[::-1], (2,))


def _animated(encoded: tf.Tensor) -> tf.Tensor:
    """Whether a PNG has the chunk that announces an animation, which must come before its pixels."""
    before = tf.strings.regex_replace(tf.strings.substr(encoded, 0, _HEADER), r"(?s)IDAT\C*", "")
    return (_kind(encoded) == 2) & tf.strings.regex_full_match(before, r"(?s)\C*acTL\C*")


def _upright(image: tf.Tensor, encoded: tf.Tensor) -> tf.Tensor:
    """Turns an image `[H, W, 3]` as its EXIF asks: 2 to 4 mirror or turn by half, 5 to 8 swap the sides as well."""
    start = tf.strings.substr(encoded, 0, _HEADER)
    noted = tf.strings.regex_replace(start, _ORIENTATION, r"\1\2")
    digit = tf.where(tf.strings.length(noted) == 1, noted, "\x01")
    orientation = tf.cast(tf.reshape(tf.io.decode_raw(digit, tf.uint8), ()), tf.int32)
    turned = tf.cond(orientation >= 5, lambda: tf.transpose(image, (1, 0, 2)), lambda: image)
    mirrored = tf.reduce_any(orientation == tf.constant([2, 3, 6, 7]))
    flipped = tf.reduce_any(orientation == tf.constant([3, 4, 7, 8]))
    turned = tf.cond(mirrored, lambda: turned[:, ::-1], lambda: turned)
    return tf.cond(flipped, lambda: turned[::-1], lambda: turned)
