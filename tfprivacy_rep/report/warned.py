"""What a report says of players that collapsed in training."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from tfprivacy_rep.report.wording import capital, counted, encoder_label, listed

_SHORT = {
    "decoder_ignores_z": "a decoder that ignores Z", "discriminator_constant": "a constant discriminator",
    "discriminator_wins": "a discriminator that wins completely",
    "classifier_one_class": "a classifier that gives one answer only",
}


def looked_for(encoder: Mapping[str, Any]) -> str:
    """How many warnings an encoder has, or that nobody looked.

    Args:
        encoder: of results.json. Where it has no `warnings`, or null, nobody looked: the document is older than they
            are, or its runs were too short.
    """
    found = encoder.get("warnings")
    if found is None:
        return "not looked for"
    return f"{counted(len(found), 'warning', 'warnings')}" if found else "none found"


def warned(contents: Mapping[str, Any]) -> str:
    """One sentence on all warnings, empty where there is none.

    Args:
        contents: of results.json.
    """
    named = [f"{_SHORT[one['condition']]} ({encoder_label(name)}, {_who(one)})" for name, one in _all(contents)]
    if not named:
        return ""
    return (f"Signs of a collapse in training: {listed(list(dict.fromkeys(named)))}. Read the warnings above the first "
            "table of figures before these are used.")


def warnings(contents: Mapping[str, Any]) -> tuple[str, ...]:
    """The warnings in full, one for each encoder, player and condition, in the words of the first run that has it.

    Args:
        contents: of results.json.
    """
    runs = len(contents["runs"])
    together: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for name, one in _all(contents):
        # A classifier may have given up several groups of attributes, each with a warning of its own.
        of_classifier = sorted(one["figures"]) if one["condition"] == "classifier_one_class" else []
        together.setdefault((name, one["player"], one["condition"], *of_classifier), []).append(one)
    return tuple(_told(name, found, runs) for (name, *_), found in together.items())


def _all(contents: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(name, one) for name, encoder in contents["encoders"].items() for one in encoder.get("warnings") or []]


def _who(one: Mapping[str, Any]) -> str:
    return "the game" if one["player"] == "game" else f"attacker {one['player']}"


def _told(name: str, found: Sequence[Mapping[str, Any]], runs: int) -> str:
    where = listed([_when(one, runs) for one in found])
    share = f", {len(found)} of {runs} runs" if runs > 1 else ""
    return f"{capital(encoder_label(name))}, {_who(found[0])}{share}: {found[0]['text']} Seen {where}."


def _when(one: Mapping[str, Any], runs: int) -> str:
    run = f"with seed {one['seed']} fold {one['fold']} " if runs > 1 else ""
    return run + seen(one)


def seen(one: Mapping[str, Any]) -> str:
    """When a warning came, and whether it went."""
    ended = "" if one["recovered"] is None else f" and gone by step {one['recovered']}"
    return f"at step {one['step']}{ended}"


def collapsed(players: Sequence[str]) -> str:
    """A caution that names players that collapsed in training; empty where there is none."""
    named = f"Signs of a collapse in training: {listed(players)}. Read the warnings above the figures."
    return named if players else ""
