"""The report of a reproduction: the same page as an audit's, with the ten rows, the curve and the claims."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Mapping, Sequence

from tfprivacy_rep import files
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.report import html, markdown
from tfprivacy_rep.report.glossary import GLOSSARY
from tfprivacy_rep.report.layout import Report, Verdict
from tfprivacy_rep.report.wording import capital, counted, listed
from tfprivacy_rep.reproduction import pictures, tables
from tfprivacy_rep.reproduction.claims import FAILS, HOLDS, UNDECIDED

_JUDGES = {
    "dlib": "dlib's face recognition network, not used in training",
    "rendered": "a network trained on other drawn people, not used in training",
    None: "nobody: face similarity and rank-1 were not measured",
}


def write_page(contents: Mapping[str, Any], records: Mapping[str, Sequence[RunRecord]], folder: Path) -> None:
    """Writes `report.html`, `report.md`, `table.md` (the ten rows alone) and the figures.

    Args:
        contents: of results.json.
        records: of each point by name.
        folder: where the files go; each is written as a whole or not at all.
    """
    report = _build(contents)
    curves = pictures.curve(contents)
    both = pictures.with_and_without(records)
    shown = pictures.strips(records) or ((both,) if both else ())
    files.write_text(folder / "report.html", html.render(report, shown, curves))
    files.write_text(folder / "report.md", markdown.render(report))
    if contents["rows"]:
        files.write_text(folder / "table.md", markdown.table_lines(tables.rows_table(contents)) + "\n")
    named = {f"lambda2-{place}.svg": picture for place, picture in enumerate(curves)}
    pictures.write_files(folder, named | ({"reconstructions.png": both} if both else {}))


def _build(contents: Mapping[str, Any]) -> Report:
    shown = [tables.rows_table(contents)] if contents["rows"] else []
    shown += [table for table in (tables.sweep_table(contents),) if table]
    shown += [tables.claims_table(contents)] if contents["claims"] else []
    shown += [tables.beyond_table(contents)] if contents["rows"] else []
    return Report(
        title=f"The paper's table, on photographs of source {contents['data']['source']}",
        verdict=_verdict(contents), threat=threat(contents), overlap=(), tables=tuple(shown), making=_making(contents),
        configuration=json.dumps(contents["config"], indent=2), glossary=GLOSSARY,
    )


def _verdict(contents: Mapping[str, Any]) -> Verdict:
    by_verdict = {verdict: [c["claim"] for c in contents["claims"] if c["verdict"] == verdict]
                  for verdict in (HOLDS, FAILS, UNDECIDED)}
    lead = ", ".join(f"{len(claims)} {verdict if len(claims) == 1 else _plural(verdict)}"
                     for verdict, claims in by_verdict.items() if claims)
    lead = f"Of the paper's claims that could be checked here: {lead}." if lead else "No claim could be checked."
    findings = tuple((capital(c["verdict"]), f"{c['claim']} ({_held(c['evidence'])})") for c in contents["claims"])
    cautions = [
        f"These are figures of source {contents['data']['source']}, not of CelebA, unless that is the source; budget "
        f"{contents['config']['job']['budget']}, {runs(contents)}.",
        f"{capital(contents['guarantee'])}: a stronger attacker may get back more.",
        "Protection against reconstruction is not protection against recognition: see rank-1 from Z below.",
        "The weights, sizes and learning rates are our defaults: the poster does not state the paper's.",
    ]
    if contents["config"]["job"]["budget"] == "smoke":
        cautions.insert(0, "Budget smoke only shows that everything works: its figures mean nothing.")
    if contents["data"]["skipped_images"]:
        cautions.append(f"{contents['data']['skipped_images']} unreadable photographs were left out.")
    return Verdict((lead,), findings, tuple(cautions))


def _held(evidence: Sequence[Mapping[str, Any]]) -> str:
    return f"{sum(one['verdict'] == HOLDS for one in evidence)} of {len(evidence)} comparisons"


def _plural(verdict: str) -> str:
    return {HOLDS: "hold", FAILS: "do not hold", UNDECIDED: "are undecided"}[verdict]


def threat(contents: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What the attackers see and have, who shares people, and what was tested: pairs of a term and its description."""
    data = contents["data"]
    tested = f"{data['tested_photographs']} photographs a fold"
    if data["tested_people"] is not None:
        tested += f", {data['tested_people']} people over all runs"
    shared = ", ".join(f"{pair.replace('_', ' and ').upper().replace('AND', 'and')}: {count}"
                       for pair, count in data["shared_people"].items())
    return (
        ("What the attacker sees", "the representation Z of each probe, and as many answers of the frozen encoder to "
         "its own photographs as it likes (black box)"),
        ("What the attacker has", "the public photographs X2; it never sees X1, the gallery or the probes"),
        ("Who shares people", f"partition {data['partition']}; people that two sets share: {shared or 'unknown'}"),
        ("Tested", tested),
        ("Who judges faces", _JUDGES.get(contents["recogniser"], contents["recogniser"])),
    )


def runs(contents: Mapping[str, Any]) -> str:
    """How many runs a reproduction has: "3 seeds", or "3 seeds × 5 folds"."""
    told = counted(len(contents["seeds"]), "seed", "seeds")
    return told if len(contents["folds"]) == 1 else f"{told} × {len(contents['folds'])} folds"


def seeds_and_folds(contents: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Which seeds and folds were run: pairs of a term and its description."""
    return tuple((kind, listed([str(one) for one in contents[kind.lower()]])) for kind in ("Seeds", "Folds"))


def _making(contents: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    rows = [row for row in contents["rows"] if "seconds" in row]
    pairs = [("Command", contents["command"]), *seeds_and_folds(contents),
             ("Time of this start", f"{contents['seconds']:.0f} s")]
    symbols = ("lambda1", "lambda2", "mu1", "mu2")
    weights = [f"row {row['row']}: " + ", ".join(f"{name} {row[name]:g}" for name in symbols) for row in rows]
    pairs.append(("Weights", "; ".join(weights)))
    pairs.append(("Format of results.json", contents["schema"]))
    return tuple(pairs)
