"""Devices and replicas: one MirroredStrategy a process."""

from __future__ import annotations

import functools
from typing import Callable, Iterator

import tensorflow as tf

from tfprivacy_rep.errors import UserError


@functools.cache
def mirrored(logical_cpus: int = 0) -> tf.distribute.MirroredStrategy:
    """Returns the strategy over all visible GPUs, or over the CPU where there is none.

    Args:
        logical_cpus: split the CPU into so many devices, each a replica: for tests of replicated training, not for
            speed. 0 uses GPUs, or the CPU as a single device.

    Raises:
        UserError: if TensorFlow has started already, so that the CPU can't be split any more.
    """
    if logical_cpus:
        _split_cpu(logical_cpus)
        devices = [f"CPU:{index}" for index in range(logical_cpus)]
    else:
        devices = [f"GPU:{index}" for index in range(len(tf.config.list_physical_devices("GPU")))] or ["CPU:0"]
    if devices[0].startswith("GPU"):
        return tf.distribute.MirroredStrategy(devices)
    # The default collectives abort when a process uses replicas on CPUs for a second set of variables.
    return tf.distribute.MirroredStrategy(devices, cross_device_ops=tf.distribute.ReductionToOneDevice())


def _split_cpu(count: int) -> None:
    cpu = tf.config.list_physical_devices("CPU")[0]
    try:
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
    except RuntimeError as error:
        if len(tf.config.list_logical_devices("CPU")) < count:
            raise UserError(
                f"Invalid `logical_cpus`: expected to be set before TensorFlow runs its first operation. "
                f"Received: logical_cpus={count}. Start a new process."
            ) from error


def per_replica(batch_size: int, strategy: tf.distribute.Strategy, name: str = "batch_size") -> int:
    """Returns the share of a global batch that one replica gets.

    Raises:
        UserError: if the batch does not divide evenly.
    """
    replicas = strategy.num_replicas_in_sync
    if batch_size % replicas:
        lower, upper = batch_size // replicas * replicas, -(-batch_size // replicas) * replicas
        raise UserError(
            f"Invalid `{name}`: expected a multiple of the {replicas} replicas. Received: {name}={batch_size}. "
            f"Use {lower or upper} or {upper}."
        )
    return batch_size // replicas


def iterate(
    strategy: tf.distribute.Strategy, batches_of: Callable[[int, int], tf.data.Dataset]
) -> Iterator[tf.distribute.DistributedValues]:
    """Returns an iterator over the batches of all replicas, each from a dataset of its own.

    One dataset divided by `experimental_distribute_dataset` would do too, but with several replicas its iterators block
    for up to a minute each when they are freed (TensorFlow 2.21).

    Args:
        strategy: a MirroredStrategy.
        batches_of: called with a replica's number and the number of replicas, returns the batches of that replica.
    """
    options = tf.distribute.InputOptions(
        experimental_fetch_to_device=False,
        experimental_replication_mode=tf.distribute.InputReplicationMode.PER_REPLICA,
    )
    return iter(strategy.distribute_datasets_from_function(
        lambda context: batches_of(context.input_pipeline_id, context.num_input_pipelines), options
    ))
