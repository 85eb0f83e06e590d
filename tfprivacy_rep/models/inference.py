"""A model applied to many examples, in batches of one shape."""

from __future__ import annotations

import hashlib

import keras
import numpy as np
import tensorflow as tf

from tfprivacy_rep.data.images import Images
from tfprivacy_rep.data.pipeline import as_float


class BatchedModel:
    """A Keras model in inference mode, from arrays to arrays; its graph is traced once.

    Args:
        model: of one input and one output.
        batch_size: examples at a time.
    """

    def __init__(self, model: keras.Model, batch_size: int = 64) -> None:
        self.model = model
        self._batch_size = batch_size
        shape = [None, *model.inputs[0].shape[1:]]
        # Traced here: at the first call, many short-lived models would set off TensorFlow's warning of retracing.
        self._call = tf.function(lambda inputs: model(inputs, training=False)).get_concrete_function(
            tf.TensorSpec(shape, tf.float32)
        )

    def __call__(self, inputs: Images) -> np.ndarray:
        """Returns the model's outputs, `[N, ...]` float32, of `[N, ...]` uint8 images or float32 values."""
        parts = [
            self._call(tf.constant(as_float(inputs[start : start + self._batch_size])))
            for start in range(0, len(inputs), self._batch_size)
        ]
        return np.concatenate([np.asarray(part) for part in parts])


def weights_sha256(model: keras.Model) -> str:
    """SHA-256 of all weights of a model in their order, normalisation statistics included; states of random generators
    are no weights."""
    digest = hashlib.sha256()
    for variable in model.weights:
        digest.update(np.ascontiguousarray(variable).tobytes())
    return digest.hexdigest()
