"""From the contents of results.json and the runs' records to report.html and report.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

from tfprivacy_rep import files
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.report import grids, html, markdown, plots
from tfprivacy_rep.report.content import build


def write_report(contents: dict[str, Any], records: Sequence[RunRecord], folder: Path) -> None:
    """Writes `report.html`, one self-contained page, and `report.md`, the same words and tables without pictures.

    Args:
        contents: of results.json, see `docs/results.md`.
        records: of all runs, at least one; pictures and curves are those of the first.
        folder: where the files go; each is written as a whole or not at all.

    Raises:
        UserError: if the folder can't be written to.
    """
    report = build(contents, records)
    page = html.render(report, grids.strips(contents, records[0]), plots.curves(records[0].facts["encoders"]))
    files.write_text(folder / "report.html", page)
    files.write_text(folder / "report.md", markdown.render(report))
