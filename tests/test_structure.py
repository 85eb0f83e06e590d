"""The layers: an import points down, or to a listed neighbour, never up."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from small_run import ROOT

PACKAGE = "tfprivacy_rep"

# From the top down. Modules and packages of one row are neighbours.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("scripts",),
    ("commands", "benchmarks"),
    ("experiment", "reproduction", "auditing", "encoding", "exporting", "querying", "flags"),
    ("trials",),
    ("laboratory", "checkpoint_run"),
    ("report",),
    ("evaluation", "serving"),
    ("attacks",),
    ("training",),
    ("data", "models", "objectives", "metrics", "distribution"),
    ("jobs", "cluster"),
    ("config", "files"),
    ("options",),
    ("errors",),
)

# The only imports between neighbours: a model in inference mode takes photographs as they rest, as uint8.
NEIGHBOURS = {("models", "data.pipeline"), ("models", "data.images")}

# Who may import nothing of the package but these.
ONLY: dict[str, set[str]] = {
    "jobs": {"config", "options", "errors"},
    "serving": {"models", "config", "data.preprocessing", "data.decoding", "errors", "files"},
    "flags": {"config", "errors"},
    "config": {"options", "errors"},
    "options": {"errors"},
    "files": {"errors"},
    "errors": set(),
}

# Packages from outside that only these may import, and what must do without which.
ABSL_IN = {"flags"}
WITHOUT_TENSORFLOW = {
    "config",
    "options",
    "errors",
    "files",
    "flags",
    "jobs",
    "metrics",
    "checkpoint_run",
    "commands",
    "auditing.gate",
    "reproduction.budgets",
    "reproduction.rows",
    "data.photographs",
    "data.partition",
    "data.preprocessing",
    "data.indexing",
    "data.tables",
    "data.sources",
}
HEAVY = {"tensorflow", "keras"}


def imports(path: Path, module: str) -> list[str]:
    """Full names of everything a file imports, wherever in the file the import stands."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            # `from package import name`: the name may be a module, so both are looked at.
            found += [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
    return found


def modules(root: Path) -> dict[str, Path]:
    """All modules below `root` by their name within the package; scripts as `scripts.<name>`."""
    found = {}
    for path in sorted(root.glob(f"{PACKAGE}/**/*.py")) + sorted(root.glob("scripts/*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        parts = parts[1:] if parts[0] == PACKAGE else parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def within(name: str, places: set[str]) -> bool:
    """Whether a module is one of the places or inside one."""
    return any(name == place or name.startswith(place + ".") for place in places)


def layer(name: str) -> int:
    """The row of a module, counted from the top."""
    top = name.split(".")[0]
    return next(row for row, members in enumerate(LAYERS) if top in members)


def offences(root: Path) -> list[str]:
    """Every import that breaks a rule."""
    known = modules(root)
    found = set()
    for name, path in known.items():
        if not name:
            continue  # tfprivacy_rep/__init__.py holds the version alone; see the test
        full = f"{PACKAGE}.{name}" + (".__init__" if path.name == "__init__.py" else "")
        for imported in imports(path, full):
            outside = imported.split(".")[0]
            if outside == "absl" and not within(name, ABSL_IN):
                found.add(f"{name} imports {imported}: absl is for flags alone")
            if outside in HEAVY and within(name, WITHOUT_TENSORFLOW):
                found.add(f"{name} imports {imported}: it must work without TensorFlow")
            target = imported.removeprefix(f"{PACKAGE}.")
            if target == imported or target not in known:
                continue  # from outside, or a name in a module that is looked at itself
            if not _allowed(name, target):
                found.add(f"{name} imports {target}")
    return sorted(found)


def _allowed(name: str, target: str) -> bool:
    top = name.split(".")[0]
    if target.split(".")[0] == top:
        return True
    if top in ONLY and not within(target, ONLY[top]) and target not in {place.split(".")[0] for place in ONLY[top]}:
        return False
    if layer(target) == layer(name):
        return (top, target) in NEIGHBOURS or any(p == top and t.startswith(target + ".") for p, t in NEIGHBOURS)
    return layer(target) > layer(name)


def test_imports_point_down_only():
    assert offences(ROOT) == []


def test_every_module_has_a_layer():
    names = {name.split(".")[0] for name in modules(ROOT) if name}
    assert names == {member for row in LAYERS for member in row}


def test_the_package_itself_imports_nothing():
    assert imports(ROOT / PACKAGE / "__init__.py", PACKAGE) == []


def test_nothing_depends_on_tests_or_scripts():
    for name, path in modules(ROOT).items():
        tops = {imported.split(".")[0] for imported in imports(path, f"{PACKAGE}.{name}")}
        assert not tops & {"scripts", "tests", "pytest"}, name


@pytest.mark.parametrize(
    "path, line, offence",
    [
        ("training/x.py", "from tfprivacy_rep.attacks import linkage", "training.x imports attacks.linkage"),
        ("training/x.py", "import tfprivacy_rep.experiment", "training.x imports experiment"),
        (
            "metrics/x.py",
            "def f():\n    from tfprivacy_rep.evaluation.results import RunRecord",
            "metrics.x imports evaluation.results",
        ),
        ("metrics/x.py", "from ..training import loop", "metrics.x imports training.loop"),
        ("objectives/x.py", "from tfprivacy_rep.models import encoder", "objectives.x imports models.encoder"),
        ("data/x.py", "from tfprivacy_rep import config, distribution", "data.x imports distribution"),
        ("models/x.py", "from tfprivacy_rep.data.sources import load", "models.x imports data.sources"),
        ("serving/x.py", "from tfprivacy_rep.training import trainer", "serving.x imports training.trainer"),
        ("serving/x.py", "from tfprivacy_rep.data import partition", "serving.x imports data.partition"),
        ("attacks/x.py", "from absl import flags", "attacks.x imports absl: absl is for flags alone"),
        ("metrics/x.py", "import tensorflow as tf", "metrics.x imports tensorflow: it must work without TensorFlow"),
        ("config.py", "import keras", "config imports keras: it must work without TensorFlow"),
        ("config.py", "from tfprivacy_rep import files", "config imports files"),
        ("flags.py", "from tfprivacy_rep import experiment", "flags imports experiment"),
    ],
    ids=lambda value: value.splitlines()[-1].strip() if isinstance(value, str) else None,
)
def test_an_offence_would_be_found(path, line, offence, tmp_path):
    for name, existing in modules(ROOT).items():
        copy = tmp_path / existing.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(existing.read_text())
    with open(tmp_path / PACKAGE / path, "a") as file:
        file.write(f"\n{line}\n")
    assert offence in offences(tmp_path)
