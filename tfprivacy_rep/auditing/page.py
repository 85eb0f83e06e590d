"""The page of an audit: the verdict, the threat model, then chapters of pictures, plots and tables."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Iterable, Mapping

import numpy as np

from tfprivacy_rep import files
from tfprivacy_rep.auditing import glossary
from tfprivacy_rep.auditing import pictures as plots
from tfprivacy_rep.auditing import strips, tables, tables_attackers, tables_identity, tables_people
from tfprivacy_rep.auditing.cells import NO_IDENTITIES, NOT_NAMEABLE, nobody_known
from tfprivacy_rep.auditing.frontier_plot import frontier
from tfprivacy_rep.auditing.threat import overlap_tables, threat_model
from tfprivacy_rep.auditing.words import compose
from tfprivacy_rep.report import html, markdown
from tfprivacy_rep.report.layout import Report, Section, Table
from tfprivacy_rep.report.tables_rate import rate_table
from tfprivacy_rep.report.wording import lookup

_ORIGINALS = "The page holds original photographs: pass it on only where those may go."


def write_page(contents: Mapping[str, Any], pictures: Mapping[str, np.ndarray], folder: Path) -> None:
    """Writes `report.html`, one self-contained page, and `report.md`, the same words and tables without pictures.

    Args:
        contents: of results.json of an audit, see `docs/audit.md`.
        pictures: uint8 `[K, S, S, 3]` in RGB: `originals` and, by attacker's name, its reconstructions of the same
            photographs; `worst/originals` and `worst/<attacker>` of the most revealing ones, in the order of
            `contents["worst"]["images"]`. Beside them `people`, `[K]` integers, and `names`, `[K]` strings.
        folder: where the files go; each is written as a whole or not at all.

    Raises:
        UserError: if the folder can't be written to.
    """
    report = build(contents, pictures)
    files.write_text(folder / "report.html", html.render(report))
    files.write_text(folder / "report.md", markdown.render(report))


def build(contents: Mapping[str, Any], pictures: Mapping[str, np.ndarray]) -> Report:
    """The words, tables and pictures of the page; arguments as for `write_page`."""
    encoder = contents["encoder"]
    report = Report(
        title=f"Audit of the encoder {encoder['name'] or encoder['path']}, on photographs of source "
              f"{contents['data']['source']}",
        verdict=compose(contents), threat=threat_model(contents), overlap=overlap_tables(contents), tables=(),
        making=_making(contents), configuration=json.dumps(contents["config"], indent=2), glossary=(),
        sections=_sections(contents, pictures),
    )
    return dataclasses.replace(report, glossary=glossary.used(markdown.render(report).split("Configuration:")[0]))


def _sections(contents: Mapping[str, Any], pictures: Mapping[str, np.ndarray]) -> tuple[Section, ...]:
    examples, worst = strips.examples(contents, pictures), strips.worst(contents, pictures)
    worst_tables = _known(tables_people.worst_images_table(contents), tables_people.worst_people_table(contents),
                          tables_people.groups_table(contents))
    return (
        Section("figures", "The figures", tables=(
            tables.questions_table(contents), tables.headline_table(contents), tables.rows_table(contents))),
        Section("use", "Use against privacy", plots=frontier(contents), tables=_known(
            tables_identity.baselines_table(contents), tables_identity.frontier_table(contents),
            tables_people.task_table(contents))),
        Section("naming", "Whom it names", _without_people(contents), plots=plots.distributions(contents),
                tables=_known(tables_identity.linkage_table(contents), tables_identity.averaged_table(contents),
                              rate_table({"Audited": contents.get("rate")}),
                              *tables_attackers.identity_tables(contents),
                              tables_identity.recognisers_table(contents))),
        Section("rebuilding", "What comes back of the photographs",
                (_ORIGINALS,) if examples else ("No pictures were kept.",), examples,
                (*plots.percentile_bars(contents), *plots.learning_curves(contents)),
                (tables_attackers.back_table(contents), tables_attackers.ladder_table(contents),
                 tables_people.percentiles_table(contents))),
        Section("worst", "Who is hit hardest", strips=worst, tables=worst_tables),
        Section("rest", "What else it tells", _rest(contents), plots=plots.attribute_bars(contents),
                tables=_known(tables_people.probes_table(contents), tables_people.membership_table(contents))),
    )


def _known(*found: Table | None) -> tuple[Table, ...]:
    return tuple(table for table in found if table is not None)


def _without_people(contents: Mapping[str, Any]) -> tuple[str, ...]:
    if contents["linkage"]["methods"]:
        return ()
    return (NO_IDENTITIES if nobody_known(contents) else NOT_NAMEABLE,)


def _rest(contents: Mapping[str, Any]) -> tuple[str, ...]:
    none = () if lookup(contents, "attributes", "probes") else (
        "Other attributes: not measured, for the source has no labels of any.",)
    return (*none, *tables_people.membership_words(contents))


def _making(contents: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    encoder, budget = contents["encoder"], contents["budget"]
    trained = [one for one in contents["attackers"] if not one.get("not_applicable")]
    return (
        ("Command", contents["command"]), ("Encoder", f"{encoder['path']} ({encoder['kind']}, {encoder['access']})"),
        ("Its training", _training(encoder)),
        ("Its fingerprint", f"{encoder['fingerprint']}, the same before and after the attacks"),
        ("Budget", f"{budget['name']}: {budget['attack_steps']:,} steps for the base attacker; seeds of the headline's "
         f"attackers: {budget['headline_seeds']}"),
        ("Time", f"{contents['seconds']:.0f} s, of which attackers {sum(one['seconds'] for one in trained):.0f} s"),
        ("Format of results.json", contents["schema"]),
    )


def _training(encoder: Mapping[str, Any]) -> str:
    if encoder["weights"] is None:
        return "unknown"
    parts = [_named("weights", encoder["weights"].items())]
    parts.append(_named("options against tricks", encoder["options"].items()))
    parts += [f"{key} {encoder[key]}" for key in ("seed", "fold") if encoder[key] is not None]
    return "; ".join(parts)


def _named(what: str, pairs: Iterable[tuple[str, Any]]) -> str:
    told = ", ".join(f"{key} = {f'{value:g}' if isinstance(value, float) else value}" for key, value in pairs)
    return f"{what} {told or 'none'}"
