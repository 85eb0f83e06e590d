"""Linkage: who is on a photograph, told from its representation or from the answer, without any reconstruction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

import numpy as np
import scipy.linalg
from sklearn.covariance import ledoit_wolf
from sklearn.decomposition import PCA

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.metrics.identification import rank_hits
from tfprivacy_rep.metrics.ranking import distances, rank1_hits
from tfprivacy_rep.metrics.similarity import cosine_matrix

#: Numbers of a representation up to which the discriminant analysis sees all of them, and principal components that it
#: sees of a larger one (P. Belhumeur et al., "Eigenfaces vs. Fisherfaces", 1997): its cost grows with their cube.
MOST_NUMBERS, COMPONENTS = 1024, 512
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
        logits: `[N, A]` floats, what the task's classifier makes of `z`; None where there is none.
    """

    z: np.ndarray
    bits: np.ndarray
    people: np.ndarray
    logits: np.ndarray | None = None

    @property
    def flat(self) -> np.ndarray:
        """Representations as vectors, float64."""
        return self.z.reshape(len(self.z), -1).astype(np.float64)


class Linker:
    """Ways to tell from representations how likely two photographs show one person, fitted on public data alone.

    * `cosine`: cosine of representations, centred on the public mean.
    * `lda`: the same after a linear discriminant analysis fitted on the public people.
    * `task`: cosine of the task's logits, centred on their public mean: what is left of a person in the answer.
    * `hamming`: number of equal entries, for representations of 0 and 1.

    Attributes:
        methods: names of those that there are. `lda` is left out where nothing tells the public people apart, `task`
            where the public set has no logits, `hamming` where its representations hold anything but 0 and 1.
    """

    methods: tuple[str, ...]

    def __init__(self, public: Known) -> None:
        """Fits on X2's training part.

        Args:
            public: at least one photograph; nothing of G or T.
        """
        self._mean = public.flat.mean(0)
        self._discriminant = _discriminant_of(public.flat - self._mean, public.people)
        self._logits_mean = None if public.logits is None else _logits(public).mean(0)
        available = {
            "cosine": True,
            "lda": self._discriminant is not None,
            "task": public.logits is not None,
            "hamming": bool(np.isin(public.z, (0, 1)).all()),
        }
        self.methods = tuple(method for method, there in available.items() if there)

    def vectors(self, method: str, known: Known) -> np.ndarray:
        """What a method compares, `[N, D]` float64: by the cosine, or by the number of equal entries in `hamming`.

        Raises:
            UserError: if the method is not among `methods`, or it is `task` and the set has no logits.
        """
        if method not in self.methods or (method == "task" and known.logits is None):
            raise UserError(
                f"Invalid `method`: expected one of {', '.join(self.methods)}; task needs logits in both sets. "
                f"Received: method={method!r}, {'no logits' if known.logits is None else 'logits'}. Use cosine."
            )
        if method == "task":
            return _logits(known) - self._logits_mean
        if method == "hamming":
            return known.flat
        centred = known.flat - self._mean
        return centred @ self._discriminant if method == "lda" else centred

    def scores(self, method: str, probes: Known, gallery: Known) -> np.ndarray:
        """Computes how alike every probe and every gallery entry are, for `metrics.identification`.

        Args:
            method: one of `methods`.
            probes: T, or probes out of X2.
            gallery: G, or photographs of X2 that those are compared with.

        Returns:
            `[N, M]` float64, higher = more alike: in [-1, 1], or whole numbers in [0, D] for `hamming`.

        Raises:
            UserError: as in `vectors`.
        """
        asked, known = self.vectors(method, probes), self.vectors(method, gallery)
        if method == "hamming":
            return asked.shape[1] - distances(asked, known, "hamming")
        return cosine_matrix(asked, known)


def strongest(linker: Linker, probes: Known, galleries: Mapping[str, Known]) -> tuple[str, float]:
    """Returns the name of what has the highest mean rank-1 in a rehearsal on X2, of equals the first, and that rank-1.

    Args:
        linker: fitted on X2's training part.
        probes: out of X2; those without a mate in a gallery do not count.
        galleries: out of X2, by what is added to the name of a method that is tried on it.
    """
    def rank1(method: str, gallery: Known) -> float:
        hits = rank_hits(linker.scores(method, probes, gallery), probes.people, gallery.people, 1)
        named = hits[np.isfinite(hits)]
        return float(named.mean()) if len(named) else 0.0

    reached = {method + suffix: rank1(method, gallery) for suffix, gallery in galleries.items()
               for method in linker.methods}
    best = max(reached, key=reached.__getitem__)
    return best, reached[best]


def link(public: Known, rehearsal: tuple[Known, Known] | None, gallery: Known, probes: Known) -> Linkage:
    """Tries to name the person of each probe; everything is fitted on public data alone.

    Args:
        public: X2's training part.
        rehearsal: probes and gallery out of X2 (`data.rehearsal`), which choose between the attacks; None where nobody
            there can be named: then it is the cosine.
        gallery: G.
        probes: T.
    """
    linker = Linker(public)

    def hits(method: str, asked: Known, known: Known) -> np.ndarray:
        usable = method if method in linker.methods else "cosine"
        return rank1_hits(linker.vectors(usable, asked), asked.people, linker.vectors(usable, known), known.people)

    chosen = "cosine"
    if rehearsal is not None:
        chosen = max(("cosine", "lda"), key=lambda method: float(hits(method, *rehearsal).mean()))
    answer = rank1_hits(probes.bits, probes.people, gallery.bits, gallery.people, measure="hamming")
    return Linkage(hits("cosine", probes, gallery), hits("lda", probes, gallery), answer, chosen)


def _logits(known: Known) -> np.ndarray:
    """Logits as float64 `[N, A]`."""
    return np.asarray(known.logits, np.float64).reshape(len(known.z), -1)


def _discriminant_of(vectors: np.ndarray, people: np.ndarray) -> np.ndarray | None:
    """`_discriminant`, within the first principal components where a representation has very many numbers."""
    if vectors.shape[1] <= MOST_NUMBERS:
        return _discriminant(vectors, people)
    pca = PCA(min(COMPONENTS, len(vectors) - 1), svd_solver="randomized", random_state=0)
    components = pca.fit(vectors).components_
    found = _discriminant(vectors @ components.T, people)
    return None if found is None else components.T @ found


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
