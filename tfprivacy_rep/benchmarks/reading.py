"""Photographs read from disk, from the indexing to the game that waits for them.

TensorFlow and what imports it come in late, so that memory before them can be told.
"""

from __future__ import annotations

import io
import itertools
import json
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy as np
from PIL import Image

from tfprivacy_rep.benchmarks.measuring import memory

if TYPE_CHECKING:
    from tfprivacy_rep.data.photographs import Photographs
    from tfprivacy_rep.training.trainer import GameTrainer

DIFFERENT = 1000  # photographs; the others are copies of them
BATCH = 32
TINY = 256  # photographs of the set in memory
CHUNK = 5  # steps between two looks at the clock
PIPELINE_BATCHES = 200
ROWS = {  # key of a measurement: its row in the table
    "index_seconds": "seconds to index",
    "pipeline_images_per_second": "input pipeline alone, images/s",
    "game_images_per_second": "game, images/s",
    "pipeline_to_game": "pipeline / game",
    "seconds_a_step": "seconds a step, from disk",
    "seconds_a_step_in_memory": "seconds a step, tiny set in memory",
    "share_waiting": "share of a step that reading from disk adds",
    "rss_start_mb": "resident MB before indexing",
    "rss_indexed_mb": "resident MB after indexing",
    "peak_indexed_mb": "peak MB after indexing",
    "rss_played_mb": "resident MB after the game",
    "peak_played_mb": "peak MB after the game",
}


