"""Marks on the skin: red cheeks, wrinkles and blemishes."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data.rendered.drawing import Canvas, glow, rgb
from tfprivacy_rep.data.rendered.eyes import turned
from tfprivacy_rep.data.rendered.geometry import Geometry
from tfprivacy_rep.data.rendered.scene import Scene

_SPOTS = ((-0.27, 0.15), (0.2, 0.27), (-0.12, -0.3), (0.31, 0.1), (0.14, -0.27), (-0.19, 0.33))


def cheeks(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints rosy cheeks."""
    rows = scene.rows("Rosy_Cheeks")
    if rows.size:
        few, some = face.only(rows), scene.only(rows)
        with canvas.part((0.1, 0.4, 0.9, 0.85), rows) as part:
            x, y = turned(part, some, few, 0.7)
            spot = glow(np.abs(x) - few.width * 0.58, y - 0.21, 0.21, 0.18)
            part.paint(np.minimum(spot * 1.5, 0.85), rgb(0.98, 0.28, 0.36) + 0 * few.skin)


def wrinkles(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Draws lines on the forehead, beside the eyes and from the nose to the mouth of those who are not young."""
    rows = scene.rows("Young", 0)
    if not rows.size:
        return
    few, some = face.only(rows), scene.only(rows)
    with canvas.part((0.08, 0.15, 0.92, 0.88), rows) as part:
        x, y = turned(part, some, few, 1.0)
        side = np.abs(x)
        middle = part.under(few.width * 0.56 - side)
        rise = y - few.brow_y + 0.25 * x * x
        for height in (0.09, 0.155, 0.22):
            part.shade(part.band(rise + height, 0.013) * middle, 0.58)
        out = side - few.eye_x - few.eye_a
        foot = part.under(out - 0.015) * part.under(0.11 - out)
        for slope in (-0.55, 0.0, 0.55):
            part.shade(part.band(y - few.eye_y - 0.02 - slope * out, 0.012) * foot, 0.58)
        fall = y - few.nose_y + 0.02
        fold = part.band(side - few.nose_half - 0.05 - 0.55 * fall, 0.014)
        part.shade(fold * part.under(fall) * part.under(0.27 - fall), 0.55)


def blemishes(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints red spots on those who are not attractive."""
    rows = scene.rows("Attractive", 0)
    if not rows.size:
        return
    few, some = face.only(rows), scene.only(rows)
    with canvas.part((0.12, 0.2, 0.88, 0.88), rows) as part:
        x, y = turned(part, some, few, 0.7)
        x = x * np.where(some.traits["spots"] > 0, np.float32(1), np.float32(-1))
        spots = np.zeros_like(x)
        for place_x, place_y in _SPOTS:
            spots = np.maximum(spots, part.ellipse(x - place_x, y - place_y, 0.032, 0.032))
        part.paint(spots * 0.85, few.skin * rgb(0.75, 0.25, 0.25) + rgb(0.1, 0.0, 0.0))
