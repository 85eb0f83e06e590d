"""The first tables of an audit: the questions, the figures to quote, and the floors and ceilings beside them."""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.auditing.cells import Figures, heads, interval_words, nobody_known, not_applicable, unbroken
from tfprivacy_rep.report.layout import Cell, Row, Table
from tfprivacy_rep.report.wording import capital, listed, lookup

QUESTIONS = {
    "identity_from_z": "Who can be named from what is sent",
    "identity_from_images": "Who can be named from the pictures rebuilt",
    "appearance": "How much of the face comes back",
}
LEVELS = {
    "beyond_answer": "more than the answer alone tells",
    "within_answer": "more than guessing, not measurably more than the answer alone tells",
    "floor": "no more than guessing", "not_measured": "not measured",
}
_FIGURES = {
    "mean_mcc": "Use: mean MCC of the task ↑", "linkage_rank1": "Rank-1 straight from Z ↓",
    "linkage_rank5": "Rank-5 straight from Z ↓", "linkage_auc": "AUC straight from Z ↓",
    "rank1": "Rank-1 from reconstructions ↓", "rank5": "Rank-5 from reconstructions ↓",
    "rank1_second": "The same rank-1, by the second judge ↓",
    "auc": "AUC from reconstructions ↓", "psnr": "PSNR of reconstructions (dB) ↓", "ssim": "SSIM of reconstructions ↓",
    "face_similarity": "Face similarity, raw", "face_similarity_rescaled": "Face similarity, rescaled ↓",
    "attribute_mcc": "Other attributes: mean MCC of the better probe ↓", "membership_auc": "Membership in X1: AUC ↓",
}
_ROW_NAMES = {
    "audited": "Audited encoder", "unprotected": "Without protection", "random_weights": "Random weights",
    "shuffled_pairs": "Shuffled pairs", "mean_image": "Mean image", "answer_bits": "The answer, as bits",
    "answer_probabilities": "The answer, as probabilities",
}
_ROW_FIGURES = ("mean_mcc", "head_mcc", "psnr", "ssim", "face_similarity", "rank1", "linkage_rank1")
_KINDS = {"subject": "strong", "floor": "floor"}


def questions_table(contents: Mapping[str, Any]) -> Table:
    """The three questions of the verdict: measured, floor, the answer, and the paired differences."""
    figures, rows = Figures(contents), []
    for asked in contents["verdict"]["questions"]:
        kind = asked["figure"]
        named = (Cell(QUESTIONS[asked["question"]]), Cell(capital(LEVELS[asked["level"]])))
        values = [figures.of(asked["value"], kind, interval_of(contents, asked))]
        values += [figures.of(asked[key], kind) for key in ("blind", "answer")]
        rows.append(Row((*named, *values, *[figures.difference(asked[f"over_{key}"], kind)
                                            for key in ("blind", "answer")])))
    return Table(
        "questions", "The three questions",
        "Naming: rank-1, the share of photographs whose person is named at first guess. The face: PSNR in dB. The "
        "floor is what an attacker gets who sees nothing; the answer, what attackers get who see only the predicted "
        "attributes: those that every row meets, and those of the headline that were trained. "
        f"{interval_words(contents)}Differences are paired by photograph.",
        ("Question", "Found", "Measured", "Blind floor", "The answer", "Above the floor", "Above the answer"),
        tuple(rows), figures.notes(), names=2,
    )


def interval_of(contents: Mapping[str, Any], asked: Mapping[str, Any]) -> Any:
    """The interval of a question's figure: of the headline or of the audited row, whichever has the value."""
    kind: str = asked["figure"]
    places: list[tuple[str | int, ...]] = [("headline",)]
    places += [("rows", index) for index, row in enumerate(contents["rows"]) if row["name"] == "audited"]
    return next((lookup(contents, "intervals", *place, kind) for place in places
                 if lookup(contents, *place, kind) == asked["value"]), None)


def headline_table(contents: Mapping[str, Any]) -> Table:
    """The figures to quote, by whom, and on how many photographs of how many people."""
    figures, rows = Figures(contents), []
    for kind, title in _FIGURES.items():
        reason = lookup(contents, "membership", "not_applicable") if kind == "membership_auc" else None
        cell = figures.at("headline", kind, reason=not_applicable(reason) if reason else "")
        if cell.note:
            rows.append(Row((Cell(unbroken(title)), cell, Cell(""), Cell(""), Cell(""))))
        else:
            by, photographs, people = _behind(contents, kind)
            reason = _ONLY_PHOTOGRAPHS if contents["data"]["tested_people"] else ""
            counts = (figures.count(photographs), figures.count(people, reason=reason))
            rows.append(Row((Cell(unbroken(title)), cell, Cell(by), *counts)))
    return Table(
        "headline", "The figures to quote",
        "Of the best attacker for each figure, chosen on a validation part of the public photographs, never on the "
        f"probes. ↑ better for the service, ↓ for the people. {interval_words(contents)}",
        ("Figure", "Measured", "By", "Photographs", "People"), tuple(rows), figures.notes(),
    )


