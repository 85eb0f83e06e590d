"""Rows of photographs and reconstructions, enlarged without smoothing."""

from __future__ import annotations

import base64
import io
from typing import Any, Mapping

import numpy as np
from PIL import Image

from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.report.layout import Picture
from tfprivacy_rep.report.wording import encoder_label, lookup, number

SHOWN = 8
EXTREMES = 5
_SIDE = 112  # least side of a shown photograph, in pixels
_GAP = 6


def choose(people: np.ndarray, count: int = SHOWN) -> np.ndarray:
    """Chooses probes of different people: the first probe of people evenly spaced by number.

    Args:
        people: `[N]` integers, the person of each probe.
        count: at most so many.

    Returns:
        Indices, int64, at most `count`.
    """
    _, first = np.unique(people, return_index=True)
    places = np.linspace(0, len(first) - 1, min(count, len(first)))
    return first[np.round(places).astype(int)]


def strips(contents: Mapping[str, Any], record: RunRecord) -> tuple[Picture, ...]:
    """The rows of the grid, and the best and worst reconstructions.

    Args:
        contents: of results.json.
        record: of the run whose pictures are shown.

    Returns:
        Originals, then each encoder's best attacker by PSNR, then each encoder's attacker with a GAN loss, then for
        each encoder the extremes; nothing where no pictures were kept.
    """
    originals = record.pictures.get("originals")
    if originals is None or not len(originals):
        return ()
    chosen = choose(record.people[: len(originals)])  # of many probes only the first ones' pictures are kept
    rule = f"{len(chosen)} different people, evenly spaced by number; of each the first probe."
    rows = [strip([originals[chosen]], "Original photographs", rule)]
    wanted = [(name, attacker, "Best attacker by PSNR") for name, attacker in _best(record).items()]
    wanted += [(name, attacker, "Attacker with a GAN loss") for name, attacker in _gan(contents)]
    seen: set[str] = set()
    for name, attacker, what in wanted:
        key = f"{name}/{attacker}"
        if key in record.pictures and key not in seen:
            seen.add(key)
            caption = f"{what} ({attacker}).{_mean_psnr(record, name, attacker, chosen)}"
            rows.append(strip([record.pictures[key][chosen]], f"Rebuilt {encoder_label(name)}", caption))
    extremes = [_extremes(record, name, attacker, originals) for name, attacker in _best(record).items()]
    return (*rows, *[picture for picture in extremes if picture])


def _best(record: RunRecord) -> dict[str, str]:
    found = {name: lookup(facts, "headline_attackers", "psnr") for name, facts in record.facts["encoders"].items()}
    return {name: attacker for name, attacker in found.items() if attacker}


def _gan(contents: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, attack["name"])
        for name, encoder in contents["encoders"].items()
        for attack in encoder["attacks"]
        if attack.get("mu1", 0) > 0
    ]


def _psnr(record: RunRecord, name: str, attacker: str) -> np.ndarray | None:
    return record.columns.get(name, {}).get(f"attacks/{attacker}/psnr")


def _mean_psnr(record: RunRecord, name: str, attacker: str, chosen: np.ndarray) -> str:
    values = _psnr(record, name, attacker)
    if values is None:
        return ""
    return f" PSNR {number(float(values[chosen].mean()), 'psnr', unit=True)} on these."


def _extremes(record: RunRecord, name: str, attacker: str, originals: np.ndarray) -> Picture | None:
    values, images = _psnr(record, name, attacker), record.pictures.get(f"{name}/{attacker}")
    if values is None or images is None:
        return None
    values = values[: len(images)]
    order = np.argsort(-values, kind="stable")
    count = min(EXTREMES, len(order) // 2)
    if not count:
        return None
    chosen = np.concatenate([order[:count], order[-count:]])
    parts = [", ".join(number(float(v), "psnr") for v in values[half]) for half in (chosen[:count], chosen[count:])]
    return strip(
        [originals[chosen], images[chosen]], f"Best and worst rebuilt {encoder_label(name)}",
        f"Originals above, reconstructions by {attacker} below. Left the {count} of highest PSNR among "
        f"{len(values)} ({parts[0]} dB), right the {count} of lowest ({parts[1]} dB).", split=count,
    )


def strip(rows: list[np.ndarray], title: str, caption: str, split: int = 0) -> Picture:
    """Sets images side by side, one row below the other, with a wider gap before column `split`."""
    size = rows[0].shape[1]
    factor = max(1, -(-_SIDE // size))
    side, extra = size * factor, 4 * _GAP if split else 0
    columns = len(rows[0])
    sheet = np.full((len(rows) * (side + _GAP) - _GAP, columns * (side + _GAP) - _GAP + extra, 3), 255, np.uint8)
    for line, images in enumerate(rows):
        for column, image in enumerate(images):
            top, left = line * (side + _GAP), column * (side + _GAP) + (extra if split and column >= split else 0)
            sheet[top : top + side, left : left + side] = image.repeat(factor, 0).repeat(factor, 1)
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, "PNG", optimize=True)
    uri = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    return Picture(uri, title, caption, sheet.shape[1], sheet.shape[0])
