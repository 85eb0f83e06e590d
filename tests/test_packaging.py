"""What people install: a wheel with its data and without tests, commands that run anywhere, bounded dependencies."""

from __future__ import annotations

import ast
import configparser
import importlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version
from small_run import ROOT

import tfprivacy_rep

PACKAGE = "tfprivacy_rep"
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")
EXTRAS = dict(SETUP["options.extras_require"])
# A whole training in half a minute, of which nothing is downloaded and of whose figures nothing is to be learnt.
TINY = (
    "--dataset=rendered --rendered_images=200 --attributes=Smiling --partition=shared_people --image_size=32 "
    "--widths=8,8,8,8 --representation_size=16 --perceptual_size=16 --steps=1 --batch_size=8 --log_every=1 "
    "--checkpoint_every=1 --attack_steps=1 --attack_check_every=1 --attack_batch_size=8 --recogniser=none --augment=1 "
    "--nouse_progress --output_dir=run"
).split()


def lines_of(text: str) -> list[str]:
    """The entries of a list in setup.cfg."""
    return [line for line in text.strip().splitlines() if line]


def requirements() -> dict[str, list[Requirement]]:
    """Every requirement by where it stands: "" for what is always installed, else its extra."""
    texts = {"": SETUP["options"]["install_requires"]} | EXTRAS
    return {where: [Requirement(line) for line in lines_of(text)] for where, text in texts.items()}


def entry_points() -> dict[str, str]:
    """Console commands and where they lead."""
    pairs = (line.split("=") for line in lines_of(SETUP["options.entry_points"]["console_scripts"]))
    return {name.strip(): target.strip() for name, target in pairs}


def upper_bounded(requirement: Requirement) -> bool:
    """Whether some version is too new for it."""
    return any(part.operator in ("<", "<=", "==", "~=") for part in requirement.specifier)


def named_extras() -> dict[str, str]:
    """Extras that an error of the package tells people to install, by where the error is raised."""
    found = {}
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "missing_extra":
                given = node.args[1] if len(node.args) > 1 else {k.arg: k.value for k in node.keywords}["extra"]
                assert isinstance(given, ast.Constant), f"{path}:{node.lineno} does not write its extra out"
                found[f"{path.relative_to(ROOT)}:{node.lineno}"] = str(given.value)
    return found


def test_every_extra_that_an_error_recommends_exists():
    named = named_extras()
    assert len(named) >= 5
    assert {where: extra for where, extra in named.items() if extra not in EXTRAS} == {}


def test_no_dependency_is_without_an_upper_bound():
    bare = [
        f"{where or 'always'}: {requirement}"
        for where, several in requirements().items()
        for requirement in several
        if requirement.name != PACKAGE and not upper_bounded(requirement)
    ]
    assert bare == []
    assert not upper_bounded(Requirement("numpy>=2")) and upper_bounded(Requirement("numpy>=2,<3"))


def test_extras_name_each_other_rightly_and_tests_have_them_all():
    inner = {where: [r for r in several if r.name == PACKAGE] for where, several in requirements().items()}
    wrong = [(where, extra) for where, several in inner.items() for r in several for extra in r.extras - set(EXTRAS)]
    assert wrong == []
    reached, waiting = set(), ["test"]
    while waiting:
        extra = waiting.pop()
        reached.add(extra)
        waiting += [other for r in inner[extra] for other in r.extras]
    assert reached == set(EXTRAS)


def test_every_extra_is_in_the_install_page():
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, flags=re.M)) == set(EXTRAS)


def test_python_is_claimed_as_far_as_it_was_tried():
    assert SETUP["options"]["python_requires"] == ">=3.11,<3.12"


def test_every_command_is_a_function_and_every_function_a_command():
    commands = importlib.import_module(f"{PACKAGE}.commands")
    for name, target in entry_points().items():
        module, function = target.split(":")
        assert name == f"tfprivacy-{function}" and module == f"{PACKAGE}.commands"
        assert callable(getattr(commands, function))
    tree = ast.parse((ROOT / PACKAGE / "commands.py").read_text(encoding="utf-8"))
    functions = {n.name for n in tree.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")}
    assert {target.split(":")[1] for target in entry_points().values()} == functions


def test_the_citation_is_of_this_version_and_of_the_paper():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software" and citation["message"]
    assert citation["version"] == tfprivacy_rep.__version__ and citation["license"] == SETUP["metadata"]["license"]
    assert citation["title"] == PACKAGE and citation["authors"] == [{"name": "The tfprivacy_rep contributors"}]
    paper = citation["references"][0]
    names = ", ".join(f"{author['given-names']} {author['family-names']}" for author in paper["authors"])
    notice = " ".join((ROOT / "NOTICE").read_text(encoding="utf-8").split())
    assert f'{names}: "{paper["title"]}", AAAI {paper["year"]}' in notice


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this source, built in a copy: an old `build` folder here would slip removed modules into it."""
    folder = tmp_path_factory.mktemp("wheel")
    source, target = folder / "source", folder / "wheels"
    left_out = (".git", "__pycache__", "*.egg-info", "build", "dist", "runs", "saved_models", ".*_cache", "*venv")
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*left_out))
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *isolation()]
    call(*pip, "--wheel-dir", target, ".", cwd=source)
    built = list(target.glob("*.whl"))
    assert [path.name for path in built] == [f"{PACKAGE}-{tfprivacy_rep.__version__}-py3-none-any.whl"]
    return built[0]


def isolation() -> list[str]:
    """Builds with what is installed where that is new enough, else in an environment that pip makes."""
    needed = re.search(r'requires = \["(setuptools[^"]+)"\]', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert needed
    try:
        fits = Version(importlib.metadata.version("setuptools")) in Requirement(needed[1]).specifier
    except importlib.metadata.PackageNotFoundError:
        fits = False
    return ["--no-build-isolation"] if fits else []


def call(*command: str | Path, cwd: Path) -> str:
    """Runs a program in a folder, returns what it printed, and fails with all of it where the program fails."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel):
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    here = {
        str(path.relative_to(ROOT))
        for path in (ROOT / PACKAGE).rglob("*")
        if path.is_file() and path.suffix != ".pyc" and not path.name.startswith(".")
    }
    assert held == here
    assert f"{PACKAGE}/py.typed" in held and f"{PACKAGE}/data/orl/labels.csv" in held
    assert {Path(name).suffix for name in held} >= {".npz", ".jinja", ".csv", ".py"}
    about = {Path(name).name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" in name}
    assert about >= {"LICENSE", "NOTICE", "METADATA", "entry_points.txt"}


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """A virtual environment with the wheel, and with the packages of this one behind it."""
    home = wheel.parent.parent / "venv"
    call(sys.executable, "-m", "venv", "--without-pip", home, cwd=wheel.parent)
    place = home / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python")]
    call(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=wheel.parent)
    # Only now: a package of the same name that is installed there has nothing to do with it.
    (place / "behind.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return home


@pytest.mark.slow
def test_an_installed_command_trains_outside_the_repository(installed, tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    python = installed / "bin" / "python"
    where = call(python, "-c", f"import {PACKAGE}; print({PACKAGE}.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(installed)
    for name in entry_points():
        helped = call(installed / "bin" / name, "--help", cwd=tmp_path)
        assert "flags:" in helped and "--flagfile" in helped, name
    assert "finished in" in call(installed / "bin" / "tfprivacy-train", *TINY, cwd=tmp_path)
    assert (tmp_path / "run" / "report" / "report.html").stat().st_size > 10_000
    assert (tmp_path / "run" / "export" / "encoder" / "1" / "saved_model.pb").is_file()
