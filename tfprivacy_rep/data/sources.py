"""Where photographs come from: a registry from a source's name to how it is loaded."""

from __future__ import annotations

import dataclasses
import importlib
from typing import Callable

from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data.images import in_memory
from tfprivacy_rep.data.orl import labelling as orl_labelling
from tfprivacy_rep.data.orl import loader as orl_loader
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.preprocessing import Cut
from tfprivacy_rep.errors import UserError


@dataclasses.dataclass(frozen=True)
class Source:
    """A kind of photographs.

    Attributes:
        load: loads all photographs that a configuration asks for, with all their attributes. It imports optional
            packages itself, so that naming a source costs nothing.
        default_partition: the mode of `partition.make` for photographs of this source where the user names none.
        recogniser: who judges faces where the user names nobody, one of `config.RECOGNISERS`.
        default_attributes: the attributes used where the user names none, in order; empty for all there are.
        face_square: where on a photograph the face is, for dlib: centre x, centre y and side of a square from above the
            brows to the chin, as fractions of the side.
        cut: where the square lies on the source's photographs, if not in the middle; see `preprocessing.Cut`.
    """

    load: Callable[[DataConfig], Photographs]
    default_partition: Callable[[Photographs], str]
    recogniser: str
    default_attributes: tuple[str, ...] = ()
    face_square: tuple[float, float, float] = (0.49, 0.6, 0.81)
    cut: Cut | None = None


def _module(name: str) -> Callable[[DataConfig], Photographs]:
    """Loads by a module of this package that is imported only then, because it imports TensorFlow."""
    return lambda config: importlib.import_module(f"tfprivacy_rep.data.{name}").load(config)


def _of_folder(photographs: Photographs) -> str:
    return "paper" if photographs.people is None else "disjoint_people"


# On ORL the square of dlib's detector is 2.25 times the distance of the eyes wide, and its middle is 0.43 of that
# distance below them (medians over 58 photographs). CelebA is aligned to eyes 38 pixels apart, around column 88.5 and
# on row 91 of the 178 that are kept. Reckoned so, not measured: nobody has run it on CelebA here.
CELEBA_FACE = (0.497, 0.603, 0.48)

SOURCES: dict[str, Source] = {
    "orl": Source(lambda config: orl_loader.load(config.image_size, config.data_dir or None),
                  lambda _: "shared_people", "dlib", orl_labelling.ATTRIBUTES,
                  cut=Cut(*orl_loader.SHAPE[:2], orl_loader.CROP_TOP)),
    "celeba": Source(_module("celeba"), lambda _: "paper", "dlib", face_square=CELEBA_FACE),
    "celeba_tfds": Source(_module("celeba_tfds"), lambda _: "paper", "dlib", face_square=CELEBA_FACE),
    "folder": Source(_module("folder"), _of_folder, "dlib"),
    "rendered": Source(_module("rendered.loader"), lambda _: "disjoint_people", "rendered"),
}
#: Those on whose photographs faces are at a known place.
_ALIGNED = ("orl", "celeba", "celeba_tfds")


def get(source: str) -> Source:
    """Returns the registered source.

    Raises:
        UserError: if there is none of that name.
    """
    if source not in SOURCES:
        raise UserError(
            f"Invalid `dataset`: expected one of {', '.join(SOURCES)}. Received: dataset={source!r}. "
            "Use --dataset=folder for photographs of your own."
        )
    return SOURCES[source]


def face_square(dataset: str | None, wanted: tuple[float, ...] = ()) -> tuple[float, float, float]:
    """Where faces are on the photographs of a source, for `alignment.FaceAligner`.

    Args:
        dataset: the source; None where it is not known.
        wanted: centre x, centre y and side, as fractions of the photograph's side, to be used instead; may be empty.

    Raises:
        UserError: if neither says it.
    """
    if wanted:
        x, y, side = wanted
        return x, y, side
    if dataset not in _ALIGNED:
        raise UserError(
            "Invalid `face_square`: expected where faces are on the photographs that the encoder was trained on, which "
            f"is known of {', '.join(_ALIGNED)}. Received: an encoder of dataset={dataset}. Add --face_square=x,"
            "y,side as dlib's detector finds it on them."
        )
    return get(dataset).face_square


def default_partition(config: DataConfig, photographs: Photographs) -> str:
    """The mode of `partition.make` for the loaded photographs where the user names none."""
    return get(config.dataset).default_partition(photographs)


def load_all(config: DataConfig) -> Photographs:
    """Loads the photographs that a configuration asks for, with every attribute that the source has labels for.

    Args:
        config: which source, where it is, the side of the images, what to do with bad photographs and whether to keep
            the others in memory.

    Returns:
        `Photographs` with images uint8 [N, image_size, image_size, 3].

    Raises:
        UserError: if the source is unknown or its photographs can't be read.
    """
    photographs = get(config.dataset).load(config)
    if config.cache_images:
        photographs = dataclasses.replace(photographs, images=in_memory(photographs.images))
    return photographs


def of_task(config: DataConfig, photographs: Photographs) -> Photographs:
    """The photographs with the attributes of the task alone: those asked for, or the source's default.

    Raises:
        UserError: if the source lacks an attribute.
    """
    return photographs.with_attributes(
        config.attributes or get(config.dataset).default_attributes or photographs.attributes
    )


def load(config: DataConfig) -> Photographs:
    """Loads the photographs that a configuration asks for, with the attributes of the task; see `load_all` and
    `of_task`."""
    return of_task(config, load_all(config))
