"""Shifted and mirrored copies of training photographs, drawn once, so that everything computed from them can be
cached."""

from __future__ import annotations

import dataclasses

import numpy as np

from tfprivacy_rep.data.augmented_images import AugmentedImages, Variants
from tfprivacy_rep.data.images import Images, in_memory
from tfprivacy_rep.data.photographs import Photographs

_SHIFT = 1 / 16  # of the side: about as much as a face detector's crop wanders


def augmented(photographs: Photographs, copies: int, seed: int) -> Photographs:
    """Returns each photograph and `copies - 1` variants of it, with the same labels and person.

    A variant is shifted by up to a sixteenth of the side in both directions, the border repeated, and mirrored with
    probability 1/2. Only training parts are augmented, never what is looked at to validate or to test.

    Args:
        photographs: N photographs.
        copies: of each, the original included; 1 changes nothing.
        seed: of the variants.

    Returns:
        `N * copies` photographs; the first N are the originals, in order. Those of a store are made when they are read.
    """
    if copies == 1:
        return photographs
    variants = _draw(len(photographs), photographs.image_size, copies, seed)
    images: Images = AugmentedImages(photographs.images, variants)
    if isinstance(photographs.images, np.ndarray):
        images = in_memory(images)
    return dataclasses.replace(
        photographs,
        images=images,
        labels=np.tile(photographs.labels, (copies, 1)),
        people=None if photographs.people is None else np.tile(photographs.people, copies),
        names=tuple(name if copy == 0 else f"{name}#{copy}" for copy in range(copies) for name in photographs.names),
        official=None if photographs.official is None else np.tile(photographs.official, copies),
    )


def _draw(count: int, side: int, copies: int, seed: int) -> Variants:
    draws = np.random.default_rng(seed)
    margin = max(1, round(side * _SHIFT))
    tops, lefts = np.zeros((2, copies, count), np.int16)
    mirrored = np.zeros((copies, count), bool)
    for copy in range(1, copies):
        tops[copy], lefts[copy] = draws.integers(0, 2 * margin + 1, (2, count)) - margin
        mirrored[copy] = draws.random(count) < 0.5
    return Variants(tops.ravel(), lefts.ravel(), mirrored.ravel())
