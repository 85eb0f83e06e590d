"""The closed-form attacker against what can be worked out by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from tfprivacy_rep.attacks import closed_form
from tfprivacy_rep.attacks.attacker import Pairs
from tfprivacy_rep.attacks.closed_form import fit_linear_decoder

SIZE = 16


def pictures(count: int, seed: int) -> np.ndarray:
    """Photographs of three numbers each: a random mixture of three patterns."""
    draws = np.random.default_rng(seed)
    patterns = np.random.default_rng(0).random((3, SIZE, SIZE, 3))
    shares = draws.dirichlet(np.ones(3), count)
    return np.round(255 * np.einsum("nk,khwc->nhwc", shares, patterns)).astype(np.uint8)


def measured(images: np.ndarray, numbers: int, seed: int = 5) -> np.ndarray:
    """A linear representation: random projections of the pixels."""
    matrix = np.random.default_rng(seed).standard_normal((SIZE * SIZE * 3, numbers))
    return ((images.reshape(len(images), -1) / 255.0) @ matrix).astype(np.float32)


def test_a_linear_representation_of_as_many_numbers_as_the_photographs_have_gives_them_back():
    training, validation, asked = pictures(40, 1), pictures(20, 2), pictures(10, 3)
    fitted = fit_linear_decoder(Pairs(training, measured(training, 3)), Pairs(validation, measured(validation, 3)))
    error = np.abs(fitted.decode(measured(asked, 3)) - asked / 255.0).max()
    assert error < 3 / 255  # the rounding of uint8, blown up a little by the small penalty
    assert fitted.penalty <= 1e-3
    assert fitted.parameters == (3 + 1) * SIZE * SIZE * 3


def test_noise_without_any_picture_in_it_gives_the_mean_image():
    training, validation = pictures(60, 1), pictures(30, 2)
    draws = np.random.default_rng(9)
    noise = [draws.standard_normal((len(part), 50)).astype(np.float32) for part in (training, validation)]
    fitted = fit_linear_decoder(Pairs(training, noise[0]), Pairs(validation, noise[1]))
    assert fitted.penalty == max(closed_form.PENALTIES)  # nothing but the mean helps
    rebuilt = fitted.decode(draws.standard_normal((5, 50)).astype(np.float32))
    assert np.abs(rebuilt - training.mean(0) / 255.0).max() < 0.02


@pytest.mark.parametrize("numbers", [4, 90])  # fewer and more numbers than photographs
def test_the_weights_are_those_of_ridge_regression(numbers, monkeypatch):
    training, validation, asked = pictures(40, 1), pictures(20, 2), pictures(10, 3)
    monkeypatch.setattr(closed_form, "PENALTIES", (0.1,))
    z = measured(training, numbers) + np.random.default_rng(0).standard_normal((40, numbers)).astype(np.float32)
    fitted = fit_linear_decoder(Pairs(training, z), Pairs(validation, measured(validation, numbers)))
    standard = (z - z.mean(0)) / z.std(0)
    sizes = np.linalg.svd(standard, compute_uv=False)
    sizes = sizes[sizes**2 > 1e-10 * sizes[0] ** 2]
    ridge = Ridge(alpha=0.1 * float(np.mean(sizes**2))).fit(standard, training.reshape(40, -1) / 255.0)
    probes = measured(asked, numbers)
    expected = ridge.predict((probes - z.mean(0)) / z.std(0)).clip(0, 1).reshape(asked.shape)
    np.testing.assert_allclose(fitted.decode(probes), expected, atol=1e-4)


def test_a_constant_representation_gives_the_mean_image():
    training, validation = pictures(30, 1), pictures(10, 2)
    ones = np.ones((30, 8), np.float32)
    fitted = fit_linear_decoder(Pairs(training, ones), Pairs(validation, ones[:10]))
    np.testing.assert_allclose(fitted.decode(ones[:2])[0], training.mean(0) / 255.0, atol=1e-5)


def test_maps_are_taken_too():
    training, validation = pictures(40, 1), pictures(20, 2)
    maps = [measured(part, 12).reshape(-1, 2, 2, 3) for part in (training, validation)]
    fitted = fit_linear_decoder(Pairs(training, maps[0]), Pairs(validation, maps[1]))
    assert fitted.decode(maps[1]).shape == validation.shape
