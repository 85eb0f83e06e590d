"""How pictures may look after a reconstruction: moved, blurred, shrunk, paler. A recogniser is trained on such, too."""

from __future__ import annotations

import tensorflow as tf

#: Side of the kernel of the blur, in pixels.
_BLUR_SIZE = 9


def changed(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns a training batch as it may look after a reconstruction.

    All of it is moved by up to two pixels; of the batches, half stay sharp, a quarter is blurred by a Gaussian of 0.5
    to 2.5 px, a quarter is shrunk to 24 to 48 px and enlarged again. Brightness and contrast differ a little.

    Args:
        images: `[B, S, S, 3]` float32 in [0, 1].
        seed: `[2]` integers, equal for equal changes.
    """
    draws = tf.random.stateless_uniform([8], seed)
    size = tf.shape(images)[1]
    padded = tf.pad(images, [[0, 0], [2, 2], [2, 2], [0, 0]], "REFLECT")
    left, top = tf.cast(draws[0] * 5.0, tf.int32), tf.cast(draws[1] * 5.0, tf.int32)
    moved = padded[:, top : top + size, left : left + size]
    side = 24 + tf.cast(draws[3] * 25.0, tf.int32)
    seen = tf.case(
        [
            (draws[2] < 0.25, lambda: blurred(moved, 0.5 + 2.0 * draws[3])),
            (draws[2] < 0.5, lambda: _shrunk(moved, side)),
        ],
        default=lambda: moved,
    )
    seen = (seen - 0.5) * (0.9 + 0.2 * draws[4]) + 0.5 + 0.1 * (draws[5] - 0.5)
    return tf.ensure_shape(tf.clip_by_value(seen, 0.0, 1.0), images.shape)


def blurred(images: tf.Tensor, sigma: float | tf.Tensor) -> tf.Tensor:
    """Blurs pictures by a Gaussian, mirrored at the edges.

    Args:
        images: `[B, S, S, 3]` float32.
        sigma: its standard deviation in pixels, above 0; it is cut off at 4 pixels.

    Returns:
        `[B, S, S, 3]` float32.
    """
    reach = _BLUR_SIZE // 2
    distance = tf.range(-reach, reach + 1, dtype=tf.float32)
    weights = tf.exp(-0.5 * tf.square(distance / sigma))
    weights /= tf.reduce_sum(weights)
    kernel = tf.tile(weights[:, None, None, None], [1, 1, 3, 1])
    padded = tf.pad(images, [[0, 0], [reach, reach], [reach, reach], [0, 0]], "REFLECT")
    once = tf.nn.depthwise_conv2d(padded, kernel, [1, 1, 1, 1], "VALID")
    return tf.nn.depthwise_conv2d(once, tf.transpose(kernel, [1, 0, 2, 3]), [1, 1, 1, 1], "VALID")


def _shrunk(images: tf.Tensor, side: tf.Tensor) -> tf.Tensor:
    size = tf.shape(images)[1:3]
    small = tf.image.resize(images, [side, side], antialias=True)
    return tf.image.resize(small, size, antialias=True)
