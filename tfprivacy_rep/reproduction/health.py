"""Players that collapsed while the points of a reproduction were trained: what is written of them, and what is told."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from tfprivacy_rep.report.warned import seen
from tfprivacy_rep.report.wording import listed

#: The warnings of a point as in results.json.
Warnings = Sequence[Mapping[str, Any]] | None


def warnings(
    runs: Iterable[tuple[Mapping[str, Any], Iterable[Mapping[str, Any]]]]
) -> list[dict[str, Any]] | None:
    """What was noticed of a point: `seed`, `fold`, `player` (`game`, or an attacker's name) and the warning's own keys.

    Args:
        runs: the facts of each run's record, and those of its attackers.

    Returns:
        None where nobody could look: runs too short to be judged, and records of versions that did not write it.
    """
    found: list[dict[str, Any]] = []
    looked = False
    for facts, attackers in runs:
        for player, own in [("game", facts["encoder"]), *((one["name"], one) for one in attackers)]:
            looked |= own.get("warnings") is not None
            whose = {"seed": facts["seed"], "fold": facts["fold"], "player": player}
            found += [whose | one for one in own.get("warnings") or ()]
    return found if looked else None


def told(points: Iterable[tuple[str, Warnings]]) -> tuple[str, ...]:
    """The warnings in full, once for each point, player and condition, in the words of the first seed that has it.

    Args:
        points: labels and warnings.
    """
    together: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for label, found in points:
        for one in found or ():
            together.setdefault((label, one["player"], one["condition"]), []).append(one)
    lines = []
    for (label, player, condition), found in together.items():
        who = "the game" if player == "game" else f"attacker {player}"
        # A classifier gives up attributes one after the other, each with a warning of its own.
        text = _given_up(found) if condition == "classifier_one_class" else found[0]["text"]
        runs = dict.fromkeys(f"in seed{one['seed']}-fold{one['fold']} {seen(one)}" for one in found)
        lines.append(f"{label}, {who}: {text} Seen {listed(list(runs))}.")
    return tuple(lines)


def _given_up(found: Warnings) -> str:
    names = sorted({name for one in found or () for name in one["figures"]})
    return f"the classifier gives one answer only for {listed(names)}, although photographs have both."
