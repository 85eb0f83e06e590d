"""Photographs of any people and attributes: no photograph in two sets, and people shared as the mode promises."""

from __future__ import annotations

import numpy as np
import pytest
from fuzzing import answered, cases, holds
from hypothesis import strategies as st

from tfprivacy_rep.data import partition, partition_modes
from tfprivacy_rep.data.photographs import Photographs


def photographs(counts: list[int], shares: list[float], seed: int, people: bool, official: bool) -> Photographs:
    """Shuffled photographs of people with so many each, and an attribute for each share of ones."""
    draws = np.random.default_rng(seed)
    of = np.repeat(draws.permutation(3 * len(counts))[: len(counts)] - 5, counts).astype(np.int64)
    draws.shuffle(of)
    n = len(of)
    labels = (draws.random((n, len(shares))) < np.array(shares)).astype(np.int8)
    return Photographs(
        np.zeros((n, 1, 1, 3), np.uint8), labels, tuple(f"a{i}" for i in range(len(shares))), of if people else None,
        tuple(map(str, range(n))), "invented", draws.integers(0, 3, n).astype(np.int8) if official else None)


DRAWN = {
    "counts": st.lists(st.integers(1, 12), max_size=14) | st.lists(st.integers(6, 30), min_size=1, max_size=9),
    "shares": st.lists(st.sampled_from([0.5, 0.5, 0.3, 0.02, 0.0]), max_size=2),
    "seed": st.integers(0, 2**70),
    "known": st.tuples(st.sampled_from([True, True, True, False]), st.booleans()),
    "mode": st.sampled_from(sorted(partition_modes.MODES)),
    "folding": st.integers(2, 7).flatmap(lambda folds: st.tuples(st.integers(0, folds - 1), st.just(folds))),
}


def _people(made: partition.Partition, *names: str) -> set[int]:
    assert made.people is not None
    return set(made.people[np.concatenate([getattr(made, name) for name in names])].tolist())


def _require_promise(found: Photographs, made: partition.Partition) -> None:
    """Who is in which set, counted by sets of Python and not by the partition's own methods."""
    if made.mode == "official":
        assert found.official is not None
        for value, names in enumerate((("x1_train", "x1_val"), ("x2_train", "x2_val"), ("gallery", "probes"))):
            assert all((found.official[getattr(made, name)] == value).all() for name in names)
    if found.people is None:
        assert len(made.gallery) == 0 and made.shared_people() == {} == made.people_counts()
        return
    x1, x2 = _people(made, "x1_train", "x1_val"), _people(made, "x2_train", "x2_val")
    g, t = _people(made, "gallery"), _people(made, "probes")
    if made.mode == "shared_people":
        assert x1 == x2 == g == t == set(found.people.tolist())
    elif made.mode == "attacker_knows_people":
        assert x2 == g == t and not x1 & x2 and not _people(made, "x1_train") & _people(made, "x1_val")
    elif made.mode == "disjoint_people":
        assert not x1 & (x2 | g | t) and not x2 & t and t <= g and g - t <= x2 | (g - t)
        assert not _people(made, "x1_train") & _people(made, "x1_val")
        assert not _people(made, "x2_train") & _people(made, "x2_val")
    assert made.shared_people() == {"x1_x2": len(x1 & x2), "x1_g": len(x1 & g), "x1_t": len(x1 & t),
                                    "x2_g": len(x2 & g), "x2_t": len(x2 & t), "g_t": len(g & t)}


@cases(40, 1500)
def test_every_photograph_is_in_one_set_and_people_are_shared_as_promised(cases, monkeypatch):
    monkeypatch.setattr(partition, "MAX_DRAWS", 20)  # what is impossible stays so

    def check(counts, shares, seed, known, mode, folding, large):
        people, official = known
        counts = counts * 4 if large else counts
        found = photographs(counts, shares, seed % 1000, people, official)
        made = answered(lambda: partition.make(found, mode, seed, *folding))
        if made is None:
            return
        sets = {name: getattr(made, name).tolist() for name in partition.SETS}
        everything = [place for indices in sets.values() for place in indices]
        assert sorted(everything) == list(range(len(found)))
        assert all(sets[name] for name in ("x1_train", "x1_val", "x2_train", "x2_val", "probes")), made.counts()
        for name in ("x1_train", "x2_train", "probes"):
            labels = found.labels[sets[name]]
            assert (labels.min(0) == 0).all() and (labels.max(0) == 1).all()
        _require_promise(found, made)
        again = partition.make(found, mode, seed, *folding)
        assert all(getattr(again, name).tolist() == sets[name] for name in partition.SETS)

    holds(check, cases, **DRAWN, large=st.booleans())


@cases(20, 400)
def test_less_training_data_takes_from_training_alone_and_larger_shares_hold_smaller_ones(cases):
    found = photographs([10] * 12, [0.5], 0, True, True)
    fractions = st.floats(0, 1, exclude_min=True) | st.sampled_from([1e-9, 1.0, 0.5, float("nan"), 0.0, 1.5, -1.0])

    def check(mode, seed, first, second):
        made = partition.make(found, mode, seed)
        less = answered(lambda: made.reduced(first, second), "_fraction`")
        if less is None:
            assert not (0 < first <= 1 and 0 < second <= 1)
            return
        for name in ("x1_val", "x2_val", "gallery", "probes"):
            assert getattr(less, name).tolist() == getattr(made, name).tolist()
        for name, share in (("x1_train", first), ("x2_train", second)):
            whole, part = getattr(made, name).tolist(), getattr(less, name).tolist()
            assert set(part) <= set(whole) and len(part) == max(1, round(share * len(whole)))
        if first < 1:
            larger = made.reduced((first + 1) / 2, second)
            assert set(less.x1_train.tolist()) <= set(larger.x1_train.tolist())

    holds(check, cases, mode=DRAWN["mode"], seed=st.integers(0, 50), first=fractions, second=fractions)


@cases(20, 400)
def test_shares_are_within_one_of_the_quota_or_the_one_that_each_must_have(cases):
    def check(count, weights):
        given = answered(lambda: partition_modes.shares(count, weights), "`count`")
        if given is None:
            assert count < len(weights)
            return
        assert sum(given) == count and min(given) >= 1
        quotas = [count * weight / sum(weights) for weight in weights]
        assert all(share == 1 or share < quota + 1 for share, quota in zip(given, quotas))

    weights = st.lists(st.integers(1, 9), min_size=1, max_size=6).map(tuple)
    holds(check, cases, count=st.integers(0, 300), weights=weights)


@cases(20, 400)
def test_over_all_folds_no_photograph_is_tested_twice(cases):
    def check(counts, seed, folds):
        found = photographs(counts, [], seed, True, False)
        made = [answered(lambda fold=fold: partition.make(found, "shared_people", seed, fold, folds))
                for fold in range(folds)]
        if None in made:
            assert min(counts) < max(6, folds) and made == [None] * folds
            return
        tested = [place for one in made for place in one.probes.tolist()]
        assert len(tested) == len(set(tested))
        if min(n - -(-n // folds) for n in counts) >= 5:  # else some roles would get none
            assert sorted(tested) == list(range(len(found)))

    holds(check, cases, counts=st.lists(st.integers(4, 25), min_size=1, max_size=5), seed=st.integers(0, 99),
          folds=st.integers(2, 8))


@pytest.mark.parametrize("mode", sorted(partition_modes.MODES))
def test_a_partition_of_nothing_is_refused(mode):
    assert answered(lambda: partition.make(photographs([], [0.5], 0, True, True), mode, 0)) is None
