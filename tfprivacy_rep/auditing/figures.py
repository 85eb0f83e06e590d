"""The figures of an audit: which statistic of which columns each of them is.

All releases were tried on the same probes, so one table has everything: the columns of each record under the record's
name, `<record>|<column>`.
"""

from __future__ import annotations

import math
from typing import Any, Iterable, Mapping, Sequence

import numpy as np

from tfprivacy_rep.auditing.play import MEMBERSHIP
from tfprivacy_rep.evaluation.figures import Path
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.evaluation.statistics import Columns, PersonValues, Statistic, mean_mcc_of, mean_of_defined
from tfprivacy_rep.metrics.mcc import mcc, mean_mcc
from tfprivacy_rep.trials.judges import COLUMNS
from tfprivacy_rep.trials.trials import PART

#: Figures of one attacker.
OF_ATTACKER = ("psnr", "ssim", "feature_similarity", "feature_similarity_centered", "face_similarity", *COLUMNS[:-2])
#: Figures of the second recogniser that are kept of an attacker.
OF_SECOND = ("face_similarity", "rank1", "rank5", "auc")
#: Figures of the headline by their columns in the audited record.
OF_HEADLINE = {
    "psnr": "headline/psnr", "ssim": "headline/ssim", "face_similarity": "headline/face_similarity",
    "rank1": "headline/rank1", "rank5": "headline/rank5", "auc": "headline/auc", "linkage_rank1": "linkage/best/rank1",
    "linkage_rank5": "linkage/best/rank5", "linkage_auc": "linkage/best/auc",
}
#: All figures of the headline; one that a run has not is None in it.
HEADLINE_NAMES = (
    "mean_mcc", *OF_HEADLINE, "rank1_second", "face_similarity_rescaled", "attribute_mcc", "membership_auc",
)
PERCENTS = (50, 90, 99)
AUDITED = "audited"


def tables(records: Mapping[str, RunRecord | str], seeds: int) -> list[PersonValues]:
    """One table for each seed of the headline's attackers; what has no seed of its own is the same in all."""
    whole = {
        f"{name}|{column}": values
        for name, record in records.items() if isinstance(record, RunRecord) and name != MEMBERSHIP
        for column, values in record.columns[PART].items() if not column.startswith("repeat/")
    }
    audited = records[AUDITED]
    assert isinstance(audited, RunRecord)
    found = []
    for repeat in range(seeds):
        own = {
            f"{AUDITED}|{column.removeprefix(f'repeat/{repeat}/')}": values
            for column, values in audited.columns[PART].items() if column.startswith(f"repeat/{repeat}/")
        }
        found.append(PersonValues(audited.people, whole | own))
    return found


def mean(record: str, column: str) -> Statistic:
    """The mean over the probes that a column of a record is defined for."""
    return mean_of_defined(f"{record}|{column}")


def utility(record: str, head: bool = False) -> Statistic:
    """Mean MCC of a record: of its own classifier, or of the linear head."""
    return mean_mcc_of(f"{AUDITED}|labels", f"{record}|{'head_' if head else ''}predictions")


def minus(first: Statistic, second: Statistic) -> Statistic:
    """The difference of two statistics of the same photographs."""
    return lambda columns: first(columns) - second(columns)


def paired(first: str, second: str) -> Statistic:
    """The mean of one column minus another, over the probes that both are defined for."""
    def figure(columns: Columns) -> float:
        differences = columns[first] - columns[second]
        defined = differences[~np.isnan(differences)]
        return float(defined.mean()) if len(defined) else math.nan

    return figure


def rescaled(record: str, column: str, recogniser: str) -> Statistic:
    """Face similarity on a scale where other people are 0 and the same person is 1."""
    def figure(columns: Columns) -> float:
        same, other = (mean(AUDITED, f"originals/{recogniser}/{name}")(columns)
                       for name in ("same_person", "other_people"))
        return (mean(record, column)(columns) - other) / (same - other) if same != other else math.nan

    return figure


def attribute_mcc(labels: str, predictions: str, index: int) -> Statistic:
    """MCC of one attribute."""
    def figure(columns: Columns) -> float:
        part = slice(index, index + 1)
        return float(mcc(columns[labels][:, part], columns[predictions][:, part])[0])

    return figure


def all_attributes_mcc(labels: str, predictions: str) -> Statistic:
    """Mean MCC over attributes."""
    return lambda columns: mean_mcc(mcc(columns[labels], columns[predictions])).value


def percentile(column: str, percent: float) -> Statistic:
    """A percentile over the probes that a column is defined for."""
    def figure(columns: Columns) -> float:
        values = columns[column]
        defined = values[~np.isnan(values)]
        return float(np.percentile(defined, percent)) if len(defined) else math.nan

    return figure


def of_group(column: str, index: int, value: int) -> Statistic:
    """The mean of a column over the probes whose attribute has a value."""
    def figure(columns: Columns) -> float:
        chosen = columns[column][columns[f"{AUDITED}|labels"][:, index] == value]
        defined = chosen[~np.isnan(chosen)]
        return float(defined.mean()) if len(defined) else math.nan

    return figure


def headline_figures(recognisers: Sequence[str], others: Sequence[str], probe: str) -> dict[Path, Statistic]:
    """The figures of `headline`, less membership.

    Args:
        recognisers: names, the main one first.
        others: attributes that are not the task.
        probe: which probe tells them, `linear` or `mlp`.
    """
    found: dict[Path, Statistic] = {("headline", "mean_mcc"): utility(AUDITED)}
    found |= {("headline", name): mean(AUDITED, column) for name, column in OF_HEADLINE.items()}
    if recognisers:
        found["headline", "face_similarity_rescaled"] = rescaled(AUDITED, "headline/face_similarity", recognisers[0])
    if len(recognisers) > 1:
        found["headline", "rank1_second"] = mean(AUDITED, "headline/rank1_second")
    if others:
        found["headline", "attribute_mcc"] = all_attributes_mcc(f"{AUDITED}|other_labels", f"{AUDITED}|probes/{probe}")
    return found


