"""Partitions of the real 400 photographs: nobody is in two sets, people are shared as promised."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import json

import numpy as np
import pytest

from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import partition, partition_modes, sources
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError

SEEDS = (0, 1, 2, 7, 2024)
FOLDS = range(5)
DRAWS = list(itertools.product(SEEDS, FOLDS))
# Those that divide people; `paper` and `official` are in test_data_partition_photographs.py.
BY_PEOPLE = ("shared_people", "attacker_knows_people", "disjoint_people")
CASES = [(mode, *draw) for mode in BY_PEOPLE for draw in DRAWS]
ALL_PAIRS = {"x1_x2", "x1_g", "x1_t", "x2_g", "x2_t", "g_t"}


@pytest.fixture(scope="module")
def orl() -> Photographs:
    return sources.load(DataConfig(image_size=32))


def invented(counts: list[int], seed: int = 0) -> Photographs:
    """People with the given numbers of photographs and two attributes drawn at random."""
    people = np.repeat(np.arange(len(counts)) * 3 + 100, counts).astype(np.int64)
    generator = np.random.default_rng(seed)
    generator.shuffle(people)
    return Photographs(
        images=np.zeros((len(people), 1, 1, 3), np.uint8),
        labels=generator.integers(0, 2, (len(people), 2)).astype(np.int8),
        attributes=("Smiling", "Young"),
        people=people,
        names=tuple(map(str, range(len(people)))),
        source="invented",
    )


def sets_of(made: partition.Partition) -> dict[str, np.ndarray]:
    return {name: getattr(made, name) for name in partition.SETS}


def per_person(photographs: Photographs, indices: np.ndarray) -> dict[int, int]:
    assert photographs.people is not None
    return dict(collections.Counter(photographs.people[indices].tolist()))


@pytest.mark.parametrize("mode, seed, fold", CASES)
def test_every_photograph_is_in_exactly_one_set(orl, mode, seed, fold):
    everything = np.concatenate(list(sets_of(partition.make(orl, mode, seed, fold)).values()))
    assert sorted(everything.tolist()) == list(range(400))


@pytest.mark.parametrize("mode, seed, fold", CASES)
def test_every_attribute_has_both_values_where_it_is_learned_or_measured(orl, mode, seed, fold):
    made = partition.make(orl, mode, seed, fold)
    for indices in (made.x1_train, made.x2_train, made.probes):
        labels = orl.labels[indices]
        assert (labels.min(axis=0) == 0).all() and (labels.max(axis=0) == 1).all()


@pytest.mark.parametrize("seed, fold", DRAWS)
def test_shared_people_gives_each_person_4_3_1_2(orl, seed, fold):
    made = partition.make(orl, "shared_people", seed, fold)
    expected = dict(x1_train=3, x1_val=1, x2_train=2, x2_val=1, gallery=1, probes=2)
    for name, indices in sets_of(made).items():
        assert per_person(orl, indices) == {p: expected[name] for p in range(1, 41)}, name
    assert made.shared_people() == {pair: 40 for pair in ALL_PAIRS}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_folds_of_shared_people_test_each_photograph_once(orl, seed):
    probes = [partition.make(orl, "shared_people", seed, fold).probes for fold in FOLDS]
    assert sorted(np.concatenate(probes).tolist()) == list(range(400))


def test_the_folds_test_each_photograph_once_even_where_a_draw_is_replaced(orl):
    """Six positive photographs, all of person 1: T has one in each of five folds only if the draw
    put one in each pair of the person's list, which 5 * 2**4 / 210 = 38 % of the draws do."""
    labels = np.zeros((400, 1), np.int8)
    labels[:6] = 1
    rare = dataclasses.replace(orl, labels=labels, attributes=("Rare",))
    first = partition_modes.MODES["shared_people"].split(
        partition._drawn(rare, np.random.default_rng([1, 0])), 0, 5
    )
    made = [partition.make(rare, "shared_people", 1, fold) for fold in FOLDS]
    assert set(first["probes"]) != set(made[0].probes), "the first draw was to be replaced"
    assert sorted(np.concatenate([m.probes for m in made]).tolist()) == list(range(400))
    for one in made:
        for indices in (one.x1_train, one.x2_train, one.probes):
            assert labels[indices].max() == 1


