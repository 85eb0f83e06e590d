"""The report as Markdown: the same words and tables as the page, without pictures."""

from __future__ import annotations

import re

from tfprivacy_rep.report.layout import Cell, Report, Section, Table

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")


def render(report: Report) -> str:
    """Writes the report as Markdown with tables (GitHub's dialect).

    Args:
        report: words and tables.
    """
    parts = [
        f"# {escape(report.title)}",
        "## The verdict",
        *[f"**{escape(text)}**" for text in report.verdict.lead],
        *[f"**{escape(question)}:** {escape(text)}" for question, text in report.verdict.findings],
        "\n".join(f"- {escape(text)}" for text in report.verdict.cautions),
        "Pictures and curves are in `report.html` beside this file.",
        "## Threat model",
        _pairs(report.threat),
        *[table_lines(table) for table in report.overlap],
        *([part for section in report.sections for part in _section(section)] if report.sections
          else ["## The figures", *[table_lines(table) for table in report.tables]]),
        "## How it was made",
        _pairs(report.making),
        "Configuration:",
        f"```json\n{report.configuration}\n```",
        "## What the figures mean",
        _pairs(report.glossary),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(text: str) -> str:
    """Makes text safe in Markdown, also in a cell of a table."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _section(section: Section) -> list[str]:
    return [f"## {escape(section.title)}", *[escape(text) for text in section.text],
            *[table_lines(table) for table in section.tables]]


def _pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    return "\n".join(f"- **{escape(term)}**: {escape(text)}" for term, text in pairs)


def table_lines(table: Table) -> str:
    """A table with its title, caption, warnings and notes."""
    aligned = ["---" if index < table.names else "---:" for index in range(len(table.columns))]
    lines = [_line([escape(head) for head in table.columns]), _line(aligned)]
    for row in table.rows:
        cells = [_cell(cell) for cell in row.cells]
        lines.append(_line([f"**{cell}**" if row.kind == "strong" and cell else cell for cell in cells]))
    notes = "  \n".join(escape(note) for note in table.notes)
    warnings = "\n".join(f"- **Warning:** {escape(text)}" for text in table.warnings)
    parts = (f"### {escape(table.title)}", escape(table.caption), warnings, "\n".join(lines), notes)
    return "\n\n".join(part for part in parts if part)


def _cell(cell: Cell) -> str:
    note = f"({cell.note})" if cell.note else ""
    return " ".join(part for part in (escape(cell.text), note, escape(cell.interval), cell.star) if part)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
