"""The fresh linear head: it finds what is linear in Z, and says the constant where there is nothing to learn."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.attacks.linear_head import linear_head_predictions


def test_a_linear_attribute_is_found_and_a_random_one_is_not():
    draws = np.random.default_rng(0)
    z, asked = draws.normal(size=(400, 6)), draws.normal(size=(300, 6))
    z[:, 0] *= 1e-3  # standardised first, so its scale does not matter
    asked[:, 0] *= 1e-3
    labels = np.stack([z[:, 0] > 0, draws.random(400) > 0.5], 1).astype(np.int8)
    predicted = linear_head_predictions(z, labels, asked)
    assert predicted.dtype == np.int8 and predicted.shape == (300, 2)
    assert (predicted[:, 0] == (asked[:, 0] > 0)).mean() > 0.97
    assert 0.4 < (predicted[:, 1] == (draws.random(300) > 0.5)).mean() < 0.6


def test_a_constant_attribute_and_a_map_as_representation():
    z = np.random.default_rng(1).normal(size=(20, 2, 2, 3))
    labels = np.ones((20, 1), np.int8)
    assert linear_head_predictions(z, labels, z[:5]).tolist() == [[1]] * 5
