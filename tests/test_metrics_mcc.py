"""Matthews correlation coefficient: against scikit-learn and a table worked out by hand."""

import numpy as np
import pytest
from sklearn.metrics import matthews_corrcoef

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.metrics.mcc import mcc, mean_mcc


def table(tp: int, fn: int, fp: int, tn: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns labels and predictions, `[N, 1]`, with these counts."""
    labels = [1] * (tp + fn) + [0] * (fp + tn)
    predictions = [1] * tp + [0] * fn + [1] * fp + [0] * tn
    return np.array(labels)[:, None], np.array(predictions)[:, None]


def test_two_by_two_table_by_hand():
    # TP 6, FN 2, FP 1, TN 3: (6*3 - 1*2) / sqrt(7 * 8 * 4 * 5) = 16 / sqrt(1120).
    np.testing.assert_allclose(mcc(*table(6, 2, 1, 3)), [16 / np.sqrt(1120)], rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, bool, np.float32, np.int64])
def test_agrees_with_scikit_learn(dtype):
    generator = np.random.default_rng(0)
    labels = (generator.random((300, 7)) < np.linspace(0.05, 0.9, 7)).astype(dtype)
    flipped = generator.random((300, 7)) < np.linspace(0.0, 0.7, 7)
    predictions = (labels.astype(bool) ^ flipped).astype(dtype)
    expected = [matthews_corrcoef(labels[:, a], predictions[:, a]) for a in range(7)]
    result = mcc(labels, predictions)
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, expected, rtol=1e-12)


def test_perfect_inverted_and_many_photographs():
    labels = np.tile([[0], [1], [1]], (100_000, 1)).astype(np.int8)  # Overflows 32 bits squared.
    assert mcc(labels, labels)[0] == pytest.approx(1.0)
    assert mcc(labels, 1 - labels)[0] == pytest.approx(-1.0)


def test_constant_labels_are_undefined_and_constant_predictions_are_chance():
    labels = np.array([[0, 1, 0], [0, 1, 1], [0, 1, 1]])
    predictions = np.array([[0, 0, 1], [0, 1, 1], [1, 1, 1]])
    result = mcc(labels, predictions)
    assert np.isnan(result[:2]).all()
    assert result[2] == 0.0


def test_mean_leaves_out_and_counts_the_undefined():
    assert mean_mcc([0.5, np.nan, 0.1, np.nan]) == (pytest.approx(0.3), 2)
    nothing = mean_mcc([np.nan])
    assert np.isnan(nothing.value) and nothing.undefined == 1


@pytest.mark.parametrize(
    "labels, predictions, text",
    [
        ([[0], [1]], [[0.7], [1]], "0.7"),
        ([[-1], [1]], [[0], [1]], "-1"),
        ([[np.nan], [1]], [[0], [1]], "nan"),
        ([0, 1], [0, 1], r"\(2,\)"),
        ([[0, 1], [1, 0]], [[0], [1]], r"\(2, 2\)"),
        (np.zeros((0, 3)), np.zeros((0, 3)), r"\(0, 3\)"),
    ],
)
def test_refuses(labels, predictions, text):
    with pytest.raises(UserError, match=text):
        mcc(labels, predictions)
