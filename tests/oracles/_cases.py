"""What the scripts share: cases from an npz file, their results into another."""

from __future__ import annotations

import sys
from typing import Callable, Sequence

import numpy as np

Arrays = dict[str, np.ndarray]


def grouped(arrays: Arrays) -> dict[str, Arrays]:
    """`{"case/name": value}` to `{"case": {"name": value}}`."""
    cases: dict[str, Arrays] = {}
    for key, value in arrays.items():
        case, name = key.split("/", 1)
        cases.setdefault(case, {})[name] = value
    return cases


def flat(cases: dict[str, Arrays]) -> Arrays:
    """The reverse of `grouped`."""
    return {f"{case}/{name}": value for case, arrays in cases.items() for name, value in arrays.items()}


def answer(function: Callable[[Arrays], Arrays], arguments: Sequence[str] = ()) -> None:
    """Applies `function` to every case of the npz file named first and writes the results to the one named second."""
    source, target = arguments or sys.argv[1:]
    with np.load(source, allow_pickle=False) as file:
        cases = grouped(dict(file))
    np.savez(target, **flat({case: function(arrays) for case, arrays in cases.items()}))
