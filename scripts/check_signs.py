"""Flips each minus sign of the objectives in a copy of the package and names the tests that turn red.

Exits with 1 when a flipped sign goes unnoticed, or when a minus sign of the objectives is not on the list below.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OBJECTIVES = Path("tfprivacy_rep") / "objectives"
TESTS = ("test_objectives_combine.py", "test_objectives_adversarial.py", "test_training_directions.py")
NEEDED = (*TESTS, "conftest.py", "tiny_game.py")


@dataclass(frozen=True)
class Flip:
    """One sign to flip.

    Attributes:
        what: the term, as printed.
        file: within `objectives`.
        before, after: the only place in the file with that text, and what it becomes.
    """

    what: str
    file: str
    before: str
    after: str


FLIPS = (
    Flip("protector: - lambda1 L_p", "combine.py", 'Term("L_p", lambda1, sign=-1.0', 'Term("L_p", lambda1, sign=1.0'),
    Flip("protector: - lambda2 L_perc", "combine.py", 'Term("L_perc", lambda2, sign=-1.0',
         'Term("L_perc", lambda2, sign=1.0'),
    Flip("saturating: log(1 - D(X^))", "adversarial.py", "return -tf.nn.softplus(fake_logits)",
         "return tf.nn.softplus(fake_logits)"),
    Flip("non-saturating: - log D(X^)", "adversarial.py", "return tf.nn.softplus(-fake_logits)",
         "return tf.nn.softplus(fake_logits)"),
    Flip("discriminator: - log D(X)", "adversarial.py", "tf.nn.softplus(-real_logits)", "tf.nn.softplus(real_logits)"),
)


def unlisted(root: Path) -> list[str]:
    """Files of `combine.py` and `adversarial.py` with another number of minus signs than are listed."""
    wrong = []
    for file in sorted({flip.file for flip in FLIPS}):
        tree = ast.parse((root / OBJECTIVES / file).read_text(encoding="utf-8"))
        found = sum(isinstance(node, (ast.USub, ast.Sub)) for node in ast.walk(tree))
        listed = sum(flip.file == file for flip in FLIPS)
        if found != listed:
            wrong.append(f"{OBJECTIVES / file}: {found} minus signs, {listed} of them listed in {Path(__file__).name}")
    return wrong


def run_tests(copy: Path) -> list[str]:
    """Runs the tests against the copy of the package; returns the names of those that failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "--tb=no", "-p", "no:cacheprovider"]
    result = subprocess.run(
        [*command, *(f"tests/{name}" for name in TESTS)], cwd=copy, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if result.returncode not in (0, 1):
        raise RuntimeError(f"pytest ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return re.findall(r"^(?:FAILED|ERROR) tests/(\S+)", result.stdout, flags=re.MULTILINE)


def flip_sign(copy: Path, flip: Flip) -> str:
    """Flips a sign in the copy; returns the file's text as it was."""
    path = copy / OBJECTIVES / flip.file
    text = path.read_text(encoding="utf-8")
    if text.count(flip.before) != 1:
        raise RuntimeError(f"{path.name} holds {text.count(flip.before)} times: {flip.before}")
    path.write_text(text.replace(flip.before, flip.after), encoding="utf-8")
    return text


def main() -> int:
    """Runs the command; returns its exit status."""
    problems = unlisted(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / "tfprivacy_rep", copy / "tfprivacy_rep", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "setup.cfg", copy)
        (copy / "tests").mkdir()
        for name in NEEDED:
            shutil.copy(ROOT / "tests" / name, copy / "tests")
        problems += [f"red before any sign is flipped: {name}" for name in run_tests(copy)]
        print(f"{'flipped sign':<30} tests that turned red")
        for flip in FLIPS if not problems else ():
            text = flip_sign(copy, flip)
            red = run_tests(copy)
            (copy / OBJECTIVES / flip.file).write_text(text, encoding="utf-8")
            print(f"{flip.what:<30} {red[0] if red else 'NONE: the flip went unnoticed'}", flush=True)
            for name in red[1:]:
                print(f"{'':<30} {name}", flush=True)
            problems += [] if red else [f"unnoticed: {flip.what}"]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
