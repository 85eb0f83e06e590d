"""What a representation tells linearly: a fresh head fitted on X1's Z, for attributes that were not the task and for
encoders that came without a classifier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

#: The decision about an attribute that had one value only, plus or minus.
_CERTAIN = 20.0


@dataclass(frozen=True)
class LinearHead:
    """One logistic regression for each attribute, on standardised numbers, with scikit-learn's default penalty.

    An attribute that had one value only is predicted by that value.

    Attributes:
        scaler: fitted.
        models: for each attribute the regression, or the only value it had.
    """

    scaler: StandardScaler
    models: tuple[LogisticRegression | int, ...]

    @classmethod
    def fit(cls, z: np.ndarray, labels: np.ndarray) -> "LinearHead":
        """Fits the head.

        Args:
            z: representations, `[N, ...]`.
            labels: `[N, A]`, 0 or 1.
        """
        scaler = StandardScaler().fit(z.reshape(len(z), -1))
        known = scaler.transform(z.reshape(len(z), -1))
        return cls(scaler, tuple(
            int(values[0]) if values.min() == values.max() else LogisticRegression(max_iter=1000).fit(known, values)
            for values in labels.T
        ))

    def decision(self, z: np.ndarray) -> np.ndarray:
        """Logits `[M, A]` float64 of representations `[M, ...]`; above 0 where the attribute is predicted."""
        asked = self.scaler.transform(z.reshape(len(z), -1))
        logits = np.empty((len(z), len(self.models)))
        for column, model in enumerate(self.models):
            if isinstance(model, int):
                logits[:, column] = _CERTAIN if model else -_CERTAIN
            else:
                logits[:, column] = model.decision_function(asked)
        return logits


def linear_head_predictions(z: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Fits a `LinearHead` on `z` `[N, ...]` and `labels` `[N, A]`, and predicts for `asked` `[M, ...]`.

    Returns:
        `[M, A]` int8, 0 or 1.
    """
    return (LinearHead.fit(z, labels).decision(asked) > 0).astype(np.int8)
