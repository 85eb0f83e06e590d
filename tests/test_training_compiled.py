"""The compiled loop: means over the steps, and the first step at which a value was not finite."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfprivacy_rep.training.compiled import measured, repeat


def _run(values: dict[str, list[float]], count: int):
    """Plays back `values`, one entry a step, through a graph."""
    place = tf.Variable(0)

    @tf.function
    def steps(count: tf.Tensor):
        def step() -> dict[str, tf.Tensor]:
            now = {name: tf.gather(tf.constant(row), place) for name, row in values.items()}
            place.assign_add(1)
            return now

        return repeat(step, list(values), count)

    return measured(list(values), steps(tf.constant(count, tf.int64)))


def test_means_are_taken_over_the_steps_done():
    result = _run({"a": [1.0, 2.0, 6.0, 100.0], "b": [0.0, -3.0, 0.0, 100.0]}, 3)
    assert result.means == {"a": 3.0, "b": -1.0} and result.non_finite == {}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_step_of_each_value_that_is_not_finite_is_kept(bad):
    result = _run({"a": [1.0, 2.0, bad, 1.0, bad], "b": [1.0] * 5, "c": [bad] + [0.0] * 4}, 5)
    assert result.non_finite == {"a": 2, "c": 0}
    assert result.means["b"] == 1.0
