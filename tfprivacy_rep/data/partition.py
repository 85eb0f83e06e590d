"""Who gets which photograph: the private X1, the public X2, the gallery G and the probes T.

No photograph is in two sets. Which people are shared is what a mode promises:

- `shared_people`: X1, X2, G and T have the same people. A person's photographs are split 4/3/1/2
  (of ten) into X1/X2/G/T; one of X1's and one of X2's validate. T is the fold's block of each
  person's list, so that over all folds every photograph is tested exactly once.
- `attacker_knows_people`: half the people are X1's, a quarter of them for validation. The other
  half's photographs are split 5/2/3 into X2/G/T, one of X2's five validates.
- `disjoint_people`: 40, 30 and 30 % of the people are X1's, X2's and T's; a quarter of X1's and of
  X2's people validate. G and T are the two halves of the photographs of T's people. 20 % of the
  photographs of each of X2's people are in G as distractors and not in X2.
- `paper`: photographs at random, whoever is on them: of CelebA's 202,599 the paper's 160,000 for X1, 40,000 for X2 and
  2,599 for G and T. Of fewer, at most a tenth is for G and T, and X1 has four times X2. A twentieth of both validates.
- `official`: CelebA's own partition, in which nobody is in two parts: its training part is X1, its validation part X2,
  its test part G and T.

In the last two G has half of each tested person's photographs, rounded down; who has only one there is a probe without
anybody to be compared with, and where nobody knows who is who G is empty.

Persons with another number of photographs than ten are split in the same proportions
(`partition_modes.shares`).
"""

from __future__ import annotations

import collections
import dataclasses
from typing import Any

import numpy as np

from tfprivacy_rep.data import partition_modes
from tfprivacy_rep.data.partition_modes import SETS, Draw, Persons, Sets
from tfprivacy_rep.data.partition_needs import require_what_it_needs
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError

MODES: tuple[str, ...] = tuple(partition_modes.MODES)
MAX_DRAWS = 1000
# Sets that need both values of every attribute: without them nothing is learned or measured.
_SUPPORTED = ("x1_train", "x2_train", "probes")


@dataclasses.dataclass(frozen=True, eq=False)
class Partition:
    """Index arrays into `Photographs`, each int64, sorted, and no index in two of them.

    Attributes:
        mode, seed, fold: what `make` was called with.
        x1_train, x1_val: the private data.
        x2_train, x2_val: the public data.
        gallery, probes: G and T.
        people: int64 [N] of the photographs, or None where nobody knows who is who.
        x1_fraction, x2_fraction: share of the drawn training photographs that is left (`reduced`).
    """

    mode: str
    seed: int
    fold: int
    x1_train: np.ndarray
    x1_val: np.ndarray
    x2_train: np.ndarray
    x2_val: np.ndarray
    gallery: np.ndarray
    probes: np.ndarray
    people: np.ndarray | None = dataclasses.field(default=None, repr=False)
    x1_fraction: float = 1.0
    x2_fraction: float = 1.0

    @property
    def name(self) -> str:
        """What a run on it is called: `seed0-fold0`."""
        return f"seed{self.seed}-fold{self.fold}"

    def __post_init__(self) -> None:
        everything = np.concatenate([getattr(self, name) for name in SETS])
        repeated = len(everything) - len(np.unique(everything))
        if repeated:
            raise UserError(
                f"Invalid partition: expected no photograph in two sets. Received: {repeated} are."
            )

    def reduced(self, x1_fraction: float = 1.0, x2_fraction: float = 1.0) -> Partition:
        """Returns the same partition with less training data of X1 and of X2; all other sets stay.

        The photographs that stay are drawn from the partition's seed; those of a smaller fraction are among those of a
        larger one. A small part may lose a value of a rare attribute, against what `make` promises of the whole.

        Args:
            x1_fraction, x2_fraction: share that stays, above 0 and at most 1; at least one photograph does.
        """
        kept: dict[str, Any] = {}
        for place, (name, fraction) in enumerate((("x1_train", x1_fraction), ("x2_train", x2_fraction))):
            indices = getattr(self, name)
            if not 0 < fraction <= 1:
                raise UserError(
                    f"Invalid `{name[:2]}_fraction`: expected a number above 0 and at most 1. Received: {fraction!r}. "
                    "Use 1 for all photographs."
                )
            order = np.random.default_rng([self.seed, self.fold, 101 + place]).permutation(len(indices))
            kept[name] = np.sort(indices[order[: max(1, round(fraction * len(indices)))]])
        return dataclasses.replace(
            self, x1_fraction=self.x1_fraction * x1_fraction, x2_fraction=self.x2_fraction * x2_fraction, **kept
        )

    @property
    def x1(self) -> np.ndarray:
        """X1: training and validation."""
        return np.sort(np.concatenate([self.x1_train, self.x1_val]))

    @property
    def x2(self) -> np.ndarray:
        """X2: training and validation."""
        return np.sort(np.concatenate([self.x2_train, self.x2_val]))

    def counts(self) -> dict[str, int]:
        """Counts the photographs of each of the six sets."""
        return {name: len(getattr(self, name)) for name in SETS}

    def people_counts(self) -> dict[str, int]:
        """Counts the people of each of the six sets; empty where people are unknown."""
        if self.people is None:
            return {}
        return {name: len(np.unique(self.people[getattr(self, name)])) for name in SETS}

    def shared_people(self) -> dict[str, int]:
        """Counts the people each two of X1, X2, G, T share as `x1_x2`, ..; empty where unknown."""
        if self.people is None:
            return {}
        sets = {"x1": self.x1, "x2": self.x2, "g": self.gallery, "t": self.probes}
        pairs = (("x1", "x2"), ("x1", "g"), ("x1", "t"), ("x2", "g"), ("x2", "t"), ("g", "t"))
        return {
            f"{a}_{b}": len(np.intersect1d(self.people[sets[a]], self.people[sets[b]]))
            for a, b in pairs
        }

    def describe(self) -> dict[str, object]:
        """Describes the partition in what JSON can hold; all numbers are plain ints."""
        return {
            "mode": self.mode,
            "seed": self.seed,
            "fold": self.fold,
            "x1_fraction": self.x1_fraction,
            "x2_fraction": self.x2_fraction,
            "counts": self.counts(),
            "people": self.people_counts(),
            "shared_people": self.shared_people(),
        }


