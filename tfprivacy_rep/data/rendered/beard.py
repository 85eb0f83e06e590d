"""Beards: shadow, goatee, mustache, sideburns, and a full beard where there is a beard but none of these."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.data.rendered.drawing import Array, Canvas, rgb, wave
from tfprivacy_rep.data.rendered.eyes import turned
from tfprivacy_rep.data.rendered.geometry import Geometry
from tfprivacy_rep.data.rendered.head import inside, outline
from tfprivacy_rep.data.rendered.scene import Scene

_KINDS = ("5_o_Clock_Shadow", "Goatee", "Mustache", "Sideburns")


def beard(canvas: Canvas, scene: Scene, face: Geometry) -> None:
    """Paints the hair on the lower face; drawn before the mouth."""
    rows = scene.rows("No_Beard", 0)
    if not rows.size:
        return
    few, some = face.only(rows), scene.only(rows)
    named = some.labels[:, [CELEBA_ATTRIBUTES.index(kind) for kind in _KINDS]].sum(axis=1)
    full = (named == 0).astype(np.float32)[:, None, None]
    hair = few.hair * 0.75
    with canvas.part((0.06, 0.3, 0.94, 0.92), rows) as part:
        x, y = turned(part, some, few, 0.8)
        depth = inside(part, few)
        jaw = _jaw(part, few, x, y, depth)
        stipple = 0.62 + 0.38 * wave(part.x * 9.0 + wave(part.y * 7.0)) * wave(part.y * 10.0)
        part.paint(jaw * stipple * some.has("5_o_Clock_Shadow") * 0.72, few.skin * 0.3 + rgb(0.03, 0.06, 0.1))
        part.paint(jaw * full, hair)
        burns = part.under(np.abs(part.x) - few.width + 0.13) * part.under(y + 0.2) * part.under(0.32 - y)
        part.paint(burns * outline(part, few, depth) * some.has("Sideburns"), hair)
        chin = part.ellipse(x, y - few.mouth_y - 0.19, 0.145, 0.155) * part.under(y - few.mouth_y - 0.045)
        part.paint(chin * some.has("Goatee"), hair)
        part.paint(_mustache(part, few, x, y) * some.has("Mustache"), hair)


def _jaw(part: Canvas, face: Geometry, x: Array, y: Array, depth: Array) -> Array:
    """The jaw from ear to ear, the chin and the upper lip, without the mouth."""
    ring = part.under((0.52 - depth) * 0.3) * part.under(y - 0.12)
    below = part.under(y - face.mouth_y - 0.1)
    lip = part.ellipse(x, y - face.mouth_y + 0.075, face.mouth_half * 1.1, 0.045)
    return np.maximum(np.maximum(ring, below), lip) * outline(part, face, depth)


def _mustache(part: Canvas, face: Geometry, x: Array, y: Array) -> Array:
    """A thick band over the mouth that hangs down at its ends."""
    drop = y - face.mouth_y + 0.085 - 1.3 * x * x
    return part.band(drop, 0.06 - 0.05 * np.abs(x)) * part.under(0.25 - np.abs(x))
