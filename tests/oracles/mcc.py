"""TensorFlow Addons' MCC of each attribute, in its default float32 and in float64: mcc.py IN OUT.

A case holds `labels` and `predictions` `[N, A]`, each 0 or 1; its result `float32` and `float64` `[A]`.
"""

from __future__ import annotations

import numpy as np
import tensorflow_addons as tfa
from _cases import Arrays, answer

_CLASSES = 2


def _one(labels: np.ndarray, predictions: np.ndarray, dtype: str) -> np.ndarray:
    metric = tfa.metrics.MatthewsCorrelationCoefficient(num_classes=_CLASSES, dtype=dtype)
    one_hot = np.eye(_CLASSES, dtype=dtype)
    metric.update_state(one_hot[labels.astype(int)], one_hot[predictions.astype(int)])
    return metric.result().numpy()


def evaluate(case: Arrays) -> Arrays:
    """MCC of each column."""
    columns = list(zip(case["labels"].T, case["predictions"].T))
    return {dtype: np.array([_one(*column, dtype) for column in columns]) for dtype in ("float32", "float64")}


if __name__ == "__main__":
    answer(evaluate)