def make(
    photographs: Photographs, mode: str, seed: int, fold: int = 0, folds: int = 5
) -> Partition:
    """Draws a partition; the same arguments give the same one.

    `seed` permutes the people and each person's photographs, `fold` rotates both lists. Every
    attribute must have both values in X1's and X2's training data and in T: a draw that misses this
    is replaced by the next of the same seed, at most `MAX_DRAWS`. In `shared_people` all folds use
    the same draw, good for each of them; in the other modes each fold takes the first draw that is
    good for itself.

    Args:
        photographs: with `people`, but for `paper` and `official`; with `official` for that mode.
        mode: a name in `MODES`.
        seed: at least 0.
        fold: 0..folds-1.
        folds: number of rotations, at least 2.

    Raises:
        UserError: if an argument is out of range, the people are unknown, too few or have too few
            photographs, or no draw has both values of every attribute.
    """
    _check_arguments(mode, seed, fold, folds)
    plan = partition_modes.MODES[mode]
    require_what_it_needs(photographs, mode, folds)
    judged = range(folds) if plan.same_draw_for_folds else (fold,)
    misses: collections.Counter[tuple[str, str]] = collections.Counter()
    for draw in range(MAX_DRAWS):
        drawn = _drawn(photographs, np.random.default_rng([seed, draw]))
        for judged_fold in judged:
            sets = plan.split(drawn, judged_fold, folds)
            missed = _missing_values(photographs, sets)
            if missed:
                misses.update(missed)
                break
        else:
            sets = plan.split(drawn, fold, folds)
            ordered: dict[str, Any] = {name: np.sort(indices) for name, indices in sets.items()}
            return Partition(mode, int(seed), int(fold), people=photographs.people, **ordered)
    raise _unsupported(mode, misses)


def _check_arguments(mode: str, seed: int, fold: int, folds: int) -> None:
    if mode not in MODES:
        raise UserError(
            f"Invalid `mode`: expected one of {', '.join(MODES)}. Received: mode={mode!r}. Use one of them."
        )
    _check_integer("seed", seed, 0)
    _check_integer("folds", folds, 2)
    _check_integer("fold", fold, 0, folds - 1)


def _check_integer(name: str, value: int, least: int, most: int | None = None) -> None:
    integer = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not integer or value < least or (most is not None and value > most):
        limit = f"of at least {least}" if most is None else f"in {least}..{most}"
        raise UserError(
            f"Invalid `{name}`: expected an integer {limit}. Received: {name}={value!r}. Use {least}."
        )


def _missing_values(photographs: Photographs, sets: Sets) -> list[tuple[str, str]]:
    """Lists (attribute, set) of which a value is missing."""
    missed = []
    for name in _SUPPORTED:
        labels = photographs.labels[sets[name]]
        if not len(labels):
            missed.append(("every attribute", name))
            continue
        present = labels.sum(axis=0, dtype=np.int64)
        lacking = np.flatnonzero((present == 0) | (present == len(labels)))
        missed += [(photographs.attributes[i], name) for i in lacking]
    return missed


def _unsupported(mode: str, misses: collections.Counter[tuple[str, str]]) -> UserError:
    listed = "; ".join(f"{a} in {s} ({n} draws)" for (a, s), n in misses.most_common(5))
    return UserError(
        f"Invalid `attributes`: expected both values of each in {', '.join(_SUPPORTED)} with "
        f"mode={mode!r}. Received: in all of {MAX_DRAWS} draws a value was missing: {listed}. "
        "Leave that attribute out or use another mode."
    )


def _drawn(photographs: Photographs, generator: np.random.Generator) -> Draw:
    """Puts the photographs in random order, and the people, each with shuffled indices of the person's photographs."""
    people = photographs.people
    order = generator.permutation(len(photographs)).astype(np.int64)
    persons: Persons = []
    if people is not None:
        grouped = order[np.argsort(people[order], kind="stable")]
        starts = np.flatnonzero(np.diff(people[grouped])) + 1
        persons = np.split(grouped, starts)
        persons = [persons[i] for i in generator.permutation(len(persons))]
    return Draw(order, persons, people, photographs.official)
