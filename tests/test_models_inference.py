"""A model applied to arrays in batches."""

from __future__ import annotations

import keras
import numpy as np

from tfprivacy_rep.models.inference import BatchedModel


def _model() -> keras.Model:
    """Twice the input in inference; dropout would show in training."""
    inputs = keras.Input((2,))
    x = keras.layers.Dropout(0.9)(inputs)
    return keras.Model(inputs, keras.layers.Rescaling(2.0)(x))


def test_all_rows_come_back_in_order_whatever_the_batch():
    values = np.arange(14, dtype=np.float32).reshape(7, 2)
    for batch_size in (1, 3, 7, 64):
        outputs = BatchedModel(_model(), batch_size)(values)
        assert outputs.dtype == np.float32
        np.testing.assert_array_equal(outputs, 2.0 * values)


def test_bytes_are_taken_as_pixels():
    np.testing.assert_allclose(BatchedModel(_model())(np.array([[0, 255]], np.uint8)), [[0.0, 2.0]])


def test_new_weights_are_used_without_a_new_graph():
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(inputs))
    batched = BatchedModel(model, 2)
    for weight in (3.0, -1.0):
        model.set_weights([np.array([[weight]])])
        assert batched(np.array([[2.0]], np.float32)).item() == 2.0 * weight
