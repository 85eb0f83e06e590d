"""Seeds for the layers of one model, so that equal seeds build equal weights in any process."""

from __future__ import annotations

from typing import Callable

import keras
import numpy as np


def seeded_initialisers(seed: int) -> Callable[[], keras.initializers.Initializer]:
    """Returns a function that gives a Glorot-uniform initialiser with a seed of its own at each call."""
    draws = np.random.default_rng(seed)
    return lambda: keras.initializers.GlorotUniform(seed=int(draws.integers(2**31 - 1)))
