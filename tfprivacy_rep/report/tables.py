"""The tables of figures, for HTML and Markdown alike."""

from __future__ import annotations

from collections import Counter
from typing import Any, Mapping, Sequence

from tfprivacy_rep.report.comparisons import Comparisons, differences
from tfprivacy_rep.report.layout import Cell, Reasons, Row, Table
from tfprivacy_rep.report.tables_rate import rate_table
from tfprivacy_rep.report.warned import warnings
from tfprivacy_rep.report.wording import (
    TITLES,
    UNPROTECTED,
    capital,
    encoder_label,
    interval,
    is_missing,
    lookup,
    number,
    protected,
)

NOT_MEASURED = "Not measured in this run."
UNDEFINED_MCC = "Undefined: only one of the two answers exists among the tested photographs."
BLIND = "The blind floor sees no representation, so it has no such figure."
PAIRS = "Random pairs are photographs of different people: only the feature similarity has a meaning there."
HEADLINE_ONLY = "The best attacker is chosen for SSIM, PSNR and rank-1 only."
#: Without an interval, a distance of the unprotected encoder to the blind floor below this is too small to divide by.
TINY = {"psnr": 0.5, "rank1": 0.05}

_MAIN_COLUMNS = (
    "Encoder", "Attacker", "Mean MCC ↑", "Rank-1 ↓", "PSNR (dB) ↓", "SSIM ↓", "Face similarity, raw",
    "Face similarity, rescaled ↓", "Feature similarity, raw", "Feature similarity, centred ↓",
)
_METHODS = {"rank1_lda": "LDA"}
_ATTACK_FIGURES = ("face_similarity", "face_similarity_rescaled", "feature_similarity", "feature_similarity_centered")
_IMAGE_FIGURES = ("rank1", "psnr", "ssim")


def all_tables(contents: Mapping[str, Any], comparisons: Comparisons) -> tuple[Table, ...]:
    """All tables of figures, in the order of the report."""
    tables = [main_table(contents), linkage_table(contents), attribute_table(contents)]
    rates = rate_table({capital(encoder_label(name)): one.get("rate") for name, one in contents["encoders"].items()})
    further = (rates, difference_table(contents), position_table(contents, comparisons))
    tables += [table for table in further if table]
    return tuple(tables)


class _Figures:
    """Makes cells from places in results.json and remembers why some are missing."""

    def __init__(self, contents: Mapping[str, Any]) -> None:
        self._contents, self.reasons = contents, Reasons()

    def encoder(self, name: str, *place: str | int, star: str = "", reason: str = NOT_MEASURED) -> Cell:
        """A figure of an encoder with its interval."""
        ends = lookup(self._contents, "intervals", name, *place)
        return self.cell(lookup(self._contents, "encoders", name, *place), str(place[-1]), ends, star, reason)

    def reference(self, *place: str, reason: str = NOT_MEASURED) -> Cell:
        """A figure that belongs to no encoder."""
        ends = lookup(self._contents, "reference_intervals", *place)
        return self.cell(lookup(self._contents, *place), place[-1], ends, reason=reason)

    def cell(
        self, value: float | None, figure: str, ends: Any = None, star: str = "", reason: str = NOT_MEASURED
    ) -> Cell:
        """A figure, or a dash with the letter of the reason."""
        text = number(value, figure)
        if is_missing(value):
            return Cell(text, note=self.reasons.letter(reason))
        return Cell(text, interval(ends, figure), star=star)

    def dash(self, reason: str) -> Cell:
        """A figure that can't exist."""
        return self.cell(None, "", reason=reason)


def main_table(contents: Mapping[str, Any]) -> Table:
    """A row for each encoder and attacker, the best attacker of each encoder, and the blind floor."""
    figures, rows = _Figures(contents), []
    for name, encoder in contents["encoders"].items():
        for place, attack in enumerate(encoder["attacks"]):
            rows.append(Row(_attack_row(figures, contents, name, place, attack)))
        headline = [figures.encoder(name, "headline", figure) for figure in _IMAGE_FIGURES]
        rows.append(Row((
            Cell(capital(encoder_label(name))), Cell("best attacker ★"), figures.encoder(name, "headline", "mean_mcc"),
            *headline, *[figures.dash(HEADLINE_ONLY) for _ in _ATTACK_FIGURES],
        ), "strong"))
        rows.append(Row((
            Cell(capital(encoder_label(name))), Cell("random pairs, no attack"),
            *[figures.dash(PAIRS) for _ in range(6)],
            *[figures.encoder(name, "random_pairs", f"feature_similarity_{kind}") for kind in ("raw", "centered")],
        ), "floor"))
    rows.append(_blind_row(figures, contents))
    return Table(
        "main", "Use and privacy, encoder by encoder and attacker by attacker",
        "↑ higher is better for the service, ↓ lower is better for the people on the photographs. "
        + _interval_words(contents)
        + "Face similarity is rescaled so that other people are 0 and the same person is 1. A feature similarity "
        "means something only above that of random pairs.",
        _MAIN_COLUMNS, tuple(rows), (*figures.reasons.notes(), *_star_notes(contents)), names=2,
        warnings=warnings(contents),
    )


