"""TensorFlow Addons' normalisation by groups, or of instances where groups is -1: normalisation.py IN OUT.

A case holds `inputs` `[B, ..., C]`, `gamma` and `beta` `[C]`, `groups` and `epsilon`; its result `outputs`, and
`gradient`, that of the sum of the cubed outputs by the inputs.
"""

from __future__ import annotations

import tensorflow as tf
import tensorflow_addons as tfa
from _cases import Arrays, answer


def evaluate(case: Arrays) -> Arrays:
    """Normalises with the given weights."""
    groups, epsilon = int(case["groups"]), float(case["epsilon"])
    if groups == -1:
        layer = tfa.layers.InstanceNormalization(epsilon=epsilon)
    else:
        layer = tfa.layers.GroupNormalization(groups, epsilon=epsilon)
    inputs = tf.constant(case["inputs"])
    layer.build(inputs.shape)
    layer.gamma.assign(case["gamma"])
    layer.beta.assign(case["beta"])
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
        loss = tf.reduce_sum(outputs**3)  # of squares it would be nearly 0 by construction
    return {"outputs": outputs.numpy(), "gradient": tape.gradient(loss, inputs).numpy()}


if __name__ == "__main__":
    answer(evaluate)
