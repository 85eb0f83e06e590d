"""Soft shapes and the canvas they are painted on, for a batch of pictures at once.

Only additions, multiplications, divisions, minima and maxima of single elements are used: they are rounded the same way
everywhere, so a picture does not depend on the batch it is drawn in.
"""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any, Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
"""Always float32; numpy's own types lose this in mixed expressions."""
Box = tuple[float, float, float, float]


@dataclasses.dataclass(frozen=True, eq=False)
class Canvas:
    """Pictures and where their pixels are on the face.

    Attributes:
        rgb: `[N, 3, height, width]` float32, colours in [0, 1], painted in place.
        x: `[N, height, width]` float32, to the right on the picture; the face's middle is 0, its half width about 0.48.
        y: `[N, height, width]` float32, downwards; 0 is between the eyes and the nose, the chin about 0.65.
        soft: `[N, 1, 1]` float32, width of an edge: about one pixel in face units.
    """

    rgb: Array
    x: Array
    y: Array
    soft: Array

    @contextlib.contextmanager
    def part(self, box: Box, rows: NDArray[np.int64] | None = None) -> Iterator[Canvas]:
        """A copy of a rectangle, of some pictures, that is written back at the end.

        Args:
            box: left, top, right and bottom of the rectangle as shares of the picture, wide enough for every pose.
            rows: `[M]` int64, the pictures; all of them if None.

        Yields:
            The copied canvas.
        """
        size = self.rgb.shape[-1]
        left, top, right, bottom = (int(edge * size) for edge in box)
        place = (slice(None) if rows is None else rows, slice(top, bottom), slice(left, right))
        window = (place[0], slice(None), *place[1:])
        soft = self.soft if rows is None else self.soft[rows]
        copy = Canvas(self.rgb[window].copy(), self.x[place].copy(), self.y[place].copy(), soft)
        yield copy
        self.rgb[window] = copy.rgb

    def paint(self, mask: Array, colour: Array) -> None:
        """Lays a colour over the pictures.

        Args:
            mask: `[N, height, width]` float32 in [0, 1], how much it covers.
            colour: `[N, 3]` float32 in [0, 1].
        """
        self.rgb[:] += mask[:, None] * (colour[:, :, None, None] - self.rgb)

    def shade(self, mask: Array, amount: Array | float) -> None:
        """Multiplies by 1 - amount * mask: darkens, or brightens for negative amounts."""
        self.rgb[:] *= (1.0 - mask * amount)[:, None]

    # The shapes: each returns a `[N, height, width]` float32 mask in [0, 1].

    def under(self, distance: Array) -> Array:
        """Where a signed distance in face units is positive."""
        return np.clip(distance / self.soft + 0.5, 0.0, 1.0)

    def band(self, distance: Array, half: Array | float) -> Array:
        """Where a signed distance is closer to 0 than `half`."""
        return np.clip((half - np.abs(distance)) / self.soft + 0.5, 0.0, 1.0)

    def ellipse(self, x: Array, y: Array, a: Array | float, b: Array | float) -> Array:
        """An ellipse around x = y = 0 with half axes a and b; also a ring's and a lid's building block."""
        inside = 1.0 - (x / a) ** 2 - (y / b) ** 2
        return np.clip(inside * (np.minimum(a, b) * 0.5) / self.soft + 0.5, 0.0, 1.0)


def glow(x: Array, y: Array, a: Array | float, b: Array | float) -> Array:
    """A spot that fades from 1 in its middle to 0 on an ellipse with half axes a and b."""
    inside = np.maximum(1.0 - (x / a) ** 2 - (y / b) ** 2, 0.0)
    return inside * inside


def wave(phase: Array) -> Array:
    """A sine-like wave of period 1 between -1 and 1, made of polynomials."""
    triangle = 1.0 - 4.0 * np.abs(phase - np.floor(phase) - 0.5)
    return triangle * (1.5 - 0.5 * triangle * triangle)


def rgb(*values: float) -> Array:
    """Returns `[1, 3]` float32, one colour for all pictures."""
    return np.array([values], np.float32)


def blend(first: Array, second: Array, share: Array) -> Array:
    """Returns first + share * (second - first); `[N, 3]` colours with `[N, 1, 1]` or `[N, 1]` shares."""
    return first + share.reshape(-1, 1) * (second - first)