def _attack_row(
    figures: _Figures, contents: Mapping[str, Any], name: str, place: int, attack: Mapping[str, Any]
) -> tuple[Cell, ...]:
    ended = "" if attack["converged"] else ", still improving"
    chosen = lookup(contents, "encoders", name, "headline_attackers") or []
    images = []
    for figure in _IMAGE_FIGURES:
        times = sum(choice.get(figure) == attack["name"] for choice in chosen)
        star = "" if not times else "★" if times == len(chosen) else f"★ {times}/{len(chosen)}"
        images.append(figures.encoder(name, "attacks", place, figure, star=star))
    return (
        Cell(capital(encoder_label(name))), Cell(f"{attack['name']} ({attack['steps']} steps{ended})"),
        figures.encoder(name, "utility", "mean_mcc"), *images,
        *[figures.encoder(name, "attacks", place, figure) for figure in _ATTACK_FIGURES],
    )


def _blind_row(figures: _Figures, contents: Mapping[str, Any]) -> Row:
    face, same, other = (
        lookup(contents, *place)
        for place in (("mean_image", "face_similarity"), ("recogniser", "same_person"), ("recogniser", "other_people"))
    )
    known = not any(map(is_missing, (face, same, other))) and same != other
    return Row((
        Cell("Blind floor"), Cell("mean image, sees no Z"), figures.dash(BLIND),
        *[figures.reference("mean_image", figure) for figure in _IMAGE_FIGURES],
        figures.reference("mean_image", "face_similarity"),
        figures.cell((face - other) / (same - other) if known else None, "face_similarity_rescaled"),
        *[figures.dash(BLIND) for _ in range(2)],
    ), "floor")


def _star_notes(contents: Mapping[str, Any]) -> list[str]:
    several = " (★ 1/2: chosen in one of two runs)" if len(contents["runs"]) > 1 else ""
    notes = ["★ Best attacker for this figure, chosen on a validation part of the public photographs, never on the "
             f"probes{several}."]
    for name, encoder in contents["encoders"].items():
        parts = []
        for figure in _IMAGE_FIGURES:
            counts = Counter(choice[figure] for choice in encoder["headline_attackers"] if figure in choice)
            total = sum(counts.values())
            words = [who if count == total else f"{who} in {count} of {total} runs" for who, count in counts.items()]
            parts.append(f"{TITLES[figure].split(' from')[0]}: {', '.join(words) or 'none'}")
        notes.append(f"Best {encoder_label(name)}: {'; '.join(parts)}.")
    return notes


def linkage_table(contents: Mapping[str, Any]) -> Table:
    """Rank-1 straight from Z and from the answer."""
    figures, rows = _Figures(contents), []
    found = {key: None for name in contents["encoders"] for key in lookup(contents, "encoders", name, "linkage") or {}}
    methods = [key for key in found if key not in ("rank1", "rank1_answer")]
    for name in contents["encoders"]:
        cells = [figures.encoder(name, "linkage", key) for key in (*methods, "rank1", "rank1_answer")]
        chosen = Counter(lookup(contents, "encoders", name, "strongest_linkage") or [])
        words = ", ".join(chosen) if len(chosen) < 2 else ", ".join(f"{k} ({n} runs)" for k, n in chosen.items())
        rows.append(Row((Cell(capital(encoder_label(name))), *cells, Cell(words or "none"),
                         figures.cell(contents.get("chance_rank1"), "rank1"))))
    named = [f"Z, {_METHODS.get(key, key.removeprefix('rank1_'))} ↓" for key in methods]
    return Table(
        "linkage", "Who it is, told without any reconstruction (linkage)",
        "Share of the probes whose person is named at first guess. Straight from Z: the nearest gallery photograph by "
        "cosine, or after a linear discriminant analysis (LDA) learnt from public people; the strongest is chosen on "
        "public photographs. The answer: only the predicted attributes, ties counted by expectation. Whoever needs "
        "the answer must learn at least that much. " + _interval_words(contents),
        ("Encoder", *named, "Z, strongest ↓", "The answer alone", "Strongest was", "Chance"), tuple(rows),
        figures.reasons.notes(),
    )


