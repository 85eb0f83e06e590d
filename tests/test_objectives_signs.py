"""Every minus sign of the objectives is on the list of `scripts/check_signs.py`, and flipping it turns a test red."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "check_signs.py"


@pytest.fixture(scope="module")
def check_signs() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("check_signs", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_signs"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_every_minus_sign_is_listed_once(check_signs):
    assert check_signs.unlisted(check_signs.ROOT) == []
    for flip in check_signs.FLIPS:
        text = (check_signs.ROOT / check_signs.OBJECTIVES / flip.file).read_text(encoding="utf-8")
        assert text.count(flip.before) == 1 and flip.before != flip.after


def test_a_new_minus_sign_is_noticed(check_signs, tmp_path):
    folder = tmp_path / check_signs.OBJECTIVES
    shutil.copytree(check_signs.ROOT / check_signs.OBJECTIVES, folder)
    with (folder / "combine.py").open("a", encoding="utf-8") as file:
        file.write("\nMORE = -1.0\n")
    (problem,) = check_signs.unlisted(tmp_path)
    assert "combine.py: 3 minus signs, 2 of them listed in check_signs.py" in problem


@pytest.mark.slow
def test_every_flipped_sign_turns_a_test_red(check_signs):
    result = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert all(flip.what in result.stdout for flip in check_signs.FLIPS)
