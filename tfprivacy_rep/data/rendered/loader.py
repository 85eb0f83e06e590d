"""Loads drawn photographs: draws them, in two processes where there are many, and keeps them if asked to."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import tqdm

from tfprivacy_rep import files
from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.data.images import Images
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.rendered.renderer import render

SEED = 0
PHOTOGRAPHS_PER_PERSON = 20
_CHUNK = 500
_SHOWN = 5000  # so few are drawn before a progress bar would say anything


def load(config: DataConfig) -> Photographs:
    """Draws `config.rendered_images` photographs, or takes them from `config.data_dir` if they were kept there.

    Returns:
        `Photographs` with all forty attributes and people, in memory, or in a file where a folder is given.

    Raises:
        UserError: if what was kept is damaged or the folder can't be written to.
    """
    count, size = config.rendered_images, config.image_size
    names = tuple(f"rendered-{i:07d}" for i in range(count))
    images: Images
    if config.data_dir:
        folder = Path(config.data_dir) / f"rendered-{count}-{size}px-{version()}"
        if not folder.exists():
            with files.atomic_path(folder, "data_dir") as temporary:
                _keep(count, size, temporary)
        from tfprivacy_rep.data import cache  # imports TensorFlow, which drawing does without

        images, facts = cache.read(folder, ("labels", "people"))
        labels, people = facts["labels"], facts["people"]
    else:
        images = np.empty((count, size, size, 3), np.uint8)
        labels, people = _draw(images)
    return Photographs(images, labels, CELEBA_ATTRIBUTES, people, names, "rendered")


def version() -> str:
    """Eight hexadecimal digits that change with every change of the renderer's source."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path != Path(__file__):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def _draw(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draws photographs 0, 1, .. into `images` and returns labels and people.

    A part at a time, in this process: others would import the caller's script, which not every script survives.
    """
    count, size = images.shape[:2]
    labels, people = [], []
    for start in tqdm.trange(0, count, _CHUNK, desc="drawing faces", disable=count < _SHOWN, leave=False):
        drawn = render(np.arange(start, min(start + _CHUNK, count)), size, SEED, PHOTOGRAPHS_PER_PERSON)
        images[start : start + _CHUNK] = drawn.images
        labels.append(drawn.labels)
        people.append(drawn.people)
    return np.concatenate(labels), np.concatenate(people)


def _keep(count: int, size: int, folder: Path) -> None:
    folder.mkdir()
    images = np.lib.format.open_memmap(folder / "images.npy", "w+", np.uint8, (count, size, size, 3))
    labels, people = _draw(images)
    images.flush()
    np.savez(folder / "facts.npz", labels=labels, people=people)