def attribute_table(contents: Mapping[str, Any]) -> Table:
    """MCC for each attribute beside its prevalence."""
    figures, names, rows = _Figures(contents), list(contents["encoders"]), []
    for attribute in contents["data"]["attributes"]:
        cells = [figures.encoder(name, "utility", "mcc", attribute, reason=UNDEFINED_MCC) for name in names]
        prevalence = figures.cell(lookup(contents, "data", "prevalence", attribute), "prevalence")
        rows.append(Row((Cell(attribute), prevalence, *cells)))
    means = [figures.encoder(name, "utility", "mean_mcc") for name in names]
    rows.append(Row((Cell("Mean of the defined"), Cell(""), *means), "strong"))
    return Table(
        "attributes", "What the service can tell: MCC of each attribute",
        "Prevalence is the share of the tested photographs that have the attribute. MCC: 0 is no better than "
        "guessing, 1 is always right. " + _interval_words(contents),
        ("Attribute", "Prevalence", *[f"MCC {encoder_label(name)}" for name in names]), tuple(rows),
        figures.reasons.notes(),
    )


def difference_table(contents: Mapping[str, Any]) -> Table | None:
    """Paired differences to the unprotected encoder, where several runs give intervals."""
    if len(contents["runs"]) < 2 or not contents.get("differences"):
        return None
    rows = []
    for name in protected(contents):
        for figure, compared in differences(contents, name).items():
            ends = interval({"low": compared.low, "high": compared.high}, figure)
            said = {"same": "can't be told from 0"}.get(compared.side(figure), compared.side(figure))
            rows.append(Row((
                Cell(capital(encoder_label(name))), Cell(TITLES[figure] + (" (dB)" if figure == "psnr" else "")),
                Cell(number(compared.value, figure, sign=True), ends), Cell(said),
            )))
    return Table(
        "differences", "Difference to the unprotected encoder",
        "With protection minus without, paired on the same photographs. " + _interval_words(contents)
        + "Lower or higher is said only where the interval excludes 0.",
        ("Encoder", "Figure", "Difference", "So it is"), tuple(rows), names=2,
    )


def position_table(contents: Mapping[str, Any], comparisons: Comparisons) -> Table | None:
    """Where a protected encoder lies between the blind floor (0) and the unprotected encoder (1)."""
    if UNPROTECTED not in contents["encoders"] or not protected(contents):
        return None
    figures, rows = _Figures(contents), []
    for name in protected(contents):
        cells = [position(figures, contents, comparisons, name, figure) for figure in ("psnr", "rank1")]
        rows.append(Row((Cell(capital(encoder_label(name))), *cells)))
    return Table(
        "position", "How much of the way to no protection is left",
        "Best attacker, (m − blind) / (unprotected − blind): 0 is what an attacker gets who sees nothing, 1 what is "
        "got without protection.",
        ("Encoder", "PSNR ↓", "Rank-1 from reconstructions ↓"), tuple(rows), figures.reasons.notes(),
    )


def position(
    figures: _Figures, contents: Mapping[str, Any], comparisons: Comparisons, name: str, figure: str
) -> Cell:
    """A normalised figure; a dash where the distance that it is divided by can't be told from 0."""
    distance = comparisons.blind[UNPROTECTED][figure]
    measured, blind = lookup(contents, "encoders", name, "headline", figure), lookup(contents, "mean_image", figure)
    if distance is None or is_missing(measured) or is_missing(blind):
        return figures.dash(NOT_MEASURED)
    least = 0.0 if distance.repeated else TINY[figure]
    if distance.side(figure) != "higher" or distance.value <= least:
        why = "its interval is not above 0" if distance.repeated else f"less than {number(least, figure, unit=True)}"
        return figures.dash(
            "Left out: the attackers of the unprotected encoder are not clearly above the blind floor "
            f"({number(distance.value, figure, unit=True, sign=True)}; {why}), so there is nothing to divide by."
        )
    return figures.cell((measured - blind) / distance.value, "position")


def _interval_words(contents: Mapping[str, Any]) -> str:
    return "In brackets: 95 % intervals. " if len(contents["runs"]) > 1 else "One run, so there are no intervals. "


def plain_rows(rows: Sequence[Sequence[str]]) -> tuple[Row, ...]:
    """Rows of plain text."""
    return tuple(Row(tuple(Cell(text) for text in row)) for row in rows)
