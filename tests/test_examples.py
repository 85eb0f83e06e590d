"""The examples run as they are, and so does the code on the page about the Keras parts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from small_run import ROOT
from test_readme import blocks

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PAGE = (ROOT / "docs" / "keras-api.md").read_text(encoding="utf-8")
# What each prints with so few steps that it only shows that everything fits together.
PRINTED = {
    "backbone": (r"protector/L_p: 0\.\d+",
                 r"Z is \(4, 4, 16\); mean MCC -?\d\.\d+; PSNR of ridge regression \d+\.\d+ dB"),
    "not_faces": (r"^unprotected: mean MCC -?\d\.\d+, PSNR of the attacker \d+\.\d+ dB$",
                  r"^protected: mean MCC .* dB$"),
    "own_objective": (r"'protector/L_size': \d", r"'protector/L_perc': \d", r"^own: mean MCC .* mean square of Z \d"),
}


def run(arguments: list[str], folder: Path) -> str:
    """What a process prints that must end well, in an empty folder, as a reader would start it."""
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=folder, timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_prints_what_it_found(path, tmp_path):
    printed = run([str(path), "--steps=3"], tmp_path)
    for pattern in PRINTED[path.stem]:
        assert re.search(pattern, printed, flags=re.M), f"{pattern} is not in:\n{printed}"
    assert list(tmp_path.iterdir()) == [], "an example leaves nothing behind"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_the_page_links_to_it(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 125
    assert f"](../examples/{path.name})" in PAGE


@pytest.mark.slow
def test_the_python_blocks_of_the_page_run(tmp_path):
    """In one process and one namespace, from top to bottom."""
    found = blocks(PAGE, "python")
    assert len(found) >= 5
    run(["-c", "\n".join(found)], tmp_path)


def test_every_name_that_the_page_tells_is_public():
    """`name` in the table of packages is importable from the package of its row."""
    rows = re.findall(r"^\| `tfprivacy_rep\.(\w+)` \| (.*) \|$", PAGE, flags=re.M)
    assert len(rows) == 5
    for package, text in rows:
        public = __import__(f"tfprivacy_rep.{package}", fromlist=["__all__"]).__all__
        assert [name for name in re.findall(r"`(\w+)`", text) if name not in public] == [], package
