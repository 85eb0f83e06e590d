"""Linkage: who is on a photograph, told from its representation or from the answer, without any reconstruction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from sklearn.covariance import ledoit_wolf

from tfprivacy_rep.metrics.ranking import rank1_hits

RIDGE = 1e-6  # least variance within people, as a share of the mean variance of a number


@dataclass(frozen=True)
class Linkage:
    """Rank-1 hits of each probe, `[N]` float64 in [0, 1] each; ties count by expectation.

    Attributes:
        cosine: nearest gallery photograph by the cosine of representations, centred on the public mean.
        lda: the same after a linear discriminant analysis fitted on the public people; `cosine` where none can be.
        answer: nearest by the number of equal predicted attributes: what anybody learns who is told the answer.
        strongest: `"cosine"` or `"lda"`: the better one in a rehearsal on X2.
    """

    cosine: np.ndarray
    lda: np.ndarray
    answer: np.ndarray
    strongest: str

    @property
    def best(self) -> np.ndarray:
        """Hits of the strongest attack on Z."""
        return self.lda if self.strongest == "lda" else self.cosine


@dataclass(frozen=True)
class Known:
    """A set as linkage sees it.

    Attributes:
        z: `[N, ...]` float32, representations.
        bits: `[N, A]` 0 or 1, predicted attributes.
        people: `[N]` int64.
    """

    z: np.ndarray
    bits: np.ndarray
    people: np.ndarray

    @property
    def flat(self) -> np.ndarray:
        """Representations as vectors, float64."""
        return self.z.reshape(len(self.z), -1).astype(np.float64)


def link(public: Known, rehearsal: tuple[Known, Known] | None, gallery: Known, probes: Known) -> Linkage:
    """Tries to name the person of each probe; everything is fitted on public data alone.

    Args:
        public: X2's training part.
        rehearsal: probes and gallery out of X2 (`data.rehearsal`), which choose between the attacks; None where nobody
            there can be named: then it is the cosine.
        gallery: G.
        probes: T.
    """
    mean = public.flat.mean(0)
    discriminant = _discriminant(public.flat - mean, public.people)

    def hits(method: str, asked: Known, known: Known) -> np.ndarray:
        a, b = asked.flat - mean, known.flat - mean
        if method == "lda" and discriminant is not None:
            a, b = a @ discriminant, b @ discriminant
        return rank1_hits(a, asked.people, b, known.people)

    strongest = "cosine"
    if rehearsal is not None:
        strongest = max(("cosine", "lda"), key=lambda method: float(hits(method, *rehearsal).mean()))
    answer = rank1_hits(probes.bits, probes.people, gallery.bits, gallery.people, measure="hamming")
    return Linkage(hits("cosine", probes, gallery), hits("lda", probes, gallery), answer, strongest)


def _discriminant(vectors: np.ndarray, people: np.ndarray) -> np.ndarray | None:
    """Directions that tell people apart, `[D, at most people - 1]`; None where nothing does.

    Fisher's linear discriminant analysis. The covariance within people is pooled over all of them before it is shrunk
    (O. Ledoit, M. Wolf, 2004, on standardised numbers): scikit-learn's analysis shrinks the covariance of each person
    alone, and that of two photographs by nothing, which leaves a singular matrix.
    """
    names, member = np.unique(people, return_inverse=True)
    means = np.stack([vectors[member == index].mean(0) for index in range(len(names))])
    residuals = vectors - means[member]
    spread = residuals.std(0)
    spread[spread == 0] = 1.0
    within = ledoit_wolf(residuals / spread, assume_centered=True)[0] * np.outer(spread, spread)
    # [D, people], times its transpose the covariance between people; its rank is small, so no [D, D] problem is solved.
    between = (means - vectors.mean(0)).T * np.sqrt(np.bincount(member) / len(vectors))
    # Numbers that vary between people alone are the best of all: a floor keeps the matrix regular with them.
    within += RIDGE * (np.trace(within) + np.square(between).sum()) / len(within) * np.eye(len(within))
    try:
        lower = np.linalg.cholesky(within)
    except np.linalg.LinAlgError:
        return None
    whitened = scipy.linalg.solve_triangular(lower, between, lower=True)
    directions, strengths, _ = np.linalg.svd(whitened, full_matrices=False)
    telling = strengths > RIDGE * strengths[0]
    return scipy.linalg.solve_triangular(lower.T, directions[:, telling]) if telling.any() else None
