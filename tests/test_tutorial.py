"""The tutorial is a valid notebook without outputs, and it runs from top to bottom."""

from __future__ import annotations

import ast

import nbformat
import pytest
from small_run import ROOT

TUTORIAL = ROOT / "docs" / "tutorial.ipynb"


def notebook() -> nbformat.NotebookNode:
    """The notebook as it is committed."""
    return nbformat.read(TUTORIAL, as_version=nbformat.NO_CONVERT)


def test_it_is_valid_and_every_cell_has_an_id_of_its_own():
    found = notebook()
    nbformat.validate(found)
    assert (found.nbformat, found.nbformat_minor) >= (4, 5)
    ids = [cell["id"] for cell in found.cells]
    assert len(ids) == len(set(ids)) > 10


def test_it_is_kept_without_outputs():
    code = [cell for cell in notebook().cells if cell.cell_type == "code"]
    assert code and all(cell.outputs == [] and cell.execution_count is None for cell in code)


def test_every_code_cell_can_be_parsed_and_has_no_long_line():
    for cell in notebook().cells:
        if cell.cell_type == "code":
            ast.parse(cell.source)
            assert max(map(len, cell.source.splitlines())) <= 120, cell.source


def test_it_says_that_its_figures_mean_nothing_and_where_the_real_ones_are():
    prose = "\n".join(cell.source for cell in notebook().cells if cell.cell_type == "markdown")
    assert "the figures mean nothing" in prose and "published/orl-quickstart/report.md" in prose


@pytest.mark.slow
def test_it_runs_and_leaves_what_it_promises(tmp_path, monkeypatch):
    client = pytest.importorskip("nbclient", reason="the extra notebook is not installed")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    found = notebook()
    # A cell that fails raises CellExecutionError with its traceback.
    client.NotebookClient(
        found, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    code = [cell for cell in found.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    pictures = [out for cell in code for out in cell.outputs if "image/png" in out.get("data", {})]
    assert len(pictures) == 3
    kept = tmp_path / "tutorial_output"
    assert (kept / "encoder.keras").stat().st_size > 0
    assert (kept / "encoder" / "1" / "saved_model.pb").is_file() and (kept / "head" / "1" / "saved_model.pb").is_file()
