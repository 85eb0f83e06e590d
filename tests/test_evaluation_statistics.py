"""Bootstrap over people, then seeds: against formulas, and by hand where the draws are few."""

import time

import numpy as np
import pytest

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.statistics import (
    PersonValues,
    bootstrap_interval,
    difference,
    joined,
    mean_mcc_of,
    mean_of,
    pooled,
    restricted,
)

NORMAL_95 = 1.959964


def clustered(people: int, per_person: int, seed: int = 0) -> PersonValues:
    """Values that vary between people (sd 1) far more than within (sd 0.1), in shuffled order."""
    generator = np.random.default_rng(seed)
    ids = generator.permutation(np.repeat(np.arange(people) * 7 + 3, per_person))
    effects = generator.normal(size=people)
    values = effects[(ids - 3) // 7] + 0.1 * generator.normal(size=len(ids))
    return PersonValues(ids, {"value": values})


def person_means(run: PersonValues) -> np.ndarray:
    people = np.unique(run.people)
    return np.array([run.columns["value"][run.people == person].mean() for person in people])


def test_width_is_the_standard_error_of_the_means_of_people():
    run = clustered(people=200, per_person=10)
    value, low, high = bootstrap_interval([run], mean_of("value"), seed=0, replicates=4000)
    means = person_means(run)
    error = means.std(ddof=1) / np.sqrt(len(means))
    assert value == pytest.approx(means.mean())
    assert low < value < high
    # Monte Carlo error of the width: about 2 %. Resampling photographs would give a third of it.
    assert high - low == pytest.approx(2 * NORMAL_95 * error, rel=0.06)


def test_people_keep_all_their_photographs():
    # One person has 8 photographs of value 1, two have one of value 0. With all photographs of the
    # drawn people the mean is 8k / (8k + 3 - k) for k draws of the first: 0, 0.8, 16/17 or 1.
    run = PersonValues(np.array([4] * 8 + [2, 9]), {"value": np.array([1.0] * 8 + [0, 0])})
    seen = set()

    def record(columns):
        figure = float(columns["value"].mean())
        seen.add(round(figure, 6))
        return figure

    bootstrap_interval([run], record, seed=0, replicates=200)
    assert seen == {0.0, 0.8, round(16 / 17, 6), 1.0}


def test_a_draw_of_people_is_shared_by_the_seeds():
    # Both seeds hold the ids themselves, in different orders: a replicate's seeds must agree.
    ids = np.arange(30)
    runs = [PersonValues(ids, {"id": ids}), PersonValues(ids[::-1], {"id": ids[::-1]})]
    drawn: list[tuple] = []

    def record(columns):
        drawn.append(tuple(columns["id"]))
        return 0.0

    bootstrap_interval(runs, record, seed=0, replicates=100)
    draws = drawn[2:]  # The first two calls are the value itself.
    assert 130 < len(draws) < 170  # Two different seeds come in half of the replicates.
    assert len(set(draws)) == 100


def test_seeds_are_resampled():
    # No difference between people: only the seeds vary, their values 0 and 1. A mean of two draws
    # is 0, 0.5 or 1 with probability 1/4, 1/2, 1/4, so the 95 % interval is [0, 1].
    ids = np.arange(5)
    runs = [PersonValues(ids, {"value": np.full(5, level)}) for level in (0.0, 1.0)]
    assert bootstrap_interval(runs, mean_of("value"), seed=0) == (0.5, 0.0, 1.0)
    assert bootstrap_interval(runs, mean_of("value"), seed=0, level=0.4) == (0.5, 0.5, 0.5)


def test_one_seed_and_its_copies_agree():
    run = clustered(40, 10)
    one = bootstrap_interval([run], mean_of("value"), seed=0, replicates=3000)
    three = bootstrap_interval([run] * 3, mean_of("value"), seed=1, replicates=3000)
    assert three.value == pytest.approx(one.value)
    assert three.high - three.low == pytest.approx(one.high - one.low, rel=0.1)


def test_draws_follow_the_seed():
    run = clustered(20, 3)
    first, again, other = (bootstrap_interval([run], mean_of("value"), seed=s) for s in (5, 5, 6))
    assert first == again and first != other


def test_level_sets_the_width():
    run = clustered(100, 2)
    wide = bootstrap_interval([run], mean_of("value"), seed=0, level=0.95)
    narrow = bootstrap_interval([run], mean_of("value"), seed=0, level=0.5)
    ratio = (wide.high - wide.low) / (narrow.high - narrow.low)
    assert ratio == pytest.approx(1.96 / 0.674, rel=0.15)


def mcc_run(seed: int, error_rate: float, attributes: int = 10) -> PersonValues:
    generator = np.random.default_rng(100)  # Labels are the same for all seeds and encoders.
    people = np.repeat(np.arange(40), 10)
    labels = generator.random((400, attributes)) < 0.4
    wrong = np.random.default_rng(seed).random(labels.shape) < error_rate
    return PersonValues(people, {"labels": labels, "predictions": labels ^ wrong})


def test_mean_mcc_is_pooled_over_photographs_and_fast():
    runs = [mcc_run(seed, 0.1) for seed in range(3)]
    start = time.perf_counter()
    value, low, high = bootstrap_interval(runs, mean_mcc_of(), seed=0)
    assert time.perf_counter() - start < 5.0  # About 0.5 s.
    assert value == pytest.approx(np.mean([mean_mcc_of()(run.columns) for run in runs]))
    assert low < value < high
    # 4,000 answers a seed with an MCC near 0.8: the standard error is close to 0.01.
    assert 0.01 < high - low < 0.08


def test_paired_difference_of_equal_encoders_is_exactly_zero():
    runs = [mcc_run(seed, 0.1) for seed in range(3)]
    both = joined({"ours": runs, "plain": runs})
    result = bootstrap_interval(both, difference(mean_mcc_of(), "ours", "plain"), seed=0)
    assert result == (0.0, 0.0, 0.0)


def test_pairing_removes_what_the_encoders_share():
    ours = clustered(50, 4)
    shifted = PersonValues(ours.people, {"value": ours.columns["value"] - 0.25})
    both = joined({"ours": [ours], "plain": [shifted]})
    value, low, high = bootstrap_interval(
        both, difference(mean_of("value"), "ours", "plain"), seed=0
    )
    np.testing.assert_allclose([value, low, high], 0.25, atol=1e-12)
    alone = bootstrap_interval(both, restricted(mean_of("value"), "plain"), seed=0)
    assert alone == bootstrap_interval([shifted], mean_of("value"), seed=0)


def test_undefined_replicates_are_left_out_or_spoil_the_interval():
    ids = np.arange(4)
    run = PersonValues(ids, {"value": np.array([0.0, 0.0, 0.0, 1.0])})

    def only_with_the_last(columns):  # Undefined in (3/4)^4 = 32 % of the draws.
        return float(columns["value"].mean()) if columns["value"].any() else float("nan")

    spoilt = bootstrap_interval([run], only_with_the_last, seed=0)
    assert spoilt.value == 0.25 and np.isnan(spoilt.low) and np.isnan(spoilt.high)
    many = PersonValues(np.arange(40), {"value": np.repeat([0.0, 0.0, 0.0, 1.0], 10)})
    assert np.isfinite(bootstrap_interval([many], only_with_the_last, seed=0)).all()


def test_a_person_may_be_missing_in_a_seed():
    first = PersonValues(np.array([1, 1]), {"value": np.array([1.0, 1.0])})
    second = PersonValues(np.array([2]), {"value": np.array([3.0])})
    value, low, high = bootstrap_interval([first, second], mean_of("value"), seed=0, level=0.5)
    # A seed counts only where its person is drawn; in a quarter of the replicates only one person
    # and only the other's seed is drawn twice: undefined in 1/8, which is above 5 %.
    assert value == 2.0 and np.isnan(low) and np.isnan(high)
    third = PersonValues(np.array([1, 2, 3]), {"value": np.array([1.0, 2.0, 3.0])})
    assert np.isfinite(bootstrap_interval([third, third], mean_of("value"), seed=0)).all()


def test_folds_are_pooled():
    first = PersonValues(np.array([1, 2]), {"value": np.array([1.0, 2.0])})
    second = PersonValues(np.array([1]), {"value": np.array([6.0])})
    both = pooled([first, second])
    np.testing.assert_array_equal(both.people, [1, 2, 1])
    assert mean_of("value")(both.columns) == 3.0


def test_refuses_what_cannot_be_resampled():
    alone = PersonValues(np.array([3, 3, 3]), {"value": np.zeros(3)})
    run = clustered(3, 2)
    with pytest.raises(UserError, match="at least two people"):
        bootstrap_interval([alone, alone], mean_of("value"), seed=0)
    with pytest.raises(UserError, match="Invalid `runs`.*none"):
        bootstrap_interval([], mean_of("value"), seed=0)
    with pytest.raises(UserError, match="replicates=0"):
        bootstrap_interval([run], mean_of("value"), seed=0, replicates=0)
    with pytest.raises(UserError, match="level=95"):
        bootstrap_interval([run], mean_of("value"), seed=0, level=95)


def test_tables_are_checked():
    with pytest.raises(UserError, match="3 rows.*'value': \\(2,\\)"):
        PersonValues(np.array([1, 2, 3]), {"value": np.zeros(2)})
    with pytest.raises(UserError, match="`columns`"):
        PersonValues(np.array([1, 2, 3]), {})
    with pytest.raises(UserError, match="float64"):
        PersonValues(np.array([1.0, 2.0]), {"value": np.zeros(2)})
    first = PersonValues(np.array([1, 2]), {"value": np.zeros(2)})
    swapped = PersonValues(np.array([2, 1]), {"value": np.zeros(2)})
    other = PersonValues(np.array([1, 2]), {"psnr": np.zeros(2)})
    with pytest.raises(UserError, match="run 1"):
        joined({"a": [first, first], "b": [first, swapped]})
    with pytest.raises(UserError, match="'a': 2, 'b': 1"):
        joined({"a": [first, first], "b": [first]})
    with pytest.raises(UserError, match="same columns"):
        pooled([first, other])
    with pytest.raises(UserError, match="`folds`"):
        pooled([])
