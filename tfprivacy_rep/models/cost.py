"""Counted operations of a model: what its passes cost, from the shapes of its layers.

Two operations for each multiplication and addition. Convolutions, transposed convolutions and dense layers are counted,
also inside `SpectralNormalization`, whose power iteration costs no more for a batch than for one example and is not;
what remains (normalisation, activations) is little beside them in operations, though not in time.
"""

from __future__ import annotations

import math

import keras
from keras import layers


def forward_gflop(model: keras.Model) -> float:
    """Counts the operations of a forward pass of one example, in 10^9.

    Args:
        model: a built Keras model with one input of known shape.
    """
    return sum(_forward(layer) for layer in model.layers) / 1e9


def backward_gflop(model: keras.Model, to_weights: bool, to_input: bool) -> float:
    """Counts the operations of the backward pass of one example that are needed, in 10^9.

    A gradient of a layer's weights, and one of its input, cost as much as the layer's forward pass each. Where the
    gradient of the model's input is not needed, neither is that of a layer before which nothing has weights.

    Args:
        model: as of `forward_gflop`.
        to_weights: whether the model moves: the gradients of its weights are needed.
        to_input: whether the gradient of its input is needed.
    """
    reached: dict[str, bool] = {}  # by layer: whether the gradient of its output is needed
    total = 0
    for layer in model.layers:
        wanted = to_input if isinstance(layer, layers.InputLayer) else any(reached[name] for name in _before(layer))
        if isinstance(layer, keras.Model):
            total += round(1e9 * backward_gflop(layer, to_weights, wanted))
        else:
            total += _forward(layer) * (to_weights + wanted)
        reached[layer.name] = wanted or (to_weights and bool(layer.trainable_weights))
    return total / 1e9


def _before(layer: layers.Layer) -> list[str]:
    """Names of the layers whose outputs a layer takes; a model in a model says so of its call, not of its own input."""
    return [node.operation.name for node in layer._inbound_nodes[-1].parent_nodes]


def _forward(layer: layers.Layer) -> int:
    """Operations of one layer's forward pass of one example."""
    if isinstance(layer, keras.Model):
        return sum(_forward(inner) for inner in layer.layers)
    counted = layer.layer if isinstance(layer, layers.SpectralNormalization) else layer
    if isinstance(counted, layers.Conv2DTranspose):
        places = layer.input.shape[1:3]
    elif isinstance(counted, layers.Conv2D):
        places = layer.output.shape[1:3]
    elif isinstance(counted, layers.Dense):
        places = layer.output.shape[1:-1]
    else:
        return 0
    return 2 * math.prod(counted.kernel.shape) * math.prod(places)
