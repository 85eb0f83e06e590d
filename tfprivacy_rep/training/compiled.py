"""Many steps in one call of the graph, with what they measured and where a value stopped being finite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from tfprivacy_rep.errors import UserError


@dataclass(frozen=True)
class Measured:
    """What a call of several steps measured.

    Attributes:
        means: of each term over the steps.
        non_finite: for each term that was not finite, the first step (from 0 within the call) at which it was not.
    """

    means: dict[str, float]
    non_finite: dict[str, int]


def repeat(
    step: Callable[[], Mapping[str, tf.Tensor]], names: Sequence[str], count: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Runs `step` `count` times inside a graph; call it from a `tf.function`.

    Args:
        step: does one step and returns a scalar for each name.
        names: of the values, in the order of the results.
        count: scalar int64, at least 1.

    Returns:
        The mean of each value, `[len(names)]` float32, and the first step at which it was not finite or -1,
        `[len(names)]` int64.
    """
    sums = tf.zeros([len(names)])
    first_bad = -tf.ones([len(names)], tf.int64)
    for index in tf.range(count):
        values = step()
        stacked = tf.stack([values[name] for name in names])
        sums += stacked
        first_bad = tf.where((first_bad < 0) & ~tf.math.is_finite(stacked), index, first_bad)
    return sums / tf.cast(count, tf.float32), first_bad


def measured(names: Sequence[str], results: tuple[tf.Tensor, tf.Tensor]) -> Measured:
    """Brings the results of `repeat` to Python: the only wait for the device in a call."""
    means, first_bad = (np.asarray(part) for part in results)
    return Measured(
        {name: float(mean) for name, mean in zip(names, means)},
        {name: int(bad) for name, bad in zip(names, first_bad) if bad >= 0},
    )


class NonFiniteError(UserError):
    """A term of an objective became infinite or not a number."""
