"""What the machine can do at most: its own convolutions and matrix products, in float32."""

from __future__ import annotations

from typing import Callable

import tensorflow as tf

from tfprivacy_rep.benchmarks.measuring import Seconds, timed

#: Side of the map, filters in and out, side of the kernel, examples: shapes at which a convolution is at its best.
CONVOLUTIONS = ((16, 256, 256, 3, 32), (32, 128, 128, 3, 32), (56, 128, 128, 3, 16), (64, 64, 64, 3, 32))
MATRICES = (512, 1024, 2048)


class Machine:
    """Times convolutions and products of each shape once a call, and keeps the best speeds ever seen.

    Attributes:
        convolution: best convolution so far, 10^9 operations a second, two for each multiplication and addition.
        product: best matrix product so far.
        of_processor: best convolution so far, 10^9 operations a second of all processors together: what the
            convolution does where other processes leave it the machine.
    """

    def __init__(self) -> None:
        self.convolution = self.product = self.of_processor = 0.0
        self._convolutions = [_convolution(*shape) for shape in CONVOLUTIONS]
        self._products = [_product(side) for side in MATRICES]

    def measure(self) -> float:
        """Times everything once and returns the best convolution of this round."""
        taken: list[tuple[Seconds, float]] = [(timed(call), gflop) for call, gflop in self._convolutions]
        best = max(gflop / seconds.wall for seconds, gflop in taken)
        self.convolution = max(self.convolution, best)
        self.of_processor = max(self.of_processor, *(gflop / seconds.processor for seconds, gflop in taken))
        self.product = max(self.product, *(gflop / timed(call).wall for call, gflop in self._products))
        return best


def _convolution(side: int, filters_in: int, filters: int, kernel: int, count: int) -> tuple[Callable, float]:
    # Variables: of constants, the result would be computed while the graph is optimised.
    images = tf.Variable(tf.random.stateless_uniform((count, side, side, filters_in), (0, 0)))
    weights = tf.Variable(tf.random.stateless_uniform((kernel, kernel, filters_in, filters), (0, 1)))
    call = tf.function(lambda: tf.nn.conv2d(images, weights, 1, "SAME"))
    call()
    return call, 2e-9 * count * side**2 * kernel**2 * filters_in * filters


def _product(side: int) -> tuple[Callable, float]:
    left, right = (tf.Variable(tf.random.stateless_uniform((side, side), (0, seed))) for seed in (0, 1))
    call = tf.function(lambda: left @ right)
    call()
    return call, 2e-9 * side**3