@pytest.mark.parametrize("seed, fold", DRAWS)
def test_attacker_knows_people_keeps_x1s_people_apart(orl, seed, fold):
    made = partition.make(orl, "attacker_knows_people", seed, fold)
    x1_train, x1_val = per_person(orl, made.x1_train), per_person(orl, made.x1_val)
    assert len(x1_train) == 15 and len(x1_val) == 5 and not set(x1_train) & set(x1_val)
    assert set(x1_train.values()) == set(x1_val.values()) == {10}
    others = set(range(1, 41)) - set(x1_train) - set(x1_val)
    for name, count in dict(x2_train=4, x2_val=1, gallery=2, probes=3).items():
        assert per_person(orl, getattr(made, name)) == {p: count for p in others}, name
    assert made.shared_people() == dict(x1_x2=0, x1_g=0, x1_t=0, x2_g=20, x2_t=20, g_t=20)


@pytest.mark.parametrize("seed, fold", DRAWS)
def test_disjoint_people_share_nobody_but_distractors(orl, seed, fold):
    made = partition.make(orl, "disjoint_people", seed, fold)
    people = {name: per_person(orl, indices) for name, indices in sets_of(made).items()}
    assert {name: len(of) for name, of in people.items()} == dict(
        x1_train=12, x1_val=4, x2_train=9, x2_val=3, gallery=24, probes=12
    )
    trained = [people[name] for name in ("x1_train", "x1_val", "x2_train", "x2_val", "probes")]
    for one, other in itertools.combinations(trained, 2):
        assert not set(one) & set(other)
    x2 = people["x2_train"] | people["x2_val"]
    # Each of X2's people has 8 photographs in X2 and 2 in G, each of T's 5 in G and 5 in T.
    assert set(x2.values()) == {8} and set(people["probes"].values()) == {5}
    assert people["gallery"] == {p: 2 for p in x2} | {p: 5 for p in people["probes"]}
    assert set((people["x1_train"] | people["x1_val"]).values()) == {10}
    assert made.shared_people() == dict(x1_x2=0, x1_g=0, x1_t=0, x2_g=12, x2_t=0, g_t=12)


@pytest.mark.parametrize("mode", BY_PEOPLE)
def test_the_same_arguments_give_the_same_partition_and_others_another(orl, mode):
    def probes(seed: int, fold: int) -> bytes:
        return partition.make(orl, mode, seed, fold).probes.tobytes()

    drawn = {(seed, fold): probes(seed, fold) for seed in (0, 1) for fold in FOLDS}
    assert len(set(drawn.values())) == len(drawn)
    assert all(probes(*key) == value for key, value in drawn.items())


def test_folds_of_disjoint_people_rotate_the_people(orl):
    """Without attributes no draw is replaced: T's 12 people move on by 8 of 40 each fold."""
    plain = orl.with_attributes([])
    made = [partition.make(plain, "disjoint_people", 4, fold) for fold in FOLDS]
    tested = [set(per_person(plain, one.probes)) for one in made]
    for fold in FOLDS:
        assert len(tested[fold] & tested[(fold + 1) % 5]) == 4
        assert not tested[fold] & tested[(fold + 2) % 5]
    assert set.union(*tested) == set(range(1, 41))


def test_photographs_per_person_are_not_dealt_in_the_order_of_their_numbers(orl):
    probes = partition.make(orl, "shared_people", 0).probes
    taken = {orl.names[i].split("/")[1] for i in probes}
    assert len(taken) == 10


@pytest.mark.parametrize("mode", BY_PEOPLE)
def test_the_description_is_plain_json(orl, mode):
    made = partition.make(orl, mode, np.int64(3), 1)
    described = made.describe()
    assert json.loads(json.dumps(described)) == described
    assert described["mode"] == mode and described["seed"] == 3 and described["fold"] == 1
    assert sum(described["counts"].values()) == 400
    assert set(described["counts"]) == set(described["people"]) == set(partition.SETS)
    assert set(described["shared_people"]) == ALL_PAIRS
    numbers = [*described["counts"].values(), *described["people"].values()]
    assert {type(n) for n in [*numbers, *described["shared_people"].values()]} == {int}


def test_x1_and_x2_join_training_and_validation(orl):
    made = partition.make(orl, "shared_people", 0)
    assert set(made.x1) == set(made.x1_train) | set(made.x1_val) and len(made.x1) == 160
    assert set(made.x2) == set(made.x2_train) | set(made.x2_val) and len(made.x2) == 120


@pytest.mark.parametrize("mode", BY_PEOPLE)
@pytest.mark.parametrize("folds", [2, 5])
def test_uneven_people_are_split_whole_with_someone_in_every_role(mode, folds):
    counts = [6, 7, 8, 9, 11, 13, 30, 6, 25, 12, 17, 7]
    photographs = invented(counts)
    for fold in range(folds):
        made = partition.make(photographs, mode, 5, fold, folds)
        everything = np.concatenate(list(sets_of(made).values()))
        assert sorted(everything.tolist()) == list(range(sum(counts)))
        assert min(made.counts().values()) >= 1
        if mode == "shared_people":
            assert made.people_counts() == {name: 12 for name in partition.SETS}
        elif mode == "attacker_knows_people":
            assert made.shared_people() == dict(x1_x2=0, x1_g=0, x1_t=0, x2_g=6, x2_t=6, g_t=6)
        else:
            shared = made.shared_people()
            assert shared["x1_x2"] == shared["x1_g"] == shared["x1_t"] == shared["x2_t"] == 0


