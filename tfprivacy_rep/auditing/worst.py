"""Whom it hits hardest: the most revealing images, the worst-off people, and groups by attribute."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from tfprivacy_rep.auditing import figures, verdict
from tfprivacy_rep.evaluation.figures import plain
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.evaluation.statistics import PersonValues
from tfprivacy_rep.trials.sets import Sets
from tfprivacy_rep.trials.trials import PART

#: People that are listed.
_WORST_PEOPLE = 10


def worst(runs: Sequence[PersonValues], audited: RunRecord, sets: Sets) -> dict[str, Any]:
    """The part `worst` of results.json: the most revealing images, the people most often named, and how groups differ.

    Args:
        runs: one table a seed, of `figures.tables`.
        audited: the record of the audited encoder.
        sets: the photographs.
    """
    columns, people = audited.columns[PART], sets.people("probes")
    names = [sets.photographs.names[index] for index in sets.indices["probes"]]
    known = sets.photographs.people is not None
    images = [
        {"name": names[i], "person": int(people[i]) if known else None,
         **{figure: plain(float(columns[f"headline/{figure}"][i])) for figure in ("psnr", "face_similarity", "rank1")}}
        for i in audited.facts["worst"]
    ]
    found = []
    for person in np.unique(people) if known else ():
        own = people == person
        found.append({"person": int(person), "photographs": int(own.sum()),
                      **{figure: _defined_mean(columns[figures.OF_HEADLINE[figure]][own])
                         for figure in ("rank1", "linkage_rank1", "psnr")}})
    found.sort(key=lambda one: [-(one[figure] or 0.0) for figure in ("linkage_rank1", "rank1", "psnr")])
    return {"images": images, "people": found[:_WORST_PEOPLE], "groups": _groups(runs, audited, sets)}


def _groups(runs: Sequence[PersonValues], audited: RunRecord, sets: Sets) -> list[dict[str, Any]]:
    labels, people = sets.labels("probes"), sets.people("probes")
    columns, written = audited.columns[PART], []
    known = sets.photographs.people is not None
    differences = figures.group_differences(labels.shape[1])
    for index, name in enumerate(sets.photographs.attributes):
        parts = {}
        for part, value in (("with", 1), ("without", 0)):
            own = labels[:, index] == value
            parts[part] = {
                "photographs": int(own.sum()), "people": int(len(np.unique(people[own]))) if known else None,
                **{figure: _defined_mean(columns[figures.OF_HEADLINE[figure]][own])
                   for figure in ("rank1", "linkage_rank1", "psnr")},
            }
        both = all(parts[part]["photographs"] for part in parts)
        written.append({"attribute": name, **parts, "difference": {
            figure: verdict.interval(runs, differences[index, figure]) if both else None
            for figure in ("linkage_rank1", "psnr")}})
    return written


def _defined_mean(values: np.ndarray) -> float | None:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else None
