"""PSNR and SSIM: values derived by hand, the paper's formula, and the range trap."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.metrics import peak_signal_noise_ratio

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.metrics.image_similarity import PSNR_CAP_DB, psnr, ssim


def noise(seed: int, shape=(3, 16, 16, 3)) -> np.ndarray:
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def test_psnr_of_a_constant_difference_by_hand():
    # MSE = 0.1^2 = 1e-2, so -10 log10(1e-2) = 20 dB; 0.5 gives -20 log10(0.5) = 6.0206 dB.
    x = np.zeros((2, 8, 8, 3))
    y = np.stack([np.full((8, 8, 3), 0.1), np.full((8, 8, 3), 0.5)])
    np.testing.assert_allclose(psnr(x, y), [20.0, 6.0206], atol=1e-4)


def test_psnr_agrees_with_scikit_image_per_image():
    x, y = noise(0), noise(1)
    expected = [peak_signal_noise_ratio(a, b, data_range=1.0) for a, b in zip(x, y)]
    np.testing.assert_allclose(psnr(x, y), expected, rtol=1e-6)


def test_identical_images_are_capped_and_stay_finite():
    x = noise(0)
    np.testing.assert_array_equal(psnr(x, x), [PSNR_CAP_DB] * 3)
    np.testing.assert_allclose(ssim(x, x), 1.0, atol=1e-12)


def test_ssim_of_constant_images_by_hand():
    # No variance: only the luminance term (2 m1 m2 + C1) / (m1^2 + m2^2 + C1), C1 = 0.01^2.
    x, y = np.full((1, 16, 16, 3), 0.2), np.full((1, 16, 16, 3), 0.6)
    expected = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)
    np.testing.assert_allclose(ssim(x, y), [expected], rtol=1e-6)


def test_ssim_follows_the_formula_of_the_paper():
    x, y = noise(0, (1, 24, 24, 1)), noise(1, (1, 24, 24, 1))
    a, b = x[0, ..., 0].astype(float), (0.5 * x + 0.5 * y)[0, ..., 0].astype(float)

    def blurred(image):
        return gaussian_filter(image, 1.5, truncate=3.5)

    mean_a, mean_b = blurred(a), blurred(b)
    var_a, var_b = blurred(a * a) - mean_a**2, blurred(b * b) - mean_b**2
    covariance = blurred(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    index = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    index /= (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    expected = index[5:-5, 5:-5].mean()  # Where the window of 11 pixels fits.
    np.testing.assert_allclose(ssim(x, 0.5 * x + 0.5 * y), [expected], atol=1e-6)


def test_ssim_is_per_image_and_falls_with_noise():
    x = np.linspace(0, 1, 32 * 32 * 3).reshape(1, 32, 32, 3)
    step = (noise(2, (1, 32, 32, 3)) - 0.5) * 0.2
    both = ssim(np.concatenate([x, x]), np.concatenate([x, np.clip(x + step, 0, 1)]))
    assert both.shape == (2,) and both[0] == pytest.approx(1.0) and both[1] < 0.9


@pytest.mark.parametrize("measure", [psnr, ssim])
@pytest.mark.parametrize(
    "x, y, text",
    [
        (noise(0) * 255, noise(1) * 255, "peak is 1"),
        (noise(0), noise(1) - 0.5, "Invalid `y`.*clip"),
        (noise(0), noise(1) * np.nan, "nan"),
        ((noise(0) * 255).astype(np.uint8), noise(1), "uint8"),
        (noise(0), noise(1)[:2], "shapes"),
        (noise(0)[0], noise(1)[0], "shapes"),
    ],
)
def test_refuses(measure, x, y, text):
    with pytest.raises(UserError, match=text):
        measure(x, y)


def test_ssim_refuses_images_smaller_than_its_window():
    with pytest.raises(UserError, match="11 x 11"):
        ssim(noise(0, (1, 8, 16, 3)), noise(1, (1, 8, 16, 3)))