def photograph(draws: np.random.Generator, width: int, height: int) -> bytes:
    """A JPEG file of a smooth texture, a new colour at about every sixteenth pixel."""
    coarse = Image.fromarray(draws.integers(0, 256, (round(height / 16), round(width / 16), 3), dtype=np.uint8))
    buffer = io.BytesIO()
    coarse.resize((width, height), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def make_celeba(folder: Path, count: int) -> None:
    """Writes CelebA's original layout with `count` photographs of 178 x 218 pixels, smooth textures."""
    from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES

    draws = np.random.default_rng(0)
    names = [f"{i + 1:06d}.jpg" for i in range(count)]
    (folder / "img_align_celeba").mkdir(parents=True)
    for i, name in enumerate(names):
        path = folder / "img_align_celeba" / name
        if i < DIFFERENT:
            path.write_bytes(photograph(draws, 178, 218))
        else:
            shutil.copyfile(folder / "img_align_celeba" / names[i % DIFFERENT], path)
    labels = draws.integers(0, 2, (count, len(CELEBA_ATTRIBUTES))) * 2 - 1
    rows = (f"{name} {' '.join(map(str, row))}\n" for name, row in zip(names, labels))
    (folder / "list_attr_celeba.txt").write_text(f"{count}\n{' '.join(CELEBA_ATTRIBUTES)}\n{''.join(rows)}")
    (folder / "list_eval_partition.txt").write_text("".join(f"{n} {i * 3 // count}\n" for i, n in enumerate(names)))
    (folder / "identity_CelebA.txt").write_text("".join(f"{n} {i // 20}\n" for i, n in enumerate(names)))


def measure(
    folder: str, count: int, image_size: int, perceptual_size: int, steps: int, compared: int
) -> dict[str, Any]:
    """Measures one size; call it in a process of its own."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from tfprivacy_rep.config import DataConfig
    from tfprivacy_rep.data import celeba

    data = DataConfig(dataset="celeba", data_dir=folder, image_size=image_size)
    found: dict[str, Any] = {"photographs": count, "rss_start_mb": memory()[0]}
    started = time.monotonic()
    photographs = celeba.load(data)
    found["index_seconds"] = round(time.monotonic() - started, 1)
    found["rss_indexed_mb"], found["peak_indexed_mb"] = memory()
    found["pipeline_images_per_second"] = round(pipeline_rate(photographs))
    found |= play(data, photographs, perceptual_size, steps, compared)
    found["pipeline_to_game"] = round(found["pipeline_images_per_second"] / found["game_images_per_second"], 1)
    found["rss_played_mb"], found["peak_played_mb"] = memory()
    return found


def pipeline_rate(photographs: Photographs) -> float:
    """Images a second of the input pipeline with nobody to wait for."""
    from tfprivacy_rep.data import pipeline

    batches = iter(pipeline.batches({"images": photographs.images}, BATCH, seed=0))
    for _ in itertools.islice(batches, 10):
        pass
    started = time.monotonic()
    for _ in itertools.islice(batches, PIPELINE_BATCHES):
        pass
    return PIPELINE_BATCHES * BATCH / (time.monotonic() - started)


def play(data: Any, photographs: Photographs, perceptual_size: int, steps: int, compared: int) -> dict[str, Any]:
    """Plays the game from disk; chunks of its first steps alternate with the same game fed from memory."""
    half = len(photographs) // 2
    private, public = (photographs.subset(np.arange(*ends)) for ends in ((0, half), (half, len(photographs))))
    tiny = np.arange(min(TINY, half))
    fields: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = [
        ({"images": private.images, "labels": private.labels}, {"images": public.images}),
        ({"images": private.images[tiny], "labels": private.labels[tiny]}, {"images": public.images[tiny]}),
    ]
    from_disk, from_memory = trainers(data, perceptual_size, fields)
    for trainer in (from_disk, from_memory):
        trainer.train_steps(2)  # traces
    seconds: dict[str, list[float]] = {"disk": [], "memory": []}
    for done in range(0, steps, CHUNK):
        seconds["disk"].append(timed(from_disk))
        if done < compared:
            seconds["memory"].append(timed(from_memory))
    disk, memory_fed = (statistics.median(seconds[name][: len(seconds["memory"])]) for name in ("disk", "memory"))
    return {
        "steps": steps,
        "seconds_a_step": round(disk, 3),
        "seconds_a_step_in_memory": round(memory_fed, 3),
        "share_waiting": round(1 - memory_fed / disk, 3),
        # A step is a move on X1 and one on X2.
        "game_images_per_second": round(2 * BATCH / statistics.median(seconds["disk"]), 1),
        "chunks": {name: [round(value, 4) for value in values] for name, values in seconds.items()},
    }


def timed(trainer: GameTrainer) -> float:
    """Seconds a step of the next chunk."""
    started = time.monotonic()
    trainer.train_steps(CHUNK)
    return (time.monotonic() - started) / CHUNK


def trainers(
    data: Any, perceptual_size: int, fields: list[tuple[Mapping[str, Any], Mapping[str, Any]]]
) -> list[GameTrainer]:
    """Trainers of the same players, one for each pair of X1 and X2."""
    from tfprivacy_rep import distribution
    from tfprivacy_rep.benchmarks import standard_game
    from tfprivacy_rep.training.trainer import GameTrainer

    strategy, (private, public) = distribution.mirrored(), fields[0]
    size = standard_game.Size(data.image_size, BATCH, private["labels"].shape[1], perceptual_size)
    game = standard_game.build(strategy, size, public["images"])
    return [GameTrainer(strategy, game, private, public, BATCH, seed=0) for private, public in fields]


def table(found: list[dict[str, Any]]) -> str:
    """The measurements as a Markdown table, a column for each number of photographs."""
    lines = ["| photographs | " + " | ".join(f"{f['photographs']:,}" for f in found) + " |", "| --- " * (len(found) + 1)
             + "|"]
    return "\n".join(lines + [f"| {row} | {' | '.join(str(f[key]) for f in found)} |" for key, row in ROWS.items()])


def measure_all(
    photographs: Sequence[int], image_size: int, perceptual_size: int, steps: int, compared: int, folder: str | None
) -> list[dict[str, Any]]:
    """Measures each size in a process of its own, so that no size sees another's memory.

    Args:
        photographs: how many, for each size; they are generated first.
        image_size: side S in pixels.
        perceptual_size: side of what g sees.
        steps: of the game from disk.
        compared: of them that alternate with a game fed from memory.
        folder: where the photographs are generated; None for the system's.
    """
    found = []
    for count in photographs:
        with tempfile.TemporaryDirectory(prefix="tfprivacy_rep-benchmark-", dir=folder) as place:
            make_celeba(Path(place, "celeba"), count)
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
                arguments = (str(Path(place, "celeba")), count, image_size, perceptual_size, steps, compared)
                found.append(pool.submit(measure, *arguments).result())
        print(json.dumps({key: value for key, value in found[-1].items() if key != "chunks"}), file=sys.stderr)
    return found
