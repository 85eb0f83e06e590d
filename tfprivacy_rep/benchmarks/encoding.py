"""A folder of photographs to representations, beside decoding the photographs alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Sequence

from tfprivacy_rep.benchmarks.measuring import cell, spread, timed
from tfprivacy_rep.benchmarks.reading import make_celeba
from tfprivacy_rep.encoding import job, reading
from tfprivacy_rep.jobs import EncodeConfig
from tfprivacy_rep.models.encoder import build_encoder

ROWS = {
    "encode_images_per_second": "photographs/s, indexed, decoded, encoded and written",
    "decode_images_per_second": "photographs/s, indexed and decoded alone",
    "encode_to_decode": "the first over the second",
    "encode_to_decode_processor": "the same by second of the processors",
}


def measure(photographs: int, image_size: int, widths: Sequence[int], repeats: int) -> dict[str, Any]:
    """Times the job of `scripts/encode.py` and the decoding alone, with the same threads, in turn.

    Args:
        photographs: how many; they are generated, 178 x 218 pixels as CelebA's are.
        image_size: side S in pixels.
        widths: filters of the encoder's stages; its weights are random.
        repeats: rounds.

    Returns:
        The keys of `ROWS`, each `[median, least, most]` over the rounds.
    """
    with tempfile.TemporaryDirectory(prefix="tfprivacy_rep-benchmark-") as place:
        make_celeba(Path(place, "celeba"), photographs)
        folder, encoder, output = (str(Path(place, name)) for name in ("celeba", "encoder.keras", "z.npz"))
        build_encoder(image_size, 128, widths, seed=0).save(encoder)
        wanted = EncodeConfig(encoder=encoder, photographs=folder, output=output, overwrite=True, use_progress=False)

        def decode() -> None:
            found = reading.find(folder, "error", "training", None)
            for _ in reading.batches(found, image_size, wanted.batch_size, "error", None).as_numpy_iterator():
                pass

        job.run(wanted)
        rounds = [(timed(lambda: job.run(wanted)), timed(decode)) for _ in range(repeats)]
    return {
        "encode_images_per_second": spread(photographs / whole.wall for whole, _ in rounds),
        "decode_images_per_second": spread(photographs / alone.wall for _, alone in rounds),
        "encode_to_decode": spread(alone.wall / whole.wall for whole, alone in rounds),
        "encode_to_decode_processor": spread(alone.processor / whole.processor for whole, alone in rounds),
    }


def table(found: dict[str, Any]) -> str:
    """The measurements as a Markdown table: median [least, most] over the rounds."""
    return "\n".join(["| | |", "| --- | --- |", *(f"| {row} | {cell(found[key])} |" for key, row in ROWS.items())])
