"""PSNR and SSIM of images and their reconstructions, by scikit-image.

Both are reported because the literature does; neither agrees well with what people recognise
(arXiv 2309.13038), so identity is measured on its own (`tfprivacy_rep.evaluation.identity`).

Images must be in [0, 1] and the peak is 1. With a peak of 255, a mistake found in published code,
the PSNR would come out 48 dB too high; inputs outside [0, 1] are therefore refused.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from tfprivacy_rep.errors import UserError

#: PSNR of two identical images. The true value is infinite, which neither a mean nor JSON can hold.
PSNR_CAP_DB = 100.0

#: Side of the Gaussian window of the SSIM (sigma 1.5, cut at 3.5 sigma), in pixels.
SSIM_WINDOW = 11


def psnr(x: NDArray, y: NDArray) -> NDArray[np.float64]:
    """Computes the peak signal-to-noise ratio of each pair of images, `-10 log10(MSE)`.

    The mean square error is over pixels and channels of one image, as in
    `skimage.metrics.peak_signal_noise_ratio(data_range=1)`.

    Args:
        x: images, `[N, H, W, C]`, floating point in [0, 1].
        y: images to compare with, same shape and range.

    Returns:
        `[N]` float64 in dB, in [0, 100]. Identical images would be infinite; the values are cut at
        `PSNR_CAP_DB` = 100 dB, a root mean square difference of 1e-5.

    Raises:
        UserError: not `[N, H, W, C]`, shapes differ, not floating point or outside [0, 1].
    """
    x, y = _checked(x, y)
    error = np.square(x - y).mean(axis=(1, 2, 3))
    floor = 10.0 ** (-PSNR_CAP_DB / 10.0)
    return -10.0 * np.log10(np.maximum(error, floor))


def ssim(x: NDArray, y: NDArray) -> NDArray[np.float64]:
    """Computes the structural similarity of each pair of images.

    Source: Z. Wang et al., "Image quality assessment: from error visibility to structural
    similarity", 2004: Gaussian window of 11 x 11 pixels with sigma 1.5, K1 = 0.01, K2 = 0.03,
    population covariance, mean over the colour channels. (scikit-image's default is a flat window
    of 7 x 7 pixels; the settings here are those its documentation names for the paper's.)

    Args:
        x: images, `[N, H, W, C]`, floating point in [0, 1], H and W at least 11.
        y: images to compare with, same shape and range.

    Returns:
        `[N]` float64 in [-1, 1]; 1 for identical images.

    Raises:
        UserError: as `psnr`, or an image is smaller than the window.
    """
    x, y = _checked(x, y)
    if min(x.shape[1:3]) < SSIM_WINDOW:
        raise UserError(
            f"Invalid `x`: expected images of at least {SSIM_WINDOW} x {SSIM_WINDOW} pixels. "
            f"Received: shape {x.shape}. The window of the SSIM does not fit smaller ones."
        )
    values = [
        structural_similarity(
            a,
            b,
            data_range=1.0,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        for a, b in zip(x, y)
    ]
    return np.asarray(values, dtype=np.float64)


def _checked(x: NDArray, y: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns both stacks as float64, or raises a UserError for a wrong shape, dtype or range."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 4 or x.size == 0 or x.shape != y.shape:
        raise UserError(
            "Invalid `x`, `y`: expected two stacks of images of one shape [N, H, W, C]. "
            f"Received: shapes {x.shape} and {y.shape}. Add a leading axis to a single image."
        )
    for name, images in (("x", x), ("y", y)):
        if not np.issubdtype(images.dtype, np.floating):
            raise UserError(
                f"Invalid `{name}`: expected floating point images in [0, 1]. "
                f"Received: dtype {images.dtype}. Divide uint8 images by 255."
            )
        low, high = float(images.min()), float(images.max())
        if not (low >= 0.0 and high <= 1.0):  # Written so that nan fails, too.
            raise UserError(
                f"Invalid `{name}`: expected values in [0, 1], because the peak is 1. "
                f"Received: values from {low:g} to {high:g}. Rescale or clip the images."
            )
    return x.astype(np.float64), y.astype(np.float64)
