"""What a rate says of a person's chance to be named."""

from __future__ import annotations

import numpy as np
import pytest

from tfprivacy_rep.evaluation.rate import answer_entropy, identification_bound, rate_figures, upper_limit
from tfprivacy_rep.evaluation.statistics import PersonValues


def run(bits: list[float], seed: int = 0) -> PersonValues:
    predictions = np.random.default_rng(seed).integers(0, 2, (len(bits), 2))
    return PersonValues(np.arange(len(bits)), {"rate/bits": np.array(bits, float), "predictions": predictions})


def test_fanos_bound_by_hand():
    """(4 + 1) / log2(1024) = 1/2; 42 bits are more than the 33 that 8 billion people are."""
    assert identification_bound(4.0, 1024) == 0.5
    assert identification_bound(42.0, 8_000_000_000) is None
    assert identification_bound(5.0, 64) is None and identification_bound(4.9, 64) == pytest.approx(5.9 / 6)


def test_the_bound_holds_for_a_release_that_names_one_of_two_halves():
    """One bit about 16 people: the best guess is right 1 time in 8; the bound is 2 / 4."""
    assert 1 / 8 <= identification_bound(1.0, 16) == 0.5


def test_the_upper_limit_is_above_the_mean_and_near_a_normal_one():
    draws = np.random.default_rng(0).normal(20, 3, 400)
    limit = upper_limit([run(list(draws))])
    assert limit == pytest.approx(draws.mean() + 1.645 * draws.std() / 20, abs=0.05)


def test_the_entropy_of_answers_by_hand():
    both = np.array([[0, 0], [1, 1], [0, 0], [1, 1]])
    assert answer_entropy(both) == (1.0, 2.0)
    assert answer_entropy(np.array([[0, 1], [0, 1]])) == (0.0, 0.0)


def test_an_encoder_without_a_rate_has_no_figures_and_others_have_all():
    plain = PersonValues(np.arange(3), {"predictions": np.zeros((3, 2))})
    assert rate_figures([plain]) is None
    found = rate_figures([run([1.0, 2.0, 3.0, 10.0])])
    assert (found["mean_bits"], found["max_bits"]) == (4.0, 10.0) and found["p99_bits"] == pytest.approx(9.79)
    assert found["identification_bound"]["100"] is None or found["upper_limit_bits"] < 5.7
    assert found["mean_bits"] < found["upper_limit_bits"] <= 10.0
