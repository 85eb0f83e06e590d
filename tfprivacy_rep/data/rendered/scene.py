"""What is on a batch of pictures before anything is drawn: people, attributes, circumstances of each photograph."""

from __future__ import annotations

import dataclasses
from typing import Mapping

import numpy as np
from numpy.typing import NDArray

from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.data.rendered import consistency, joint, noise, people
from tfprivacy_rep.data.rendered.drawing import Array

CIRCUMSTANCES: tuple[str, ...] = (
    "shift_x",
    "shift_y",
    "scale",
    "roll",
    "yaw",
    "pitch",
    "light_x",
    "light_y",
    "exposure",
    "warmth",
    "gaze",
    "grain",
    "wall_red",
    "wall_green",
    "wall_blue",
    "wall_slope_x",
    "wall_slope_y",
    "cloth_red",
    "cloth_green",
    "cloth_blue",
    "garment",
)
"""What changes from photograph to photograph; each is uniform in [-1, 1]."""

_STREAM, _GRAIN_STREAM = 4, 5


@dataclasses.dataclass(frozen=True, eq=False)
class Scene:
    """Numbers of N pictures.

    Attributes:
        labels: `[N, 40]` int8 of 0 and 1, consistent.
        traits: by the names of `people.TRAITS`, `[N, 1, 1]` float32 in [-1, 1], the same for all images of a person.
        shot: by the names of `CIRCUMSTANCES`, `[N, 1, 1]` float32 in [-1, 1].
        grain_keys: `[N]` uint64, for the camera's noise.
    """

    labels: NDArray[np.int8]
    traits: dict[str, Array]
    shot: dict[str, Array]
    grain_keys: NDArray[np.uint64]

    def has(self, name: str) -> Array:
        """Returns `[N, 1, 1]` float32, 1 where the attribute is on."""
        return self.labels[:, CELEBA_ATTRIBUTES.index(name), None, None].astype(np.float32)

    def rows(self, name: str, value: int = 1) -> NDArray[np.int64]:
        """Returns the positions of the pictures whose attribute has the value."""
        return np.flatnonzero(self.labels[:, CELEBA_ATTRIBUTES.index(name)] == value)

    def only(self, rows: NDArray[np.int64] | slice) -> Scene:
        """Returns the scene of some of the pictures."""
        return Scene(
            self.labels[rows],
            {name: value[rows] for name, value in self.traits.items()},
            {name: value[rows] for name, value in self.shot.items()},
            self.grain_keys[rows],
        )


def arrange(
    images: NDArray[np.int64], persons: NDArray[np.int64], seed: int, changes: Mapping[str, int] | None = None
) -> Scene:
    """Returns what is on images.

    Args:
        images: `[N]` int64, the images' numbers.
        persons: `[N]` int64, who is on them.
        seed: seed of the population.
        changes: attributes to force, see `consistency.made_consistent`.

    Raises:
        UserError: if `changes` cannot be followed.
    """
    vectors = people.vectors(persons, seed)
    numbers = (2.0 * noise.uniforms(noise.keys(seed, _STREAM, images), len(CIRCUMSTANCES)) - 1.0).astype(np.float32)
    return Scene(
        labels=consistency.made_consistent(joint.sample(images, persons, seed), changes),
        traits={name: vectors[:, place, None, None] for place, name in enumerate(people.TRAITS)},
        shot={name: numbers[:, place, None, None] for place, name in enumerate(CIRCUMSTANCES)},
        grain_keys=noise.keys(seed, _GRAIN_STREAM, images),
    )
