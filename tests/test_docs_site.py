"""The site's pages: what is in the navigation is there, and every public module has its place in the API reference."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_run import ROOT

PACKAGE = "tfprivacy_rep"
DOCS = ROOT / "docs"
#: Packages with a page of all their modules, and modules that callers of the package meet.
PACKAGES = ("models", "objectives", "training", "attacks", "metrics", "evaluation", "data", "serving")
MODULES = ("config", "jobs", "files", "errors", "distribution", "data.orl.loader", "data.rendered.loader")


def navigation() -> list[str]:
    """Every page that mkdocs.yml names, from top to bottom."""
    return pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])


def pages(entry: Any) -> list[str]:
    """The pages in a part of the navigation."""
    if isinstance(entry, str):
        return [entry]
    return [page for part in (entry.values() if isinstance(entry, dict) else entry) for page in pages(part)]


def documented(folder: Path = DOCS) -> list[str]:
    """Every module of the package that an API page shows."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("api/*.md"))]
    return [name for text in texts for name in re.findall(rf"^::: {PACKAGE}\.([\w.]+)$", text, flags=re.M)]


def public_modules() -> set[str]:
    """Every module that must be shown."""
    found = {
        f"{package}.{path.stem}" for package in PACKAGES for path in (ROOT / PACKAGE / package).glob("*.py")
        if not path.stem.startswith("_")
    }
    return found | set(MODULES)


def load(name: str) -> Any:
    """A module out of docs/, which is no package."""
    specification = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_every_page_of_the_navigation_is_there_once():
    named = navigation()
    assert named and [page for page in named if not (DOCS / page).is_file()] == []
    assert len(named) == len(set(named))


def test_every_api_page_is_in_the_navigation():
    assert {f"api/{path.name}" for path in DOCS.glob("api/*.md")} <= set(navigation())


def test_every_public_module_is_on_an_api_page_once():
    shown = documented()
    assert sorted(public_modules() - set(shown)) == []
    assert sorted(name for name in set(shown) if shown.count(name) > 1) == []


def test_every_module_shown_is_there():
    assert [name for name in documented() if not (ROOT / PACKAGE / f"{name.replace('.', '/')}.py").is_file()] == []


def test_a_module_that_is_left_out_would_be_found(tmp_path):
    (tmp_path / "api").mkdir()
    page = (DOCS / "api" / "models.md").read_text(encoding="utf-8")
    (tmp_path / "api" / "models.md").write_text(page.replace("::: tfprivacy_rep.models.encoder\n", ""))
    shown = set(documented(tmp_path))
    assert "models.encoder" in public_modules() - shown and "models.decoder" in shown


def test_a_description_that_names_share_counts_for_each():
    docstring = "Adds.\n\nArgs:\n    a, b: numbers,\n        both whole.\n    c: another.\n\nReturns:\n    x, y: none."
    assert load("griffe_shared").separated(docstring) == (
        "Adds.\n\nArgs:\n    a: numbers,\n        both whole.\n    b: numbers,\n        both whole.\n"
        "    c: another.\n\nReturns:\n    x, y: none."
    )


@pytest.mark.parametrize(
    "link, expected",
    [
        ("[the README](../README.md#tests)", "the README (`README.md`)"),
        ("[a page](audit.md)", "[a page](audit.md)"),
        ("[gone](../nowhere.md)", "[gone](../nowhere.md)"),
        ("[elsewhere](https://example.org/x)", "[elsewhere](https://example.org/x)"),
    ],
)
def test_a_link_out_of_the_site_becomes_text_only_where_it_leads_somewhere(link, expected):
    class Page:
        """What MkDocs hands over, as far as it is looked at."""

        class file:
            """Where the page is."""

            abs_src_path = str(DOCS / "index.md")

    assert load("hooks").on_page_markdown(link, Page, {"docs_dir": str(DOCS)}) == expected
