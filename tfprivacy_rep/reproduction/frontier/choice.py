"""Which weight of each way keeps a stated use, and which point of those tells least: by X1 and X2, never by T."""

from __future__ import annotations

import math
from typing import Mapping, Sequence

import numpy as np

from tfprivacy_rep.reproduction.frontier.plan import Variant
from tfprivacy_rep.reproduction.frontier.ways import NONE
from tfprivacy_rep.trials.trials import SAME_UTILITY

#: Mean MCC of each point on X1's validation part, over the runs; None where it is not defined.
Use = Mapping[str, float | None]


def averaged(of_runs: Sequence[Use]) -> dict[str, float | None]:
    """Means over the runs; None for a point that a run has no figure of, for it can't be compared."""
    names = {name: None for of_run in of_runs for name in of_run}
    found: dict[str, float | None] = {}
    for name in names:
        values = [value for of_run in of_runs if (value := of_run.get(name)) is not None]
        found[name] = float(np.mean(values)) if len(values) == len(of_runs) else None
    return found


def wanted(use: Use, keep: float = 0.0, loss: float = SAME_UTILITY) -> float | None:
    """The mean MCC that must be kept.

    Args:
        use: of all points.
        keep: it, or 0 for that of the unprotected encoder less `loss`.
        loss: see `keep`.

    Returns:
        None where the unprotected encoder has no defined one.
    """
    plain = use.get(NONE)
    return keep or (None if plain is None else plain - loss)


def keeping(points: Sequence[Variant], use: Use, least: float | None) -> list[Variant]:
    """The protected points whose use is at least `least`."""
    if least is None:
        return []
    return [point for point in points if point.protects and (value := use.get(point.name)) is not None
            and value >= least]


def weights(points: Sequence[Variant], use: Use, least: float | None) -> dict[str, Variant | None]:
    """Of each way the strongest point that keeps the use; None where none does.

    Args:
        points: of each way from the weakest protection to the strongest.
        use: of each.
        least: mean MCC that must be kept.
    """
    found: dict[str, Variant | None] = {point.way: None for point in points if point.protects}
    return found | {point.way: point for point in keeping(points, use, least)}  # the last one of a way wins


def best(
    points: Sequence[Variant], use: Use, least: float | None, told: Mapping[str, Sequence[float | None]]
) -> Variant | None:
    """The point that tells least of those that keep the use; None where none does.

    Args:
        points: all.
        use: of each.
        least: mean MCC that must be kept.
        told: of each point what attacks reached on public photographs, the less the better; what comes first counts
            first, and what is not known counts as most.
    """
    kept = [point for point in keeping(points, use, least) if point.name in told]
    return min(kept, key=lambda point: [math.inf if v is None else v for v in told[point.name]]) if kept else None
