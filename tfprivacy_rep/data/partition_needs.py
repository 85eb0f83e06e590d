"""What photographs must have before they can be divided by a mode of the partition."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data import partition_modes
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError

LEAST_PHOTOGRAPHS = 100  # of which ten are for T and G


def require_what_it_needs(photographs: Photographs, mode: str, folds: int) -> None:
    """Raises a UserError where the photographs lack what the mode divides by, or there are too few.

    Args:
        photographs: to be divided.
        mode: a name in `partition_modes.MODES`.
        folds: number of rotations.
    """
    _check_both_values_exist(photographs)
    plan = partition_modes.MODES[mode]
    if plan.needs_official:
        _check_official(photographs, mode)
    if not plan.needs_people:
        if len(photographs) < LEAST_PHOTOGRAPHS:
            raise UserError(
                f"Invalid `photographs`: expected at least {LEAST_PHOTOGRAPHS} for mode={mode!r}. "
                f"Received: {len(photographs)}. Use more photographs or another mode."
            )
        return
    people = photographs.people
    if people is None:
        raise UserError(
            f"Invalid `mode`: {mode} needs people: expected a person's number for each photograph. Received: "
            f"photographs of `{photographs.source}` without people. Give the people or use a mode that does not need "
            "them: paper."
        )
    _, counts = np.unique(people, return_counts=True)
    least = max(plan.least_photographs, folds if plan.same_draw_for_folds else 0)
    few = int((counts < least).sum())
    if few:
        raise UserError(
            f"Invalid `photographs`: expected at least {least} photographs of each person for "
            f"mode={mode!r}. Received: {few} of {len(counts)} people with fewer. "
            "Leave those people out with `photographs.subset`, or use a mode that takes fewer: disjoint_people."
        )
    if len(counts) < plan.least_people:
        raise UserError(
            f"Invalid `photographs`: expected at least {plan.least_people} people for "
            f"mode={mode!r}. Received: {len(counts)}. Use more photographs or another mode."
        )


def _check_official(photographs: Photographs, mode: str) -> None:
    official = photographs.official
    if official is None:
        raise UserError(
            f"Invalid `mode`: {mode} needs CelebA's own partition: expected a part for each photograph. Received: "
            f"photographs of `{photographs.source}` without parts. Add list_eval_partition to the folder or use "
            "another mode: paper."
        )
    lacking = [name for value, name in enumerate(("training", "validation", "test")) if (official == value).sum() < 2]
    if lacking:
        raise UserError(
            f"Invalid `photographs`: expected at least two in each part of the official partition. Received: fewer in "
            f"{', '.join(lacking)}. Use the whole data set or another mode: paper."
        )


def _check_both_values_exist(photographs: Photographs) -> None:
    present = photographs.labels.sum(axis=0, dtype=np.int64)
    constant = np.flatnonzero((present == 0) | (present == len(photographs)))
    if constant.size:
        names = ", ".join(photographs.attributes[i] for i in constant)
        raise UserError(
            "Invalid `attributes`: expected both values of each attribute among the photographs. "
            f"Received: one and the same value in all {len(photographs)} for {names}. Leave it out."
        )
