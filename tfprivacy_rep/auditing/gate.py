"""Conditions that fail a build: `--fail_if="rank1 > 0.2, psnr > 20"` on the figures of an audit.

A condition names a figure, an operator and a number. A bare name is a figure of `headline`; otherwise it is a dotted
path into results.json, where an entry of a list is meant by its place or by its name:

    rank1 > 0.2                      linkage.methods.lda.rank1 >= 0.5
    attackers.decoder.psnr > 20      rows.answer_bits.rank1 > 0.1
"""

from __future__ import annotations

import difflib
import math
import operator
import re
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, Sequence

from tfprivacy_rep.errors import UserError

#: Exit code of a script whose audit ended well and was failed by a condition.
EXIT_GATE = 3
#: The part of results.json that bare names are of.
HEADLINE = "headline"

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}
_CONDITION = re.compile(r"(?P<path>[^<>=]+?)\s*(?P<operator>>=|<=|>|<)(?P<threshold>[^<>=]+)")
_EXAMPLE = 'Write for example --fail_if="rank1 > 0.2, psnr >= 25".'


@dataclass(frozen=True)
class Condition:
    """One condition that fails the audit where it holds.

    Attributes:
        path: dotted, from the top of results.json.
        operator: `>`, `>=`, `<` or `<=`.
        threshold: finite.
        text: as the user wrote it.
    """

    path: str
    operator: str
    threshold: float
    text: str

    def holds(self, value: float) -> bool:
        """Whether the condition is true of a value."""
        return _OPERATORS[self.operator](value, self.threshold)


def parse(text: str) -> tuple[Condition, ...]:
    """Reads conditions, separated by commas or semicolons; none from an empty text.

    Raises:
        UserError: if one of them can't be read.
    """
    return tuple(_condition(part.strip()) for part in re.split("[,;]", text)) if text.strip() else ()


def _condition(text: str) -> Condition:
    found = _CONDITION.fullmatch(text)
    threshold = _number(found["threshold"]) if found else math.nan
    if found is None or not math.isfinite(threshold):
        raise UserError(
            f"Invalid `fail_if`: expected conditions of a figure, one of {', '.join(_OPERATORS)}, and a number. "
            f"Received: {text!r}. {_EXAMPLE}"
        )
    path = found["path"]
    return Condition(path if "." in path else f"{HEADLINE}.{path}", found["operator"], threshold, text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def check_names(conditions: Sequence[Condition], known: Sequence[str]) -> None:
    """Raises a UserError where a condition is about a figure of `headline` that no audit has.

    Meant for before the audit, which may take hours; other paths are known only once it has ended.

    Args:
        conditions: all of them.
        known: names of the figures of `headline`.
    """
    for condition in conditions:
        part, name = condition.path.split(".", 1)
        if part == HEADLINE and name not in known:
            raise UserError(
                f"Invalid `fail_if`: expected a figure of {HEADLINE}, or a dotted path into results.json. Received: "
                f"{name!r} in {condition.text!r}. {_did_you_mean(name, known)}"
            )


def evaluate(conditions: Sequence[Condition], contents: Mapping[str, Any]) -> list[str]:
    """Says what fails the audit.

    Args:
        conditions: all of them.
        contents: of results.json.

    Returns:
        A sentence for each condition that holds, and for each whose figure was not measured: what is not known must
        not pass for harmless.

    Raises:
        UserError: if a path leads to no figure.
    """
    sentences = []
    for condition in conditions:
        value = _lookup(condition, contents)
        if value is None:
            sentences.append(f"`{condition.text}` can't be judged: {condition.path} was not measured.")
        elif condition.holds(value):
            sentences.append(f"`{condition.text}` holds: {condition.path} is {value:.6g}.")
    return sentences


def _lookup(condition: Condition, contents: Mapping[str, Any]) -> float | None:
    value: Any = contents
    rest, walked = condition.path, ""
    while rest:
        entries = dict(_entries(value))
        # The longest first, as names may have dots in them.
        fitting = sorted((name for name in entries if f"{rest}.".startswith(f"{name}.")), key=len)
        if not fitting:
            raise _unknown(condition, rest, walked, list(entries))
        walked += fitting[-1] + "."
        value, rest = entries[fitting[-1]], rest[len(fitting[-1]) + 1 :]
    if value is None:
        return None
    if not isinstance(value, (bool, int, float)):
        raise _unknown(condition, "", walked, [name for name, _ in _entries(value)])
    return None if math.isnan(value) else float(value)


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    """What a part of results.json holds, by every name that it can be called with."""
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((str(place), entry) for place, entry in enumerate(value))
        # Afterwards, so that a name wins over a place.
        yield from ((str(entry["name"]), entry) for entry in value if isinstance(entry, Mapping) and "name" in entry)


def _unknown(condition: Condition, rest: str, walked: str, known: Sequence[str]) -> UserError:
    found = f"{rest!r} is not in {walked.rstrip('.') or 'results.json'}" if rest else f"{condition.path} is no number"
    named = [name for name in known if not name.isdecimal()] or list(known)
    return UserError(
        f"Invalid `fail_if`: expected a path to a figure of results.json. Received: {condition.text!r}, where {found}. "
        f"{_did_you_mean(rest.split('.')[0], named)}"
    )


def _did_you_mean(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5) if name else []
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"There are {', '.join(known)}." if known else _EXAMPLE
