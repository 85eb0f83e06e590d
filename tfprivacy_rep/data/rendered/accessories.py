"""What people wear: glasses, hats, earrings, necklaces and neckties."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data.rendered.drawing import Canvas, blend, rgb
from tfprivacy_rep.data.rendered.eyes import BOX, turned
from tfprivacy_rep.data.rendered.geometry import Geometry
from tfprivacy_rep.data.rendered.scene import Scene


def necktie(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints a white shirt with a collar and a tie."""
    rows = scene.rows("Wearing_Necktie")
    if not rows.size:
        return
    some = scene.only(rows)
    with canvas.part((0.0, 0.7, 1.0, 1.0), rows) as part:
        side = np.abs(part.x)
        shirt = part.under(part.y - 0.74 - 0.35 * side) * part.under(0.42 - side)
        part.paint(shirt, rgb(0.97, 0.97, 0.97))
        part.shade(part.band(part.y - 0.88 + 0.35 * side, 0.014) * part.under(0.36 - side) * shirt, 0.4)
        half = np.where(part.y < 0.88, 0.085, 0.06 + 0.25 * (part.y - 0.88))
        tie = part.under(half - side) * part.under(part.y - 0.77)
        part.paint(tie, blend(rgb(0.75, 0.04, 0.08), rgb(0.05, 0.12, 0.65), some.shot["garment"] * 0.5 + 0.5))


def necklace(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints a gold chain with a pendant."""
    rows = scene.rows("Wearing_Necklace")
    if not rows.size:
        return
    with canvas.part((0.1, 0.66, 0.9, 1.0), rows) as part:
        curve = part.y - 0.92 + 2.6 * part.x * part.x
        chain = part.band(curve, 0.045) * part.under(0.34 - np.abs(part.x))
        part.shade(part.band(curve, 0.065) * part.under(0.36 - np.abs(part.x)), 0.55)
        part.paint(chain, rgb(1.0, 0.84, 0.1))
        part.paint(part.ellipse(part.x, part.y - 0.97, 0.075, 0.085), rgb(0.1, 0.75, 0.85))


def earrings(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints gold drops that hang from the ears, over the hair."""
    rows = scene.rows("Wearing_Earrings")
    if not rows.size:
        return
    few = face.only(rows)
    with canvas.part((0.0, 0.35, 1.0, 0.95), rows) as part:
        out = np.abs(part.x) - few.width - 0.03
        part.paint(part.ellipse(out, part.y - 0.19, 0.065, 0.065), rgb(1.0, 0.85, 0.15))
        part.paint(part.ellipse(out, part.y - 0.34, 0.075, 0.11), rgb(0.98, 0.98, 0.6))
        part.shade(part.ellipse(out, part.y - 0.34, 0.035, 0.06), 0.5)


def glasses(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints dark frames with lenses, a bridge and the arms."""
    rows = scene.rows("Eyeglasses")
    if not rows.size:
        return
    few, some = face.only(rows), scene.only(rows)
    with canvas.part(BOX, rows) as part:
        x, y = turned(part, some, few, 1.2)
        out, down = np.abs(x) - few.eye_x, y - few.eye_y - 0.01
        lens = part.ellipse(out, down, 0.165, 0.14)
        part.paint(lens * 0.18, rgb(0.75, 0.9, 1.0))
        frame = part.ellipse(out, down, 0.2, 0.175) - part.ellipse(out, down, 0.15, 0.125)
        bridge = part.band(down + 0.03, 0.02) * part.under(few.eye_x - 0.17 - np.abs(x))
        arms = part.band(down + 0.03, 0.02) * part.under(out - 0.17) * part.under(few.width + 0.03 - np.abs(part.x))
        mask = np.maximum(np.maximum(np.maximum(frame, 0.0), bridge), arms)
        part.paint(mask, rgb(0.04, 0.04, 0.06))


def hat(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints a hat with a brim and a band, deep in the forehead."""
    rows = scene.rows("Wearing_Hat")
    if not rows.size:
        return
    few, some = face.only(rows), scene.only(rows)
    shot = some.shot
    tone = np.concatenate([shot["cloth_blue"], shot["cloth_red"], shot["cloth_green"]], axis=1)[..., 0]
    colour = 0.45 + 0.35 * tone
    with canvas.part((0.0, 0.0, 1.0, 0.58), rows) as part:
        edge = few.brow_y - 0.15 + 0.25 * part.x * part.x
        side = few.width + few.hair_reach - 0.01
        crown = part.under(edge - part.y) * part.under(side + 0.12 * (part.y + 0.4) - np.abs(part.x))
        part.paint(crown * part.under(part.y + 0.86 - 0.4 * part.x * part.x), colour)
        part.paint(crown * part.under(part.y - edge + 0.17), colour * 0.3)
        part.paint(part.ellipse(part.x, part.y - edge, side * 1.42, 0.075), colour * 0.8)
        part.shade(part.band(part.y - edge - 0.08, 0.03) * part.under(few.width - np.abs(part.x)), 0.3)
