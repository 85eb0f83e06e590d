"""From values per example to one number: the only arithmetic that knows of replicas."""

from __future__ import annotations

import tensorflow as tf


def share_of_mean(per_example: tf.Tensor, global_batch: int) -> tf.Tensor:
    """This replica's share of the mean over the global batch.

    Optimizers and `strategy.reduce(SUM)` add the shares of all replicas, so the result does not depend on their number.

    Args:
        per_example: `[b]` float32, b examples of this replica.
        global_batch: examples of all replicas together.

    Returns:
        A scalar float32.
    """
    return tf.reduce_sum(per_example) / float(global_batch)
