"""The report as one self-contained page: no scripts, no requests, pictures inside."""

from __future__ import annotations

from typing import Sequence

import jinja2

from tfprivacy_rep.report.layout import Picture, Report


def render(report: Report, strips: Sequence[Picture] = (), curves: Sequence[Picture] = ()) -> str:
    """Fills the template `page.html.jinja`; every text is escaped.

    Args:
        report: words and tables.
        strips: rows of photographs and reconstructions; a report with sections has its own.
        curves: plots of the training; likewise.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tfprivacy_rep.report", ""), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html.jinja").render(report=report, strips=strips, curves=curves)
