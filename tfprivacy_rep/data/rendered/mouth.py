"""Nose and mouth."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data.rendered.drawing import Array, Canvas, blend, rgb
from tfprivacy_rep.data.rendered.eyes import turned
from tfprivacy_rep.data.rendered.geometry import Geometry
from tfprivacy_rep.data.rendered.scene import Scene

NOSE_BOX = (0.2, 0.3, 0.8, 0.76)
BOX = (0.14, 0.5, 0.86, 0.97)


def nose(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints the nose: round with two nostrils, or a bright ridge that ends in a sharp tip."""
    with canvas.part(NOSE_BOX) as part:
        x, y = turned(part, scene, face, 2.0)
        pointy = scene.has("Pointy_Nose")
        half = face.nose_half * (1.0 - 0.2 * pointy)
        along = np.clip((y - face.eye_y) / (face.nose_y - face.eye_y), 0.0, 1.0)
        bridge = half * (0.3 + 0.55 * along * along)
        on_nose = part.under(y - face.eye_y) * part.under(face.nose_y + 0.02 - y)
        lit = np.where(scene.shot["light_x"] > 0, x, -x)
        part.shade(part.band(lit + bridge, 0.02) * on_nose, 0.3)
        _round_tip(part, scene.has("Big_Nose"), half, x, y - face.nose_y, face, 1.0 - pointy)
        _sharp_tip(part, half, x, y - face.nose_y, along, face, pointy)


def _round_tip(part: Canvas, big: Array, half: Array, x: Array, y: Array, face: Geometry, on: Array) -> None:
    high = 0.055 + 0.045 * big
    wings = np.maximum(
        part.ellipse(x, y, half * 0.85, high * 1.15),
        part.ellipse(np.abs(x) - half * 0.75, y - 0.01, half * 0.42, high * 0.8),
    )
    shadow = part.ellipse(x, y - 0.03, half * 1.15, high * 1.1)
    part.shade(shadow * on, 0.42)
    part.paint(wings * on, np.minimum(face.skin * 1.1, 1.0))
    nostril = part.ellipse(np.abs(x) - half * 0.5, y - high * 0.7, half * 0.26, high * 0.3)
    part.paint(nostril * on, face.skin * 0.25)


def _sharp_tip(part: Canvas, half: Array, x: Array, y: Array, along: Array, face: Geometry, on: Array) -> None:
    """A triangle that gets broader downwards and then runs to a point below."""
    fall = np.abs(x) * 0.95
    tip = 0.125 - fall
    below = part.under(tip - y) * part.under(y + 0.03) * part.under(half * 1.1 - np.abs(x))
    part.paint(below * on, face.skin * 0.36)
    front = part.under(tip - 0.055 - y) * part.under(half * along * 1.05 - np.abs(x)) * part.under(along - 0.05)
    part.paint(front * on, face.skin)
    ridge = part.band(x, 0.014 + 0.012 * along) * part.under(0.05 - fall - y) * part.under(along - 0.05)
    part.paint(ridge * on * 0.9, np.minimum(face.skin * 1.4 + 0.1, 1.0))


def mouth(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints lips, the gap between them and teeth; the corners go up in a smile."""
    smile, opened = scene.has("Smiling"), scene.has("Mouth_Slightly_Open")
    with canvas.part(BOX) as part:
        x, y = turned(part, scene, face, 1.2)
        along = x / face.mouth_half
        square = along * along
        dome = np.maximum(1.0 - square, 0.0)
        line = y - face.mouth_y - smile * 0.045 + (0.135 * smile - 0.015) * square
        gap = 0.125 * opened * dome
        width = part.under((1.0 - np.abs(along)) * face.mouth_half)
        upper = part.under(line + face.lip * (1.0 - square * square)) * part.under(-line)
        lower = part.under(line - gap) * part.under(gap + face.lip * 1.35 * dome - line)
        part.paint(np.maximum(upper, lower) * width, _lip_colour(scene, face))
        part.paint(part.under(line) * part.under(gap - line) * width * opened, rgb(0.16, 0.02, 0.03))
        teeth = part.under(line) * part.under(gap * 0.55 - line) * width * opened
        part.paint(teeth, rgb(0.98, 0.97, 0.94))
        part.paint(part.band(line, 0.011) * width * (1.0 - opened), face.skin * 0.25)
        dimple = np.abs(x) - face.mouth_half - 0.035 + 3.0 * (y - face.mouth_y + 0.05) ** 2
        part.shade(part.band(dimple, 0.014) * part.under(0.085 - np.abs(y - face.mouth_y + 0.05)) * smile, 0.5)
        part.shade(part.ellipse(x, line - gap - face.lip * 2.1, face.mouth_half * 0.5, 0.025), 0.18)


def _lip_colour(scene: Scene, face: Geometry) -> Array:
    """Skin-coloured lips, or a saturated red to magenta by the person's taste."""
    taste = scene.traits["colour_taste"] * 0.5 + 0.5
    natural = face.skin * (rgb(0.82, 0.58, 0.57) + 0.05 * scene.traits["lip_hue"].reshape(-1, 1))
    painted = blend(rgb(0.85, 0.02, 0.08), rgb(0.8, 0.02, 0.42), taste)
    return blend(natural, painted, scene.has("Wearing_Lipstick"))
