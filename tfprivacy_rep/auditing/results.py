"""results.json of an audit: every figure with its interval. `docs/audit.md` describes it."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np

from tfprivacy_rep.attacks import membership
from tfprivacy_rep.attacks.ladder import RUNGS
from tfprivacy_rep.auditing import figures, verdict, white_box
from tfprivacy_rep.auditing.figures import AUDITED
from tfprivacy_rep.auditing.play import MEMBERSHIP
from tfprivacy_rep.auditing.worst import worst
from tfprivacy_rep.evaluation.figures import Path, measure
from tfprivacy_rep.evaluation.pareto import unbeaten
from tfprivacy_rep.evaluation.rate import rate_figures
from tfprivacy_rep.evaluation.results import NO_GUARANTEE, RunRecord
from tfprivacy_rep.evaluation.statistics import PersonValues, Statistic
from tfprivacy_rep.trials.linking import AVERAGED
from tfprivacy_rep.trials.sets import Sets
from tfprivacy_rep.trials.trials import PART

SCHEMA = "tfprivacy_rep/audit/1"
#: Rows in order: role, and what they are.
ROWS = {
    "audited": ("subject", "the audited encoder"),
    "unprotected": ("ceiling", "the unprotected encoder"),
    "random_weights": ("reference", "the same network with random weights, never trained"),
    "shuffled_pairs": ("floor", "attackers that learnt from pairs which do not belong together"),
    "mean_image": ("floor", "the mean public photograph, whoever is asked for"),
    "answer_bits": ("limit", "the predicted attributes as bits, in place of Z"),
    "answer_probabilities": ("limit", "the predicted attributes as probabilities, in place of Z"),
}
_OF_TRAINING = ("mu1", "mu2", "steps", "converged", "parameters", "photographs", "seconds", "history")

Records = Mapping[str, RunRecord | str]


def contents(
    records: Records, sets: Sets, described: Mapping[str, Any], recognisers: Sequence[str], names: Sequence[str],
    seeds: int,
) -> dict[str, Any]:
    """Builds everything of results.json that comes from the records.

    Args:
        records: of `Play.play`, and `membership`.
        sets: the photographs.
        described: the parts `command`, `config`, `encoder`, `budget`, and `cautions` found on the way.
        recognisers: names, the main one first.
        names: of the attackers that were asked for.
        seeds: of the headline's attackers.
    """
    audited = records[AUDITED]
    assert isinstance(audited, RunRecord)
    facts = audited.facts
    trained = any(column.startswith("repeat/") for column in audited.columns[PART])
    runs = figures.tables(records, seeds if trained else 1)
    names = [*names, *white_box.NAMES]
    tried = [name for name in names if name in facts["attackers"]]
    points = [name.removeprefix("frontier/") for name in records if name.startswith("frontier/")]
    methods = [key.split("/")[1] for key in audited.columns[PART] if key.startswith("linkage/") and
               key.endswith("/rank1") and "/best/" not in key]
    wanted = _wanted(runs, records, sets, recognisers, tried, points, methods, facts)
    values, intervals = measure(wanted, runs, intervals=True)
    known = [name for name, record in records.items() if name in ROWS and isinstance(record, RunRecord)]
    written = {
        "schema": SCHEMA, **described, "budget": described["budget"] | {"headline_seeds": len(runs)},
        "data": data(sets),
        "recognisers": [{"name": name, **one} for name, one in zip(recognisers, values.get("recognisers", []))],
        "impostor_pairs": impostor_pairs(sets), "chance_rank1": chance(sets),
        "headline": dict.fromkeys(figures.HEADLINE_NAMES) | values["headline"],
        "headline_attackers": facts["headline_attackers"],
        "attackers": _attackers(names, tried, values["attackers"], facts, seeds if trained else 1, audited),
        "linkage": {"strongest": facts["strongest_linkage"] or None,
                    "methods": values.get("linkage", {}).get("methods", {}),
                    "averaged": values.get("linkage", {}).get("averaged", {})},
        "rate": _rate(audited),
        "rows": _rows(records, known, values["rows"]),
        "frontier": {"base": "unprotected" if "unprotected" in points else AUDITED, "psnr_by": "linear",
                     "points": _points(points, records, values["frontier"]["points"])},
        "attributes": _attributes(values, audited, sets),
        "percentiles": values["percentiles"], "worst": worst(runs, audited, sets),
        "distributions": facts["distributions"], "random_pairs": facts["random_pairs"], "guarantee": NO_GUARANTEE,
    }
    mean_image = values["rows"][known.index("mean_image")]
    written["mean_image"] = {figure: mean_image.get(figure) for figure in ("psnr", "ssim", "rank1", "face_similarity")}
    row_intervals = dict(zip(known, intervals["rows"]))
    attacker_intervals = dict(zip(tried, intervals["attackers"]))
    intervals["rows"] = [row_intervals.get(name, {}) for name in ROWS]
    intervals["attackers"] = [attacker_intervals.get(name, {}) for name in names]
    written["normalised"] = _normalised(runs, records, written["chance_rank1"])
    matched = [name.removeprefix("matched/") for name in records if name.startswith("matched/")]
    written["verdict"] = verdict.verdict(runs, written["chance_rank1"], matched)
    written["membership"], intervals["membership"] = _membership(records[MEMBERSHIP])
    written["headline"]["membership_auc"] = written["membership"]["auc"]
    intervals["headline"]["membership_auc"] = intervals["membership"].get("auc", {"low": None, "high": None})
    written["intervals"] = intervals
    return written


def _wanted(
    runs: Sequence[PersonValues], records: Records, sets: Sets, recognisers: Sequence[str], tried: Sequence[str],
    points: Sequence[str], methods: Sequence[str], facts: Mapping[str, Any],
) -> dict[Any, Any]:
    columns = list(runs[0].columns)
    rows = [name for name, record in records.items() if name in ROWS and isinstance(record, RunRecord)]
    return {
        **figures.headline_figures(recognisers, sets.other, facts["probe"]),
        **figures.attacker_figures(tried, recognisers, columns),
        **figures.linkage_figures(methods),
        **figures.averaged_figures(AVERAGED if f"{AUDITED}|averaged/{AVERAGED[0]}/rank1" in columns else ()),
        **figures.recogniser_figures(recognisers),
        **figures.row_figures(rows, columns),
        **figures.frontier_figures(points),
        **figures.attribute_figures(sets.photographs.attributes, sets.other),
        **figures.percentile_figures(),
    }


def _rate(audited: RunRecord) -> dict[str, Any] | None:
    columns = audited.columns[PART]
    held: dict[str, np.ndarray] = {name: columns[name] for name in ("rate/bits", "predictions") if name in columns}
    return rate_figures([PersonValues(audited.people, held)])


def data(sets: Sets) -> dict[str, Any]:
    """The part `data`: what was looked at."""
    photographs, told = sets.photographs, sets.partition.describe()
    probes = sets.indices["probes"]
    known = photographs.people is not None
    return {
        "source": photographs.source, "attributes": list(photographs.attributes), "other_attributes": list(sets.other),
        "prevalence": dict(zip(photographs.attributes, map(float, photographs.labels[probes].mean(0)))),
        "partition": told["mode"], "counts": told["counts"], "people": told["people"],
        "shared_people": told["shared_people"], "tested_photographs": len(probes),
        "tested_people": int(len(np.unique(sets.people("probes")))) if known else None,
        "skipped_images": len(photographs.skipped),
    }


def chance(sets: Sets) -> float | None:
    """Rank-1 of guessing among the people of the gallery; None where nobody can be named."""
    return 1.0 / len(np.unique(sets.people("gallery"))) if sets.nameable else None


def impostor_pairs(sets: Sets) -> int:
    """Pairs of a probe and a photograph of another person in the gallery."""
    if not sets.nameable:
        return 0
    people, counts = np.unique(sets.people("gallery"), return_counts=True)
    mates = dict(zip(people.tolist(), counts.tolist()))
    probes = sets.people("probes")
    return int(len(probes) * counts.sum() - sum(mates.get(person, 0) for person in probes.tolist()))


def _membership(record: RunRecord | str) -> tuple[dict[str, Any], dict[str, Any]]:
    empty = {"auc": None, "loss_auc": None, "trained_auc": None, "strongest": None, "members": 0, "others": 0,
             "not_applicable": None}
    if isinstance(record, str):
        return empty | {"not_applicable": record}, {}
    columns, facts = record.columns[PART], record.facts
    wanted: dict[Path, Statistic] = {
        (f"{attack}_auc",): membership.auc_of(attack) for attack in (membership.LOSS, membership.TRAINED)
        if attack in columns
    }
    found, intervals = measure(wanted, [PersonValues(record.people, columns)], intervals=True)
    strongest = facts["strongest"]
    found["auc"] = found.get(f"{strongest}_auc")
    intervals["auc"] = intervals.get(f"{strongest}_auc", {"low": None, "high": None})
    counts = {key: facts[key] for key in ("members", "others")}
    return empty | found | counts | {"strongest": strongest or None}, intervals


def _attackers(
    names: Sequence[str], tried: Sequence[str], measured: Sequence[Mapping[str, Any]], facts: Mapping[str, Any],
    seeds: int, audited: RunRecord,
) -> list[dict[str, Any]]:
    found = dict(zip(tried, measured))
    headline = set(facts["headline_attackers"].values())
    written = []
    for name in names:
        rung = RUNGS.get(name)
        one: dict[str, Any] = {
            "name": name, "factor": rung.factor if rung else "white box",
            "what": rung.what if rung else white_box.WHAT[name],
            "not_applicable": facts["not_applicable"].get(name),
        }
        if name in found:
            own = facts["attackers"][name]
            repeated = seeds if name in headline and rung and rung.factor != "closed form" else 1
            one |= {key: own[key] for key in _OF_TRAINING}
            one["warnings"] = own.get("warnings")  # a white box has none, nor has the record of an older version
            one |= {"seeds": repeated, "tested": own.get("tested", len(audited.people)),
                    "validation": facts["validation"].get(name, {}), "second": {}, **found[name]}
        written.append(one)
    return written


def _rows(records: Records, known: Sequence[str], measured: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = dict(zip(known, measured))
    written = []
    for name, (role, what) in ROWS.items():
        record = records[name]
        one: dict[str, Any] = {"name": name, "role": role, "what": what, "not_applicable": None}
        if isinstance(record, str):
            one["not_applicable"] = record
        else:
            one["attackers"] = list(dict.fromkeys(record.facts.get("headline_attackers", {}).values()))
            if name == AUDITED:  # its row is that of the attackers which every row meets
                one["attackers"] = record.facts["row_attackers"]
        written.append(one | dict(found.get(name, {})))
    return written


def _points(
    points: Sequence[str], records: Records, measured: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = []
    for name, found in zip(points, measured):
        family, _, strength = name.rpartition("-")
        plain_name = name in (AUDITED, "unprotected", "answer_bits")
        record = records[f"frontier/{name}"]
        assert isinstance(record, RunRecord)
        family = {"answer_bits": "answer"}.get(name, name) if plain_name else family
        written.append({
            "name": name, "family": family, "strength": None if plain_name else float(strength),
            "label": verdict.label(family, None if plain_name else float(strength)),
            "validation_mcc": record.facts["validation_mcc"], **found,
        })
    # By linkage, and by PSNR where nobody can be named.
    figure = "psnr" if all(one["linkage_rank1"] is None for one in written) else "linkage_rank1"
    for one, free in zip(written, unbeaten([(one["mean_mcc"], one[figure]) for one in written])):
        one["pareto"] = free
    return written


def _attributes(values: Mapping[str, Any], audited: RunRecord, sets: Sets) -> dict[str, Any]:
    task = values["attributes"]["task"]
    probes = values["attributes"].get("probes", {})
    columns = audited.columns[PART]
    for index, name in enumerate(sets.other):
        labels = columns["other_labels"][:, index]
        majority = audited.facts["majority"][index]
        probes[name]["majority"] = float((labels == majority).mean())
        probes[name]["linear_accuracy"] = float((labels == columns["probes/linear"][:, index]).mean())
    return {"task": task, "undefined": sum(value is None for value in task.values()), "probe": audited.facts["probe"],
            "probes": probes}


def _normalised(runs: Sequence[PersonValues], records: Records, guessing: float | None) -> dict[str, float | None]:
    """(m - blind) / (unprotected - blind), None without an unprotected encoder or where it is not above the floor."""
    found: dict[str, float | None] = {}
    if isinstance(records["unprotected"], str):
        return {figure: None for figure in ("psnr", "ssim", "rank1", "linkage_rank1")}
    for figure in ("psnr", "ssim", "rank1", "linkage_rank1"):
        column = "linkage/best/rank1" if figure == "linkage_rank1" else f"row/{figure}"
        blind = ((lambda columns: guessing if guessing is not None else np.nan) if figure == "linkage_rank1"
                 else figures.mean("mean_image", column))
        room = verdict.interval(runs, figures.minus(figures.mean("unprotected", column), blind))
        own = verdict.interval(runs, figures.minus(figures.mean(AUDITED, column), blind))
        measurable = room is not None and room["low"] is not None and room["low"] > 0
        found[figure] = own["value"] / room["value"] if measurable and own and room else None  # type: ignore[operator]
    return found
