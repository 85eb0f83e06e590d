"""Recognisers that look at originals and reconstructions, and what they have described already."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.evaluation.identity import Recogniser
from tfprivacy_rep.metrics.identification import FARS, far_key, histogram, identification
from tfprivacy_rep.metrics.similarity import cosine, cosine_matrix
from tfprivacy_rep.trials.sets import Sets

Columns = dict[str, np.ndarray]
Histogram = dict[str, Any]
#: Figures of identification.
COLUMNS = ("rank1", "rank5", "auc", *map(far_key, FARS), "same_person", "other_people")
_CHUNK = 512


class Judges:
    """Recognisers, none of which took part in training.

    What can't be told is not-a-number: everything without a recogniser, and who somebody is where nobody knows who is
    who or the gallery has no other photograph of that person.

    Args:
        recognisers: the first one is the main one.
        sets: the photographs.
    """

    def __init__(self, recognisers: Sequence[Recogniser], sets: Sets) -> None:
        self.recognisers, self._sets = tuple(recognisers), sets
        self._described: dict[tuple[str, str], np.ndarray] = {}

    def of(self, recogniser: Recogniser, name: str) -> np.ndarray:
        """Descriptions of the originals of a set, `[N, D]`, computed once."""
        key = (recogniser.name, name)
        if key not in self._described:
            self._described[key] = describe(recogniser, self._sets.images(name))
        return self._described[key]

    def originals(self) -> tuple[Columns, dict[str, Histogram]]:
        """Columns `<recogniser>/<figure>` of the original probes, and distributions by recogniser."""
        columns: Columns = {}
        distributions: dict[str, Histogram] = {}
        for recogniser in self.recognisers:
            found, distribution = self._identified(recogniser, self.of(recogniser, "probes"), "probes", "gallery")
            columns |= {f"{recogniser.name}/{figure}": values for figure, values in found.items()}
            distributions |= {recogniser.name: distribution} if distribution else {}
        return columns, distributions

    def reconstructions(
        self, images: np.ndarray, probes: str, gallery: str, rows: np.ndarray | None = None
    ) -> tuple[Columns, dict[str, Histogram]]:
        """What each recogniser tells from reconstructions.

        Args:
            images: `[N, S, S, 3]` uint8, the reconstructions.
            probes: set of the originals.
            gallery: set that each is compared with.
            rows: which of the originals they are of, `[N]`; None for all.

        Returns:
            Columns by figure of the first recogniser, and `second/<figure>` of the second; distributions by recogniser.
        """
        if not self.recognisers:
            return {name: np.full(len(images), np.nan) for name in ("face_similarity", *COLUMNS)}, {}
        columns: Columns = {}
        distributions: dict[str, Histogram] = {}
        for prefix, recogniser in zip(("", "second/"), self.recognisers):
            faces = describe(recogniser, images)
            originals = self.of(recogniser, probes)
            columns[f"{prefix}face_similarity"] = cosine(faces, originals if rows is None else originals[rows])
            found, distribution = self._identified(recogniser, faces, probes, gallery, rows)
            columns |= {f"{prefix}{figure}": values for figure, values in found.items()}
            distributions |= {recogniser.name: distribution} if distribution else {}
        return columns, distributions

    def _identified(
        self, recogniser: Recogniser, faces: np.ndarray, probes: str, gallery: str, rows: np.ndarray | None = None
    ) -> tuple[Columns, Histogram | None]:
        sets = self._sets
        if sets.photographs.people is None or not len(sets.indices[gallery]):
            return {name: np.full(len(faces), np.nan) for name in COLUMNS}, None
        scores = cosine_matrix(faces, self.of(recogniser, gallery))
        people = sets.people(probes)
        return named(scores, people if rows is None else people[rows], sets.people(gallery))


def named(scores: np.ndarray, probes: np.ndarray, gallery: np.ndarray) -> tuple[Columns, Histogram | None]:
    """Figures of identification by probe, and the distributions of same-person and other-person scores.

    Args:
        scores: `[N, M]`, higher is more alike.
        probes, gallery: people, `[N]` and `[M]`.
    """
    mates = np.isin(probes, gallery)
    return identification(scores, probes, gallery), histogram(scores, probes, gallery) if mates.any() else None


def describe(recogniser: Recogniser, images: Any) -> np.ndarray:
    """Descriptions of uint8 photographs `[N, S, S, 3]`, `[N, D]` float32."""
    starts = range(0, len(images), _CHUNK)
    return np.concatenate([recogniser.describe(as_float(images[start : start + _CHUNK])) for start in starts])
