"""One worker of several, for tests: python worker_process.py FOLDER REPLICAS, with TF_CONFIG set or not.

Trains a tiny game for twenty steps, reads an epoch, continues the run in FOLDER/run, and writes what it saw to
FOLDER/worker<number>.json. With several workers and FOLDER/kill there, worker 1 then kills itself while all train on.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf
import tiny_game as tiny

from tfprivacy_rep import cluster, distribution
from tfprivacy_rep.data import pipeline
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.training import loop

STEPS, EXAMPLES, BATCH, RUN = 20, 24, 4, 6


def _strategy(replicas: int) -> tf.distribute.Strategy:
    found = cluster.find("auto")
    if found is None:
        return distribution.mirrored(replicas)
    if replicas > 1:
        _several_cpus(replicas)
    cluster.meet(found, "the same work", 60)
    return distribution.multi_worker(found)


def _several_cpus(count: int) -> None:
    """TensorFlow gives a worker without GPUs one device; with several it is as with several GPUs."""
    from tensorflow.python.distribute import collective_all_reduce_strategy as strategies

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
    strategies.CollectiveAllReduceExtended._initialize_local_devices = lambda self, resolver, worker: (
        tuple(f"{worker}/device:CPU:{index}" for index in range(count)), "CPU"
    )


def losses(strategy: tf.distribute.Strategy) -> list[dict[str, float]]:
    """What the first steps of a game measure, step by step."""
    trainer = tiny.trainer(strategy, dense=True)
    return [trainer.train_steps(1).means for _ in range(STEPS)]


def epoch(strategy: tf.distribute.Strategy) -> list[list[list[int]]]:
    """Numbers of the examples that each replica of this process is given, by batch, in one epoch."""
    fields = {"number": tf.range(EXAMPLES)}
    iterator = distribution.iterate(strategy, lambda r, n: pipeline.batches(fields, BATCH, 5, 0, r, n))
    found = []
    for _ in range(EXAMPLES // BATCH):
        local = strategy.experimental_local_results(next(iterator)["number"])
        found.append([[int(number) for number in numbers] for numbers in local])
    return found


def _train_on(strategy: tf.distribute.Strategy) -> None:
    trainer = tiny.trainer(strategy, dense=True)
    while True:
        trainer.train_steps(3)
        if strategy.cluster_resolver.task_id == 1:
            os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path, replicas: int) -> None:
    """Does all of it."""
    strategy = _strategy(replicas)
    index = strategy.cluster_resolver.task_id if strategy.cluster_resolver else 0
    seen: dict[str, Any] = {"losses": losses(strategy), "epoch": epoch(strategy)}
    options = loop.LoopOptions(RUN, 3, 3, folder / "run", "test", progress=False, strategy=strategy)
    seen["history"] = loop.run(tiny.trainer(strategy, dense=True), options)
    seen["agreed"] = distribution.from_chief(strategy, 10.0 + index)
    (folder / f"worker{index}.json").write_text(json.dumps(seen))
    if not (folder / "kill").exists():
        return
    try:
        with distribution.lost_worker_as_user_error(strategy):
            _train_on(strategy)
    except UserError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
