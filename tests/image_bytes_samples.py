"""Files as strangers send them: good ones, and those that must be refused."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image


def picture(height: int = 120, width: int = 90) -> np.ndarray:
    """A smooth picture, uint8 `[height, width, 3]`, that looks different in every orientation."""
    coarse = np.random.default_rng(0).integers(0, 255, (6, 5, 3), dtype=np.uint8)
    return np.array(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def encoded(
    kind: str, image: np.ndarray | None = None, mode: str = "RGB", orientation: int = 1, **options: Any
) -> bytes:
    """A file of a kind that Pillow writes."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    chosen = Image.fromarray(picture() if image is None else image).convert(mode)
    chosen.save(buffer, kind, **({"exif": exif.tobytes()} if orientation > 1 else {}), **options)
    return buffer.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is as large as that."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))
            + chunk(b"IEND", b""))


def _animation(kind: str) -> bytes:
    buffer = io.BytesIO()
    frames = [Image.fromarray(picture()), Image.fromarray(255 - picture())]
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def refused() -> dict[str, tuple[bytes, str]]:
    """Files by what is wrong with them, with a part of the message."""
    jpeg = encoded("JPEG")
    sides = struct.pack(">HH", 120, 90)
    assert jpeg.count(sides) == 1
    kind = "expected a whole JPEG or PNG file"
    large = "at most 64 megapixels"
    return {
        "empty": (b"", kind),
        "text": (b"hello", kind),
        "gif, animated": (_animation("GIF"), kind),
        "webp": (encoded("WEBP"), kind),
        "bmp": (encoded("BMP"), kind),
        "png, animated": (_animation("PNG"), "expected a still picture"),
        "png of 50000 x 50000": (png_that_claims(50_000, 50_000), large),
        "png of a negative side": (png_that_claims(2**31 + 5, 64), large),
        "jpeg of 50000 x 50000": (jpeg.replace(sides, struct.pack(">HH", 50_000, 50_000)), large),
        "too small": (encoded("PNG", picture(15, 90)), "at least 16 pixels"),
        "png, fewer pixels than it claims": (png_that_claims(4000, 4000), "Invalid PNG data"),
        "jpeg, three bytes": (jpeg[:3], "Invalid JPEG data"),
        "jpeg, head only": (jpeg[:100], "Invalid JPEG data"),
        "jpeg, cut in half": (jpeg[: len(jpeg) // 2], "Invalid JPEG data"),
        "png, cut": (encoded("PNG")[:500], "Invalid PNG data"),
    }
