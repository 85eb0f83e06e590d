"""Two hundred invented photographs of twenty people, divided as an audit divides them, and an encoder of blocks."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data.images import Images
from tfprivacy_rep.data.partition import make
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.trials.sets import Sets

SIZE, PEOPLE, EACH = 32, 20, 10


def photographs(seed: int = 0) -> Photographs:
    """Smooth random pictures: one of each person, and a variation of it in each photograph."""
    draws = np.random.default_rng(seed)
    faces = np.repeat(draws.random((PEOPLE, 4, 4, 3)), EACH, 0)
    small = 0.7 * faces + 0.3 * draws.random(faces.shape)
    images = np.round(255 * small.repeat(SIZE // 4, 1).repeat(SIZE // 4, 2)).astype(np.uint8)
    labels = np.stack([small[:, 0, 0, 0] > 0.5, small[:, 1, 1, 1] > 0.5], 1).astype(np.int8)
    names = tuple(f"p{number // EACH}/{number % EACH}" for number in range(len(images)))
    return Photographs(images, labels, ("First", "Second"), np.arange(len(images)) // EACH, names, "invented")


def sets(other: int = 0) -> Sets:
    """The photographs with everybody in all sets."""
    everything = photographs()
    partition = make(everything, "shared_people", 0, 0)
    return Sets(everything, (), np.zeros((len(everything), other), np.int8), partition,
                everything.images[partition.x2_train], 1)


def encode(images: Images) -> np.ndarray:
    """Means of 4x4 blocks of the green channel, float32 `[N, 16]`."""
    pixels = as_float(images)
    side = pixels.shape[1] // 4
    return pixels[..., 1].reshape(len(pixels), 4, side, 4, side).mean((2, 4)).reshape(len(pixels), 16)
