"""Mixed precision: layers compute in half precision; weights and what the networks give stay float32.

It pays on GPUs and TPUs. float16 needs its losses scaled, or small gradients become zero: the optimizers of
`models.players` see to that where a network was built for it (Micikevicius et al., "Mixed precision training",
2018).
"""

from __future__ import annotations

import contextlib
from typing import Iterator

import keras

from tfprivacy_rep.models.perceptual import PerceptualNetwork

_SCALING = (keras.layers.InputLayer, keras.layers.Rescaling, keras.layers.Resizing)


@contextlib.contextmanager
def building_in(precision: str) -> Iterator[None]:
    """Builds networks within the block in a precision of `config.PRECISIONS`, whatever Keras's own setting is."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def scales_losses(model: keras.Model) -> bool:
    """Whether gradients of a network must be computed from a scaled loss: it computes in float16."""
    return model.dtype_policy.name == "mixed_float16"


def perceptual_in(network: PerceptualNetwork, precision: str) -> PerceptualNetwork:
    """A copy of g that computes in another precision, with the same weights and scales; g itself for float32.

    Layers before the first that has weights stay as they are: colours in 0..255 don't fit in half precision. So do the
    layers of a network within g.

    Args:
        network: g; its features are float32 in every precision.
        precision: one of `config.PRECISIONS`.
    """
    if precision == "float32":
        return network
    copy = keras.models.clone_model(network.model)
    copy.set_weights(network.model.get_weights())
    copy.trainable = False
    started = False
    for layer in copy.layers:
        started = started or bool(layer.weights)
        if started and not isinstance(layer, _SCALING):
            layer.dtype_policy = keras.dtype_policies.get(precision)
    return PerceptualNetwork(copy, network.scales)
