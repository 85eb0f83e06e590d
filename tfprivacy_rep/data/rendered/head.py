"""Background, neck, clothes, ears and the bare face."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data.rendered.drawing import Array, Canvas, glow, rgb
from tfprivacy_rep.data.rendered.geometry import Geometry
from tfprivacy_rep.data.rendered.scene import Scene


def background(canvas: Canvas, scene: Scene) -> None:
    """Paints a wall with a slope of brightness."""
    shot = scene.shot
    wall = np.concatenate([shot["wall_red"], shot["wall_green"], shot["wall_blue"]], axis=1)[..., None]
    slope = 0.12 * (shot["wall_slope_x"] * canvas.x + shot["wall_slope_y"] * canvas.y)
    canvas.rgb[:] = np.clip(0.55 + 0.24 * wall + slope[:, None], 0.0, 1.0)


def inside(canvas: Canvas, face: Geometry) -> Array:
    """Returns how deep a pixel is in the face.

    Returns:
        `[N, height, width]` float32: 1 in the middle, 0 on the outline, negative outside.
    """
    down = np.maximum(canvas.y, 0.0) / face.chin
    up = np.minimum(canvas.y, 0.0) / face.top
    across = canvas.x / (face.width * np.maximum(1.0 - face.taper * down, 0.3))
    square = np.minimum(face.square, 1.0)
    fall = down * down
    return 1.0 - across * across - fall * (1.0 - square) - fall * fall * square - up * up


def outline(canvas: Canvas, face: Geometry, depth: Array, level: float = 0.0) -> Array:
    """Returns the mask of the face, or of the part of it deeper than `level`."""
    return canvas.under((depth - level) * face.width * 0.45)


def body(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints the neck with the chin's shadow, and clothes."""
    male = scene.has("Male")
    half = 0.23 + 0.03 * scene.traits["neck_width"] + 0.07 * male + 0.05 * scene.has("Chubby")
    with canvas.part((0.0, 0.56, 1.0, 1.0)) as part:
        flare = np.maximum(part.y - 0.7, 0.0)
        neck = part.under(half + 0.9 * flare * flare - np.abs(part.x)) * part.under(part.y - 0.3)
        shoulders = part.under(part.y - 0.87 - 0.5 * (part.x * part.x))
        part.paint(np.maximum(neck, shoulders), face.skin * 0.86)
        part.shade(neck * np.clip(1.6 - 1.9 * (part.y - face.chin + 0.35), 0.0, 1.0), 0.3)
        tone = np.concatenate([scene.shot[f"cloth_{name}"] for name in ("red", "green", "blue")], axis=1)[..., 0]
        opening = (0.42 + 0.1 * scene.shot["garment"] - 0.06 * male) - (part.y - 0.72) * (0.75 - 0.3 * male)
        part.paint(shoulders * part.under(np.abs(part.x) - opening), 0.45 + 0.35 * tone)


def ears(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints both ears behind the face."""
    size = 1.0 + 0.3 * scene.traits["ear_size"]
    with canvas.part((0.04, 0.24, 0.96, 0.76)) as part:
        x = np.abs(part.x) - face.width
        y = part.y - 0.02 - 0.04 * scene.traits["ear_height"]
        part.paint(part.ellipse(x, y, 0.085 * size, 0.14 * size), face.skin * 0.9)
        part.shade(part.ellipse(x - 0.015, y, 0.045 * size, 0.085 * size), 0.2)


def skin(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints the face, rounder at its edge by shade, and a second chin under it if there is one."""
    rows = scene.rows("Double_Chin")
    if rows.size:
        few = face.only(rows)
        with canvas.part((0.1, 0.5, 0.9, 1.0), rows) as part:
            y = part.y - few.chin + 0.03
            part.shade(part.ellipse(part.x, y, few.width * 0.86, 0.225), 0.45)
            part.paint(part.ellipse(part.x, y, few.width * 0.8, 0.19), few.skin * 0.97)
    with canvas.part((0.06, 0.06, 0.94, 0.94)) as part:
        depth = inside(part, face)
        mask = outline(part, face, depth)
        part.paint(mask, face.skin)
        edge = np.clip(1.0 - 2.2 * depth, 0.0, 1.0)
        part.shade(mask * edge * edge, 0.26)
    if rows.size:
        with canvas.part((0.1, 0.5, 0.9, 1.0), rows) as part:
            curve = part.y - few.chin + 0.015 + 0.55 * part.x * part.x
            part.shade(part.band(curve, 0.02) * part.under(few.width * 0.62 - np.abs(part.x)), 0.55)


def mole(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints a person's mole, somewhere on the cheeks."""
    t = scene.traits
    with canvas.part((0.12, 0.35, 0.88, 0.85)) as part:
        x = part.x - t["mole_x"] * 0.33 * face.width / 0.47
        y = part.y - 0.22 - 0.17 * t["mole_y"]
        size = 0.03 + 0.012 * t["mole_size"]
        part.paint(part.ellipse(x, y, size, size), face.skin * 0.3)


def crown_shine(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Brightens the top of bald heads."""
    rows = scene.rows("Bald")
    if rows.size:
        few = face.only(rows)
        with canvas.part((0.1, 0.0, 0.9, 0.5), rows) as part:
            spot = glow(part.x + 0.12, part.y + few.top * 0.72, 0.2, 0.12)
            part.paint(np.minimum(spot * 1.3, 0.95), rgb(1.0, 1.0, 0.98) + 0 * few.skin)
