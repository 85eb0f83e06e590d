"""Loads drawn photographs: draws them, in two processes where there are many, and keeps them if asked to."""

from __future__ import annotations

import hashlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from tfprivacy_rep import files
from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.data.images import Images
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.rendered.renderer import Rendered, render

SEED = 0
PHOTOGRAPHS_PER_PERSON = 20
_CHUNK = 500
_IN_PROCESS = 1000  # so few are drawn sooner than two processes have started
_PROCESSES = 2


def load(config: DataConfig) -> Photographs:
    """Draws `config.rendered_images` photographs, or takes them from `config.data_dir` if they were kept there.

    Returns:
        `Photographs` with all forty attributes and people, in memory, or in a file where a folder is given.

    Raises:
        UserError: if what was kept is damaged or the folder can't be written to.
    """
    count, size = config.rendered_images, config.image_size
    images: Images
    if config.data_dir:
        folder = Path(config.data_dir) / f"rendered-{count}-{size}px-{version()}"
        if not folder.exists():
            with files.atomic_path(folder) as temporary:
                _keep(_draw(count, size), temporary)
        from tfprivacy_rep.data import cache  # imports TensorFlow, which the drawing processes do without

        images, facts = cache.read(folder, ("labels", "people"))
        labels, people = facts["labels"], facts["people"]
    else:
        drawn = _draw(count, size)
        images, labels, people = drawn.images, drawn.labels, drawn.people
    return Photographs(
        images, labels, CELEBA_ATTRIBUTES, people, tuple(f"rendered-{i:07d}" for i in range(count)), "rendered"
    )


def version() -> str:
    """Eight hexadecimal digits that change with every change of the renderer's source."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path != Path(__file__):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def _draw(count: int, size: int) -> Rendered:
    chunks = [(range(start, min(start + _CHUNK, count)), size) for start in range(0, count, _CHUNK)]
    if count <= _IN_PROCESS:
        parts = [_chunk(chunk) for chunk in chunks]
    else:
        # A fresh process each: TensorFlow, which may be running here, does not survive a fork.
        with ProcessPoolExecutor(_PROCESSES, multiprocessing.get_context("spawn")) as pool:
            parts = list(pool.map(_chunk, chunks))
    return Rendered(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("images", "labels", "people")))


def _chunk(chunk: tuple[range, int]) -> Rendered:
    return render(np.array(chunk[0]), chunk[1], seed=SEED, photographs_per_person=PHOTOGRAPHS_PER_PERSON)


def _keep(drawn: Rendered, folder: Path) -> None:
    folder.mkdir()
    np.save(folder / "images.npy", drawn.images)
    np.savez(folder / "facts.npz", labels=drawn.labels, people=drawn.people)
