"""Eyes and eyebrows. Both sides are drawn at once, by the distance |x| from the face's middle."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data.rendered.drawing import Array, Canvas, blend, glow, rgb
from tfprivacy_rep.data.rendered.geometry import Geometry
from tfprivacy_rep.data.rendered.scene import Scene

BOX = (0.06, 0.2, 0.94, 0.66)


def turned(part: Canvas, scene: Scene, face: Geometry, depth: float) -> tuple[Array, Array]:
    """Returns x and y on the face for features that stick out: they move with yaw, pitch and crookedness.

    Args:
        part: the canvas.
        scene: its scene.
        face: its geometry.
        depth: how far the feature moves; 1 for the eyes, more for the nose.
    """
    x = part.x - 0.055 * depth * scene.shot["yaw"]
    return x, part.y - 0.025 * depth * scene.shot["pitch"] + face.crooked * x


def eyes(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints bags, make-up, eyes, lids and lashes."""
    with canvas.part(BOX) as part:
        x, y = turned(part, scene, face, 1.0)
        side = np.sign(x)
        out = np.abs(x) - face.eye_x
        down = y - face.eye_y - 0.22 * scene.traits["eye_tilt"] * out
        _bags(part, scene, face, out, down)
        _makeup(part, scene, face, out, down)
        eye = part.ellipse(out, down, face.eye_a, face.eye_b)
        part.paint(eye, rgb(0.97, 0.97, 0.97))
        across = out - side * 0.03 * scene.shot["gaze"]
        radius = 0.064 + 0.006 * scene.traits["eye_size"]
        iris = part.ellipse(across, down, radius, radius) * eye
        part.paint(iris, face.iris)
        part.paint(part.ellipse(across, down, radius * 0.5, radius * 0.5) * eye, rgb(0.02, 0.02, 0.02))
        lid = down + face.eye_b * (1.0 - (out / face.eye_a) ** 2)
        reach = part.under(face.eye_a * 1.05 - np.abs(out))
        part.paint(part.band(lid, 0.016) * reach, face.skin * 0.22)
        part.shade(part.band(down - face.eye_b * (1.0 - (out / face.eye_a) ** 2), 0.008) * reach, 0.35)
        _lashes(part, scene, face, out, down)


def _bags(part: Canvas, scene: Scene, face: Geometry, out: Array, down: Array) -> None:
    """A swollen bag under each eye with a dark crescent."""
    on = scene.has("Bags_Under_Eyes")
    drop = down - face.eye_b - 0.03
    part.shade(part.ellipse(out, drop - 0.045, face.eye_a * 1.05, 0.075) * on, 0.45)
    part.shade(part.ellipse(out, drop - 0.025, face.eye_a * 0.9, 0.045) * on, -0.45)


def _makeup(part: Canvas, scene: Scene, face: Geometry, out: Array, down: Array) -> None:
    """Coloured shadow from the lid to the brow; purple or blue-green by the person's taste."""
    taste = scene.traits["colour_taste"] * 0.5 + 0.5
    colour = blend(rgb(0.5, 0.1, 0.6), rgb(0.05, 0.4, 0.6), taste)
    shadow = part.ellipse(out - 0.02, down + face.eye_b * 0.6, face.eye_a * 1.35, face.eye_b * 0.7 + 0.085)
    part.paint(shadow * part.under(0.03 - down) * scene.has("Heavy_Makeup") * 0.85, colour)


def _lashes(part: Canvas, scene: Scene, face: Geometry, out: Array, down: Array) -> None:
    """Lashes of women, thick with a flick outwards under make-up."""
    makeup = scene.has("Heavy_Makeup")
    rise = down + face.eye_b * 0.35 + 0.55 * (out - face.eye_a * 0.8)
    flick = part.band(rise, 0.012 + 0.016 * makeup)
    flick = flick * part.under(out - face.eye_a * 0.62) * part.under(face.eye_a * (1.2 + 0.35 * makeup) - out)
    lid = down + face.eye_b * (1.0 - (out / face.eye_a) ** 2)
    line = part.band(lid, 0.03) * part.under(face.eye_a * 1.05 - np.abs(out)) * makeup
    amount = np.maximum(makeup, 0.8 * (1.0 - scene.has("Male")))
    part.paint(np.maximum(flick * amount, line), rgb(0.03, 0.02, 0.03))


def brows(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints eyebrows: flat, or arched like a bow; thick and dark if bushy. Over the hair, so that bangs hide none."""
    with canvas.part(BOX) as part:
        x, y = turned(part, scene, face, 1.0)
        _brow_pair(part, scene, face, np.abs(x) - face.eye_x, y)


def _brow_pair(part: Canvas, scene: Scene, face: Geometry, out: Array, y: Array) -> None:
    t, arched, bushy = scene.traits, scene.has("Arched_Eyebrows"), scene.has("Bushy_Eyebrows")
    length = 0.16 + 0.025 * t["brow_length"]
    along = out / length
    arch = (0.012 + 0.115 * arched) * (1.0 - (along - 0.25 * arched) ** 2)
    centre = face.brow_y + 0.03 * arched - arch - 0.03 * t["brow_tilt"] * along
    half = face.brow_half * (1.0 - 0.3 * along * (1.0 - bushy))
    mask = part.band(y - centre, half) * part.under(length - np.abs(out))
    part.paint(mask, blend(face.hair * 0.55, face.hair * 0.25, bushy))


def glints(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """A high cheekbone: a bright ridge under the outer eye and a hollow below it."""
    rows = scene.rows("High_Cheekbones")
    if not rows.size:
        return
    few, part_scene = face.only(rows), scene.only(rows)
    with canvas.part((0.06, 0.35, 0.94, 0.85), rows) as part:
        x, y = turned(part, part_scene, few, 0.4)
        out = np.abs(x) - few.width * 0.62
        slope = y - 0.13 + 0.5 * out
        part.paint(glow(out, slope, 0.2, 0.075) * 0.75, np.minimum(few.skin * 1.35 + 0.08, 1.0))
        hollow = np.abs(x) - few.width * 0.68
        part.shade(glow(hollow, y - 0.29 + 0.8 * hollow, 0.19, 0.085), 0.5)
