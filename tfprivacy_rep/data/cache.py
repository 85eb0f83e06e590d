"""A folder that keeps photographs ready to use, and reads it: images.npy with the pixels, facts.npz with the rest."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Sequence

import numpy as np

from tfprivacy_rep.data.array_file import ArrayFile
from tfprivacy_rep.errors import UserError

IMAGES, FACTS = "images.npy", "facts.npz"


def read(folder: Path, names: Sequence[str]) -> tuple[ArrayFile, dict[str, np.ndarray]]:
    """Returns the images, which stay on disk, and the facts `names`, an array each.

    Raises:
        UserError: if a file is missing or damaged.
    """
    images = ArrayFile(folder / IMAGES)
    try:
        with np.load(folder / FACTS, allow_pickle=False) as held:
            return images, {name: held[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(
            f"Invalid folder `{folder}`: expected {IMAGES} and {FACTS} as they were kept there. Received: "
            f"{type(error).__name__}: {error}. Remove the folder, so that it is made again."
        ) from error
