"""Endless batches in a seeded order that any step can be entered at."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np
import tensorflow as tf


def batches(
    fields: Mapping[str, Any], batch_size: int, seed: int, first_batch: int = 0
) -> tf.data.Dataset:
    """Returns endless batches; every epoch has each example exactly once, in an order of its own.

    The order is a permutation computed from (seed, epoch) for each position, so it needs no buffer, and starting at
    batch n gives just what batch n of an uninterrupted run holds. Batches run across the ends of epochs: none is ever
    smaller.

    Args:
        fields: arrays with N examples each (uint8 images become float32 in [0, 1]); a tuple of arrays gives a tuple.
        batch_size: examples a batch, over all replicas.
        seed: of the order.
        first_batch: number of the first batch given.

    Returns:
        A dataset of dictionaries with the keys of `fields`, `[batch_size, ...]` each.
    """
    tensors = {name: tf.nest.map_structure(tf.constant, value) for name, value in fields.items()}
    count = int(tf.nest.flatten(tensors)[0].shape[0])

    def example(position: tf.Tensor) -> dict[str, Any]:
        epoch, place = position // count, position % count
        index = tf.random.experimental.index_shuffle(
            place, seed=tf.stack([tf.constant(seed, tf.int64), epoch]), max_index=count - 1
        )
        return tf.nest.map_structure(lambda tensor: _as_float_tensor(tf.gather(tensor, index)), tensors)

    positions = tf.data.Dataset.range(first_batch * batch_size, np.iinfo(np.int64).max)
    options = tf.data.Options()
    # Nothing is to be tuned here, and the tuner's thread can block for minutes when an iterator is freed.
    options.autotune.enabled = False
    return (
        positions.map(example, num_parallel_calls=2, deterministic=True)
        .batch(batch_size, drop_remainder=True)
        .prefetch(2)
        .with_options(options)
    )


def as_float(images: np.ndarray) -> np.ndarray:
    """uint8 pixels as float32 in [0, 1]; anything else unchanged."""
    if images.dtype == np.uint8:
        return images.astype(np.float32) / np.float32(255.0)
    return images


def _as_float_tensor(tensor: tf.Tensor) -> tf.Tensor:
    return tf.cast(tensor, tf.float32) / 255.0 if tensor.dtype == tf.uint8 else tensor
