"""Shifted and mirrored copies of training photographs, made once, so that everything computed from them can be
cached."""

from __future__ import annotations

import dataclasses

import numpy as np

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
        `N * copies` photographs; the first N are the originals, in order.
    """
    if copies == 1:
        return photographs
    draws = np.random.default_rng(seed)
    count, side = len(photographs), photographs.image_size
    margin = max(1, round(side * _SHIFT))
    padded = np.pad(photographs.images, ((0, 0), (margin, margin), (margin, margin), (0, 0)), mode="edge")
    variants = [photographs.images]
    for _ in range(copies - 1):
        tops, lefts = draws.integers(0, 2 * margin + 1, (2, count))
        shifted = np.stack([p[t : t + side, f : f + side] for p, t, f in zip(padded, tops, lefts)])
        mirrored = draws.random(count) < 0.5
        shifted[mirrored] = shifted[mirrored, :, ::-1]
        variants.append(shifted)
    return dataclasses.replace(
        photographs,
        images=np.concatenate(variants),
        labels=np.tile(photographs.labels, (copies, 1)),
        people=None if photographs.people is None else np.tile(photographs.people, copies),
        names=tuple(name if copy == 0 else f"{name}#{copy}" for copy in range(copies) for name in photographs.names),
    )
