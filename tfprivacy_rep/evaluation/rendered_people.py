"""Photographs of drawn people, to train and to measure a recogniser. Works without TensorFlow: two processes draw."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from tfprivacy_rep.data.rendered import people as populations
from tfprivacy_rep.data.rendered.renderer import Rendered, render

_CHUNK = 500
_IN_PROCESS = 2000  # so few are drawn sooner than two processes have started
_PROCESSES = 2


class PeoplePhotographs(NamedTuple):
    """Photographs and who is on them.

    Attributes:
        images: `[N, S, S, 3]` uint8.
        people: `[N]` int64, from 0 up, `photographs` rows each.
        labels: `[N, 40]` int8 of 0 and 1, CelebA's attributes.
        traits: `[N, T]` float32 in [-1, 1], the numbers that make a person; equal on all photographs of one.
    """

    images: NDArray[np.uint8]
    people: NDArray[np.int64]
    labels: NDArray[np.int8]
    traits: NDArray[np.float32]


def draw_people(people: int, photographs: int, seed: int, image_size: int = 64) -> PeoplePhotographs:
    """Draws the first `photographs` of the 20 photographs of each of the first people of a population.

    Args:
        people: number of people.
        photographs: photographs of each, at most 20; those of experiments have 20 of each, too.
        seed: seed of the population. Experiments use 0.
        image_size: height and width in pixels, a multiple of 16 from 32 to 256.
    """
    numbers = (np.arange(people)[:, None] * 20 + np.arange(photographs)).ravel()
    parts = [(numbers[start : start + _CHUNK], image_size, seed) for start in range(0, len(numbers), _CHUNK)]
    if len(numbers) <= _IN_PROCESS:
        drawn = [_draw(part) for part in parts]
    else:
        # Fresh processes: TensorFlow, which may be running here, does not survive a fork.
        with ProcessPoolExecutor(_PROCESSES, multiprocessing.get_context("spawn")) as pool:
            progress = tqdm(pool.map(_draw, parts), f"Drawing people of seed {seed}", len(parts), disable=None)
            drawn = list(progress)
    images, labels = ([getattr(part, name) for part in drawn] for name in ("images", "labels"))
    persons = np.repeat(np.arange(people), photographs)
    traits = populations.vectors(persons, seed)
    return PeoplePhotographs(np.concatenate(images), persons, np.concatenate(labels), traits)


def _draw(part: tuple[NDArray[np.int64], int, int]) -> Rendered:
    numbers, image_size, seed = part
    return render(numbers, image_size, seed)
