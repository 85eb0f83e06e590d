"""Drawn photographs of people who do not exist, with CelebA's forty attributes.

Example:
    drawn = render(range(100), image_size=64, seed=3)
    drawn.images, drawn.labels, drawn.people
"""

from __future__ import annotations

import dataclasses
from typing import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfprivacy_rep.data.rendered import accessories, beard, camera, eyes, hair, head, marks, mouth
from tfprivacy_rep.data.rendered.geometry import measure
from tfprivacy_rep.data.rendered.scene import Scene, arrange
from tfprivacy_rep.errors import UserError

_PIXELS_AT_ONCE = 32 * 64 * 64


@dataclasses.dataclass(frozen=True, eq=False)
class Rendered:
    """Drawn photographs.

    Attributes:
        images: `[N, image_size, image_size, 3]` uint8.
        labels: `[N, 40]` int8 of 0 and 1 in the order of `CELEBA_ATTRIBUTES`: exactly what is drawn.
        people: `[N]` int64, who is on each image.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int8]
    people: NDArray[np.int64]


def render(indices: ArrayLike, image_size: int, seed: int = 0, photographs_per_person: int = 20) -> Rendered:
    """Draws images by their numbers.

    An image depends on its number, the seed, the size and the photographs a person, and on nothing else: not on the
    batch, the order or the process.

    Args:
        indices: `[N]` integers from 0, the images' numbers, in any order.
        image_size: height and width in pixels, a multiple of 16 from 32 to 256.
        seed: seed of the population.
        photographs_per_person: image i shows person i // photographs_per_person.

    Raises:
        UserError: if an argument is out of its range.
    """
    return render_with(indices, image_size, {}, seed, photographs_per_person)


def render_with(
    indices: ArrayLike, image_size: int, changes: Mapping[str, int], seed: int = 0, photographs_per_person: int = 20
) -> Rendered:
    """Draws images with some attributes forced on or off; all the rest is as `render` draws it.

    Attributes that cannot be drawn together with a forced one give way (`consistency.EXCLUSIVE`).

    Args:
        indices: `[N]` integers from 0.
        image_size: height and width in pixels, a multiple of 16 from 32 to 256.
        changes: 0 or 1 by the attribute's name.
        seed: seed of the population.
        photographs_per_person: image i shows person i // photographs_per_person.

    Raises:
        UserError: if an argument is out of its range or `changes` cannot be drawn.
    """
    numbers = _checked(indices, image_size, photographs_per_person)
    persons = numbers // photographs_per_person
    scene = arrange(numbers, persons, seed, changes)
    images = np.empty((len(numbers), image_size, image_size, 3), np.uint8)
    step = max(1, _PIXELS_AT_ONCE // image_size**2)
    for start in range(0, len(numbers), step):
        images[start : start + step] = _draw(scene.only(slice(start, start + step)), image_size)
    return Rendered(images, scene.labels, persons)


def _draw(scene: Scene, image_size: int) -> NDArray[np.uint8]:
    """Draws the pictures of a scene from the back to the front."""
    canvas = camera.aim(image_size, scene)
    face = measure(scene)
    head.background(canvas, scene)
    hair.behind(canvas, scene, face)
    head.body(canvas, scene, face)
    accessories.necktie(canvas, scene, face)
    accessories.necklace(canvas, scene, face)
    head.ears(canvas, scene, face)
    head.skin(canvas, scene, face)
    head.crown_shine(canvas, scene, face)
    marks.cheeks(canvas, scene, face)
    eyes.glints(canvas, scene, face)
    marks.blemishes(canvas, scene, face)
    marks.wrinkles(canvas, scene, face)
    head.mole(canvas, scene, face)
    beard.beard(canvas, scene, face)
    mouth.mouth(canvas, scene, face)
    mouth.nose(canvas, scene, face)
    eyes.eyes(canvas, scene, face)
    hair.front(canvas, scene, face)
    eyes.brows(canvas, scene, face)
    accessories.earrings(canvas, scene, face)
    accessories.glasses(canvas, scene, face)
    accessories.hat(canvas, scene, face)
    return camera.expose(canvas, scene)


def _checked(indices: ArrayLike, image_size: int, photographs_per_person: int) -> NDArray[np.int64]:
    if not 32 <= image_size <= 256 or image_size % 16:
        raise UserError(
            "Invalid `image_size`: expected a multiple of 16 from 32 to 256. "
            f"Received: image_size={image_size}. Use 48, 64 or 128."
        )
    if photographs_per_person < 1:
        raise UserError(
            "Invalid `photographs_per_person`: expected at least 1. "
            f"Received: photographs_per_person={photographs_per_person}. Use 20."
        )
    numbers = np.asarray(indices)
    if numbers.ndim != 1 or (numbers.size and not np.issubdtype(numbers.dtype, np.integer)):
        raise UserError(
            "Invalid `indices`: expected a one-dimensional sequence of integers. "
            f"Received: shape {numbers.shape}, dtype {numbers.dtype}. Pass e.g. `range(100)`."
        )
    if numbers.size and numbers.min() < 0:
        raise UserError(
            f"Invalid `indices`: expected integers from 0. Received: {numbers.min()}. Number images from 0 upwards."
        )
    return numbers.astype(np.int64)