def attacker_figures(names: Iterable[str], recognisers: Sequence[str], columns: Iterable[str]) -> dict[Path, Statistic]:
    """The figures of each attacker, by its place in the list `attackers`."""
    held = set(columns)
    found: dict[Path, Statistic] = {}
    for place, name in enumerate(names):
        for figure in OF_ATTACKER:
            found["attackers", place, figure] = mean(AUDITED, f"attacks/{name}/{figure}")
        if recognisers:
            found["attackers", place, "face_similarity_rescaled"] = rescaled(
                AUDITED, f"attacks/{name}/face_similarity", recognisers[0])
        for figure in OF_SECOND:
            if f"{AUDITED}|attacks/{name}/second/{figure}" in held:
                found["attackers", place, "second", figure] = mean(AUDITED, f"attacks/{name}/second/{figure}")
        found["attackers", place, "over_base_psnr"] = paired(
            f"{AUDITED}|attacks/{name}/psnr", f"{AUDITED}|attacks/decoder/psnr")
        found["attackers", place, "over_headline_psnr"] = paired(
            f"{AUDITED}|attacks/{name}/psnr", f"{AUDITED}|headline/psnr")
    return found


def linkage_figures(methods: Iterable[str]) -> dict[Path, Statistic]:
    """The figures of each method of linkage."""
    return {
        ("linkage", "methods", method, figure): mean(AUDITED, f"linkage/{method}/{figure}")
        for method in methods for figure in COLUMNS
    }


def averaged_figures(counts: Iterable[int]) -> dict[Path, Statistic]:
    """Rank-1 straight from Z where so many releases of a probe are averaged."""
    return {("linkage", "averaged", str(count), "rank1"): mean(AUDITED, f"averaged/{count}/rank1") for count in counts}


def recogniser_figures(names: Sequence[str]) -> dict[Path, Statistic]:
    """What each recogniser reaches on originals."""
    return {
        ("recognisers", place, figure): mean(AUDITED, f"originals/{name}/{figure}")
        for place, name in enumerate(names) for figure in COLUMNS
    }


def row_figures(names: Sequence[str], columns: Iterable[str]) -> dict[Path, Statistic]:
    """The figures of each row, by its place in the list `rows`."""
    held = set(columns)
    found: dict[Path, Statistic] = {}
    for place, name in enumerate(names):
        for figure in ("psnr", "ssim", "face_similarity", "rank1"):
            if f"{name}|row/{figure}" in held:
                found["rows", place, figure] = mean(name, f"row/{figure}")
        if name == "shuffled_pairs":
            continue  # what leaves is that of the audited encoder: only what attackers learnt differs
        if f"{name}|linkage/best/rank1" in held:
            found["rows", place, "linkage_rank1"] = mean(name, "linkage/best/rank1")
        if f"{name}|predictions" in held:
            found["rows", place, "mean_mcc"] = utility(name)
            found["rows", place, "head_mcc"] = utility(name, head=True)
    return found


def frontier_figures(names: Sequence[str]) -> dict[Path, Statistic]:
    """The figures of each point, by its place in the list `frontier.points`."""
    found: dict[Path, Statistic] = {}
    for place, name in enumerate(names):
        record = f"frontier/{name}"
        found["frontier", "points", place, "mean_mcc"] = utility(record, head=True)
        found["frontier", "points", place, "linkage_rank1"] = mean(record, "linkage/best/rank1")
        found["frontier", "points", place, "psnr"] = mean(record, "row/psnr")
    return found


def attribute_figures(task: Sequence[str], others: Sequence[str]) -> dict[Path, Statistic]:
    """MCC of each attribute of the task, and of the probes of the others."""
    found: dict[Path, Statistic] = {}
    for index, name in enumerate(task):
        found["attributes", "task", name] = attribute_mcc(f"{AUDITED}|labels", f"{AUDITED}|predictions", index)
    for index, name in enumerate(others):
        for probe in ("linear", "mlp"):
            found["attributes", "probes", name, probe] = attribute_mcc(
                f"{AUDITED}|other_labels", f"{AUDITED}|probes/{probe}", index)
    return found


def percentile_figures() -> dict[Path, Statistic]:
    """Percentiles of the headline's figures; the last one is the most revealing hundredth."""
    return {
        ("percentiles", figure, f"p{percent}"): percentile(f"{AUDITED}|headline/{figure}", percent)
        for figure in ("psnr", "ssim", "face_similarity") for percent in PERCENTS
    }


def group_differences(count: int) -> dict[Path, Statistic]:
    """For each attribute of the task: people with it minus people without it."""
    found: dict[Path, Statistic] = {}
    for index in range(count):
        for figure in ("linkage_rank1", "psnr"):
            column = f"{AUDITED}|{OF_HEADLINE[figure]}"
            found[index, figure] = minus(of_group(column, index, 1), of_group(column, index, 0))
    return found


def value(statistic: Statistic, runs: Sequence[PersonValues]) -> Any:
    """A figure without an interval; None where it is undefined."""
    values = [statistic(run.columns) for run in runs]
    defined = [one for one in values if not math.isnan(one)]
    return float(np.mean(defined)) if defined else None
