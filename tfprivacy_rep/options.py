"""Options: fields of frozen dataclasses with the help text of their flags, checked when a dataclass is made."""

from __future__ import annotations

import dataclasses
import math
import numbers
import typing
from dataclasses import field
from typing import Any

from tfprivacy_rep.errors import UserError

#: What is made of seeds (twice a seed, the sum of two) still fits where 32 bits hold it.
MOST_SEED = 10**9


def option(default: Any, help: str) -> Any:
    """A field with a default and the help text of its flag."""
    return field(default=default, metadata={"help": help})


def require(name: str, value: Any, holds: bool, expected: str, remedy: str) -> None:
    """Raises a UserError that names the option unless its value holds."""
    if not holds:
        raise UserError(f"Invalid `{name}`: expected {expected}. Received: {name}={value!r}. {remedy}")


def require_types(options: Any) -> None:
    """Raises a UserError unless every option of a dataclass has its type, and each number is finite and within 64 bits.

    Command-line flags have their types already; a file of options that somebody else wrote, or Python, may have others.
    """
    hints = typing.get_type_hints(type(options))
    for one in dataclasses.fields(options):
        value, hint = getattr(options, one.name), hints[one.name]
        several = typing.get_origin(hint) is tuple
        kind = typing.get_args(hint)[0] if several else hint
        fits = isinstance(value, tuple) and all(_is(v, kind) for v in value) if several else _is(value, kind)
        require(one.name, value, fits, f"{'a tuple, each item ' * several}{_WORDS[kind]}",
                f"Leave it out for {one.default!r}.")


_WORDS = {bool: "True or False", int: "an integer of at most 64 bits", float: "a finite number",
          str: "text without the character NUL"}


def _is(value: Any, kind: type) -> bool:
    if kind in (bool, str):
        return isinstance(value, kind) and "\x00" not in str(value)
    if isinstance(value, bool) or not isinstance(value, numbers.Integral if kind is int else numbers.Real):
        return False
    return -(2**63) <= int(value) < 2**63 if isinstance(value, numbers.Integral) else math.isfinite(value)
