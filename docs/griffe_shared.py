"""An extension of Griffe: a description that several names of a docstring share counts for each of them.

The docstrings of this package may say `rows, columns: of the picture, in pixels.` Griffe would take that for one
parameter of a strange name. Here each name gets the description, so that it is shown with its own type, and so that a
name which the function does not have is still found.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_SECTION = re.compile(r"^( *)(Args|Attributes):$")
_SHARED = re.compile(r"^( +)(\w+(?:, \w+)+): ")


def separated(docstring: str) -> str:
    """Writes an entry for every name of a shared entry of the sections Args and Attributes."""
    lines, result, indent = docstring.splitlines(), [], ""
    for place, line in enumerate(lines):
        section = _SECTION.match(line)
        if section:
            indent = section[1] + "    "
        elif line.strip() and indent and not line.startswith(indent):
            indent = ""
        shared = _SHARED.match(line)
        if not indent or shared is None or shared[1] != indent:
            result.append(line)
            continue
        entry = [line[shared.end() :]]
        for following in lines[place + 1 :]:
            if not following.startswith(indent + " "):
                break
            entry.append(following)
        *others, last = shared[2].split(", ")
        for name in others:
            result += [f"{indent}{name}: {entry[0]}", *entry[1:]]
        result.append(f"{indent}{last}: {entry[0]}")
    return "\n".join(result)


class SharedDescriptions(griffe.Extension):
    """Applies `separated` to every docstring of functions and classes."""

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Called for every function."""
        if func.docstring is not None:
            func.docstring.value = separated(func.docstring.value)

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Called for every class."""
        if cls.docstring is not None:
            cls.docstring.value = separated(cls.docstring.value)
