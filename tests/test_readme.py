"""The README tells the truth: its commands have real flags, its code runs, its links lead somewhere."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from small_run import ROOT

from tfprivacy_rep import config as configuration
from tfprivacy_rep import jobs
from tfprivacy_rep.data import partition as partitions
from tfprivacy_rep.data import sources

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("CONTRIBUTING.md")])


def blocks(text: str, language: str) -> list[str]:
    """Contents of the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.M | re.S)


def marked_block(text: str, marker: str) -> str:
    """The bash block right below `<!-- marker -->`, which must be there once."""
    found = re.findall(rf"^<!-- {marker} -->\n```bash\n(.*?)^```$", text, flags=re.M | re.S)
    assert len(found) == 1 and text.count(f"<!-- {marker} -->") == 1, f"{len(found)} blocks below <!-- {marker} -->"
    return found[0]


def flags_of(script: str) -> set[str]:
    """Every spelling of a flag that a script takes."""
    whole = list(configuration.sections().values())
    own = {"train.py": whole, "reproduce.py": [*whole, jobs.ReproduceConfig],
           "evaluate.py": [*whole, jobs.AuditConfig], "export.py": [jobs.ExportConfig],
           "query_serving.py": [jobs.QueryConfig], "encode.py": [jobs.EncodeConfig]}
    if script in own:
        sections = own[script]
        options = [option for section in sections for option in dataclasses.fields(section)]
        booleans = {f"no{option.name}" for option in options if isinstance(option.default, bool)}
        return {option.name for option in options} | booleans | {"help", "flagfile"}
    assert (ROOT / "scripts" / script).is_file(), f"scripts/{script} is named, but there is no such file"
    return set(re.findall(r'add_argument\("--(\w+)"', (ROOT / "scripts" / script).read_text())) | {"help"}


def unknown_flags(text: str) -> list[str]:
    """Flags in a text that the script they are given to does not take; without a script, any script of ours will do."""
    found = []
    commands = re.sub(r"\\\n", " ", "\n".join(blocks(text, "bash"))).splitlines()
    rest = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    for piece in commands + re.findall(r"`([^`]+)`", rest):
        script = re.search(r"scripts/(\w+\.py)", piece)
        if script:
            known = flags_of(script[1])
        elif piece.startswith("--"):
            known = set().union(*(flags_of(path.name) for path in ROOT.glob("scripts/*.py")))
        else:
            continue  # somebody else's program
        found += [flag for flag in re.findall(r"(?<!\S)--([\w-]+)", piece) if flag not in known]
    return found


def test_the_marked_blocks_are_there():
    quickstart, tests = marked_block(README, "quickstart"), marked_block(README, "tests")
    assert "scripts/train.py --flagfile=scripts/flagfiles/quickstart.flags" in quickstart
    assert "pytest" in tests
    assert README.index("<!-- quickstart -->") < README.index("<!-- tests -->")


@pytest.mark.parametrize("marker", ["quickstart", "tests"])
def test_the_marked_commands_are_bash_and_name_files_that_exist(marker):
    block = marked_block(README, marker)
    done = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True)
    assert done.returncode == 0 and done.stderr == ""
    for path in re.findall(r"\b(?:scripts|tests|docs)/[\w./-]+", block):
        assert (ROOT / path).exists(), path


def test_a_marker_without_its_block_would_be_found():
    with pytest.raises(AssertionError):
        marked_block(README.replace("<!-- tests -->\n", "<!-- tests -->\n\n"), "tests")
    with pytest.raises(AssertionError):
        marked_block(README.replace("<!-- tests -->", "<!-- quickstart -->"), "tests")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_flag_in_the_documents_exists(path):
    assert unknown_flags(path.read_text(encoding="utf-8")) == []


def test_a_flag_that_does_not_exist_would_be_found():
    assert unknown_flags("Set `--lamda1=3` or `--nosteps`, as pip's `pip install --upgrade x`.") == [
        "lamda1",
        "nosteps",
    ]
    text = "```bash\npython scripts/train.py --seed=1 \\\n  --colour=red --nouse_export\npip install --quiet x\n```\n"
    assert unknown_flags(text) == ["colour"]


def test_the_python_blocks_run(tmp_path):
    """In one process and one namespace, from top to bottom, in an empty folder, as a reader would."""
    code = "\n".join(blocks(README, "python"))
    assert code.strip(), "the README shows no code"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr[-2000:]


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path: Path, text: str) -> list[str]:
    """Relative links that lead nowhere."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    found = []
    targets = re.findall(r"\]\(([^)\s]+)\)", prose) + re.findall(r'(?:src|href)="([^"]+)"', prose)
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = path.parent / file if file else path
        if not there.exists() or (
            anchor and anchor not in anchors(there.read_text(encoding="utf-8") if file else text)
        ):
            found.append(target)
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_lead_somewhere(path):
    assert broken_links(path, path.read_text(encoding="utf-8")) == []


def test_a_broken_link_would_be_found():
    text = "# A heading\n[a](nowhere.md) [b](#a-heading) [c](#none) [d](https://x.org) ![e](docs/none.png) [f](docs)"
    assert broken_links(ROOT / "README.md", text) == ["nowhere.md", "#none", "docs/none.png"]


def test_the_flagfiles_named_exist():
    named = set(re.findall(r"scripts/flagfiles/\w+\.flags", README))
    assert named and all((ROOT / path).is_file() for path in named)


def test_the_table_of_partitions_counts_what_there_is():
    rows = dict(re.findall(r"^\| `(\w+)`.*?\| (\d+ / \d+ / \d+ / \d+) \|$", README, flags=re.M))
    assert set(rows) == set(partitions.MODES) - {"official"} and "| `official` |" in README
    orl = sources.load(configuration.DataConfig(image_size=32))
    for mode, counts in rows.items():
        drawn = partitions.make(orl, mode, 0)
        sizes = (len(drawn.x1), len(drawn.x2), len(drawn.gallery), len(drawn.probes))
        assert " / ".join(map(str, sizes)) == counts, mode


def test_no_placeholder_is_left():
    assert not re.search(r"\b(TODO|TBD|XXX|FIXME)\b|<!--results-->", README)
