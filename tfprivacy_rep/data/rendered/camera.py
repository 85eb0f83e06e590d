"""Light, blur and noise: from a clean drawing to the pixels of a photograph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tfprivacy_rep.data.rendered import noise
from tfprivacy_rep.data.rendered.drawing import Array, Canvas
from tfprivacy_rep.data.rendered.scene import Scene


def aim(image_size: int, scene: Scene) -> Canvas:
    """Returns an empty canvas whose pixels know where they are on the face: shifted, turned and scaled.

    Args:
        image_size: height and width in pixels.
        scene: what is drawn.
    """
    shot = scene.shot
    step = np.float32(2.0 / image_size)
    line = (np.arange(image_size, dtype=np.float32) + np.float32(0.5)) * step - np.float32(1.0)
    scale = 0.95 + 0.035 * shot["scale"]
    sine = 0.1 * shot["roll"]
    cosine = 1.0 - 0.5 * sine * sine
    across = line[None, None, :] - 0.04 * shot["shift_x"]
    down = line[None, :, None] + 0.03 - 0.035 * shot["shift_y"]
    x = (cosine * across + sine * down) / scale
    y = (cosine * down - sine * across) / scale
    rgb = np.zeros((len(scene.labels), 3, image_size, image_size), np.float32)
    return Canvas(rgb, x, y, 0.9 * step / scale)


def expose(canvas: Canvas, scene: Scene) -> NDArray[np.uint8]:
    """Returns the finished pictures.

    Returns:
        `[N, image_size, image_size, 3]` uint8.
    """
    shot = scene.shot
    light = 1.0 + 0.1 * shot["exposure"] + 0.22 * shot["light_x"] * canvas.x + 0.1 * shot["light_y"] * canvas.y
    warm = 0.05 * shot["warmth"]
    tint = np.concatenate([1.0 + warm, np.ones_like(warm), 1.0 - warm], axis=1)[..., None]
    lit = canvas.rgb * light[:, None] * tint
    rows = scene.rows("Blurry")
    if rows.size:
        lit[rows] = _blurred(lit[rows])
    size = lit.shape[-1]
    strength = (0.025 + 0.012 * shot["grain"])[:, None]
    lit += noise.grain(scene.grain_keys, size, size) * strength
    pixels = np.clip(lit * 255.0 + 0.5, 0.0, 255.0).astype(np.uint8)
    return np.ascontiguousarray(pixels.transpose(0, 2, 3, 1))


def _blurred(pictures: Array) -> Array:
    """Returns `[N, 3, size, size]` pictures out of focus: a box of about an eleventh of the picture, twice each way."""
    size = pictures.shape[-1]
    radius = max(1, size // 24)
    for _ in range(2):
        for axis in (2, 3):
            margins = [(radius, radius) if place == axis else (0, 0) for place in range(4)]
            padded = np.pad(pictures, margins, mode="edge")
            total = np.zeros_like(pictures)
            for start in range(2 * radius + 1):
                total += padded[:, :, start : start + size] if axis == 2 else padded[..., start : start + size]
            pictures = total / np.float32(2 * radius + 1)
    return pictures
