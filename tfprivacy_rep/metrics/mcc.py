"""Matthews correlation coefficient (MCC) of binary attributes.

Source: B. W. Matthews, "Comparison of the predicted and observed secondary structure of T4 phage
lysozyme", 1975. With the counts of true/false positives/negatives,

    MCC = (TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN)).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfprivacy_rep.errors import UserError


class MeanMcc(NamedTuple):
    """Mean of the MCC over attributes.

    Attributes:
        value: mean over the attributes where the MCC is defined, in [-1, 1]; nan if there is none.
        undefined: number of attributes left out because their labels are constant.
    """

    value: float
    undefined: int


def mcc(labels: ArrayLike, predictions: ArrayLike) -> NDArray[np.float64]:
    """Computes the MCC of each attribute.

    Two cases make the denominator zero and are told apart:

    - the labels of an attribute are constant: nothing can be predicted about it, so the MCC is
      undefined and the result is nan. (scikit-learn returns 0, which would pull the mean over
      attributes down for a reason that lies in the data, not in the encoder.)
    - the labels vary and the predictions are constant: the result is 0, no better than chance.
      This is scikit-learn's convention (`sklearn.metrics.matthews_corrcoef`).

    Args:
        labels: true values, `[N, A]`, each 0 or 1 (any numeric or boolean dtype), N >= 1.
        predictions: predicted values, `[N, A]`, each 0 or 1.

    Returns:
        `[A]` float64 in [-1, 1], nan where the labels are constant.

    Raises:
        UserError: the shapes differ or are not `[N, A]`, or a value is neither 0 nor 1.
    """
    truth = _as_bits(labels, "labels")
    guess = _as_bits(predictions, "predictions")
    if truth.shape != guess.shape:
        raise UserError(
            "Invalid `predictions`: expected the shape of `labels`. "
            f"Received: labels {truth.shape}, predictions {guess.shape}. Pass one row a photograph."
        )
    count = len(truth)
    positives = truth.sum(axis=0).astype(np.float64)
    predicted = guess.sum(axis=0).astype(np.float64)
    hits = (truth & guess).sum(axis=0).astype(np.float64)
    # The numerator TP TN - FP FN written with the margins: N TP - (TP + FN) (TP + FP).
    numerator = count * hits - positives * predicted
    denominator = np.sqrt(positives * (count - positives)) * np.sqrt(
        predicted * (count - predicted)
    )
    result = np.divide(
        numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0
    ).clip(-1.0, 1.0)
    result[(positives == 0) | (positives == count)] = np.nan
    return result


def mean_mcc(values: ArrayLike) -> MeanMcc:
    """Averages the MCC over the attributes where it is defined.

    Args:
        values: result of `mcc`, `[A]`, nan where undefined.

    Returns:
        The mean over the defined values (nan if there is none) and how many were left out.
    """
    array = np.asarray(values, dtype=np.float64)
    defined = array[~np.isnan(array)]
    value = float(defined.mean()) if defined.size else float("nan")
    return MeanMcc(value, int(array.size - defined.size))


def _as_bits(values: ArrayLike, name: str) -> NDArray[np.bool_]:
    """Returns `values` as booleans `[N, A]`, or raises a UserError that names the argument."""
    array = np.asarray(values)
    if array.ndim != 2 or len(array) == 0:
        raise UserError(
            f"Invalid `{name}`: expected the shape [N, A] with N >= 1. "
            f"Received: shape {array.shape}. For one attribute pass values[:, None]."
        )
    bits = array.astype(bool)
    if not np.array_equal(array, bits):
        wrong = array[array != bits].flat[0]
        raise UserError(
            f"Invalid `{name}`: expected every value to be 0 or 1. Received: {wrong}. "
            "Threshold probabilities at 0.5; map labels -1 to 0."
        )
    return bits
