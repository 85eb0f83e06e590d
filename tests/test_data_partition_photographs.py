"""Partitions that divide photographs, not people: the paper's and CelebA's own; and less training data of any."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tfprivacy_rep.data import partition
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError

CELEBA = 202_599


def invented(count: int, each: int = 20, official: bool = False) -> Photographs:
    """Photographs without pixels, `each` of a person, in the order of the people."""
    draws = np.random.default_rng(0)
    people = np.arange(count) // each
    return Photographs(
        images=np.broadcast_to(np.zeros((), np.uint8), (count, 1, 1, 3)),
        labels=draws.integers(0, 2, (count, 2)).astype(np.int8),
        attributes=("Smiling", "Young"),
        people=people.astype(np.int64),
        names=tuple(map(str, range(count))),
        source="invented",
        official=np.digitize(people / people.max(), [0.8, 0.9]).astype(np.int8) if official else None,
    )


def sets_of(made: partition.Partition) -> dict[str, np.ndarray]:
    return {name: getattr(made, name) for name in partition.SETS}


def test_the_papers_partition_of_celeba_has_the_papers_numbers():
    made = partition.make(invented(CELEBA), "paper", seed=0)
    assert len(made.x1) == 160_000 and len(made.x2) == 40_000
    assert len(made.gallery) + len(made.probes) == 2_599
    assert len(made.x1_val) == 8_000 and len(made.x2_val) == 2_000
    everything = np.concatenate(list(sets_of(made).values()))
    assert np.array_equal(np.sort(everything), np.arange(CELEBA))


def test_of_fewer_photographs_a_tenth_is_tested_and_x1_has_four_times_x2():
    made = partition.make(invented(1000), "paper", seed=0)
    assert (len(made.x1), len(made.x2), len(made.gallery) + len(made.probes)) == (720, 180, 100)


@pytest.mark.parametrize("mode", ["paper", "official"])
def test_the_gallery_knows_half_of_each_tested_persons_photographs(mode):
    photographs = invented(3000, each=15, official=True)
    made = partition.make(photographs, mode, seed=3)
    assert photographs.people is not None
    for person in np.unique(photographs.people[np.concatenate([made.gallery, made.probes])]):
        known, asked = (int((photographs.people[s] == person).sum()) for s in (made.gallery, made.probes))
        assert known == (known + asked) // 2


@pytest.mark.parametrize("mode", ["paper", "official"])
def test_without_people_the_gallery_is_empty_and_nothing_is_lost(mode):
    photographs = dataclasses.replace(invented(1000, official=True), people=None)
    made = partition.make(photographs, mode, seed=0)
    assert len(made.gallery) == 0
    assert sum(made.counts().values()) == 1000
    assert made.shared_people() == {} and made.people_counts() == {}


@pytest.mark.parametrize("mode", ["paper", "official"])
def test_seeds_and_folds_give_other_partitions_and_no_photograph_twice(mode):
    photographs = invented(1000, official=True)
    made = [partition.make(photographs, mode, seed, fold) for seed, fold in ((0, 0), (0, 0), (1, 0), (0, 1))]
    assert np.array_equal(made[0].probes, made[1].probes)
    assert not np.array_equal(made[0].x1_val, made[2].x1_val)
    assert not np.array_equal(made[0].x1_val, made[3].x1_val)
    for one in made:
        everything = np.concatenate(list(sets_of(one).values()))
        assert np.array_equal(np.sort(everything), np.arange(1000))


def test_the_folds_of_the_paper_test_other_photographs():
    photographs = invented(1000)
    tested = [np.concatenate([m.gallery, m.probes]) for m in (
        partition.make(photographs, "paper", 0, fold) for fold in range(5))]
    assert len(np.unique(np.concatenate(tested))) == 500


def test_the_official_partition_is_kept_and_shares_nobody():
    photographs = invented(2000, official=True)
    made = partition.make(photographs, "official", seed=5)
    assert photographs.official is not None
    for indices, value in ((made.x1, 0), (made.x2, 1), (made.probes, 2), (made.gallery, 2)):
        assert set(photographs.official[indices]) == {value}
    shared = made.shared_people()
    assert shared["g_t"] > 0 and {shared[pair] for pair in shared if pair != "g_t"} == {0}


def test_less_data_is_part_of_more_and_leaves_the_other_sets():
    whole = partition.make(invented(1000), "paper", seed=2)
    half, quarter = whole.reduced(0.5, 0.5), whole.reduced(0.25, 1.0)
    assert len(half.x1_train) == round(0.5 * len(whole.x1_train))
    assert len(quarter.x1_train) == round(0.25 * len(whole.x1_train))
    assert set(quarter.x1_train) < set(half.x1_train) < set(whole.x1_train)
    assert set(half.x2_train) < set(whole.x2_train) and np.array_equal(quarter.x2_train, whole.x2_train)
    for name in ("x1_val", "x2_val", "gallery", "probes"):
        assert np.array_equal(getattr(half, name), getattr(whole, name))
    assert half.describe()["x1_fraction"] == 0.5 and whole.describe()["x2_fraction"] == 1.0
    assert half.reduced(0.5).x1_fraction == 0.25


@pytest.mark.parametrize("fractions", [(0.0, 1.0), (1.0, 1.5), (float("nan"), 1.0)])
def test_a_fraction_out_of_range_is_refused(fractions):
    with pytest.raises(UserError, match="`x[12]_fraction`: expected a number above 0 and at most 1"):
        partition.make(invented(1000), "paper", seed=0).reduced(*fractions)


def test_what_is_missing_is_named():
    with pytest.raises(UserError, match="official needs CelebA's own partition.*Add list_eval_partition"):
        partition.make(invented(1000), "official", seed=0)
    with pytest.raises(UserError, match="expected at least 100 for mode='paper'. Received: 99"):
        partition.make(invented(99), "paper", seed=0)
    alone = dataclasses.replace(invented(1000), official=np.zeros(1000, np.int8))
    with pytest.raises(UserError, match="Received: fewer in validation, test"):
        partition.make(alone, "official", seed=0)


def test_disjoint_people_takes_people_with_a_single_photograph():
    photographs = invented(1010, each=10)
    people = photographs.people.copy()
    people[1000:] = 5000 + np.arange(10)  # ten people with one photograph each
    made = partition.make(dataclasses.replace(photographs, people=people), "disjoint_people", seed=0)
    assert sum(made.counts().values()) == 1010
    assert not np.isin(people[made.probes], np.arange(5000, 5010)).any()
    assert made.shared_people() | {"g_t": 0, "x2_g": 0} == dict.fromkeys(made.shared_people(), 0)


def test_people_with_one_photograph_each_leave_nobody_to_test():
    with pytest.raises(UserError, match="value was missing: .* in probes"):
        partition.make(invented(200, each=1), "disjoint_people", seed=0)
