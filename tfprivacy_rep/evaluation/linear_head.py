"""What a representation tells linearly: a fresh head fitted on X1's Z, for attributes that were not the task."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler


def linear_head_predictions(z: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Fits one logistic regression for each attribute and predicts.

    Numbers are standardised first; the regressions have scikit-learn's default penalty. An attribute that has one
    value only among `labels` is predicted by that value.

    Args:
        z: representations to fit on, `[N, ...]`.
        labels: `[N, A]`, 0 or 1.
        asked: representations to predict for, `[M, ...]`.

    Returns:
        `[M, A]` int8, 0 or 1.
    """
    scaler = StandardScaler().fit(z.reshape(len(z), -1))
    known, wanted = (scaler.transform(part.reshape(len(part), -1)) for part in (z, asked))
    predictions = np.empty((len(asked), labels.shape[1]), np.int8)
    for column, values in enumerate(labels.T):
        if values.min() == values.max():
            predictions[:, column] = values[0]
        else:
            predictions[:, column] = LogisticRegression(max_iter=1000).fit(known, values).predict(wanted)
    return predictions
