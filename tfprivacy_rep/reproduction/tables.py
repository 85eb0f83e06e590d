"""The tables of a reproduction: the ten rows with the paper's figures beside ours, the curve, the claims."""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.report.layout import Cell, Row, Table
from tfprivacy_rep.report.wording import DASH, interval, number
from tfprivacy_rep.reproduction import health
from tfprivacy_rep.reproduction.rows import FIGURES

_HEADS = {
    "mean_mcc": "Mean MCC ↑", "smiling_mcc": "MCC of {single} ↑", "face_similarity": "Face similarity ↓",
    "feature_similarity": "Feature similarity ↓", "ssim": "SSIM", "psnr": "PSNR (dB)",
}
#: Beyond the paper's columns.
_MORE = {"feature_similarity_centered": "Feature similarity, centred ↓", "rank1": "Rank-1 from reconstructions ↓",
         "linkage_rank1": "Rank-1 from Z ↓", "answer_rank1": "Rank-1 from the answer",
         "other_mcc": "Mean MCC of the other attributes"}


def _heads(contents: Mapping[str, Any]) -> list[str]:
    return [_HEADS[figure].format(single=contents["data"]["single_attribute"]) for figure in FIGURES]


def _figures(point: Mapping[str, Any], names: Any) -> list[Cell]:
    return [Cell(number(point[name]["mean"], name), interval(point[name], name)) for name in names]


def rows_table(contents: Mapping[str, Any]) -> Table:
    """The paper's table: ours, and below each row in italics what the paper reports."""
    lines, notes = [], []
    for row in contents["rows"]:
        names = [Cell(str(row["row"])), Cell(row["encoder"]), Cell(row["attacker"])]
        lines.append(Row((*names, *_figures(row, FIGURES)), "strong"))
        paper = [Cell(number(row["paper"].get(figure), figure)) for figure in FIGURES]
        lines.append(Row((Cell(""), Cell("in the paper"), Cell("CelebA"), *paper), "floor"))
        notes += [f"Row {row['row']} of {run} failed: {text}" for run, text in row["failed"].items()]
    single = contents["data"]["single_attribute"]
    notes.append(f"Rows 9 and 10 are trained on {single} alone; their mean MCC is that of a fresh linear head fitted "
                 "on X1's representations. How the paper measured it is unknown.")
    notes.append(f"{DASH} not stated by the paper, or not measured.")
    return Table(
        "main", "The ten rows",
        f"Ours, on source {contents['data']['source']}, with 95 % intervals over people, then seeds; below each row in "
        "italics what the paper reports on CelebA. The two may be compared in direction, not in size: photographs, "
        "networks, weights, attackers and the judge of faces are others. ↑ higher is better for the service, ↓ lower "
        "is better for the people on the photographs.",
        ("ID", "Encoder", "Attacker", *_heads(contents)), tuple(lines), tuple(notes), names=3,
        warnings=health.told((f"Row {row['row']}", row.get("warnings")) for row in contents["rows"]),
    )


def beyond_table(contents: Mapping[str, Any]) -> Table:
    """What the paper does not report: who can still be named, and how each row was made."""
    lines = []
    for row in contents["rows"]:
        if "seeds" not in row:
            continue
        made = (f"{row['x1_photographs']} / {row['x2_photographs']}", _steps(row))
        names = [Cell(str(row["row"])), Cell(f"{row['encoder']}; {row['attacker']}")]
        lines.append(Row((*names, *_figures(row, _MORE), *[Cell(text) for text in made])))
    return Table(
        "beyond", "Beyond the paper: who can still be named",
        "Rank-1: the share of the probes whose person is the first guess among the gallery's people, by the judge of "
        "faces from the reconstruction, or straight from the representation Z, or from the predicted attributes alone "
        "(the answer), which no protection can hide.",
        ("ID", "Encoder and attacker", *_MORE.values(), "Photographs of X1 / X2", "Attacker's steps"), tuple(lines),
        ("* still improving when its budget ended, in at least one seed: with more training it may get back more.",),
        names=2,
    )


def _steps(row: Mapping[str, Any]) -> str:
    steps = "/".join(str(count) for count in row["attacker_steps"])
    return steps + ("" if all(row["converged"]) else " *")


def claims_table(contents: Mapping[str, Any]) -> Table:
    """Each claim with its verdict, and the comparisons that it rests on."""
    lines = []
    for claim in contents["claims"]:
        missing = f" (without {', '.join(claim['missing'])}: not run)" if claim["missing"] else ""
        lines.append(Row((Cell(claim["claim"] + missing), Cell(claim["verdict"]), Cell("")), "strong"))
        for one in claim["evidence"]:
            found = one["difference"]
            enough = f" (about {one['people_to_decide']} people would decide)" if one["people_to_decide"] else ""
            value = DASH if found is None else number(found["mean"], one["figure"], sign=True)
            ends = interval(found, one["figure"]) if found else ""
            lines.append(Row((Cell(one["expected"]), Cell(one["verdict"] + enough), Cell(value, ends))))
    return Table(
        "claims", "The paper's claims, checked",
        "A claim holds where every comparison below it holds, does not hold where one goes the other way, and is "
        "undecided otherwise. A comparison holds where the 95 % interval of the difference, paired by photograph, lies "
        "wholly on the expected side. Each is one of many: some of twenty intervals miss by chance. The number of "
        "people that would decide takes it that the interval narrows with their root; what the seeds add to it stays.",
        ("Claim, and what it rests on", "Verdict", "Difference, or the figure itself"), tuple(lines), names=2,
    )


def sweep_table(contents: Mapping[str, Any]) -> Table | None:
    """The curve as numbers; None where there is none."""
    if not contents["sweep"]:
        return None
    names = [*[f for f in FIGURES if f != "smiling_mcc"], "rank1", "linkage_rank1"]
    heads = [(_HEADS | _MORE)[name] for name in names]
    lines = [Row((Cell(f"{p['value']:g}"), *_figures(p, names), Cell(_steps(p)))) for p in contents["sweep"]["points"]]
    seeds = sorted(set(contents["sweep"]["points"][0]["seeds"])) if contents["sweep"]["points"] else []
    failed = [f"{name} of {run} failed: {text}" for name, of_run in contents["sweep"]["failed"].items()
              for run, text in of_run.items()]
    return Table(
        "sweep", "The curve over lambda2",
        f"lambda1 = 0 throughout, so the first point is the unprotected encoder; the attacker has mu = 0. Seeds: "
        f"{', '.join(map(str, seeds))}. Intervals over people" + (", then seeds." if len(seeds) > 1 else " alone."),
        ("lambda2", *heads, "Attacker's steps"), tuple(lines),
        ("* still improving when its budget ended.", *failed),
        warnings=health.told((f"lambda2 = {one['value']:g}", one.get("warnings"))
                             for one in contents["sweep"]["points"]),
    )
