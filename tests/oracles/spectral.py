"""TensorFlow Addons' spectral normalisation over several training calls: spectral.py IN OUT.

A case holds `kernel` (of a dense layer `[I, O]`, or of a 4x4 stride-2 convolution `[4, 4, I, O]`), `u` `[1, O]`,
`inputs` `[calls, B, ..., I]`; its result the layer after each call: `kernel` `[calls, ...]`, `u` `[calls, 1, O]`,
`outputs` `[calls, B, ...]`, and `inference`, what the layer gives for the first inputs without training after the last
call.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa
from _cases import Arrays, answer


def evaluate(case: Arrays) -> Arrays:
    """Calls the layer once for each batch."""
    units = case["kernel"].shape[-1]
    if case["kernel"].ndim == 2:
        inner = tf.keras.layers.Dense(units, use_bias=False)
    else:
        inner = tf.keras.layers.Conv2D(units, 4, 2, padding="same", use_bias=False)
    layer = tfa.layers.SpectralNormalization(inner)
    layer.build(case["inputs"][0].shape)
    layer.w.assign(case["kernel"])
    layer.u.assign(case["u"])
    seen = {"kernel": [], "u": [], "outputs": []}
    for inputs in case["inputs"]:
        seen["outputs"].append(layer(inputs, training=True).numpy())
        seen["kernel"].append(layer.w.numpy())
        seen["u"].append(layer.u.numpy())
    results = {name: np.stack(values) for name, values in seen.items()}
    return {**results, "inference": layer(case["inputs"][0], training=False).numpy()}


if __name__ == "__main__":
    answer(evaluate)
