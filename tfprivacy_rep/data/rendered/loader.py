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
from tfprivacy_rep.data.rendered.renderer import Rendered, render

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
    images: Images
    if config.data_dir:
        folder = Path(config.data_dir) / f"rendered-{count}-{size}px-{version()}"
        if not folder.exists():
            with files.atomic_path(folder) as temporary:
                _keep(_draw(count, size), temporary)
        from tfprivacy_rep.data import cache  # imports TensorFlow, which drawing does without

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
    """A part at a time, in this process: others would import the caller's script, which not every script survives."""
    parts = [
        render(np.arange(start, min(start + _CHUNK, count)), size, SEED, PHOTOGRAPHS_PER_PERSON)
        for start in tqdm.trange(0, count, _CHUNK, desc="drawing faces", disable=count < _SHOWN, leave=False)
    ]
    return Rendered(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("images", "labels", "people")))


def _keep(drawn: Rendered, folder: Path) -> None:
    folder.mkdir()
    np.save(folder / "images.npy", drawn.images)
    np.savez(folder / "facts.npz", labels=drawn.labels, people=drawn.people)
