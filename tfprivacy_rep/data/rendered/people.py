"""Who the drawn people are: numbers that stay the same across a person's images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tfprivacy_rep.data.rendered import noise

TRAITS: tuple[str, ...] = (
    "face_width",
    "face_height",
    "jaw_square",
    "jaw_taper",
    "forehead",
    "eye_spacing",
    "eye_height",
    "eye_size",
    "eye_tilt",
    "eye_open",
    "brow_gap",
    "brow_thickness",
    "brow_tilt",
    "brow_length",
    "nose_length",
    "nose_width",
    "mouth_width",
    "mouth_height",
    "lip_thickness",
    "lip_hue",
    "ear_size",
    "ear_height",
    "neck_width",
    "skin_dark",
    "skin_hue",
    "iris_hue",
    "iris_light",
    "hair_shade",
    "hair_hue",
    "hair_volume",
    "hair_length",
    "hair_parting",
    "mole_x",
    "mole_y",
    "mole_size",
    "crooked",
    "spots",
    "colour_taste",
)
"""The traits in the order of a person's vector. Each is uniform in [-1, 1]; `geometry` says what it does."""

_STREAM = 1


def vectors(people: NDArray[np.int64], seed: int) -> NDArray[np.float32]:
    """Returns the traits of people.

    Uniform and not normal, so that people spread to the ends of what the drawing allows and are told apart well.

    Args:
        people: `[N]` int64, the people's numbers, repeated or not.
        seed: seed of the population.

    Returns:
        `[N, 38]` float32 in [-1, 1], columns as in `TRAITS`.
    """
    return (2.0 * noise.uniforms(noise.keys(seed, _STREAM, people), len(TRAITS)) - 1.0).astype(np.float32)
