"""The figures of a reproduction: the curve over lambda2, and reconstructions with and without the negative loss."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, Mapping, Sequence

from matplotlib.figure import Figure

from tfprivacy_rep import files
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.report.grids import choose, strip
from tfprivacy_rep.report.layout import Picture
from tfprivacy_rep.report.plots import COLOURS, plain_axes, vector_picture
from tfprivacy_rep.report.wording import number
from tfprivacy_rep.reproduction.rows import ROWS

_PANELS = (
    ("mean_mcc", "mean MCC (use)"), ("face_similarity", "face similarity"),
    ("feature_similarity", "feature similarity"), ("psnr", "PSNR (dB)"),
)


def curve(contents: Mapping[str, Any]) -> tuple[Picture, ...]:
    """The curve over lambda2: each figure against lambda2, and privacy against use; nothing where it was not run."""
    if not contents["sweep"]:
        return ()
    points = contents["sweep"]["points"]
    return (
        vector_picture(
            lambda figure: _against_lambda2(figure, points), "Figures against lambda2",
            "More lambda2 means more weight on a large perceptual distance. Bars are 95 % intervals.", (7.8, 5.6)),
        vector_picture(
            lambda figure: _frontier(figure, points), "Privacy against use",
            "Each point is one lambda2. Right is more useful, down is more private.", (7.8, 3.9)),
    )


def _bars(points: Sequence[Mapping[str, Any]], name: str) -> tuple[list[float], list[list[float]]]:
    """Values and the lengths of their intervals to both sides; nothing to a side that is not known."""
    values = [_known(p[name]["mean"]) for p in points]
    below = [max(0.0, v - _known(p[name]["low"], v)) for p, v in zip(points, values)]
    above = [max(0.0, _known(p[name]["high"], v) - v) for p, v in zip(points, values)]
    return values, [below, above]


def _known(value: float | None, otherwise: float = float("nan")) -> float:
    return otherwise if value is None else value


def _against_lambda2(figure: Figure, points: Sequence[Mapping[str, Any]]) -> None:
    for place, (name, title) in enumerate(_PANELS):
        axes = figure.add_subplot(2, 2, place + 1)
        values, bars = _bars(points, name)
        axes.errorbar(range(len(points)), values, bars, color=COLOURS[place], marker="o", capsize=3)
        axes.set_xticks(range(len(points)), [f"{p['value']:g}" for p in points])
        axes.set_xlabel("lambda2")
        axes.set_ylabel(title)
        plain_axes(axes)


def _frontier(figure: Figure, points: Sequence[Mapping[str, Any]]) -> None:
    use, use_bars = _bars(points, "mean_mcc")
    for place, (name, title) in enumerate(_PANELS[1:3]):
        axes = figure.add_subplot(1, 2, place + 1)
        values, bars = _bars(points, name)
        axes.errorbar(use, values, bars, use_bars, color=COLOURS[place + 1], marker="o", capsize=3, linestyle=":")
        for x, y, point in zip(use, values, points):
            axes.annotate(f" {point['value']:g}", (x, y), textcoords="offset points", xytext=(5, 5))
        axes.set_xlabel("mean MCC (use)")
        axes.set_ylabel(title)
        plain_axes(axes)


def strips(records: Mapping[str, Sequence[RunRecord]]) -> tuple[Picture, ...]:
    """Originals and each row's reconstructions of them, of the first run that has the row."""
    shown = [(row, records[f"row{row.number}"][0]) for row in ROWS if records.get(f"row{row.number}")]
    if not shown:
        return ()
    first = shown[0][1]
    originals = first.pictures["originals"]
    chosen = choose(first.people[: len(originals)])
    made = [strip([originals[chosen]], "Original photographs", f"Of {len(chosen)} people, evenly spaced by number.")]
    for row, record in shown:
        if record.run == first.run:
            protection = "with" if row.encoder.protected else "without"
            similar = number(float(record.columns["point"]["psnr"].mean()), "psnr", unit=True)
            made.append(strip(
                [record.pictures["rebuilt"][chosen]], f"Row {row.number}: {protection} the negative loss",
                f"Encoder {row.encoder_words}; attacker {row.attacker_words}; PSNR {similar} over all probes."))
    return tuple(made)


def write_files(folder: Path, pictures: Mapping[str, Picture]) -> None:
    """Writes pictures as files of their own, by name."""
    for name, picture in pictures.items():
        with files.atomic_path(folder / name) as temporary:
            temporary.write_bytes(base64.b64decode(picture.uri.split(",", 1)[1]))


def with_and_without(records: Mapping[str, Sequence[RunRecord]]) -> Picture | None:
    """The paper's figure: originals, then rebuilt without and with the negative loss, by the same attacker.

    Of the table's rows where they were run, else of the curve's ends; the run is the first that both have.
    """
    swept = sorted((of_point[0].facts["value"], name) for name, of_point in records.items()
                   if of_point and of_point[0].facts["value"] is not None)
    ends = [(swept[0][1], swept[-1][1])] if len(swept) > 1 else []
    for plain, protected in [("row1", "row2"), ("row3", "row4"), ("row5", "row6"), ("row7", "row8"), *ends]:
        of_run = {record.run: record for record in records.get(plain, ())}
        pairs = [(of_run[r.run], r) for r in records.get(protected, ()) if r.run in of_run]
        if pairs:
            pair = pairs[0]
            originals = pair[0].pictures["originals"]
            chosen = choose(pair[0].people[: len(originals)])
            rows = [originals[chosen], *[record.pictures["rebuilt"][chosen] for record in pair]]
            return strip(rows, "Reconstructions without and with the negative loss",
                         f"Top: photographs; middle: {plain}, without; bottom: {protected}, with.")
    return None