_ONLY_PHOTOGRAPHS = "Not counted in people: only some of the probes, or photographs of other sets too."


def _behind(contents: Mapping[str, Any], kind: str) -> tuple[str, int | None, int | None]:
    """By whom a figure of the headline is, and the photographs and people behind it."""
    tested, people = contents["data"]["tested_photographs"], contents["data"]["tested_people"]
    if kind == "membership_auc":
        told = contents["membership"]
        return f"{told['strongest']} attack", told["members"] + told["others"], None
    if kind == "mean_mcc":
        return "the service", tested, people
    if kind == "attribute_mcc":
        return "linear or MLP probe", tested, people
    if kind == "rank1_second":
        chosen = attacker_of(contents, "rank1")
        return "best attacker" if chosen is None else chosen["name"], tested, people
    if kind.startswith("linkage"):
        return contents["linkage"]["strongest"], tested, people
    chosen = attacker_of(contents, kind)
    if chosen is None:
        return "best attacker", tested, people
    return chosen["name"], chosen.get("tested"), people if chosen.get("tested") == tested else None


def attacker_of(contents: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    """The attacker that a figure of the headline is of: the one named for it, else the only one with its value."""
    name, value = contents["headline_attackers"].get(kind), contents["headline"].get(kind)
    found = [one for one in contents["attackers"]
             if (one["name"] == name if name else value is not None and one.get(kind) == value)]
    return found[0] if len(found) == 1 else None


def rows_table(contents: Mapping[str, Any]) -> Table:
    """The audited encoder between floors, limit and ceiling, and how far up it is."""
    figures, rows, meanings = Figures(contents), [], []
    for place, row in enumerate(contents["rows"]):
        name = _ROW_NAMES.get(row["name"], row["name"])
        meanings.append(f"{name}: {row['what']}.")
        cells = [figures.at("rows", place, kind, reason=_row_reason(row, kind, figures)) for kind in _ROW_FIGURES]
        title = name if row["role"] == "subject" else f"{name} ({row['role']})"
        rows.append(Row((Cell(title), *cells), _KINDS.get(row["role"], "")))
    left_out = ("Left out: the unprotected encoder is missing or not measurably above the blind floor, so there is "
                "nothing to divide by.")
    unknown = ("rank1", "linkage_rank1") if nobody_known(contents) else ()
    share = [figures.at("normalised", kind, figure=kind if kind in unknown else "share",
                        reason="" if kind in unknown else left_out)
             if kind in contents["normalised"] else Cell("") for kind in _ROW_FIGURES]
    rows.append(Row((Cell("Share of the way up"), *share)))
    return Table(
        "rows", "Floors, limit and ceiling",
        "Each row's release through the same attackers, so that rows compare like with like; the headline's may be "
        "stronger. Floors see nothing of the photograph. The limit is the answer alone: whoever needs it learns that "
        "much. Ceilings are the same network without protection. The last row is "
        f"(audited − blind) / (unprotected − blind). {interval_words(contents)}",
        ("Release", *heads(_ROW_FIGURES)), tuple(rows),
        (*figures.notes(), " ".join(meanings), *_attackers_of_rows(contents)),
    )


def _attackers_of_rows(contents: Mapping[str, Any]) -> list[str]:
    """Which attackers the rows are the best of; the rows of the same attackers in one sentence."""
    groups: dict[str, list[str]] = {}
    for row in contents["rows"]:
        if row.get("attackers") and not row.get("not_applicable"):
            groups.setdefault(listed(row["attackers"]), []).append(_ROW_NAMES.get(row["name"], row["name"]))
    if len(groups) == 1:
        return [f"Attackers of each row: {next(iter(groups))}."]
    return [f"Attackers of {listed([name[0].lower() + name[1:] for name in names])}: {who}."
            for who, names in groups.items()]


def _row_reason(row: Mapping[str, Any], kind: str, figures: Figures) -> str:
    if row.get("not_applicable"):
        return not_applicable(row["not_applicable"])
    if kind in ("mean_mcc", "head_mcc"):
        return "Not applicable: this release has no such way of telling the attributes."
    return figures.reason(kind)
