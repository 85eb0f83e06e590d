"""How each mode of a partition divides people and their photographs among X1, X2, G and T.

A mode is a function from a draw (all photographs in random order, and, where people are known, each person's
photographs in random order) to the index arrays of the six sets.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Callable, Mapping

import numpy as np

from tfprivacy_rep.errors import UserError

SETS = ("x1_train", "x1_val", "x2_train", "x2_val", "gallery", "probes")
Persons = list[np.ndarray]
Sets = dict[str, np.ndarray]

#: Photographs that the paper leaves for tests: 202,599 less 160,000 for X1 and 40,000 for X2.
PAPER_TESTED = 2_599
#: One in so many photographs of X1 and of X2 validates, in the modes that divide photographs and not people.
VALIDATION = 20
#: Values of CelebA's official partition.
OFFICIAL_TRAIN, OFFICIAL_VALIDATION, OFFICIAL_TEST = 0, 1, 2


@dataclasses.dataclass(frozen=True, eq=False)
class Draw:
    """A random order of everything.

    Attributes:
        order: int64 [N], all photographs.
        persons: for each person the indices of the person's photographs; empty where nobody knows who is who.
        people: int64 [N], or None.
        official: int8 [N], CelebA's official partition (0, 1, 2), or None.
    """

    order: np.ndarray
    persons: Persons
    people: np.ndarray | None = None
    official: np.ndarray | None = None


def shares(count: int, weights: tuple[int, ...]) -> tuple[int, ...]:
    """Splits `count` photographs or people in proportion to `weights`, at least one for each.

    By largest remainder (Hamilton's method, ties to the earlier weight), so that
    `shares(10, (4, 1, 2, 3)) == (4, 1, 2, 3)`; what would get none takes one from what is furthest
    above its quota.

    Raises:
        UserError: if `count` is less than the number of weights.
    """
    if count < len(weights):
        raise UserError(
            f"Invalid `count`: expected at least {len(weights)}, one for each weight. "
            f"Received: count={count}. Use more photographs or fewer weights."
        )
    return _shares(count, weights)


@functools.lru_cache(maxsize=None)
def _shares(count: int, weights: tuple[int, ...]) -> tuple[int, ...]:
    quotas = [count * weight / sum(weights) for weight in weights]
    given = [max(1, int(quota)) for quota in quotas]
    while sum(given) != count:
        # Furthest below its quota gets one more; furthest above, unless it has only one, one less.
        step = 1 if sum(given) < count else -1
        able = [i for i in range(len(given)) if step > 0 or given[i] > 1]
        chosen = max(able, key=lambda i: step * (quotas[i] - given[i]))
        given[chosen] += step
    return tuple(given)


def _shared_people(draw: Draw, fold: int, folds: int) -> Sets:
    roles: Mapping[str, Persons] = {name: [] for name in SETS}
    for indices in draw.persons:
        n = len(indices)
        start, end = fold * n // folds, (fold + 1) * n // folds
        # The five other roles need one each; so of six photographs a fold never tests two.
        end = min(end, start + n - 5)
        rest = np.concatenate([indices[end:], indices[:start]])
        parts = _cut(rest, shares(len(rest), (3, 1, 2, 1, 1)))
        for name, part in zip(SETS, (*parts, indices[start:end])):
            roles[name].append(part)
    return _joined(roles)


def _attacker_knows_people(draw: Draw, fold: int, folds: int) -> Sets:
    persons = _rotated(draw.persons, fold, folds)
    half = len(persons) // 2
    private, others = persons[:half], persons[half:]
    train, validation = _held_out(private)
    roles: dict[str, Persons] = {"x1_train": train, "x1_val": validation}
    names = ("x2_train", "x2_val", "gallery", "probes")
    roles.update({name: [] for name in names})
    for indices in others:
        for name, part in zip(names, _cut(indices, shares(len(indices), (4, 1, 2, 3)))):
            roles[name].append(part)
    return _joined(roles)


def _disjoint_people(draw: Draw, fold: int, folds: int) -> Sets:
    persons = _rotated(draw.persons, fold, folds)
    first, second, _ = shares(len(persons), (4, 3, 3))
    rest = persons[first:]
    private, tested = persons[:first], rest[second:]
    public, distractors = [], []
    for indices in rest[:second]:
        count = _distractor_count(len(indices))
        distractors.append(indices[:count])
        public.append(indices[count:])
    roles: dict[str, Persons] = {}
    roles["x1_train"], roles["x1_val"] = _held_out(private)
    roles["x2_train"], roles["x2_val"] = _held_out(public)
    # Of an odd number G gets the one more: it serves every probe of the person.
    halves = [_cut(indices, ((len(indices) + 1) // 2, len(indices) // 2)) for indices in tested]
    roles["gallery"] = [half[0] for half in halves] + distractors
    roles["probes"] = [half[1] for half in halves]
    return _joined(roles)


def _paper(draw: Draw, fold: int, folds: int) -> Sets:
    count = len(draw.order)
    order = np.roll(draw.order, -(fold * count // folds))
    trained = count - min(PAPER_TESTED, count // 10)
    private = trained * 4 // 5
    return _photographs_divided(order[:private], order[private:trained], order[trained:], draw)


def _official(draw: Draw, fold: int, folds: int) -> Sets:
    assert draw.official is not None
    order = np.roll(draw.order, -(fold * len(draw.order) // folds))
    official = draw.official[order]
    private, public, tested = (
        order[official == value] for value in (OFFICIAL_TRAIN, OFFICIAL_VALIDATION, OFFICIAL_TEST)
    )
    return _photographs_divided(private, public, tested, draw)


def _photographs_divided(private: np.ndarray, public: np.ndarray, tested: np.ndarray, draw: Draw) -> Sets:
    sets: Sets = {}
    for name, indices in (("x1", private), ("x2", public)):
        held = max(1, len(indices) // VALIDATION)
        sets |= {f"{name}_val": indices[:held], f"{name}_train": indices[held:]}
    sets["gallery"], sets["probes"] = _gallery_and_probes(tested, draw.people)
    return sets


def _gallery_and_probes(indices: np.ndarray, people: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Gives G half of each person's photographs, rounded down: who has one only is a probe that nothing can name."""
    if people is None:
        return indices[:0], indices
    order = np.argsort(people[indices], kind="stable")
    of = people[indices][order]
    starts = np.flatnonzero(np.diff(of, prepend=of[0] - 1))
    counts = np.diff(np.append(starts, len(of)))
    place = np.arange(len(of)) - np.repeat(starts, counts)
    known = place < np.repeat(counts // 2, counts)
    return indices[order[known]], indices[order[~known]]


def _rotated(persons: Persons, fold: int, folds: int) -> Persons:
    start = fold * len(persons) // folds
    return [np.roll(p, -(fold * len(p) // folds)) for p in persons[start:] + persons[:start]]


def _held_out(persons: Persons) -> tuple[Persons, Persons]:
    """Splits people into training and, a quarter but at least one, validation."""
    train, _ = shares(len(persons), (3, 1))
    return persons[:train], persons[train:]


def _distractor_count(count: int) -> int:
    """A fifth of a person's photographs, rounded, at least one; none of an only one."""
    return max(1, (2 * count + 5) // 10) if count > 1 else 0


def _cut(indices: np.ndarray, sizes: tuple[int, ...]) -> Persons:
    return np.split(indices, np.cumsum(sizes)[:-1])


def _joined(roles: Mapping[str, Persons]) -> Sets:
    return {name: np.concatenate(parts) for name, parts in roles.items()}


@dataclasses.dataclass(frozen=True)
class Mode:
    """How a mode splits, and what it needs.

    `least_photographs` of a person: one for each role this mode gives a person.
    `least_people`: enough for a person in each set of people, validation included.
    """

    split: Callable[[Draw, int, int], Sets]
    least_photographs: int = 1
    least_people: int = 1
    same_draw_for_folds: bool = False
    needs_people: bool = True
    needs_official: bool = False


MODES: dict[str, Mode] = {
    "shared_people": Mode(_shared_people, 6, 1, same_draw_for_folds=True),
    "attacker_knows_people": Mode(_attacker_knows_people, 4, 4),
    "disjoint_people": Mode(_disjoint_people, 1, 6),
    "paper": Mode(_paper, needs_people=False),
    "official": Mode(_official, needs_people=False, needs_official=True),
}
