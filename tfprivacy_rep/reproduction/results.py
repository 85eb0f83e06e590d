"""The contents of a reproduction's results.json; `docs/reproduction.md` describes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from tfprivacy_rep.evaluation.results import NO_GUARANTEE, RunRecord
from tfprivacy_rep.reproduction import health
from tfprivacy_rep.reproduction.claims import CLAIMS, check, sweep_claim
from tfprivacy_rep.reproduction.figures import STATISTICS, all_measured
from tfprivacy_rep.reproduction.rows import ROWS

SCHEMA = "tfprivacy_rep/reproduction/1"


def load_records(folder: Path, kind: str) -> dict[str, list[RunRecord]]:
    """Every point that has ended in an output folder, by name, one record a run, in the order of seeds and folds: what
    several starts have added.

    Args:
        folder: the output folder.
        kind: folder of the records in that of a run, `RunOfTasks.RECORDS`.
    """
    found: dict[str, list[RunRecord]] = {}
    for path in sorted(folder.glob(f"seed*-fold*/{kind}/*")):
        record = RunRecord.load(path)
        if record is not None:
            found.setdefault(path.name, []).append(record)
    return {name: sorted(records, key=lambda r: r.run) for name, records in found.items()}


def contents(
    records: Mapping[str, Sequence[RunRecord]], failed: Mapping[str, Mapping[str, str]], config: dict[str, Any],
    command: str, seconds: float,
) -> dict[str, Any]:
    """Builds what results.json holds.

    Args:
        records: of each point by name; at least one.
        failed: for each run of this start why its points failed, by name.
        config: the options by section, `job` among them.
        command: the command line.
        seconds: of this start.
    """
    sweep = sorted((of_point[0].facts["value"], name) for name, of_point in records.items()
                   if of_point[0].facts["value"] is not None)
    claims = [*CLAIMS, sweep_claim(sweep)] if len(sweep) > 1 else list(CLAIMS)
    return {
        "schema": SCHEMA,
        "command": command,
        "config": config,
        **tested(records, config),
        "rows": [_row(row.number, records.get(f"row{row.number}", ()), failed) for row in ROWS
                 if f"row{row.number}" in records or failures(f"row{row.number}", failed)],
        "sweep": {
            "parameter": "lambda2", "points": [{"value": value, **_point(records[name])} for value, name in sweep],
            "failed": _failed_points(failed),
        } if sweep or _failed_points(failed) else None,
        "claims": [checked for claim in claims if (checked := check(claim, records)) is not None],
        "guarantee": NO_GUARANTEE,
        "seconds": seconds,
    }


def tested(records: Mapping[str, Sequence[RunRecord]], config: Mapping[str, Any]) -> dict[str, Any]:
    """The parts `data`, `recogniser`, `seeds` and `folds` of results.json: on whom it was tried, and who judged."""
    first = next(iter(records.values()))[0].facts
    people = np.unique(np.concatenate([r.people for of_point in records.values() for r in of_point]))
    known = bool(first["partition"]["people"])
    return {
        "data": {
            "source": config["data"]["dataset"], "attributes": first["attributes"],
            "single_attribute": first["single_attribute"], "partition": first["partition"]["mode"],
            "people": first["partition"]["people"], "shared_people": first["partition"]["shared_people"],
            "tested_photographs": first["partition"]["counts"]["probes"],
            "tested_people": int(len(people)) if known else None, "skipped_images": first["skipped_images"],
        },
        "recogniser": first["recogniser"],
        **{f"{kind}s": sorted({r.facts[kind] for of_point in records.values() for r in of_point})
           for kind in ("seed", "fold")},
    }


def _row(number: int, records: Sequence[RunRecord], failed: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    row = ROWS[number - 1]
    nothing = {name: {"mean": None, "low": None, "high": None} for name in STATISTICS}
    return {
        "row": number, "encoder": row.encoder_words, "attacker": row.attacker_words,
        **(_point(records) if records else nothing), "paper": row.paper,
        "failed": failures(f"row{number}", failed),
    }


def _failed_points(failed: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Reasons of the curve's points that failed, by name, then by run."""
    names = sorted({name for of_run in failed.values() for name in of_run if name.startswith("lambda2=")})
    return {name: failures(name, failed) for name in names}


def failures(name: str, failed: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Why a point failed, by run."""
    return {run: of_run[name] for run, of_run in failed.items() if name in of_run}


def _point(records: Sequence[RunRecord]) -> dict[str, Any]:
    facts = [record.facts for record in records]
    encoder, attacker, partition = (facts[0][part] for part in ("encoder", "attacker", "partition"))
    return all_measured(records, STATISTICS) | {
        "seeds": [fact["seed"] for fact in facts], "folds": [fact["fold"] for fact in facts],
        "lambda1": encoder["lambda1"], "lambda2": encoder["lambda2"], "options": encoder["options"],
        "mu1": attacker["mu1"], "mu2": attacker["mu2"],
        "x1_photographs": partition["counts"]["x1_train"], "x2_photographs": partition["counts"]["x2_train"],
        "attacker_steps": [fact["attacker"]["steps"] for fact in facts],
        "converged": [fact["attacker"]["converged"] for fact in facts],
        "warnings": health.warnings((fact, [fact["attacker"]]) for fact in facts),
        "fingerprints": [fact["encoder"]["fingerprint"] for fact in facts],
        "seconds": [round(fact["encoder"]["seconds"] + fact["seconds"], 1) for fact in facts],
    }
