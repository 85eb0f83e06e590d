"""Randomness that depends on a seed and a number only, never on the order of the calls.

SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) is used as a hash: the i-th number of a key is `mix(key + i * GOLDEN)`.
All later steps are additions, multiplications and a table, so that every machine and every batch gives the same bits.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_CELLS = 4096
_QUANTILES = np.array([NormalDist().inv_cdf((cell + 0.25) / (_CELLS + 0.5)) for cell in range(_CELLS + 1)])


def mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Returns the SplitMix64 finaliser of each value.

    Args:
        values: `[...]` uint64.

    Returns:
        `[...]` uint64, a one-to-one scrambling.
    """
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def keys(seed: int, stream: int, numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Returns a key for each image or person.

    Args:
        seed: any integer; taken modulo 2**64.
        stream: what the key is for, e.g. 1 for people; streams are independent.
        numbers: `[N]` int64, the number of each image or person.

    Returns:
        `[N]` uint64.
    """
    start = np.array([seed % 2**64], np.uint64)
    root = mix(mix(start + GOLDEN) + np.array([stream], np.uint64) * GOLDEN)
    return mix(root ^ mix(numbers.astype(np.uint64) * GOLDEN + np.uint64(stream)))


def uniforms(of_keys: NDArray[np.uint64], count: int) -> NDArray[np.float64]:
    """Returns `count` uniform numbers a key.

    Args:
        of_keys: `[N]` uint64 from `keys`.
        count: how many.

    Returns:
        `[N, count]` float64 in [0, 1).
    """
    steps = np.arange(1, count + 1, dtype=np.uint64) * GOLDEN
    return (mix(of_keys[:, None] + steps) >> np.uint64(11)).astype(np.float64) * np.float64(2.0**-53)


def normals(of_keys: NDArray[np.uint64], count: int) -> NDArray[np.float64]:
    """Returns `count` standard normal numbers a key, by a table of the quantile function.

    Args:
        of_keys: `[N]` uint64 from `keys`.
        count: how many.

    Returns:
        `[N, count]` float64, within about 3.8 standard deviations.
    """
    place = uniforms(of_keys, count) * _CELLS
    cell = place.astype(np.int64)
    low, high = _QUANTILES[cell], _QUANTILES[cell + 1]
    return low + (place - cell).astype(np.float64) * (high - low)


def grain(of_keys: NDArray[np.uint64], height: int, width: int) -> NDArray[np.float32]:
    """Returns the noise of a camera's pixels: three uniform numbers a pixel.

    Args:
        of_keys: `[N]` uint64 from `keys`.
        height: rows of the picture.
        width: columns of the picture.

    Returns:
        `[N, 3, height, width]` float32 in [-1, 1).
    """
    steps = (np.arange(1, height * width + 1, dtype=np.uint64) * GOLDEN).reshape(height, width)
    bits = mix(of_keys[:, None, None] + steps)
    parts = [(bits >> np.uint64(shift)).astype(np.uint16) for shift in (0, 16, 32)]
    return np.stack(parts, axis=1).astype(np.float32) * np.float32(2.0**-15) - np.float32(1.0)
