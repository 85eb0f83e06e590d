"""The controller of the rate's weight."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfprivacy_rep.models.release import NATS_PER_BIT
from tfprivacy_rep.training.rate_target import FIRST_WEIGHT, GAIN, LEAST_WEIGHT, MOST_WEIGHT, RateTarget


def after(bits: float, target: float = 10.0, steps: int = 1) -> float:
    """The weight after steps at a rate."""
    controller = RateTarget(target)
    for _ in range(steps):
        controller.follow(tf.constant(bits * NATS_PER_BIT))
    return float(controller.weight.numpy())


def test_the_weight_rises_above_the_target_and_falls_below_it():
    assert after(10.0) == pytest.approx(FIRST_WEIGHT)
    assert after(15.0) == pytest.approx(FIRST_WEIGHT * np.exp(GAIN / 2))
    assert after(5.0) == pytest.approx(FIRST_WEIGHT * np.exp(-GAIN / 2))
    assert after(1000.0) == pytest.approx(FIRST_WEIGHT * np.exp(GAIN)), "a change a step is bounded"


def test_the_weight_stays_in_its_range_and_is_not_broken_by_a_broken_rate():
    assert after(1000.0, steps=2000) == pytest.approx(MOST_WEIGHT)
    assert after(0.0, steps=2000) == pytest.approx(LEAST_WEIGHT)
    assert after(float("nan")) == pytest.approx(FIRST_WEIGHT)


def test_a_process_that_answers_to_the_weight_is_brought_to_the_target():
    """A rate of 1 / weight nats, as of a quadratic loss."""
    controller = RateTarget(40.0)
    for _ in range(400):
        controller.follow(tf.constant(1.0) / (100 * controller.weight))
    assert 1 / (100 * float(controller.weight)) / NATS_PER_BIT == pytest.approx(40.0, rel=0.02)


def test_a_missed_target_is_told_with_what_to_do():
    controller = RateTarget(10.0)
    assert controller.missed(10.9) is None and controller.missed(9.1) is None
    assert "12.0 bits a photograph at the end of training, not the target of 10" in controller.missed(12.0)
    assert controller.missed(12.0).endswith("ask for more bits.") and controller.missed(5.0).endswith("fewer bits.")
