"""Photographs with what is known of each: attributes, person and name."""

from __future__ import annotations

import collections
import dataclasses
from typing import Sequence

import numpy as np

from tfprivacy_rep.data.images import Images, take
from tfprivacy_rep.errors import UserError


@dataclasses.dataclass(frozen=True, eq=False)
class Photographs:
    """Labelled photographs; row i of every field belongs to photograph i.

    Attributes:
        images: uint8 [N, S, S, 3], RGB in 0..255: an array, or a store that reads on demand.
        labels: int8 [N, A], 1 where the attribute is present, else 0.
        attributes: the A names of the columns of `labels`.
        people: int64 [N], a number for each person, or None where nobody knows who is who.
        names: N different names that stay the same from run to run, e.g. `"s5/1.pgm"`.
        source: where they come from, e.g. `"orl"`.
        official: int8 [N], the part of the source's own partition: 0 training, 1 validation, 2
            test; None where it has none.
        skipped: "name: reason" of every photograph that the source had to leave out.

    Raises:
        UserError: if a field has another shape, type or range, or a name comes twice.
    """

    images: Images
    labels: np.ndarray
    attributes: tuple[str, ...]
    people: np.ndarray | None
    names: tuple[str, ...]
    source: str
    official: np.ndarray | None = None
    skipped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n, a = len(self.names), len(self.attributes)
        shape = self.images.shape
        square = len(shape) == 4 and shape[1] == shape[2] and shape[3] == 3
        if not square or shape[0] != n or self.images.dtype != np.uint8:
            expected = f"uint8 [{n}, S, S, 3], as there are {n} names"
            raise _invalid("images", expected, f"{self.images.dtype} {list(shape)}")
        if self.labels.shape != (n, a) or self.labels.dtype != np.int8:
            raise _invalid("labels", f"int8 [{n}, {a}], names by attributes", self.labels)
        if self.labels.size and (self.labels.min() < 0 or self.labels.max() > 1):
            values = np.unique(self.labels)[:5].tolist()
            raise _invalid("labels", "0 (absent) and 1 (present)", f"values {values}")
        if self.people is not None:
            if self.people.shape != (n,) or self.people.dtype != np.int64:
                raise _invalid("people", f"int64 [{n}], or None", self.people)
        if self.official is not None:
            if self.official.shape != (n,) or self.official.dtype != np.int8:
                raise _invalid("official", f"int8 [{n}], or None", self.official)
            if n and not 0 <= self.official.min() <= self.official.max() <= 2:
                values = np.unique(self.official)[:5].tolist()
                raise _invalid("official", "0 (train), 1 (validation), 2 (test)", f"{values}")
        for field in ("names", "attributes"):
            repeated = _repeated(getattr(self, field))
            if repeated:
                raise _invalid(field, "different names", f"more than once: {', '.join(repeated)}")

    def __len__(self) -> int:
        return len(self.names)

    @property
    def image_size(self) -> int:
        """S, the side of the images in pixels."""
        return int(self.images.shape[1])

    def subset(self, indices: Sequence[int] | np.ndarray) -> Photographs:
        """Returns the photographs at `indices`, in that order; a store decodes none of them.

        Args:
            indices: int [M], each in 0..N-1 and none twice.

        Raises:
            UserError: if an index is out of range, comes twice or is no integer.
        """
        chosen = np.asarray(indices)
        chosen = chosen.astype(np.int64) if chosen.size == 0 else chosen
        if chosen.ndim != 1 or not np.issubdtype(chosen.dtype, np.integer):
            raise _invalid("indices", "a list of integers", chosen)
        outside = chosen[(chosen < 0) | (chosen >= len(self))]
        if outside.size:
            raise _invalid("indices", f"values in 0..{len(self) - 1}", f"{outside[:5].tolist()}")
        return dataclasses.replace(
            self,
            images=take(self.images, chosen),
            labels=self.labels[chosen],
            people=None if self.people is None else self.people[chosen],
            names=tuple(self.names[i] for i in chosen),
            official=None if self.official is None else self.official[chosen],
        )

    def with_attributes(self, names: Sequence[str]) -> Photographs:
        """Returns the same photographs with the columns `names` of the labels, in that order.

        Raises:
            UserError: if one of `names` has no labels here or comes twice.
        """
        column = {name: i for i, name in enumerate(self.attributes)}
        unknown = [name for name in names if name not in column]
        if unknown:
            raise UserError(
                f"Invalid `attributes`: expected attributes that `{self.source}` has labels for. "
                f"Received: {', '.join(unknown)}. Available: {', '.join(self.attributes)}."
            )
        columns = np.array([column[name] for name in names], dtype=np.int64)
        return dataclasses.replace(self, labels=self.labels[:, columns], attributes=tuple(names))


def _invalid(name: str, expected: str, received: np.ndarray | str) -> UserError:
    if isinstance(received, np.ndarray):
        received = f"{received.dtype} {list(received.shape)}"
    return UserError(f"Invalid `{name}`: expected {expected}. Received: {received}.")


def _repeated(names: Sequence[str]) -> list[str]:
    """Lists up to five names that come more than once."""
    if len(set(names)) == len(names):
        return []
    counts = collections.Counter(names)
    return [name for name, count in counts.items() if count > 1][:5]
