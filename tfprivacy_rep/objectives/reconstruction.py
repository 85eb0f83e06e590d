"""Distances between a photograph and its reconstruction: L_p and L_perc of the paper."""

from __future__ import annotations

from typing import Sequence

import tensorflow as tf


def pixel_distance(reconstruction: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """L_p: squared error, the mean over pixels and channels.

    Args:
        reconstruction, images: `[B, S, S, 3]` float32 in [0, 1].

    Returns:
        `[B]` float32 in [0, 1].
    """
    return _mean_square(reconstruction - images)


def perceptual_distance(
    reconstructed: Sequence[tf.Tensor], target: Sequence[tf.Tensor], scales: Sequence[float]
) -> tf.Tensor:
    """L_perc: squared error of features, the mean over the features of each layer, scaled, the mean over layers.

    Args:
        reconstructed: features g(Dec(Z)) of each layer, `[B, ...]`.
        target: features g(X) of each layer.
        scales: factor of each layer (`PerceptualNetwork.scales`).

    Returns:
        `[B]` float32, at least 0; 1 is the distance of the mean features of the public photographs, on average.
    """
    layers = [scale * _mean_square(a - b) for a, b, scale in zip(reconstructed, target, scales, strict=True)]
    return tf.add_n(layers) / float(len(layers))


def _mean_square(difference: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.square(difference), axis=list(range(1, difference.shape.rank)))
