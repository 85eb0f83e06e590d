"""Counted operations of a model: what a forward pass costs, from the shapes of its layers."""

from __future__ import annotations

import math

import keras
from keras import layers


def forward_gflop(model: keras.Model) -> float:
    """Counts the operations of a forward pass of one example, in 10^9, two for each multiplication and addition.

    Convolutions, transposed convolutions and dense layers are counted; what remains (normalisation, activations) is
    little beside them in operations, though not in time.

    Args:
        model: a built Keras model with one input of known shape.
    """
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += round(forward_gflop(layer) * 1e9)
        elif isinstance(layer, layers.Conv2DTranspose):
            total += 2 * math.prod(layer.kernel.shape) * math.prod(_side(layer.input))
        elif isinstance(layer, layers.Conv2D):
            total += 2 * math.prod(layer.kernel.shape) * math.prod(_side(layer.output))
        elif isinstance(layer, layers.Dense):
            total += 2 * math.prod(layer.kernel.shape)
    return total / 1e9


def _side(tensor: keras.KerasTensor) -> tuple[int, ...]:
    return tuple(tensor.shape[1:3])
