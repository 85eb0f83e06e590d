"""The tables of a frontier: all points, what to use, the weights to choose, and rates with what they bound."""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.report.layout import Cell, Row, Table
from tfprivacy_rep.report.wording import DASH, interval, lookup, number
from tfprivacy_rep.reproduction import health
from tfprivacy_rep.reproduction.frontier.ways import ANSWER, NONE, WAYS

_HEADS = {"mean_mcc": "Mean MCC ↑", "linkage_rank1": "Rank-1 from Z ↓", "rank1": "Rank-1 from reconstructions ↓",
          "psnr": "PSNR (dB) ↓"}
_SHORT = {"linkage_rank1": "Z", "rank1": "reconstructions", "psnr": "PSNR"}


def _figure(found: Mapping[str, Any] | None, name: str, sign: bool = False) -> Cell:
    return Cell(DASH) if not found else Cell(number(found["mean"], name, sign=sign), interval(found, name))


def points_table(contents: Mapping[str, Any]) -> Table:
    """Every point with its figures, and in which of them nothing beats it."""
    best = contents["matched"][0]["best"]
    lines = []
    for one in contents["points"]:
        free = ", ".join(words for figure, words in _SHORT.items() if one["pareto"].get(figure))
        kind = "floor" if one["way"] == ANSWER else "strong" if one["name"] in (NONE, best) else ""
        figures = [_figure(one[name], name) for name in _HEADS]
        label = one["label"] + ("" if all(one["converged"]) else " *")
        lines.append(Row((Cell(label), *figures, Cell(number(one["validation_mcc"])),
                          Cell("the limit" if one["way"] == ANSWER else free or DASH)), kind))
    return Table(
        "points", "All points",
        "Utility is that of the classifier trained with the encoder, on one release of each probe. Rank-1 from Z: by "
        "the way of linkage that a rehearsal on public photographs puts first. Rank-1 from reconstructions and PSNR: "
        "each by the attacker that is best for it there. Intervals: 95 %, people, then seeds. Bold: no protection, and "
        "what to use at most 0.02 of mean MCC below it. ↑ higher is better for the service, ↓ lower is better for the "
        "people.",
        ("Point", *_HEADS.values(), "Mean MCC on X1's validation part", "Not beaten in"), tuple(lines),
        ("Not beaten in: no other point has as high a mean MCC and tells as little, and is better in one of both. The "
         "answer is left out of that: it is the limit of all, and no rival.",
         "* an attacker was still improving when its budget ended."),
        warnings=health.told((one["label"], one.get("warnings")) for one in contents["points"]),
    )


def hard_table(contents: Mapping[str, Any]) -> Table | None:
    """The points that the whole ladder of attackers was let loose on; None where none was."""
    names = ("rank1", "psnr")
    lines = [Row((Cell(one["label"]), *[_figure(one[name], name) for name in names],
                  *[_figure(one["all_attackers"], name) if not one["all_attackers"] else
                    _figure(one["all_attackers"][name], name) for name in names]))
             for one in contents["points"] if one["all_attackers"]]
    heads = [_HEADS[name] for name in names]
    return Table(
        "all_attackers", "The Pareto set under all attackers",
        "Each figure by the attacker that public photographs put first, of two and of the whole ladder.",
        ("Point", *heads, *[f"{head}, all attackers" for head in heads]), tuple(lines)) if lines else None


def matched_table(contents: Mapping[str, Any]) -> Table:
    """What to use at a loss of utility, against no protection and against the answer."""
    rows = [(f"at most {one['loss']:g}, by X1's validation part", one) for one in contents["matched"]]
    on_probes = contents["matched_on_probes"]
    rows.append((f"at most {on_probes['loss']:g}, on the probes themselves", on_probes))
    return Table(
        "matched", "What to use, against no protection and against the answer",
        "Of the points that keep the mean MCC the one that tells least, chosen on photographs out of X2; the last line "
        "is chosen on the probes themselves and so flatters. Differences are paired by photograph, with 95 % "
        "intervals. Ratio: rank-1 from Z over that of the answer itself; 1 is the limit.",
        ("Loss of mean MCC", "Best point", "Mean MCC, minus no protection", "Rank-1 from Z, minus no protection",
         "Rank-1 from Z, ratio to the answer", "Rank-1 from reconstructions, minus the answer's",
         "PSNR (dB), minus the answer's"),
        tuple(Row((Cell(words), Cell(one["label"] or DASH),
                   _figure(lookup(one, "against_none", "mean_mcc"), "mean_mcc", True),
                   _figure(lookup(one, "against_none", "linkage_rank1"), "linkage_rank1", True),
                   _figure(lookup(one, "against_answer", "linkage_ratio"), ""),
                   _figure(lookup(one, "against_answer", "rank1"), "rank1", True),
                   _figure(lookup(one, "against_answer", "psnr"), "psnr", True))) for words, one in rows), names=2,
    )


def choice_table(choice: Mapping[str, Any]) -> Table:
    """Of each way the strongest weight that keeps the use."""
    lines = []
    for way, found in choice["weights"].items():
        cells = ["none keeps it", DASH, DASH] if found is None else [
            found["label"], found["options"], number(found["validation_mcc"])]
        lines.append(Row((Cell(WAYS[way].words), *map(Cell, cells))))
    return Table(
        "choice", "The strongest weight of each way that keeps the use",
        f"By X1's validation part alone: at least {number(choice['least'])}; the unprotected encoder has "
        f"{number(choice['unprotected'])}. No probe of T was looked at for it.",
        ("Way", "Strongest that keeps it", "Options of scripts/train.py", "Mean MCC on X1's validation part"),
        tuple(lines), names=3,
    )


def rates_table(contents: Mapping[str, Any]) -> Table | None:
    """Rates beside what was measured and what they bound; None where no point has one."""
    known = [one for one in contents["points"] if one["rate"]]
    if not known:
        return None
    lines = []
    for one in known:
        bits, tested = one["rate"], one["rate"]["tested"]
        bound = DASH if tested is None else "vacuous" if tested["bound"] is None else number(tested["bound"])
        lines.append(Row((
            Cell(one["label"]), Cell(f"{bits['mean_bits']:.1f}"), Cell(f"{bits['upper_limit_bits']:.1f}"), Cell(bound),
            _figure(one["linkage_rank1"], "linkage_rank1"), _figure(one["mean_mcc"], "mean_mcc"))))
    answers, people = known[0]["rate"]["answer_bits"], lookup(known[0], "rate", "tested", "people")
    return Table(
        "rates", "Rates: what bounds, beside what was measured",
        "The mean rate is at least the information that one release holds about its photograph, for fresh photographs "
        "of the tested distribution. Of N equally likely people no attack on one release names a larger share than "
        "(R + 1) / log2 N (Fano), with the upper limit for R; vacuous where that is 1 or more.",
        ("Point", "Mean rate, bits", "Upper limit of the mean (95 %)",
         f"Named of {people or 'N'} people, at most", "Rank-1 from Z, measured", "Mean MCC"),
        tuple(lines),
        (f"The answers of the first of these points have {answers['together']:.1f} to {answers['at_most']:.1f} bits: a "
         "release that gives them can't tell less.",),
    )
