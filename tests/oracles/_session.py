"""A SavedModel in TensorFlow's C++ loader, as TensorFlow Serving has it: no Keras and no function of Python runs."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

_INTERNAL = "__saved_model_init_op"  # TensorFlow's own entry beside the signatures


class Servable:
    """A version folder, loaded.

    Attributes:
        signatures: names of the signatures, sorted.
    """

    def __init__(self, folder: str):
        self._session = tf.compat.v1.Session(graph=tf.Graph())
        meta_graph = tf.compat.v1.saved_model.loader.load(self._session, ["serve"], folder)
        self._definitions = dict(meta_graph.signature_def)
        self.signatures: list[str] = sorted(set(self._definitions) - {_INTERNAL})

    def run(self, signature: str, inputs: dict[str, object]) -> dict[str, np.ndarray]:
        """Executes a signature; like the server, it takes exactly the inputs that the signature names.

        Raises:
            KeyError: if there is no such signature.
            ValueError: if the inputs are not those of the signature, by name, type or shape.
        """
        definition = self._definitions[signature]
        if set(inputs) != set(definition.inputs):
            raise ValueError(f"{signature}: expected inputs {sorted(definition.inputs)}. Received: {sorted(inputs)}.")
        feed = {}
        for name, value in inputs.items():
            wanted, array = definition.inputs[name], np.asarray(value)
            dtype = tf.dtypes.as_dtype(wanted.dtype)
            given = tf.string if array.dtype == object else tf.dtypes.as_dtype(array.dtype)
            if given != dtype or not tf.TensorShape(wanted.tensor_shape).is_compatible_with(array.shape):
                raise ValueError(
                    f"{signature}: expected {name} {dtype.name} {tf.TensorShape(wanted.tensor_shape)}. "
                    f"Received: {given.name} {array.shape}."
                )
            feed[wanted.name] = array
        fetch = {name: tensor.name for name, tensor in definition.outputs.items()}
        return self._session.run(fetch, feed)


def savable(value: np.ndarray) -> np.ndarray:
    """A result as npz can hold it without pickles: strings as unicode."""
    array = np.asarray(value)
    if array.dtype == object:
        return np.array([text.decode("utf-8") for text in array.ravel()]).reshape(array.shape)
    return array
