"""How tests reach the environment of the oracles (tests/oracles/README.md): arrays in, arrays out."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from oracles._cases import Arrays, flat, grouped
from small_run import ROOT

VARIABLE = "TFPRIVACY_ORACLES"
FOLDER = ROOT / "tests" / "oracles"


def python_of_oracles() -> str:
    """The interpreter of the oracles' environment; without one the tests fail, for who asks for them wants them run."""
    python = os.environ.get(VARIABLE, "")
    if not (python and os.access(python, os.X_OK)):
        pytest.fail(
            f"Invalid `{VARIABLE}`: expected the path of the Python of the oracles' environment. "
            f"Received: {python!r}. Make it from tests/oracles/requirements.txt, as tests/oracles/README.md says.",
            pytrace=False,
        )
    return python


def run(script: str, *arguments: object) -> None:
    """Runs a script of the oracles in their environment, which sees nothing of this one's packages."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [python_of_oracles(), str(FOLDER / script), *map(str, arguments)],
        capture_output=True, text=True, timeout=300, cwd=FOLDER, env={**clean, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr[-3000:]


def ask(script: str, cases: dict[str, Arrays], folder: Path, *before: object) -> dict[str, Arrays]:
    """Hands cases to a script through files in `folder`, and returns its results by the names of the cases."""
    np.savez(folder / "in.npz", **flat(cases))
    run(script, *before, folder / "in.npz", folder / "out.npz")
    with np.load(folder / "out.npz") as file:
        return grouped(dict(file))
