"""Strategies in one process, shares of a batch, and what each replica is given."""

from __future__ import annotations

import gc
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from tfprivacy_rep import distribution
from tfprivacy_rep.errors import UserError


def test_there_is_one_strategy_for_each_set_of_devices(one_replica, two_replicas):
    assert distribution.mirrored(2) is two_replicas and distribution.mirrored(1) is one_replica
    assert (one_replica.num_replicas_in_sync, two_replicas.num_replicas_in_sync) == (1, 2)


def test_the_default_is_one_replica_on_the_cpu_even_where_it_is_split():
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("has GPUs")
    assert distribution.mirrored(0).num_replicas_in_sync == 1


def test_a_split_after_tensorflow_has_started_is_refused():
    """In a process of its own, in which TensorFlow starts with one device."""
    code = (
        "import tensorflow as tf; tf.zeros([]); from tfprivacy_rep import distribution, errors\n"
        "try: distribution.mirrored(3)\n"
        "except errors.UserError as error: print(error)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "Invalid `logical_cpus`: expected to be set before" in result.stdout, result.stderr[-500:]
    assert "Received: logical_cpus=3. Start a new process." in result.stdout


def test_a_share_of_the_batch_divides_evenly_or_the_user_is_told_what_does(one_replica, two_replicas):
    assert distribution.per_replica(5, one_replica) == 5 and distribution.per_replica(6, two_replicas) == 3
    with pytest.raises(UserError, match=r"Invalid `batch_size`: .* Received: batch_size=7. Use 6 or 8\."):
        distribution.per_replica(7, two_replicas)
    with pytest.raises(UserError, match=r"Received: attack_batch_size=1. Use 2 or 2\."):
        distribution.per_replica(1, two_replicas, "attack_batch_size")


def test_each_replica_reads_its_own_dataset(strategy):
    replicas = strategy.num_replicas_in_sync
    iterator = distribution.iterate(strategy, lambda r, n: tf.data.Dataset.range(100 * r + n, 1000).batch(2))
    for first in (0, 2):
        batch = strategy.experimental_local_results(next(iterator))
        expected = [[100 * r + replicas + first, 100 * r + replicas + first + 1] for r in range(replicas)]
        assert [np.asarray(b).tolist() for b in batch] == expected


def test_iterators_of_two_replicas_are_freed_at_once(two_replicas):
    """Those of `experimental_distribute_dataset` took a minute for as many, after a few seconds of use."""
    iterators = [
        distribution.iterate(two_replicas, lambda r, n: tf.data.Dataset.range(10**9).batch(2)) for _ in range(6)
    ]
    for iterator in iterators[::2]:
        next(iterator)
    time.sleep(1.0)
    del iterator, iterators
    start = time.monotonic()
    gc.collect()
    assert time.monotonic() - start < 20.0
