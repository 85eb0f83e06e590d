"""Where photographs come from: a registry from a source's name to how it is loaded."""

from __future__ import annotations

import dataclasses
from typing import Callable, Sequence

from tfprivacy_rep.data.orl import labelling as orl_labelling
from tfprivacy_rep.data.orl import loader as orl_loader
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError


@dataclasses.dataclass(frozen=True)
class Source:
    """A kind of photographs.

    Attributes:
        load: called as `load(image_size, data_dir)`; `data_dir` is None where the user gave none.
            It imports optional packages itself, so that naming a source costs nothing.
        default_partition: the mode of `partition.make` used where the user names none.
        default_attributes: the attributes used where the user names none, in order.
    """

    load: Callable[[int, str | None], Photographs]
    default_partition: str
    default_attributes: tuple[str, ...]


SOURCES: dict[str, Source] = {
    "orl": Source(orl_loader.load, "shared_people", orl_labelling.ATTRIBUTES),
}


def get(source: str) -> Source:
    """Returns the registered source.

    Raises:
        UserError: if there is none of that name.
    """
    if source not in SOURCES:
        raise UserError(
            f"Invalid `dataset`: expected one of {', '.join(sorted(SOURCES))}. "
            f"Received: dataset={source!r}."
        )
    return SOURCES[source]


def load(
    source: str, image_size: int, data_dir: str | None = None, attributes: Sequence[str] = ()
) -> Photographs:
    """Loads the photographs of a source.

    Args:
        source: a name in `SOURCES`.
        image_size: side of the images in pixels.
        data_dir: folder of the photographs; None for the source's own place.
        attributes: attributes to keep, in order; none for the source's default.

    Returns:
        `Photographs` with images uint8 [N, image_size, image_size, 3].

    Raises:
        UserError: if the source is unknown, its photographs can't be read or it lacks an attribute.
    """
    found = get(source)
    photographs = found.load(image_size, data_dir)
    return photographs.with_attributes(tuple(attributes) or found.default_attributes)
