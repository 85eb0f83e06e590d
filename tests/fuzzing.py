"""What fuzzing needs: how many cases a property is tried on, and what an error has to say."""

from __future__ import annotations

import re
from typing import Any, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfprivacy_rep.errors import UserError

#: Any JSON: what a file that somebody else wrote may hold.
SCALARS = (st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
           | st.sampled_from([2**63, -(2**63) - 1, 10**400, "²", "-1", "\x00", "\ud800"]))
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner,
                                                                                         max_size=4), max_leaves=12)
_FORM = re.compile(r"(Invalid|Unknown|Unreadable|No answer|Missing|Can't|`).*expected .+ Received: .+", re.DOTALL)
_REMEDY = re.compile(r"Received: .*[.?!:] ?[A-Z`].*[.?!\])]?$", re.DOTALL)


def cases(few: int, many: int) -> Callable[[Callable], Callable]:
    """Gives a test the argument `cases`: few of them in every run of the tests, many among the slow ones."""
    return pytest.mark.parametrize("cases", [few, pytest.param(many, marks=pytest.mark.slow)])


def holds(check: Callable[..., Any], cases: int, **strategies: st.SearchStrategy) -> None:
    """Calls `check` with so many draws, the same in every run; fails with the smallest that it finds wrong."""
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much,
             HealthCheck.large_base_example]
    chosen = settings(max_examples=cases, derandomize=True, deadline=None, database=None, suppress_health_check=quiet)
    chosen(given(**strategies)(check))()


def told(error: UserError, *parts: str) -> None:
    """Fails unless the error says what was expected, what was received and what to do, and names the parts."""
    text = str(error)
    assert _FORM.match(text), text
    assert _REMEDY.search(text), f"no remedy: {text}"
    for part in parts:
        assert part in text, f"{part!r} is not in: {text}"


def answered(call: Callable[[], Any], *parts: str) -> Any:
    """What a call returns; None where it raises a UserError that says everything. Other errors are not caught."""
    try:
        return call()
    except UserError as error:
        told(error, *parts)
        return None


def damaged(data: st.DataObject, whole: bytes) -> bytes:
    """A whole file with a few bytes changed, cut out, doubled or put in, or cut short."""
    made = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4), "changes")):
        place = data.draw(st.integers(0, max(0, len(made) - 1)), "place")
        length = data.draw(st.sampled_from([1, 1, 2, 4, 16, 64]), "length")
        kind = data.draw(st.sampled_from(["set", "set", "delete", "double", "insert", "cut"]), "kind")
        piece = data.draw(st.binary(min_size=length, max_size=length), "piece")
        if kind == "set":
            made[place : place + length] = piece[: len(made) - place]
        elif kind == "delete":
            del made[place : place + length]
        elif kind == "double":
            made[place:place] = made[place : place + length]
        elif kind == "insert":
            made[place:place] = piece
        else:
            del made[place:]
    return bytes(made)
