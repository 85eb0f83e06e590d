"""Which way to protect to take when, and when to send the answer instead, in sentences."""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.report.layout import Verdict
from tfprivacy_rep.report.wording import capital, counted, interval, is_missing, lookup, number, of_hundred
from tfprivacy_rep.reproduction.frontier.ways import ANSWER, NONE
from tfprivacy_rep.reproduction.page import runs

_FIGURES = {"linkage_rank1": "naming people from Z", "rank1": "naming people from reconstructions",
            "psnr": "rebuilding pixels"}


def verdict(contents: Mapping[str, Any]) -> Verdict:
    """The words above the figures."""
    findings = [("When to send the answer", _answer(contents))]
    findings += [(f"When at most {one['loss']:g} of mean MCC may be lost", _use(contents, one))
                 for one in contents["matched"]]
    findings += [("Pictures rebuilt, against those from the answer", _pictures(contents["matched"][0])),
                 ("Not beaten by another", _unbeaten(contents))]
    return Verdict((lead(contents),), tuple(findings), _cautions(contents))


def lead(contents: Mapping[str, Any]) -> str:
    """One sentence: which protector to use, and when to send the answer instead."""
    first = contents["matched"][0]
    answer = f"send the answer where it is all that the receiver needs{_named(contents, ANSWER)}"
    if first["best"] is None:
        return (f"{capital(answer)}; where a representation is needed, no protection that was tried keeps the mean MCC "
                f"within {first['loss']:g} of the unprotected encoder's.")
    helps = _below(first, "against_none", "linkage_rank1")
    which = f"use {first['label']}{_named(contents, first['best'])}" if helps else (
        f"none that keeps the mean MCC within {first['loss']:g} names measurably fewer people than no protection; the "
        f"nearest is {first['label']}{_named(contents, first['best'])}")
    return f"{capital(answer)}; where a representation is needed, {which}."


def _named(contents: Mapping[str, Any], name: str) -> str:
    point = _point(contents, name)
    share = lookup(point, "linkage_rank1", "mean")
    return "" if is_missing(share) else f" ({of_hundred(share)} named)"


def _point(contents: Mapping[str, Any], name: str | None) -> Mapping[str, Any] | None:
    return next((one for one in contents["points"] if one["name"] == name), None)


def _below(matched: Mapping[str, Any], against: str, figure: str) -> bool:
    high = lookup(matched, against, figure, "high")
    return not is_missing(high) and high < 0


def _told(point: Mapping[str, Any] | None, figure: str, unit: bool = False) -> str:
    found = lookup(point, figure) or {"mean": None}
    ends = interval(found, figure)
    return number(found["mean"], figure, unit=unit) + (f" {ends}" if ends else "")


def _differs(found: Mapping[str, Any] | None, figure: str) -> str:
    if not found or is_missing(found["mean"]):
        return "not measured"
    return f"{number(found['mean'], figure, unit=True, sign=True)} {interval(found, figure)}".strip()


def _answer(contents: Mapping[str, Any]) -> str:
    attributes, answer = contents["data"]["attributes"], _point(contents, ANSWER)
    if answer is None:
        return "not measured."
    return (f"where the receiver needs these {counted(len(attributes), 'attribute', 'attributes')} and nothing else. "
            f"The predicted bits alone name {_told(answer, 'linkage_rank1')} of the people, and a decoder trained on "
            f"them reaches {_told(answer, 'psnr', unit=True)}. Nothing that gives the same answers can tell less: a "
            "point that measures lower answers less well, or met too weak an attack. Send a representation only for "
            "what the answer can't do: attributes that are asked for later, or another model on top.")


def _use(contents: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    if one["least"] is None:
        return "not measured: the unprotected encoder has no mean MCC on X1's validation part."
    if one["best"] is None:
        return f"nothing that was tried keeps {number(one['least'])} on X1's validation part. Send the answer."
    best, ratio = _point(contents, one["best"]), lookup(one, "against_answer", "linkage_ratio")
    times = "" if not ratio or is_missing(ratio["mean"]) else (
        f", {number(ratio['mean'])} times {interval(ratio)} what the answer names itself")
    fewer = "measurably fewer than" if _below(one, "against_none", "linkage_rank1") else "not measurably fewer than"
    return (f"{one['label']}. Of the protections that keep {number(one['least'])} on X1's validation part it told "
            f"least on public photographs. On the probes it names {_told(best, 'linkage_rank1')} from Z, {fewer} the "
            f"{_told(_point(contents, NONE), 'linkage_rank1')} without protection{times}; mean MCC "
            f"{_differs(lookup(one, 'against_none', 'mean_mcc'), 'mean_mcc')} against no protection.")


def _pictures(one: Mapping[str, Any]) -> str:
    if one["best"] is None or not one["against_answer"]:
        return "not measured."
    found = one["against_answer"]
    return (f"the best reconstructions from {one['label']} minus those of a decoder trained on the answer, paired by "
            f"photograph: rank-1 {_differs(found['rank1'], 'rank1')}, PSNR {_differs(found['psnr'], 'psnr')}.")


def _unbeaten(contents: Mapping[str, Any]) -> str:
    told = []
    for figure, words in _FIGURES.items():
        labels = [one["label"] for one in contents["points"] if one["pareto"].get(figure)]
        told += [f"{words}: {', '.join(labels)}"] if labels else []
    return "; ".join(told) + "." if told else "not measured."


def _cautions(contents: Mapping[str, Any]) -> tuple[str, ...]:
    job = contents["config"]["job"]
    told = [f"Budget {job['budget']}, {runs(contents)}, photographs of source "
            f"{contents['data']['source']}. Every point met the same two attackers who rebuild photographs, and of "
            "all ways of linkage the one that public photographs put first.",
            "Only points with noise have a bound, their rate, and only as the table of rates states it; all others "
            f"have {contents['guarantee']}: a stronger attacker may get back more.",
            "Points that the probes put first are put there by chance in part: what to use is chosen on X1 and X2."]
    if job["budget"] == "smoke":
        told.insert(0, "Budget smoke only shows that everything works: its figures mean nothing.")
    improving = sum(not all(one["converged"]) for one in contents["points"])
    if improving:
        told.append(f"Of {improving} of {counted(len(contents['points']), 'point', 'points')} an attacker was still "
                    "improving when its budget ended: with more training it may get back more. They have an asterisk.")
    told += [f"{name} of {run} failed: {text}" for name, of_run in contents["failed"].items()
             for run, text in of_run.items()]
    if contents["data"]["skipped_images"]:
        told.append(f"{contents['data']['skipped_images']} unreadable photographs were left out.")
    return tuple(told)
