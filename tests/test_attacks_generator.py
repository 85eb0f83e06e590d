"""Corrections of images: as large as the residuals they were learnt from, and no other."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft

from tfprivacy_rep.attacks.generator import MOST_COMPONENTS, ComponentGenerator, SpectralGenerator

SIZE = 16


def white(count: int, spread: float) -> np.ndarray:
    """Residuals without any pattern, float32 `[count, 16, 16, 3]`."""
    return np.random.default_rng(0).normal(0, spread, (count, SIZE, SIZE, 3)).astype(np.float32)


def one(shape: tuple[int, ...], place: tuple[int, ...]) -> np.ndarray:
    """Latent numbers of one image: 1 at the place."""
    latent = np.zeros((1, *shape), np.float32)
    latent[(0, *place)] = 1.0
    return latent


def test_a_wave_is_that_of_the_cosine_transform_in_one_colour_direction():
    generator = SpectralGenerator(white(200, 0.1))
    image = generator(one(generator.shape, (3, 5, 1))).numpy()[0]
    amplitudes = scipy.fft.dctn(image, axes=(0, 1), norm="ortho")
    assert np.linalg.norm(amplitudes[3, 5]) == pytest.approx(0.1, rel=0.05)
    amplitudes[3, 5] = 0
    assert np.abs(amplitudes).max() < 1e-6


def test_corrections_are_as_large_as_residuals_wave_by_wave():
    # A residual of one colour that varies along one axis alone, and slowly: its power is in one ring.
    places = np.cos(np.pi * (np.arange(SIZE) + 0.5) * 2 / SIZE)
    residuals = np.zeros((10, SIZE, SIZE, 3), np.float32)
    residuals[:, :, :, 0] = places[None, :, None]
    generator = SpectralGenerator(residuals)
    norm = np.linalg.norm(residuals[0])
    sizes = np.array([[
        np.linalg.norm(generator(one(generator.shape, (row, 0, colour))).numpy()) for colour in range(3)
    ] for row in range(5)])
    # Five places of the grid are nearest to radius 2: (0, 2), (2, 0), (1, 2), (2, 1) at 2.24, and none else.
    assert sizes.max(1)[2] == pytest.approx(norm / np.sqrt(4), rel=1e-4)
    assert np.delete(sizes.max(1), 2).max() < 1e-3 * norm
    assert np.sort(sizes[2])[:2].max() < 1e-3 * norm, "two of the three colour directions are empty"


def test_components_have_the_residuals_covariance():
    residuals = white(50, 0.2) * np.linspace(0, 1, SIZE, dtype=np.float32)[:, None, None]
    generator = ComponentGenerator(residuals)
    assert generator.shape == (50,) and generator.parameters == 50 * SIZE * SIZE * 3
    components = generator(np.eye(50, dtype=np.float32)).numpy().reshape(50, -1)
    flat = residuals.reshape(50, -1)
    np.testing.assert_allclose(components.T @ components, flat.T @ flat / 50, atol=1e-6)
    products = components @ components.T
    np.testing.assert_allclose(products, np.diag(np.diag(products)), atol=1e-5)


def test_the_largest_components_are_kept():
    residuals = white(MOST_COMPONENTS + 40, 0.1)
    generator = ComponentGenerator(residuals)
    assert generator.shape == (MOST_COMPONENTS,)
    sizes = np.linalg.norm(generator(np.eye(MOST_COMPONENTS, dtype=np.float32)).numpy().reshape(MOST_COMPONENTS, -1),
                           axis=1)
    expected = np.linalg.svd(residuals.reshape(len(residuals), -1) / np.sqrt(len(residuals)), compute_uv=False)
    np.testing.assert_allclose(sizes, expected[:MOST_COMPONENTS], rtol=1e-3)


def test_without_residuals_there_is_nothing_to_add():
    generator = SpectralGenerator(np.zeros((4, SIZE, SIZE, 3), np.float32))
    assert not generator(np.ones((1, *generator.shape), np.float32)).numpy().any()
    components = ComponentGenerator(np.zeros((4, SIZE, SIZE, 3), np.float32))
    assert not components(np.ones((1, *components.shape), np.float32)).numpy().any()
