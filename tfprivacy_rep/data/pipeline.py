"""Endless batches in a seeded order that any step can be entered at."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np
import tensorflow as tf

from tfprivacy_rep.data.images import Images, ImageStore, in_memory


def batches(
    fields: Mapping[str, Any], batch_size: int, seed: int, first_batch: int = 0, replica: int = 0, replicas: int = 1,
    noise: int = 0,
) -> tf.data.Dataset:
    """Returns endless batches; every epoch has each example exactly once, in an order of its own.

    The order is a permutation computed from (seed, epoch) for each position, so it needs no buffer, and starting at
    batch n gives just what batch n of an uninterrupted run holds. Batches run across the ends of epochs: none is ever
    smaller.

    Args:
        fields: arrays with N examples each (uint8 images become float32 in [0, 1]); a tuple of arrays gives a tuple. An
            `ImageStore` is read as its photographs come up, so that memory does not depend on N.
        batch_size: examples a batch, over all replicas; divides by their number.
        seed: of the order.
        first_batch: number of the first batch given.
        replica: number of the replica whose share of each batch is given: the whole batch with the default.
        replicas: how many there are.
        noise: standard normal numbers that come with each example as `noise`, other ones in each epoch; 0 for none.

    Returns:
        A dataset of dictionaries with the keys of `fields`, `[batch_size / replicas, ...]` each.
    """
    tensors = as_tensors(fields)
    count = int(tf.nest.flatten(tensors)[0].shape[0])
    share = batch_size // replicas

    def example(own: tf.Tensor) -> dict[str, Any]:
        position = own // share * batch_size + replica * share + own % share
        epoch, place = position // count, position % count
        index = tf.random.experimental.index_shuffle(
            place, seed=tf.stack([tf.constant(seed, tf.int64), epoch]), max_index=count - 1
        )
        held = tf.nest.map_structure(lambda field: _as_float_tensor(_row(field, index)), tensors)
        if noise:  # by the place in the stream, so that it depends on no replica and a resumed run has the same
            held["noise"] = tf.random.stateless_normal([noise], tf.stack([tf.constant(seed, tf.int64), position]))
        return held

    options = tf.data.Options()
    options.autotune.enabled = False  # everything is set here, and its thread makes an iterator slow to be freed
    return (
        tf.data.Dataset.range(first_batch * share, np.iinfo(np.int64).max // replicas)
        .map(example, num_parallel_calls=2, deterministic=True)
        .batch(share, drop_remainder=True)
        .prefetch(2)
        .with_options(options)
    )


def as_tensors(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as tensors, which datasets of several replicas share; tensors and stores are left as they are."""

    def tensor(value: Any) -> Any:
        return value if isinstance(value, ImageStore) else tf.constant(value)

    return {name: tf.nest.map_structure(tensor, value) for name, value in fields.items()}


def as_float(images: Images) -> np.ndarray:
    """uint8 pixels as float32 in [0, 1], all of a store's too; any other array unchanged."""
    images = in_memory(images)
    if images.dtype == np.uint8:
        return images.astype(np.float32) / np.float32(255.0)
    return images


def _row(field: tf.Tensor | ImageStore, index: tf.Tensor) -> tf.Tensor:
    return field.row(index) if isinstance(field, ImageStore) else tf.gather(field, index)


def _as_float_tensor(tensor: tf.Tensor) -> tf.Tensor:
    return tf.cast(tensor, tf.float32) / 255.0 if tensor.dtype == tf.uint8 else tensor
