"""Executes every signature of a SavedModel in the C++ loader of TensorFlow 2.15.1: signatures.py FOLDER IN OUT.

IN holds `signature/input` for each input of each signature; an input of strings is `signature/input/0`,
`signature/input/1`, ..., the bytes of each string as uint8. OUT gets `signature/output`. A signature without inputs in
IN, or the reverse, is an error.
"""

from __future__ import annotations

import sys

import numpy as np
from _cases import Arrays, flat, grouped
from _session import Servable, savable


def _inputs(arrays: Arrays) -> Arrays:
    """Joins the strings again, which `npz` can't hold as they are."""
    inputs = {name: value for name, value in arrays.items() if "/" not in name}
    for name, parts in grouped({n: v for n, v in arrays.items() if "/" in n}).items():
        strings = np.empty(len(parts), object)
        for index in range(len(parts)):
            strings[index] = parts[str(index)].tobytes()
        inputs[name] = strings
    return inputs


def main(folder: str, source: str, target: str) -> None:
    """Runs all signatures."""
    servable = Servable(folder)
    with np.load(source, allow_pickle=False) as file:
        given = grouped(dict(file))
    if sorted(given) != servable.signatures:
        raise ValueError(f"{folder} has the signatures {servable.signatures}. Received inputs for: {sorted(given)}.")
    results = {}
    for name in servable.signatures:
        outputs = servable.run(name, _inputs(given[name]))
        results[name] = {output: savable(value) for output, value in outputs.items()}
    np.savez(target, **flat(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
