"""Photographs on disk for tests: smooth coloured textures, saved as files of many kinds."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES

EXIF_ORIENTATION = 0x0112


def picture(seed: int, width: int = 178, height: int = 218) -> Image.Image:
    """A smooth coloured texture."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def rotated(image: Image.Image) -> bytes:
    """A JPEG that lies on its side and says so in EXIF."""
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6  # to be shown turned a quarter to the right
    return encoded(image.transpose(Image.Transpose.ROTATE_90), quality=95, exif=exif)


def write(folder: Path, contents: dict[str, bytes]) -> Path:
    """Writes files by name and returns the folder."""
    for name, data in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def jpegs(count: int) -> dict[str, bytes]:
    """CelebA's names with different JPEGs of CelebA's size."""
    return {f"{i + 1:06d}.jpg": encoded(picture(i)) for i in range(count)}


def celeba_labels(count: int) -> np.ndarray:
    """int8 `[count, 40]` of 0 and 1, random, the first attribute telling whether a number is odd."""
    labels = np.random.default_rng(0).integers(0, 2, (count, 40)).astype(np.int8)
    labels[:, 0] = np.arange(count) % 2
    return labels


def celeba_texts(count: int) -> dict[str, str]:
    """The three text files of CelebA by name: half training, a quarter each validation and test, two a person."""
    names = [f"{i + 1:06d}.jpg" for i in range(count)]
    rows = [" ".join(f"{v:2d}" for v in row) for row in 2 * celeba_labels(count) - 1]
    parts = [max(0, i * 4 // count - 1) for i in range(count)]
    return {
        "list_attr_celeba.txt": "\n".join(
            [str(count), " ".join(CELEBA_ATTRIBUTES) + " ", *(f"{n} {row}" for n, row in zip(names, rows)), ""]
        ),
        "list_eval_partition.txt": "".join(f"{name} {part}\n" for name, part in zip(names, parts)),
        "identity_CelebA.txt": "".join(f"{name} {100 + i // 2}\n" for i, name in enumerate(names)),
    }


def celeba(folder: Path, count: int = 8) -> Path:
    """CelebA's original layout."""
    write(folder / "img_align_celeba", jpegs(count))
    return write(folder, {name: text.encode() for name, text in celeba_texts(count).items()})
