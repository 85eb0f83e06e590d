"""The photographs of an audit: which of them each part looks at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tfprivacy_rep.data.images import Images, take
from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.rehearsal import rehearsal, spaced
from tfprivacy_rep.data.summary import mean_image

#: Private photographs that heads and membership look at, at most.
MOST_PRIVATE = 20_000
#: Photographs that validate, at most.
MOST_VALIDATION = 2_000


@dataclass(frozen=True)
class Sets:
    """Who is looked at.

    Attributes:
        photographs: all of them, with the task's attributes.
        other: names of the further attributes that the source has labels for.
        other_labels: their labels, int8 `[N, O]`.
        partition: who has which photograph.
        public: X2's training part with its variants, uint8 `[M, S, S, 3]`.
        copies: variants of each photograph there, itself included.
    """

    photographs: Photographs
    other: tuple[str, ...]
    other_labels: np.ndarray
    partition: Partition
    public: Images
    copies: int

    @cached_property
    def indices(self) -> dict[str, np.ndarray]:
        """Indices by set: `x1_train`, `x1_val`, `x2_train`, `validation` (X2's), `gallery`, `probes`, and
        `rehearsal_probes` and `rehearsal_gallery`, which are out of X2 and choose between attacks."""
        p = self.partition
        asked, known = rehearsal(p, self.photographs.people)
        return {
            "x1_train": spaced(p.x1_train, MOST_PRIVATE),
            "x1_val": spaced(p.x1_val, MOST_VALIDATION),
            "x2_train": p.x2_train,
            "validation": spaced(p.x2_val, MOST_VALIDATION),
            "rehearsal_probes": asked,
            "rehearsal_gallery": known,
            "gallery": p.gallery,
            "probes": p.probes,
        }

    def images(self, name: str) -> Images:
        """The photographs of a set; `public` is X2's training part with its variants."""
        return self.public if name == "public" else take(self.photographs.images, self.indices[name])

    def labels(self, name: str) -> np.ndarray:
        """The task's labels of a set, int8 `[N, A]`."""
        return self.photographs.labels[self.indices[name]]

    def further_labels(self, name: str) -> np.ndarray:
        """The labels of the attributes that are not the task, of a set, int8 `[N, O]`."""
        return self.other_labels[self.indices[name]]

    @cached_property
    def everybody(self) -> np.ndarray:
        """int64 `[N]`: who is on each photograph; where nobody knows, everybody is somebody else."""
        people = self.photographs.people
        return np.arange(len(self.photographs)) if people is None else people

    def people(self, name: str) -> np.ndarray:
        """Who is on the photographs of a set."""
        return self.everybody[self.indices[name]]

    @cached_property
    def nameable(self) -> bool:
        """Whether the gallery has another photograph of anybody among the probes."""
        known = self.photographs.people is not None
        return known and bool(np.isin(self.people("probes"), self.people("gallery")).any())

    @cached_property
    def mean_image(self) -> np.ndarray:
        """The mean of X2's training part, float32 `[S, S, 3]` in [0, 1]: what is known without any Z."""
        return mean_image(self.images("x2_train"))

    @property
    def names(self) -> tuple[str, ...]:
        """All sets."""
        return ("public", *self.indices)
