"""What a rate means: how much a release can tell at most, and what that leaves of the chance to name a person.

For a prior r that does not depend on the photograph, `E KL(q(z|x) || r) = I(X; Z) + KL(q(z) || r)`, so the mean rate is
at least the mutual information of photograph and release. That holds for fresh photographs of the tested distribution,
frozen weights and one release each; n releases of one photograph tell at most n times as much. It says nothing of the
photographs that the encoder was trained on, of another population, of a single photograph, or of several of one person.
"""

from __future__ import annotations

import math
from typing import Any, Sequence

import numpy as np

from tfprivacy_rep.evaluation.statistics import PersonValues, bootstrap_interval, mean_of

#: Confidence of the upper limit of the mean rate.
CONFIDENCE = 0.95
#: Numbers of equally likely people that the chance to name one is told for.
POPULATIONS = (100, 10_000, 1_000_000, 8_000_000_000)


def upper_limit(runs: Sequence[PersonValues], column: str = "rate/bits") -> float:
    """One-sided upper limit of the mean rate, resampling people, then seeds.

    Args:
        runs: a table for each seed.
        column: bits of each photograph.
    """
    return bootstrap_interval(runs, mean_of(column), seed=0, level=2 * CONFIDENCE - 1).high


def identification_bound(bits: float, people: int) -> float | None:
    """Most that any attack on one release can name of equally likely people, by Fano's inequality.

    With error probability P, H(W|Z) <= 1 + P log2 N; and log2 N - H(W|Z) = I(W; Z) <= bits. So success is at most
    (bits + 1) / log2 N (T. Cover, J. Thomas, Elements of Information Theory, 2.10).

    Args:
        bits: at least I(X; Z).
        people: N, at least 2.

    Returns:
        A share in [0, 1); None where the bound is vacuous, because it is 1 or more.
    """
    bound = (bits + 1.0) / math.log2(people)
    return bound if bound < 1.0 else None


def answer_entropy(predictions: np.ndarray) -> tuple[float, float]:
    """Entropy of the predicted attributes in bits: of all together as they occur, which is too low for few photographs,
    and of each alone summed, which is what they have at most.

    Args:
        predictions: `[N, A]` of 0 and 1.
    """
    _, counts = np.unique(predictions, axis=0, return_counts=True)
    shares = predictions.mean(0)
    alone = [_entropy(np.array([share, 1 - share])) for share in shares]
    return _entropy(counts / len(predictions)), float(sum(alone))


def _entropy(shares: np.ndarray) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log2(positive)).sum())


def rate_figures(runs: Sequence[PersonValues]) -> dict[str, Any] | None:
    """The part `rate` of an encoder in results.json; None for an encoder without a rate.

    Args:
        runs: a table for each seed with the columns `rate/bits` `[N]` and `predictions` `[N, A]`.
    """
    if "rate/bits" not in runs[0].columns:
        return None
    bits = np.concatenate([run.columns["rate/bits"] for run in runs])
    limit = upper_limit(runs)
    joint, alone = answer_entropy(np.concatenate([run.columns["predictions"] for run in runs]))
    return {
        "mean_bits": float(bits.mean()), "p99_bits": float(np.quantile(bits, 0.99)), "max_bits": float(bits.max()),
        "upper_limit_bits": limit, "confidence": CONFIDENCE,
        "identification_bound": {str(people): identification_bound(limit, people) for people in POPULATIONS},
        "answer_bits": {"together": joint, "at_most": alone},
    }
