"""Which attributes cannot be drawn together, and which of two gives way."""

from __future__ import annotations

from typing import Mapping

import numpy as np
from numpy.typing import NDArray

from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.errors import UserError

_COLOURS = ("Gray_Hair", "Black_Hair", "Blond_Hair", "Brown_Hair")
_BEARDS = ("5_o_Clock_Shadow", "Goatee", "Mustache", "Sideburns")

EXCLUSIVE: tuple[tuple[str, str], ...] = (
    *(("Wearing_Hat", other) for other in ("Bald", "Receding_Hairline", "Bangs")),
    *(("Bald", other) for other in (*_COLOURS, "Straight_Hair", "Wavy_Hair", "Receding_Hairline", "Bangs")),
    ("Bangs", "Receding_Hairline"),
    ("Straight_Hair", "Wavy_Hair"),
    *((a, b) for place, a in enumerate(_COLOURS) for b in _COLOURS[place + 1 :]),
    *((beard, "No_Beard") for beard in _BEARDS),
)
"""Pairs of which one may be on. The second gives way, unless it was asked for."""


def made_consistent(labels: NDArray[np.int8], changes: Mapping[str, int] | None = None) -> NDArray[np.int8]:
    """Returns the labels of what can be drawn.

    Args:
        labels: `[N, 40]` int8 of 0 and 1.
        changes: attributes to force, by name, to 0 or 1. A forced attribute stays; the others give way to it.

    Returns:
        `[N, 40]` int8, a new array in which no pair of `EXCLUSIVE` is on.

    Raises:
        UserError: if a name is unknown, a value is not 0 or 1, or two forced attributes exclude each other.
    """
    forced = dict(changes or {})
    _check(forced)
    column = {name: place for place, name in enumerate(CELEBA_ATTRIBUTES)}
    result = labels.copy()
    for name, value in forced.items():
        result[:, column[name]] = value
    for first, second in EXCLUSIVE:
        loser, winner = (first, second) if forced.get(second) == 1 else (second, first)
        result[:, column[loser]] &= 1 - result[:, column[winner]]
    return result


def _check(forced: Mapping[str, int]) -> None:
    for name, value in forced.items():
        if name not in CELEBA_ATTRIBUTES:
            raise UserError(
                f"Invalid key in `changes`: expected names of CelebA attributes. Received: {name!r}. "
                "Use a name of `tfprivacy_rep.data.attributes.CELEBA_ATTRIBUTES`."
            )
        if value not in (0, 1):
            raise UserError(
                f"Invalid value in `changes`: expected 0 (off) or 1 (on) for {name}. Received: {value!r}. Use 0 or 1."
            )
    for first, second in EXCLUSIVE:
        if forced.get(first) == 1 and forced.get(second) == 1:
            raise UserError(
                f"Invalid `changes`: expected attributes that can be drawn together. "
                f"Received: {first}=1 and {second}=1. Force one of them only."
            )
