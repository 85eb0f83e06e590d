"""Devices, replicas and workers: one strategy a process."""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import signal
import threading
from typing import Callable, Iterator

import tensorflow as tf

from tfprivacy_rep.cluster import Cluster
from tfprivacy_rep.errors import UserError

#: Seconds for TensorFlow to connect workers that have just met.
_CONNECTING = 300


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
    """Returns an iterator over the batches of all replicas of this process.

    With one worker each replica has a dataset of its own. One dataset divided by `experimental_distribute_dataset`
    would do too, but with several replicas its iterators block for up to a minute each when they are freed (TensorFlow
    2.21).
    With several workers TensorFlow takes one dataset a worker, and hands its batches to the worker's replicas in turn.

    Args:
        strategy: of `mirrored` or `multi_worker`, or TensorFlow's default one.
        batches_of: called with a number and how many there are, returns the batches of that reader, all of one size:
            its share of each global batch, in order. The shares of R replicas that follow each other are the share of
            the one worker that has them, cut into R.
    """
    mode = tf.distribute.InputReplicationMode
    local = strategy.num_replicas_in_sync // workers(strategy)

    def dataset(context: tf.distribute.InputContext) -> tf.data.Dataset:
        found = batches_of(context.input_pipeline_id, context.num_input_pipelines)
        if workers(strategy) == 1 or local == 1:
            return found
        share = tf.nest.flatten(found.element_spec)[0].shape[0] // local
        return found.rebatch(share, drop_remainder=True)

    options = tf.distribute.InputOptions(
        experimental_fetch_to_device=False,
        experimental_replication_mode=mode.PER_REPLICA if workers(strategy) == 1 else mode.PER_WORKER,
    )
    return iter(strategy.distribute_datasets_from_function(dataset, options))


def multi_worker(cluster: Cluster) -> tf.distribute.MultiWorkerMirroredStrategy:
    """Returns the strategy over all visible GPUs, or the CPU, of every worker. Call it once, before any operation.

    Args:
        cluster: whose workers have met.
    """
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": list(cluster.addresses)}), task_type="worker", task_id=cluster.index,
        num_accelerators={"GPU": len(tf.config.list_physical_devices("GPU"))}, rpc_layer="grpc",
    )
    # Connecting holds Python's lock, and would wait for ever for a worker that died after the meeting.
    faulthandler.dump_traceback_later(_CONNECTING, exit=True)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(resolver)
    finally:
        faulthandler.cancel_dump_traceback_later()
        if threading.current_thread() is threading.main_thread():
            # TensorFlow takes SIGTERM for a notice that it may ignore: the process would not end.
            signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))


def workers(strategy: tf.distribute.Strategy) -> int:
    """How many processes train together."""
    resolver = strategy.cluster_resolver
    return len(resolver.cluster_spec().job_tasks("worker")) if resolver is not None else 1


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes what a job leaves: of several workers the first one alone."""
    return strategy.cluster_resolver is None or strategy.cluster_resolver.task_id == 0


def from_chief(strategy: tf.distribute.Strategy, value: float) -> float:
    """The chief's value, for all workers; each waits here for all others.

    What decides how training goes on must be the same everywhere, and computed values may differ in the last bits
    between machines.
    """
    if workers(strategy) == 1:
        return value
    return float(_total(strategy)(tf.constant(value if is_chief(strategy) else 0.0, tf.float64)))


def from_any(strategy: tf.distribute.Strategy, number: int | None) -> int | None:
    """The number of the signal that came to this worker or to any other, for all workers; each waits here for all.

    Args:
        strategy: whose workers they are.
        number: of the signal that came here; None where none did.

    Returns:
        It; SIGTERM's where one came to others alone; None where none came to anybody.
    """
    if workers(strategy) == 1 or _total(strategy)(tf.constant(float(number is not None), tf.float64)) == 0.0:
        return number
    return signal.SIGTERM if number is None else number


@functools.cache
def _total(strategy: tf.distribute.Strategy) -> Callable[[tf.Tensor], tf.Tensor]:
    """The sum of a scalar over the workers, as a graph: each has it from its first replica."""

    @tf.function
    def total(value: tf.Tensor) -> tf.Tensor:
        def of_replica() -> tf.Tensor:
            local = tf.distribute.get_replica_context().replica_id_in_sync_group % len(strategy.extended.worker_devices)
            return tf.where(tf.equal(local, 0), value, tf.zeros_like(value))

        return strategy.reduce("SUM", strategy.run(of_replica), axis=None)

    return total


@contextlib.contextmanager
def chief_first(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """The chief does the block, then the others do it: what it writes to a shared folder is then there for them."""
    if not is_chief(strategy):
        from_chief(strategy, 0.0)
    yield
    if is_chief(strategy):
        from_chief(strategy, 0.0)


def require_same_step(strategy: tf.distribute.Strategy, step: int) -> None:
    """Makes sure that all workers have restored the same checkpoint.

    Raises:
        UserError: on every worker, if one has restored another step than the chief.
    """
    if workers(strategy) == 1:
        return
    of_chief = int(from_chief(strategy, step))
    if float(_total(strategy)(tf.constant(step != of_chief, tf.float64))) > 0:
        raise UserError(
            f"Invalid `output_dir`: expected a folder that all {workers(strategy)} workers share. Received: the "
            f"checkpoint of step {of_chief} at the chief and of step {step} here, or another at another worker. Use a "
            "folder that all machines see."
        )


@contextlib.contextmanager
def lost_worker_as_user_error(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """Turns what TensorFlow raises in the other workers when one has ended into a message for the user.

    Raises:
        UserError: in place of TensorFlow's error.
    """
    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.InternalError,
            tf.errors.FailedPreconditionError, tf.errors.DeadlineExceededError) as error:
        if workers(strategy) == 1:
            raise
        raise UserError(
            f"A worker ended: expected all {workers(strategy)} workers to work to the end. Received: "
            f"{type(error).__name__}: {_gist(error.message)}. The first worker that ended says why. Start all workers "
            "again with the same flags: they go on from the last checkpoint."
        ) from error


def _gist(message: str) -> str:
    """The lines that name a task, or the last ones, of TensorFlow's long message."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return " ".join([line for line in lines if "task:" in line or "coordination" in line][:3] or lines[-2:])[:400]
