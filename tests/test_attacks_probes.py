"""Probes of attributes: each finds what it can find in Z, and nobody what is not in it."""

from __future__ import annotations

import numpy as np
import pytest

from tfprivacy_rep.attacks.probes import MOST_NUMBERS, majority, probe_attributes

pytestmark = pytest.mark.filterwarnings("error")  # that a fit did not converge is a warning


def _drawn(count: int, numbers: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Z of independent normal numbers, and labels: the sign of the first, the sign of the product of the second and the
    third (which no line tells), a coin, and always 1."""
    draws = np.random.default_rng(seed)
    z = draws.normal(size=(count, numbers)).astype(np.float32)
    labels = np.stack([z[:, 0] > 0, z[:, 1] * z[:, 2] > 0, draws.random(count) > 0.5, np.ones(count)], 1)
    return z, labels.astype(np.int8)


def _right(predicted: np.ndarray, labels: np.ndarray) -> list[float]:
    assert predicted.dtype == np.int8 and predicted.shape == labels.shape
    return list((predicted == labels).mean(0))


@pytest.fixture(name="found", scope="module")
def _found() -> dict[str, list[float]]:
    (z, labels), (asked, truth) = _drawn(1500, 6, 0), _drawn(1000, 6, 1)
    z, asked = z * [1e-4, 1, 1, 1, 1, 0] + 5, asked * [1e-4, 1, 1, 1, 1, 0] + 5  # other scales, a mean, a constant
    predicted = probe_attributes(z.reshape(-1, 3, 2), labels, asked.reshape(-1, 3, 2), seed=0)
    return {name: _right(of_probe, truth) for name, of_probe in predicted.items()}


def test_both_probes_find_what_is_linear(found):
    assert found["linear"][0] > 0.95 and found["mlp"][0] > 0.9


def test_only_the_network_finds_what_is_not(found):
    # A line tells nothing of a product's sign: 0.5, with a standard deviation of 0.016 over 1000 probes.
    assert 0.42 < found["linear"][1] < 0.58 and found["mlp"][1] > 0.85


def test_nobody_finds_what_is_not_there_and_what_is_constant_is_said(found):
    for probe in ("linear", "mlp"):
        assert 0.42 < found[probe][2] < 0.58 and found[probe][3] == 1.0


def test_a_long_z_is_shortened_by_its_public_components():
    draws = np.random.default_rng(2)
    (few, labels), (asked, truth) = _drawn(400, 6, 3), _drawn(300, 6, 4)
    basis = draws.normal(size=(6, 3 * MOST_NUMBERS)).astype(np.float32)
    noise = 0.01 * draws.normal(size=(400, 3 * MOST_NUMBERS)).astype(np.float32)
    predicted = probe_attributes(few @ basis + noise, labels, asked @ basis, seed=0)
    assert _right(predicted["linear"], truth)[0] > 0.9


@pytest.mark.parametrize("count", [60, 250])
def test_an_answer_depends_on_its_own_z_and_the_seed_alone(count):
    (z, labels), (asked, truth) = _drawn(count, 5, 5), _drawn(50, 5, 6)
    whole, again = (probe_attributes(z, labels[:, :1], asked, seed=4) for _ in range(2))
    for probe in ("linear", "mlp"):
        assert _right(whole[probe], truth[:, :1])[0] > 0.8  # a single attribute is no special case
        np.testing.assert_array_equal(whole[probe], again[probe])
        alone = probe_attributes(z, labels[:, :1], asked[7:9], seed=4)[probe]
        np.testing.assert_array_equal(whole[probe][7:9], alone)


def test_a_constant_z_tells_the_majority():
    labels = np.array([[1, 0], [1, 0], [0, 1], [1, 0]], np.int8)
    assert majority(labels).tolist() == [1, 0]
    for predicted in probe_attributes(np.full((4, 2, 2), 3.3), labels, np.ones((2, 2, 2)), seed=0).values():
        assert predicted.dtype == np.int8 and predicted.tolist() == [[1, 0], [1, 0]]


def test_ties_and_nothing_to_ask_for():
    assert majority(np.array([[1, 0, 1], [0, 0, 1]])).tolist() == [0, 0, 1]
    empty = probe_attributes(np.eye(3), np.zeros((3, 0), np.int8), np.eye(3), seed=0)
    assert [predicted.shape for predicted in empty.values()] == [(3, 0), (3, 0)]
