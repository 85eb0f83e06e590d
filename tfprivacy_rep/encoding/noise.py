"""Noise for representations that leave for good."""

from __future__ import annotations

import math
import os

import numpy as np
from scipy.special import ndtri


def system_noise(shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal numbers, float32, of the operating system's cryptographic generator (`os.urandom`).

    A normal number is the quantile of a uniform one of 52 bits, the middle of its interval, so none is infinite: they
    stay within 8.21 standard deviations.
    """
    drawn = np.frombuffer(os.urandom(8 * math.prod(shape)), np.uint64) >> np.uint64(12)
    return ndtri((drawn + 0.5) * 2.0**-52).astype(np.float32).reshape(shape)