def test_folds_never_test_a_photograph_of_uneven_people_twice():
    """Of six photographs a fold tests one at most, so one of six is never tested; others are."""
    counts = [6, 7, 8, 9, 11, 13, 30]
    photographs = invented(counts)
    probes = np.concatenate(
        [partition.make(photographs, "shared_people", 1, fold).probes for fold in FOLDS]
    )
    assert len(set(probes.tolist())) == len(probes) == sum(counts) - 1


@pytest.mark.parametrize("mode", BY_PEOPLE)
def test_unknown_people_are_refused(orl, mode):
    with pytest.raises(UserError, match=f"{mode} needs people: expected a person's number for each photograph. "
                                        "Received: photographs of `orl`"):
        partition.make(dataclasses.replace(orl, people=None), mode, 0)


@pytest.mark.parametrize(
    "mode, least", [("shared_people", 6), ("attacker_knows_people", 4)]
)
def test_people_with_too_few_photographs_are_counted(mode, least):
    text = f"at least {least} photographs.*mode='{mode}'. Received: 2 of 12 people with fewer"
    with pytest.raises(UserError, match=text):
        partition.make(invented([least - 1, least - 1] + [least] * 10), mode, 0)


def test_more_folds_need_more_photographs():
    with pytest.raises(UserError, match="at least 8 photographs.*1 of 3 people with fewer"):
        partition.make(invented([7, 8, 9]), "shared_people", 0, folds=8)


@pytest.mark.parametrize("mode, people", [("attacker_knows_people", 3), ("disjoint_people", 5)])
def test_too_few_people_are_refused(mode, people):
    with pytest.raises(UserError, match=f"people for mode='{mode}'. Received: {people}"):
        partition.make(invented([10] * people), mode, 0)


@pytest.mark.parametrize(
    "arguments, text",
    [
        (dict(mode="random", seed=0), "expected one of shared_people.*mode='random'"),
        (dict(mode="shared_people", seed=-1), "`seed`: expected an integer of at least 0.*seed=-1"),
        (dict(mode="shared_people", seed=0.5), "`seed`.*seed=0.5"),
        (dict(mode="shared_people", seed=0, fold=5), r"`fold`: expected .* in 0\.\.4.*fold=5"),
        (dict(mode="shared_people", seed=0, fold=-1), r"`fold`.*fold=-1"),
        (dict(mode="shared_people", seed=0, folds=1), "`folds`.* at least 2.*folds=1"),
    ],
)
def test_arguments_out_of_range_are_refused(orl, arguments, text):
    with pytest.raises(UserError, match=text):
        partition.make(orl, **arguments)


def test_an_attribute_without_both_values_is_named(orl):
    labels = orl.labels.copy()
    labels[:, orl.attributes.index("Male")] = 1
    with pytest.raises(UserError, match="same value in all 400 for Male"):
        partition.make(dataclasses.replace(orl, labels=labels), "shared_people", 0)


def test_an_attribute_that_no_draw_supports_is_named_with_the_set(orl):
    """One person with hats can't be among X1's, X2's and T's people at once."""
    hats = dataclasses.replace(
        orl, labels=(orl.people == 3).astype(np.int8)[:, None], attributes=("Wearing_Hat",)
    )
    text = r"`attributes`.*in all of 1000 draws.*Wearing_Hat in x2_train \(\d+ draws\)"
    with pytest.raises(UserError, match=text):
        partition.make(hats, "disjoint_people", 0)


def test_a_photograph_in_two_sets_is_refused():
    one = np.array([1, 2])
    rest = [np.array([i]) for i in (3, 4, 5, 2, 6)]
    with pytest.raises(UserError, match="no photograph in two sets. Received: 1 are"):
        partition.Partition("mine", 0, 0, one, *rest)


def test_a_partition_without_people_counts_none():
    made = partition.Partition("mine", 0, 0, *(np.array([i]) for i in range(6)))
    assert made.describe()["people"] == made.describe()["shared_people"] == {}


def test_a_set_without_photographs_is_refused_even_without_attributes():
    alone = dataclasses.replace(invented([1] * 8), labels=np.zeros((8, 0), np.int8), attributes=())
    with pytest.raises(UserError, match="every attribute in probes"):
        partition.make(alone, "disjoint_people", 0)
