"""Puts a report together: verdict, threat model, tables, and how it was made."""

from __future__ import annotations

import json
from typing import Any, Mapping, Sequence

from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.report.comparisons import compare
from tfprivacy_rep.report.glossary import GLOSSARY
from tfprivacy_rep.report.layout import Report
from tfprivacy_rep.report.tables import all_tables
from tfprivacy_rep.report.threat import overlap_tables, threat_model
from tfprivacy_rep.report.verdict import compose
from tfprivacy_rep.report.warned import looked_for
from tfprivacy_rep.report.wording import capital, counted, listed, lookup


def build(contents: Mapping[str, Any], records: Sequence[RunRecord]) -> Report:
    """Builds the words and tables of a report.

    Args:
        contents: of results.json.
        records: of all runs.
    """
    comparisons = compare(contents, records)
    return Report(
        title=f"What the representation tells, and what it hides: {contents['data']['source']}",
        verdict=compose(contents, comparisons),
        threat=threat_model(contents),
        overlap=overlap_tables(contents),
        tables=all_tables(contents, comparisons),
        making=_making(contents),
        configuration=json.dumps(contents["config"], indent=2),
        glossary=GLOSSARY,
    )


def _making(contents: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    runs = contents["runs"]
    told = listed([f"seed {run['seed']} fold {run['fold']} in {run['seconds']:.0f} s" for run in runs])
    pairs = [("Command", contents["command"]), (capital(counted(len(runs), "run", "runs")), told)]
    pairs.append(("Time of this start", f"{contents['seconds']:.0f} s"))
    steps = lookup(contents, "config", "train", "steps")
    if steps is not None:
        pairs.append(("Steps of the game", str(steps)))
    for name, encoder in contents["encoders"].items():
        weights = ", ".join(f"{symbol} = {_plain(value)}" for symbol, value in encoder["weights"].items())
        options = ", ".join(f"{key} = {_plain(value)}" for key, value in encoder["options"].items()) or "none"
        attackers = listed([f"{attack['name']} {attack['steps']}" for attack in encoder["attacks"]])
        pairs.append((f"Encoder {name}", f"weights {weights}; options against tricks: {options}; mean steps of "
                      f"attackers: {attackers}; signs of a collapse in training: {looked_for(encoder)}; fingerprint of "
                      f"its variables, the same before and after the attacks: {', '.join(encoder['fingerprints'])}"))
    pairs.append(("Format of results.json", contents["schema"]))
    return tuple(pairs)


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
