"""Figures of an audit as cells of tables: with their interval, or with the reason why there is none."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from tfprivacy_rep.report.layout import Cell, Reasons
from tfprivacy_rep.report.wording import DASH, interval, is_missing, lookup, number

NO_IDENTITIES = "Not measured: no identities."
NOT_NAMEABLE = "Not measured: too few people with photographs in the gallery."
NOT_MEASURED = "Not measured."
INTERVALS = "In brackets: 95 % intervals; people are resampled. "
INTERVALS_OF_SEEDS = "In brackets: 95 % intervals; people are resampled, then the headline's attackers' seeds. "
INTERVALS_OF_PHOTOGRAPHS = "In brackets: 95 % intervals; photographs are resampled, for nobody knows the people. "

#: Heads of columns. ↑ is better for the service, ↓ for the people on the photographs.
HEADS = {
    "mean_mcc": "Mean MCC ↑", "head_mcc": "Mean MCC by a linear head ↑", "psnr": "PSNR (dB) ↓", "ssim": "SSIM ↓",
    "rank1": "Rank-1 ↓", "rank5": "Rank-5 ↓", "auc": "AUC ↓", "linkage_rank1": "Rank-1 from Z ↓",
    "face_similarity": "Face similarity, raw", "face_similarity_rescaled": "Face similarity, rescaled ↓",
    "feature_similarity": "Feature similarity, raw", "feature_similarity_centered": "Feature similarity, centred ↓",
    "tar_far1e-1": "TAR at FAR 0.1 ↓", "tar_far1e-2": "TAR at FAR 0.01 ↓", "tar_far1e-3": "TAR at FAR 0.001 ↓",
    "same_person": "Same person", "other_people": "Other people",
}
TARS = ("tar_far1e-1", "tar_far1e-2", "tar_far1e-3")
_NEEDS_PEOPLE = {"rank1", "rank5", "auc", *TARS, "linkage_rank1", "linkage_rank5", "linkage_auc", "same_person",
                 "face_similarity_rescaled", "person", "people"}


def nobody_known(contents: Mapping[str, Any]) -> bool:
    """Whether the source has no identities."""
    return lookup(contents, "data", "tested_people") is None


def interval_words(contents: Mapping[str, Any]) -> str:
    """What the brackets hold."""
    if nobody_known(contents):
        return INTERVALS_OF_PHOTOGRAPHS
    return INTERVALS_OF_SEEDS if contents["budget"]["headline_seeds"] > 1 else INTERVALS


def told(value: float | None, figure: str, ends: Any) -> str:
    """A figure with its unit and interval, for a sentence."""
    return f"{number(value, figure, unit=True)} {interval(ends, figure)}".strip()


class Figures:
    """Makes the cells of one table and collects the reasons of missing figures as its notes.

    Args:
        contents: of results.json.
    """

    def __init__(self, contents: Mapping[str, Any]) -> None:
        self.contents, self._reasons = contents, Reasons()

    def at(self, *place: str | int, figure: str = "", star: str = "", reason: str = "") -> Cell:
        """The figure at a place of results.json, with the interval at the same place of `intervals`.

        Args:
            place: keys and indices.
            figure: its kind, which decides the digits; the last key where none is given.
            star: mark of the headline's figures.
            reason: why it is missing, if it is.
        """
        kind = figure or str(place[-1])
        ends = lookup(self.contents, "intervals", *place)
        return self.of(lookup(self.contents, *place), kind, ends, star, reason)

    def of(self, value: Any, figure: str = "", ends: Any = None, star: str = "", reason: str = "") -> Cell:
        """A figure that is at hand."""
        if is_missing(value):
            return self.dash(reason or self.reason(figure))
        return Cell(number(value, figure), interval(ends, figure), star=star)

    def difference(self, item: Mapping[str, Any] | None, figure: str, reason: str = "") -> Cell:
        """A paired difference `{"value", "low", "high"}`, with its sign."""
        value = lookup(item, "value")
        if is_missing(value):
            return self.dash(reason or self.reason(figure))
        return Cell(number(value, figure, sign=True), interval(item, figure))

    def count(self, value: int | None, figure: str = "people", reason: str = "") -> Cell:
        """A number of things."""
        return self.dash(reason or self.reason(figure)) if value is None else Cell(f"{value:,}")

    def dash(self, reason: str) -> Cell:
        """A figure that is missing, with the letter of the reason."""
        return Cell(DASH, note=self._reasons.letter(reason))

    def dashes(self, count: int, reason: str) -> list[Cell]:
        """Several of them."""
        return [self.dash(reason) for _ in range(count)]

    def reason(self, figure: str) -> str:
        """Why a figure of this kind is missing where results.json does not say."""
        needed = figure in _NEEDS_PEOPLE or (figure == "face_similarity" and not self.contents["recognisers"])
        if needed and nobody_known(self.contents):
            return NO_IDENTITIES
        if figure in _NEEDS_PEOPLE and lookup(self.contents, "chance_rank1") is None:
            return NOT_NAMEABLE
        if figure in TARS:
            return (f"Not measured: {lookup(self.contents, 'impostor_pairs') or 0:,} pairs of different people are too "
                    "few for so small a rate of false acceptance.")
        return NOT_MEASURED

    def notes(self) -> tuple[str, ...]:
        """The reasons by letter."""
        return self._reasons.notes()


def not_applicable(reason: str) -> str:
    """The sentence for what an encoder or a budget does not allow."""
    return f"Not applicable: {reason.rstrip('.')}."


def heads(figures: Sequence[str]) -> tuple[str, ...]:
    """Heads of columns; an arrow stays on the line of its word."""
    return tuple(unbroken(HEADS[figure]) for figure in figures)


def unbroken(text: str) -> str:
    """Keeps arrows on the line of their word."""
    return text.replace(" ↓", "\u00a0↓").replace(" ↑", "\u00a0↑")
