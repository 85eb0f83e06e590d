"""The contents of a frontier's results.json; `docs/frontier.md` describes them."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np

from tfprivacy_rep.config import Config
from tfprivacy_rep.evaluation.pareto import unbeaten
from tfprivacy_rep.evaluation.results import NO_GUARANTEE, RunRecord
from tfprivacy_rep.reproduction import health
from tfprivacy_rep.reproduction.frontier import choice, figures, plan
from tfprivacy_rep.reproduction.frontier.choice import Use
from tfprivacy_rep.reproduction.frontier.plan import HARD, Variant, options
from tfprivacy_rep.reproduction.frontier.ways import ANSWER, NONE
from tfprivacy_rep.reproduction.results import failures, tested
from tfprivacy_rep.trials.trials import SAME_UTILITY

SCHEMA = "tfprivacy_rep/frontier/1"
#: Losses of mean MCC for which it is said what to use.
LOSSES = (SAME_UTILITY, 0.05)

Records = Mapping[str, Sequence[RunRecord]]


def contents(
    records: Records, failed: Mapping[str, Mapping[str, str]], config: Config, given: dict[str, Any],
    command: str, seconds: float,
) -> dict[str, Any]:
    """Builds what results.json holds.

    Args:
        records: of each point by name; at least one.
        failed: for each run of this start why its points failed, by name.
        config: of the whole.
        given: the options by section, `job` among them.
        command: the command line.
        seconds: of this start.
    """
    ended = plan.ordered(config, [(of_point[0].facts["way"], of_point[0].facts["strength"])
                                  for name, of_point in records.items() if not name.endswith(HARD)])
    use = choice.averaged([_of_run(records, run) for run in _runs(records)])
    names = sorted({name for of_run in failed.values() for name in of_run})
    return {
        "schema": SCHEMA, "command": command, "config": given, **tested(records, given),
        "points": _points(records, ended, use),
        "choice": chosen(config, ended, use, given["job"]["keep_mcc"]),
        "matched": [_matched(records, ended, use, loss) for loss in LOSSES],
        "matched_on_probes": _on_probes(records, ended),
        "failed": {name: failures(name, failed) for name in names},
        "guarantee": NO_GUARANTEE, "seconds": seconds,
    }


def chosen(config: Config, points: Sequence[Variant], use: Use, keep: float) -> dict[str, Any]:
    """The part `choice`: of each way the strongest weight that keeps the use, by X1's validation part alone.

    Args:
        config: of the whole.
        points: that were trained.
        use: of each on X1's validation part, over the runs.
        keep: mean MCC that must be kept; 0 for the unprotected encoder's less `SAME_UTILITY`.
    """
    least = choice.wanted(use, keep)
    return {"least": least, "unprotected": use.get(NONE), "weights": {
        way: None if point is None else {
            "name": point.name, "label": point.label, "strength": point.strength, "validation_mcc": use[point.name],
            "options": options(config, point.encoder),
        } for way, point in choice.weights(points, use, least).items()
    }}


def _runs(records: Records) -> list[tuple[int, int]]:
    return sorted({record.run for of_point in records.values() for record in of_point})


def _of_run(records: Records, run: tuple[int, int]) -> dict[str, float | None]:
    return {name: record.facts["own_validation_mcc"] for name, of_point in records.items() for record in of_point
            if record.run == run}


def _points(records: Records, points: Sequence[Variant], use: Use) -> list[dict[str, Any]]:
    written = [_point(point, records, use.get(point.name)) for point in points]
    rivals = [one for one in written if one["way"] != ANSWER]  # the limit of all others, and no rival
    for figure in figures.PRIVACY:
        free = unbeaten([(one["mean_mcc"]["mean"], one[figure]["mean"]) for one in rivals])
        for one, unbeaten_ in zip(rivals, free):
            one["pareto"][figure] = unbeaten_ and one[figure]["mean"] is not None
    return written


def _point(point: Variant, records: Records, use: float | None) -> dict[str, Any]:
    own = records[point.name]
    facts = [record.facts for record in own]
    encoder = facts[0]["encoder"]
    hard = records.get(point.name + HARD)
    return {
        "name": point.name, "way": point.way, "strength": point.strength, "label": point.label,
        **figures.measured(own), "validation_mcc": use, "pareto": {}, "rate": figures.rate(own),
        "all_attackers": None if not hard else figures.measured(hard),
        "lambda1": encoder["lambda1"], "lambda2": encoder["lambda2"], "noise": encoder["noise"],
        "numbers": encoder["numbers"], "options": encoder["options"],
        "seeds": [fact["seed"] for fact in facts], "folds": [fact["fold"] for fact in facts],
        "linkage": [fact["strongest_linkage"] for fact in facts],
        "attackers": [fact["headline_attackers"] for fact in facts],
        "converged": [all(one["converged"] for one in fact["attackers"].values()) for fact in facts],
        "warnings": health.warnings(
            (fact, [one | {"name": name} for name, one in fact["attackers"].items()]) for fact in facts),
        "fingerprints": [fact["encoder"]["fingerprint"] for fact in facts],
        "seconds": [round(fact["encoder"]["seconds"] + fact["seconds"], 1) for fact in facts],
    }


def _told(records: Sequence[RunRecord]) -> list[float | None]:
    """What attacks reached on photographs out of X2: rank-1 by linkage, then PSNR."""
    linked = [record.facts["rehearsed_linkage"] for record in records]
    rebuilt = [max(one["psnr"] for one in record.facts["validation"].values()) for record in records]
    return [None if None in linked else float(np.mean(linked)), float(np.mean(rebuilt))]


def _matched(records: Records, points: Sequence[Variant], use: Use, loss: float) -> dict[str, Any]:
    least = choice.wanted(use, loss=loss)
    told = {point.name: _told(records[point.name]) for point in points}
    return {"loss": loss, "least": least, **_compared(records, choice.best(points, use, least, told))}


def _on_probes(records: Records, points: Sequence[Variant]) -> dict[str, Any]:
    """The same, chosen on the probes themselves: the best that any choice could have found, and so too good."""
    figure = {point.name: figures.measured(records[point.name]) for point in points}
    use = {name: one["mean_mcc"]["mean"] for name, one in figure.items()}
    told = {name: [one[kind]["mean"] for kind in ("linkage_rank1", "psnr")] for name, one in figure.items()}
    least = choice.wanted(use)
    return {"loss": SAME_UTILITY, "least": least, **_compared(records, choice.best(points, use, least, told))}


def _compared(records: Records, best: Variant | None) -> dict[str, Any]:
    """The best point against none and against the answer, where there are such records."""
    found: dict[str, Any] = {"best": None, "label": None, "against_none": None, "against_answer": None}
    if best is None:
        return found
    found |= {"best": best.name, "label": best.label}
    return found | {f"against_{name}": figures.against(records[best.name], records[name]) for name in (NONE, ANSWER)
                    if name in records}
