"""The tables of naming people without any picture, of the judges, and of simple baselines."""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.auditing.cells import TARS, Figures, heads, interval_words
from tfprivacy_rep.report.layout import Cell, Row, Table
from tfprivacy_rep.report.wording import capital, lookup

_IDENTITY = ("rank1", "rank5", "auc", *TARS)
_METHODS = {
    "cosine": "nearest by the cosine of Z, the public mean taken off",
    "lda": "the same after a linear discriminant analysis fitted on public people",
    "task": "nearest by the predicted attributes f(Z)",
}
_MEANS = ("With _means, the gallery holds the mean of all releases of each photograph, which its owner can have; "
          "otherwise one release of each.")
_WINS = {True: "yes: does as well or better", False: "no", None: "undecided"}
_POINT = ("mean_mcc", "validation_mcc", "linkage_rank1", "psnr")


def linkage_table(contents: Mapping[str, Any]) -> Table | None:
    """Telling people straight from Z, by method; None where nobody is known."""
    methods = contents["linkage"]["methods"]
    if not methods:
        return None
    figures, rows = Figures(contents), []
    for name in methods:
        strongest = name == contents["linkage"]["strongest"]
        cells = [figures.at("linkage", "methods", name, kind, star="★" if strongest and kind == "rank1" else "")
                 for kind in _IDENTITY]
        rows.append(Row((Cell(name), *cells), "strong" if strongest else ""))
    chance = [figures.at("chance_rank1", figure="rank1"), *[Cell("")] * (len(_IDENTITY) - 1)]
    rows.append(Row((Cell("Chance"), *chance), "floor"))
    return Table(
        "linkage", "Whom the representation names, without any picture",
        f"Each Z is compared with those of the gallery; {_tested(contents)}. {interval_words(contents)}",
        ("Method", *heads(_IDENTITY)), tuple(rows),
        (*figures.notes(), " ".join(f"{capital(name)}: {_METHODS[name]}." for name in methods if name in _METHODS),
         *([_MEANS] if any(name.endswith("_means") for name in methods) else []),
         "★ The headline's: the strongest on public photographs."),
    )


def averaged_table(contents: Mapping[str, Any]) -> Table | None:
    """Several releases of one photograph, averaged; None where releases are not random."""
    averaged = lookup(contents, "linkage", "averaged")
    if not averaged:
        return None
    figures = Figures(contents)
    rows = [Row((Cell("1"), figures.at("headline", "linkage_rank1", figure="rank1")))]
    rows += [Row((Cell(count), figures.at("linkage", "averaged", count, "rank1"))) for count in averaged]
    return Table(
        "averaged", "Several releases of one photograph",
        "Noise is drawn anew for each release, so who sees several of one photograph takes their mean. The strongest "
        f"method, {contents['linkage']['strongest']}, on the mean of so many. {interval_words(contents)}",
        ("Releases", "Rank-1 ↓"), tuple(rows), figures.notes(),
    )


def _tested(contents: Mapping[str, Any]) -> str:
    data = contents["data"]
    return f"{data['tested_photographs']:,} photographs of {data['tested_people']:,} people"


def recognisers_table(contents: Mapping[str, Any]) -> Table | None:
    """How well the judges do on original photographs; None where nobody judges."""
    if not contents["recognisers"]:
        return None
    kinds = (*_IDENTITY, "same_person", "other_people")
    figures, rows = Figures(contents), []
    for place, judge in enumerate(contents["recognisers"]):
        cells = [figures.at("recognisers", place, kind) for kind in kinds]
        rows.append(Row((Cell(judge["name"]), *cells), "" if place else "strong"))
    return Table(
        "recognisers", "The judges on original photographs",
        "What a recogniser can't tell from the original it can't be expected to tell from a reconstruction. The first "
        f"is the main one. {contents['impostor_pairs']:,} pairs of different people; the last two columns are the mean "
        f"similarity of photographs of one person and of two. {interval_words(contents)}",
        ("Recogniser", *[head.removesuffix("\u00a0↓") for head in heads(kinds)]), tuple(rows), figures.notes(),
    )


def baselines_table(contents: Mapping[str, Any]) -> Table | None:
    """Each family of baselines at the audited encoder's utility; None where none was tried."""
    if not contents["verdict"]["baselines"]:
        return None
    figures, rows = Figures(contents), []
    for one in contents["verdict"]["baselines"]:
        reason = "" if one["matched"] else "No strength keeps the audited encoder's utility."
        cells = [figures.difference(one[kind], kind, reason) for kind in ("mean_mcc", "linkage_rank1", "psnr")]
        wins = _WINS[one["wins"]] if one["matched"] else "no: no strength keeps the utility"
        rows.append(Row((Cell(one["label"]), Cell(wins), *cells), "strong" if one["wins"] else ""))
    return Table(
        "baselines", "Simple baselines at the same utility",
        "Baseline minus audited encoder, paired by photograph: below 0, the baseline names fewer people or gives back "
        f"less of the face. {interval_words(contents)}",
        ("Baseline", "As good as the audited encoder", "Difference of mean MCC", "Difference of rank-1 from Z",
         "Difference of PSNR (dB)"), tuple(rows), figures.notes(), names=2,
    )


def frontier_table(contents: Mapping[str, Any]) -> Table | None:
    """All points of the frontier; None where there are none."""
    points = lookup(contents, "frontier", "points") or []
    if not points:
        return None
    figures, rows = Figures(contents), []
    for place, point in enumerate(points):
        cells = [figures.at("frontier", "points", place, kind, figure="mean_mcc" if "mcc" in kind else kind)
                 for kind in _POINT]
        kind = "strong" if point["family"] == "audited" else ""
        rows.append(Row((Cell(point["label"]), *cells, Cell("yes" if point["pareto"] else "no")), kind))
    return Table(
        "frontier", "Use against privacy, point by point",
        "Mean MCC by a linear head fitted on the private photographs' releases. Best: no other point has both a higher "
        f"MCC and a lower rank-1. Baselines are made from the {contents['frontier']['base']} encoder's releases. "
        f"{interval_words(contents)}",
        ("Release", "Mean MCC ↑", "Mean MCC, validation ↑", "Rank-1 from Z ↓", "PSNR (dB) ↓", "Best"), tuple(rows),
        figures.notes(),
    )
