"""The tables of the attackers: how each was made, what it gets back, and whom that names."""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.auditing.cells import HEADS, TARS, Figures, heads, interval_words, not_applicable
from tfprivacy_rep.report.layout import Cell, Row, Table
from tfprivacy_rep.report.warned import seen

_BACK = ("psnr", "ssim", "face_similarity", "face_similarity_rescaled", "feature_similarity",
         "feature_similarity_centered")
_CHOICE = ("psnr", "ssim", "rank1")
_IDENTITY = ("rank1", "rank5", "auc", *TARS)
_SECOND = ("rank1", "rank5", "auc", "face_similarity")
_STAR = "★ The headline's: best for this figure on a validation part of the public photographs, never on the probes."
_BLIND = "The blind floor sees no representation, so it has no such figure."
_PAIRS = "Random pairs are photographs of different people: only the feature similarity has a meaning there."


def ladder_table(contents: Mapping[str, Any]) -> Table:
    """What each attacker is, one factor varied at a time, and whether it had converged."""
    figures, rows = Figures(contents), []
    for one in contents["attackers"]:
        names = (Cell(one["name"]), Cell(one["factor"]), Cell(one["what"]))
        if one.get("not_applicable"):
            rows.append(Row((*names, *figures.dashes(8, not_applicable(one["not_applicable"])))))
            continue
        made = [figures.count(one[key]) for key in ("parameters", "photographs", "steps")]
        ended, weights = "yes" if one["converged"] else "no, still improving", [one["mu1"], one["mu2"]]
        cells = [*made, Cell(ended), *[Cell(f"{weight:g}") for weight in weights],
                 figures.count(one["seeds"]), Cell(f"{one['seconds']:.0f}")]
        rows.append(Row((*names, *cells)))
    return Table(
        "ladder", "The attackers",
        "Fresh attackers trained after the encoder was frozen, one factor varied at a time from the base. mu1 and mu2 "
        "weigh the GAN loss and the perceptual loss.",
        ("Attacker", "Factor", "What it is", "Parameters", "Photographs of X2", "Steps", "Converged", "mu1", "mu2",
         "Seeds", "Seconds"), tuple(rows), figures.notes(), names=3,
        warnings=tuple(f"Attacker {one['name']}: {warning['text']} Seen {seen(warning)}."
                       for one in contents["attackers"] for warning in one.get("warnings") or ()),
    )


def back_table(contents: Mapping[str, Any]) -> Table:
    """What each attacker gets back, and the figures it was chosen by."""
    figures, rows = Figures(contents), []
    for place, one in enumerate(contents["attackers"]):
        reason = _reason(one)
        cells = [_starred(figures, contents, place, kind, reason) for kind in _BACK]
        chosen = [figures.at("attackers", place, "validation", kind, reason=reason) for kind in _CHOICE]
        rows.append(Row((Cell(one["name"]), *cells, *chosen, _tried(figures, one, reason))))
    blind = [figures.at("mean_image", kind) if kind in contents["mean_image"] else figures.dash(_BLIND)
             for kind in _BACK]
    rows.append(Row((Cell("Mean image"), *blind, *figures.dashes(3, _BLIND), _tested(contents)), "floor"))
    pairs = [figures.dash(_PAIRS) for _ in range(4)]
    pairs += [figures.at("random_pairs", f"feature_similarity_{kind}") for kind in ("raw", "centered")]
    rows.append(Row((Cell("Random pairs"), *pairs, *figures.dashes(3, _PAIRS), _tested(contents)), "floor"))
    chosen_by = tuple(f"{HEADS[kind].removesuffix(' ↓')}, validation" for kind in _CHOICE)
    return Table(
        "back", "What each attacker gets back",
        "Means over the probes that it was tried on. Rescaled, other people are 0 and the same person is 1. A feature "
        f"similarity means something only above that of random pairs. {interval_words(contents)}",
        ("Attacker", *heads(_BACK), *chosen_by, "Probes"), tuple(rows), (*figures.notes(), _STAR),
    )


def identity_tables(contents: Mapping[str, Any]) -> tuple[Table, ...]:
    """Whom the reconstructions name, by the main recogniser and by the second; nothing where nobody judges."""
    judges = [judge["name"] for judge in contents["recognisers"]]
    return tuple(_identity_table(contents, judge, place) for place, judge in enumerate(judges[:2]))


def _identity_table(contents: Mapping[str, Any], judge: str, number: int) -> Table:
    figures, rows, kinds = Figures(contents), [], _SECOND if number else _IDENTITY
    for place, one in enumerate(contents["attackers"]):
        reason = _reason(one)
        cells = [figures.at("attackers", place, "second", kind, reason=reason) if number else
                 _starred(figures, contents, place, kind, reason) for kind in kinds]
        rows.append(Row((Cell(one["name"]), *cells, _tried(figures, one, reason))))
    blind = [figures.at("mean_image", kind) if kind in contents["mean_image"] and not number
             else figures.dash("Not measured.") for kind in kinds]
    rows.append(Row((Cell("Mean image"), *blind, _tested(contents)), "floor"))
    notes = [*figures.notes(), *([] if number else [_STAR])]
    notes += ["Only one recogniser judged the faces."] if len(contents["recognisers"]) == 1 else []
    return Table(
        "second" if number else "identity", f"Whom the reconstructions name, by {judge}",
        "Each reconstruction is compared with the gallery, other photographs of known people. The recogniser is not "
        f"used in training. {interval_words(contents)}",
        ("Attacker", *heads(kinds), "Probes"), tuple(rows), tuple(notes),
    )


def _reason(one: Mapping[str, Any]) -> str:
    return not_applicable(one["not_applicable"]) if one.get("not_applicable") else ""


def _tried(figures: Figures, one: Mapping[str, Any], reason: str) -> Cell:
    return figures.dash(reason) if reason else figures.count(one.get("tested"))


def _tested(contents: Mapping[str, Any]) -> Cell:
    return Cell(f"{contents['data']['tested_photographs']:,}")


def _starred(figures: Figures, contents: Mapping[str, Any], place: int, kind: str, reason: str) -> Cell:
    chosen = contents["headline_attackers"].get(kind) == contents["attackers"][place]["name"]
    return figures.at("attackers", place, kind, star="★" if chosen else "", reason=reason)
