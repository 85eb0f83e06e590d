"""The page of a frontier: what to use when, plots, reconstructions, and all figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Mapping, Sequence

from tfprivacy_rep import files
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.report import html, markdown
from tfprivacy_rep.report.glossary import GLOSSARY
from tfprivacy_rep.report.layout import Report, Section
from tfprivacy_rep.reproduction.frontier import pictures, tables, words
from tfprivacy_rep.reproduction.page import seeds_and_folds, threat
from tfprivacy_rep.reproduction.pictures import write_files


def write_page(contents: Mapping[str, Any], records: Mapping[str, Sequence[RunRecord]], folder: Path) -> None:
    """Writes `report.html`, `report.md` and the plots, `frontier-<number>.svg`.

    Args:
        contents: of results.json.
        records: of each point by name.
        folder: where the files go; each is written as a whole or not at all.
    """
    plots = pictures.plots(contents)
    report = Report(
        title=f"Use against privacy, on photographs of source {contents['data']['source']}",
        verdict=words.verdict(contents), threat=threat(contents), overlap=(), tables=(), making=_making(contents),
        configuration=json.dumps(contents["config"], indent=2), glossary=GLOSSARY,
        sections=(
            Section("frontier", "The frontier", plots=plots, tables=(tables.matched_table(contents),)),
            Section("rebuilt", "What is rebuilt", strips=pictures.strips(contents, records)),
            Section("figures", "The figures", tables=tuple(table for table in (
                tables.points_table(contents), tables.hard_table(contents), tables.rates_table(contents),
                tables.choice_table(contents["choice"])) if table)),
        ),
    )
    files.write_text(folder / "report.html", html.render(report))
    files.write_text(folder / "report.md", markdown.render(report))
    write_files(folder, {f"frontier-{place}.svg": picture for place, picture in enumerate(plots)})


def _making(contents: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    spent = sum(sum(one["seconds"]) for one in contents["points"])
    return (
        ("Command", contents["command"]), *seeds_and_folds(contents),
        ("Time of this start", f"{contents['seconds']:.0f} s"),
        ("Time of all points, less what earlier starts had trained", f"{spent:.0f} s"),
        ("Format of results.json", contents["schema"]),
    )
