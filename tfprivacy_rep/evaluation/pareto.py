"""Which of several points, each of some use and some danger, no other one beats."""

from __future__ import annotations

from typing import Sequence


def unbeaten(points: Sequence[tuple[float | None, float | None]]) -> list[bool]:
    """The Pareto set: whether no other point is at least as useful and tells as little, and better in one of both.

    Args:
        points: use, the more the better, and what is told, the less the better; None where it is not known.

    Returns:
        For each point whether it is in the set. Of a point that lacks a figure nothing can be said: it beats none, and
        none beats it. Equal points are in the set together.
    """
    return [not any(_beats(other, one) for other in points) for one in points]


def _beats(first: tuple[float | None, float | None], second: tuple[float | None, float | None]) -> bool:
    (useful, told), (useful_, told_) = first, second
    if useful is None or told is None or useful_ is None or told_ is None:
        return False
    return useful >= useful_ and told <= told_ and (useful > useful_ or told < told_)
