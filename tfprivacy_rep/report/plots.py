"""Curves of the game and of the attackers."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tfprivacy_rep.report.layout import Picture
from tfprivacy_rep.report.wording import encoder_label
from tfprivacy_rep.training.health import PREFIX

_INCHES, _POINTS = (5.2, 3.9), 11
#: Told apart by people who see no red or green (M. Okabe, K. Ito, 2008).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_STYLES = {"protector": "-", "adversary": "--", "validation": ":"}
_WHO = {"protector": "X1, training", "adversary": "X2, simulated adversary", "validation": "X1, validation"}
_AXES = {
    "L_u": "L_u (nats)", "mean_mcc": "mean MCC", "L_p": "L_p (squared error)", "L_perc": "L_perc (relative)",
    "L_adv": "L_adv (nats)", "L_d": "L_d (nats)",
}
_TITLES = {
    "L_u": "The task: loss", "mean_mcc": "The task: mean MCC", "L_p": "The game: distance of pixels",
    "L_perc": "The game: perceptual distance", "L_adv": "The game: GAN loss", "L_d": "The game: discriminator",
}
_CAPTIONS = {
    "L_u": "Cross-entropy, mean over the attributes.",
    "mean_mcc": "On private photographs that are not trained on; −1 to 1.",
    "L_p": "Mean over pixels and channels, images in [0, 1]. The protector wants it large on private photographs, the "
    "simulated adversary small on public ones.",
    "L_perc": "1 is as far as the mean features of the public photographs. The protector wants it large on private "
    "photographs.",
    "L_adv": "How well the discriminator tells the decoder's images from photographs, as the decoder minimises it.",
    "L_d": "Cross-entropy of the discriminator, real against reconstructed.",
}
_ATTACKER_CAPTION = (
    "Its objective without the GAN term, on public photographs kept from training; the state with the lowest is used."
)


@dataclass(frozen=True)
class Line:
    """A curve: its label, colour, style and points."""

    label: str
    colour: str
    style: str
    steps: list[float]
    values: list[float]


def curves(encoders: Mapping[str, Mapping[str, Any]]) -> tuple[Picture, ...]:
    """Draws one plot for each term of the game and one for each attacker's validation loss.

    Args:
        encoders: facts of the first run by encoder, with `history`: `game` and each attacker by name, lists of rows.
    """
    plots = []
    for term in _terms(encoders):
        lines = _game_lines(encoders, term)
        title = _TITLES.get(term, f"The game: {term}")
        plots.append(_draw(lines, title, _AXES.get(term, term), _CAPTIONS.get(term, "")))
    for attacker in _attackers(encoders):
        lines, open_ended = _attacker_lines(encoders, attacker)
        caption = _ATTACKER_CAPTION
        if open_ended:
            caption += f" Still improving at the end: {', '.join(open_ended)}."
        plots.append(_draw(lines, f"Attacker {attacker}", "validation loss", caption))
    return tuple(plots)


def _rows(facts: Mapping[str, Any], part: str) -> Sequence[Mapping[str, Any]]:
    return facts.get("history", {}).get(part, [])


def _terms(encoders: Mapping[str, Mapping[str, Any]]) -> list[str]:
    found = {
        key.split("/", 1)[1]: None
        for facts in encoders.values()
        for row in _rows(facts, "game")
        for key in row
        if "/" in key and not key.startswith(PREFIX)
    }
    known = [term for term in _AXES if term in found]
    return known + [term for term in found if term not in _AXES]


def _game_lines(encoders: Mapping[str, Mapping[str, Any]], term: str) -> list[Line]:
    lines = []
    for colour, (name, facts) in zip(_cycle(len(encoders)), encoders.items()):
        rows = _rows(facts, "game")
        players = {key.split("/", 1)[0]: None for row in rows for key in row if key.endswith(f"/{term}")}
        for player in players:
            label = f"{encoder_label(name)}: {_WHO.get(player, player)}"
            lines.append(_line(rows, f"{player}/{term}", label, colour, _STYLES.get(player, "-.")))
    return lines


def _attackers(encoders: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return list({name: None for facts in encoders.values() for name in facts.get("history", {}) if name != "game"})


def _attacker_lines(encoders: Mapping[str, Mapping[str, Any]], attacker: str) -> tuple[list[Line], list[str]]:
    lines, open_ended = [], []
    for colour, (name, facts) in zip(_cycle(len(encoders)), encoders.items()):
        rows = _rows(facts, attacker)
        if rows:
            lines.append(_line(rows, "validation_loss", encoder_label(name), colour, "-"))
        if any(one["name"] == attacker and not one["converged"] for one in facts.get("attacks", [])):
            open_ended.append(encoder_label(name))
    return lines, open_ended


def _cycle(count: int) -> list[str]:
    return [COLOURS[index % len(COLOURS)] for index in range(count)]


def _line(rows: Sequence[Mapping[str, Any]], key: str, label: str, colour: str, style: str) -> Line:
    points = [(row["step"], row[key]) for row in rows if row.get(key) is not None and math.isfinite(row[key])]
    return Line(label, colour, style, [step for step, _ in points], [value for _, value in points])


def _draw(lines: Sequence[Line], title: str, axis: str, caption: str) -> Picture:
    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        for line in lines:
            axes.plot(line.steps, line.values, line.style, color=line.colour, label=line.label, linewidth=1.8,
                      marker="o" if len(line.steps) < 3 else None, markersize=4)
        values = [value for line in lines for value in line.values]
        if values and min(values) > 0 and max(values) > 10 * min(values):
            axes.set_yscale("log")
        axes.set_xlabel("step")
        axes.set_ylabel(axis)
        plain_axes(axes)
        figure.legend(loc="outside lower center", fontsize=_POINTS, frameon=False)

    return vector_picture(draw, title, caption, _INCHES)


def plain_axes(axes: Any) -> None:
    """A light grid and no box."""
    axes.grid(True, color="#d9dee5", linewidth=0.7)
    axes.spines[["top", "right"]].set_visible(False)


def vector_picture(
    draw: Callable[[Figure], None], title: str, caption: str, inches: tuple[float, float]
) -> Picture:
    """An SVG image of what `draw` draws, with letters as outlines, so that it looks alike everywhere."""
    settings: dict[Any, Any] = {"font.size": _POINTS, "svg.fonttype": "path", "svg.hashsalt": "tfprivacy_rep"}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=inches, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    uri = "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()
    return Picture(uri, title, caption, round(inches[0] * 96), round(inches[1] * 96))
