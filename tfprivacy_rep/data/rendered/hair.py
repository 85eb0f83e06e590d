"""Hair on the head: behind the face, over it, and its texture."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data.rendered.drawing import Array, Canvas, rgb, wave
from tfprivacy_rep.data.rendered.geometry import Geometry
from tfprivacy_rep.data.rendered.scene import Scene


def behind(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints the hair behind the head: long for women, short for men."""
    rows = scene.rows("Bald", 0)
    if not rows.size:
        return
    few, some = face.only(rows), scene.only(rows)
    with canvas.part((0.0, 0.0, 1.0, 1.0), rows) as part:
        long = 1.0 - some.has("Male")
        swing = some.has("Wavy_Hair") * 0.05 * wave(part.y * 3.2)
        side = few.width + few.hair_reach + 0.02 + 0.06 * long
        length = 0.08 + long * (0.72 + 0.3 * some.traits["hair_length"])
        fall = part.under(side + swing * long - np.abs(part.x)) * part.under(part.y + 0.12)
        cap = part.ellipse(part.x, part.y + 0.12, side + swing, few.top - 0.12 + few.hair_reach)
        mask = np.maximum(cap, fall) * part.under(length - part.y)
        part.paint(mask, few.hair * 0.8)
        _comb(part, some, few, mask)


def front(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints the hair over the forehead: parted, receding or as bangs."""
    rows = scene.rows("Bald", 0)
    if not rows.size:
        return
    few, some = face.only(rows), scene.only(rows)
    with canvas.part((0.0, 0.0, 1.0, 0.62), rows) as part:
        swing = some.has("Wavy_Hair") * 0.035 * wave(part.x * 3.0 + 0.25)
        cap = part.ellipse(
            part.x, part.y + 0.12, few.width + few.hair_reach + swing, few.top - 0.12 + few.hair_reach + swing
        )
        mask = cap * part.under(_hairline(part, some, few) - part.y)
        part.paint(mask, few.hair)
        _comb(part, some, few, mask)


def _hairline(part: Canvas, scene: Scene, face: Geometry) -> Array:
    """Returns `[N, height, width]` float32: the y over which hair grows, for each x."""
    bangs, receding = scene.has("Bangs"), scene.has("Receding_Hairline")
    x, side = part.x, np.abs(part.x)
    parting = scene.traits["hair_parting"] * 0.2
    plain = face.hairline + 1.35 * x * x + 0.25 * np.minimum(np.abs(x - parting), 0.25) - 0.05
    peak = 0.2 * np.maximum(1.0 - (x / 0.17) ** 2, 0.0)
    back = face.hairline - 0.2 + peak + 3.4 * np.maximum(side - 0.3, 0.0)
    fringe = face.brow_y + 0.015 + 0.02 * wave(x * 6.0) + 0.5 * np.maximum(side - 0.3, 0.0)
    line = plain + receding * (back - plain)
    return line + bangs * (np.maximum(fringe, plain) - line)


def _comb(part: Canvas, scene: Scene, face: Geometry, mask: Array) -> None:
    """Brightens and darkens hair along its strands; black hair, which stays black if only shaded, shines bluish."""
    strands = _strands(part, scene)
    part.paint(mask * np.maximum(strands, 0.0), np.minimum(face.hair * 1.5 + rgb(0.26, 0.26, 0.34), 1.0))
    part.shade(mask * np.maximum(-strands, 0.0), 1.0)


def _strands(part: Canvas, scene: Scene) -> Array:
    """Returns `[N, height, width]` float32, how much brighter hair is: straight or wavy lines, or a soft sheen."""
    straight, wavy = scene.has("Straight_Hair"), scene.has("Wavy_Hair")
    lines = 0.34 * wave(part.x * 7.0) * straight
    curls = 0.4 * wave(part.x * 4.5 + 0.55 * wave(part.y * 2.6 + 0.3)) * wavy
    sheen = 0.25 * (1.0 - np.minimum(np.abs(part.y + 0.5) * 5.0, 1.0)) * (1.0 - straight) * (1.0 - wavy)
    return lines + curls + sheen
