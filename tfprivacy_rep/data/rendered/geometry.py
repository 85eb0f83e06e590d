"""Sizes, places and colours of a face: a person's traits, changed by the attributes that are on."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from tfprivacy_rep.data.rendered.drawing import Array, blend, rgb
from tfprivacy_rep.data.rendered.scene import Scene


@dataclasses.dataclass(frozen=True, eq=False)
class Geometry:
    """Lengths `[N, 1, 1]` float32 in face units (see `drawing.Canvas`) and colours `[N, 3]` float32 in [0, 1]."""

    width: Array
    top: Array
    chin: Array
    square: Array
    taper: Array
    eye_x: Array
    eye_y: Array
    eye_a: Array
    eye_b: Array
    brow_y: Array
    brow_half: Array
    nose_y: Array
    nose_half: Array
    mouth_y: Array
    mouth_half: Array
    lip: Array
    hairline: Array
    hair_reach: Array
    crooked: Array
    skin: Array
    hair: Array
    iris: Array

    def only(self, rows: NDArray[np.int64]) -> Geometry:
        """Returns the geometry of some of the pictures."""
        return Geometry(**{field.name: getattr(self, field.name)[rows] for field in dataclasses.fields(self)})


def measure(scene: Scene) -> Geometry:
    """Returns the geometry of the pictures of a scene."""
    t, has = scene.traits, scene.has
    oval, chubby, male = has("Oval_Face"), has("Chubby"), has("Male")
    eye_y = -0.07 + 0.05 * t["eye_height"]
    eye_a = 0.115 + 0.018 * t["eye_size"]
    smile = has("Smiling")
    return Geometry(
        width=(0.47 + 0.055 * t["face_width"]) * (1.0 - 0.14 * oval) * (1.0 + 0.1 * chubby) + 0.01 * male,
        top=0.64 + 0.04 * t["forehead"],
        chin=(0.62 + 0.06 * t["face_height"]) * (1.0 + 0.1 * oval - 0.03 * chubby),
        square=(0.68 + 0.2 * t["jaw_square"] + 0.12 * male) * (1.0 - 1.1 * oval) + 0.5 * chubby,
        taper=(0.1 + 0.1 * t["jaw_taper"] - 0.05 * male) * (1.0 - oval) + 0.17 * oval - 0.44 * chubby,
        eye_x=0.215 + 0.035 * t["eye_spacing"],
        eye_y=eye_y,
        eye_a=eye_a,
        eye_b=eye_a * (0.72 + 0.12 * t["eye_open"]) * (1.0 - 0.68 * has("Narrow_Eyes")),
        brow_y=eye_y - 0.135 - 0.03 * t["brow_gap"] + 0.02 * male,
        brow_half=(0.022 + 0.007 * t["brow_thickness"] + 0.004 * male) * (1.0 + 1.2 * has("Bushy_Eyebrows")),
        nose_y=0.18 + 0.055 * t["nose_length"] + 0.03 * has("Big_Nose"),
        nose_half=(0.078 + 0.02 * t["nose_width"]) * (1.0 + 1.25 * has("Big_Nose")),
        mouth_y=0.385 + 0.035 * t["mouth_height"] + 0.02 * has("Big_Nose"),
        mouth_half=(0.165 + 0.035 * t["mouth_width"]) * (1.0 + 0.3 * smile),
        lip=(0.037 + 0.01 * t["lip_thickness"]) * (1.0 + 1.5 * has("Big_Lips")),
        hairline=-0.40 - 0.05 * t["forehead"],
        hair_reach=0.09 + 0.035 * t["hair_volume"],
        crooked=(1.0 - has("Attractive")) * np.where(t["crooked"] > 0, np.float32(0.2), np.float32(-0.2)),
        skin=_skin(scene),
        hair=_hair(scene),
        iris=_iris(scene),
    )


def _skin(scene: Scene) -> Array:
    """Skin from light to dark and from pink to olive; pale skin is near white."""
    dark = scene.traits["skin_dark"] * 0.5 + 0.5
    light, deep = rgb(0.95, 0.78, 0.66), rgb(0.5, 0.33, 0.22)
    tone = blend(light, deep, dark * 0.92)
    tone = tone + scene.traits["skin_hue"].reshape(-1, 1) * rgb(0.015, -0.02, -0.055)
    return blend(tone, rgb(1.0, 0.95, 0.92), scene.has("Pale_Skin") * 0.88)


def _hair(scene: Scene) -> Array:
    """Hair: the colour that is named, else a red one; each shaded by the person. Beards of the bald are dark."""
    has = scene.has
    colour = rgb(0.6, 0.22, 0.11) + np.zeros((len(scene.labels), 1), np.float32)
    for name, value in (
        ("Black_Hair", rgb(0.05, 0.045, 0.06)),
        ("Blond_Hair", rgb(0.95, 0.8, 0.38)),
        ("Brown_Hair", rgb(0.34, 0.2, 0.1)),
        ("Gray_Hair", rgb(0.68, 0.69, 0.72)),
        ("Bald", rgb(0.2, 0.14, 0.1)),
    ):
        colour = blend(colour, value, has(name))
    shaded = colour * (1.0 + 0.2 * scene.traits["hair_shade"].reshape(-1, 1))
    return np.clip(shaded + scene.traits["hair_hue"].reshape(-1, 1) * rgb(0.025, 0.0, -0.02), 0.0, 1.0)


def _iris(scene: Scene) -> Array:
    """Eyes from brown over green to blue."""
    hue = scene.traits["iris_hue"]
    colour = blend(rgb(0.3, 0.17, 0.07), rgb(0.25, 0.5, 0.25), np.clip(hue + 1.0, 0.0, 1.0))
    colour = blend(colour, rgb(0.2, 0.45, 0.85), np.clip(hue, 0.0, 1.0))
    return colour * (1.0 + 0.3 * scene.traits["iris_light"].reshape(-1, 1))
