"""The share of a replica in the mean over the global batch."""

from __future__ import annotations

import tensorflow as tf

from tfprivacy_rep.objectives.reduction import share_of_mean


def test_shares_of_all_replicas_add_up_to_the_mean():
    """The mean of 1, 2, 3, 6 is 3: replicas with (1, 2) and (3, 6) have the shares 3/4 and 9/4."""
    shares = [share_of_mean(tf.constant(part), 4).numpy() for part in ([1.0, 2.0], [3.0, 6.0])]
    assert shares == [0.75, 2.25]


def test_the_only_replica_has_the_whole_mean():
    assert share_of_mean(tf.constant([1.0, 2.0, 3.0, 6.0]), 4).numpy() == 3.0
