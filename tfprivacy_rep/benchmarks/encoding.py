"""A folder of photographs to representations, beside decoding the photographs alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from tfprivacy_rep.benchmarks.measuring import cell, spread, timed
from tfprivacy_rep.benchmarks.reading import photograph
from tfprivacy_rep.encoding import job, reading
from tfprivacy_rep.jobs import EncodeConfig
from tfprivacy_rep.models.encoder import build_encoder

ROWS = {
    "encode_images_per_second": "photographs/s, indexed, decoded, encoded and written",
    "decode_images_per_second": "photographs/s, indexed and decoded alone",
    "encode_to_decode": "the first over the second",
    "encode_to_decode_processor": "the same by second of the processors",
}
#: CelebA's photographs: their width and height in pixels.
_WIDTH, _HEIGHT = 178, 218
_FEWEST, _DIFFERENT = 64, 200


def measure(
    sides: Sequence[int], photographs: int, image_size: int, widths: Sequence[int], repeats: int
) -> list[dict[str, Any]]:
    """Times the job of `scripts/encode.py` and the decoding alone, with the same threads, in turn.

    Args:
        sides: widths of generated photographs in pixels, of CelebA's proportions.
        photographs: how many there are of CelebA's width; of others as many as have the same pixels in all, and 64 at
            least.
        image_size: side S that they are brought to, in pixels.
        widths: filters of the encoder's stages; its weights are random.
        repeats: rounds.

    Returns:
        For each width `side`, `photographs`, and the keys of `ROWS`, each `[median, least, most]` over the rounds.
    """
    with tempfile.TemporaryDirectory(prefix="tfprivacy_rep-benchmark-") as place:
        encoder = str(Path(place, "encoder.keras"))
        build_encoder(image_size, 128, widths, seed=0).save(encoder)
        return [_measured(Path(place), encoder, side, max(_FEWEST, round(photographs * (_WIDTH / side) ** 2)),
                          image_size, repeats) for side in sides]


def _measured(place: Path, encoder: str, side: int, count: int, image_size: int, repeats: int) -> dict[str, Any]:
    folder = place / f"photographs{side}"
    _make(folder, count, side)
    wanted = EncodeConfig(encoder=encoder, photographs=str(folder), output=str(place / "z.npz"), overwrite=True,
                          use_progress=False)

    def decode() -> None:
        found = reading.find(str(folder), "error", "training", None)
        for _ in reading.batches(found, image_size, wanted.batch_size, "error", None).as_numpy_iterator():
            pass

    job.run(wanted)
    rounds = [(timed(lambda: job.run(wanted)), timed(decode)) for _ in range(repeats)]
    return {
        "side": side, "photographs": count,
        "encode_images_per_second": spread(count / whole.wall for whole, _ in rounds),
        "decode_images_per_second": spread(count / alone.wall for _, alone in rounds),
        "encode_to_decode": spread(alone.wall / whole.wall for whole, alone in rounds),
        "encode_to_decode_processor": spread(alone.processor / whole.processor for whole, alone in rounds),
    }


def _make(folder: Path, count: int, side: int) -> None:
    """Writes photographs; a few hundred are different, for making them takes longer than reading them."""
    folder.mkdir()
    draws = np.random.default_rng(0)
    held = [photograph(draws, side, round(side * _HEIGHT / _WIDTH)) for _ in range(min(count, _DIFFERENT))]
    for number in range(count):
        (folder / f"{number:06d}.jpg").write_bytes(held[number % len(held)])


def table(found: Sequence[Mapping[str, Any]]) -> str:
    """The measurements as a Markdown table, a column a width: median [least, most] over the rounds."""
    head = "".join(f" {one['photographs']} of {one['side']} px |" for one in found)
    rows = (f"| {row} |" + "".join(f" {cell(one[key])} |" for one in found) for key, row in ROWS.items())
    return "\n".join([f"| photographs |{head}", "| --- |" + " --- |" * len(found), *rows])
