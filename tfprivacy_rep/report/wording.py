"""How figures and names are put into words: digits, units, dashes, lists."""

from __future__ import annotations

import math
from typing import Any, Mapping, Sequence

DASH = "–"
UNPROTECTED = "unprotected"

#: Digits after the point, by figure; 3 where none is given.
_DIGITS = {"psnr": 2}
_UNITS = {"psnr": " dB"}

#: With a single run, figures nearer than this are called about the same. In the figure's own unit.
TOLERANCE = {"psnr": 0.1, "ssim": 0.01, "mean_mcc": 0.01, "rank1": 0.01, "linkage_rank1": 0.01}

#: What a figure is called in a sentence.
TITLES = {
    "psnr": "PSNR",
    "ssim": "SSIM",
    "mean_mcc": "mean MCC",
    "rank1": "rank-1 from reconstructions",
    "linkage_rank1": "rank-1 straight from Z",
}


def is_missing(value: Any) -> bool:
    """Whether a figure is None or not a finite number."""
    return value is None or not math.isfinite(value)


def number(value: float | None, figure: str = "", unit: bool = False, sign: bool = False) -> str:
    """Writes a figure with sensible digits, or an en dash where there is none.

    Args:
        value: the figure.
        figure: its name, which decides digits and unit, e.g. `"psnr"`.
        unit: whether to add the unit.
        sign: whether a positive figure gets a plus sign.
    """
    if value is None or is_missing(value):
        return DASH
    text = f"{abs(value):.{_DIGITS.get(figure, 3)}f}"
    zero = not text.strip("0.")
    mark = "" if zero else "−" if value < 0 else "+" if sign else ""
    return mark + text + (_UNITS.get(figure, "") if unit else "")


def interval(ends: Mapping[str, float | None] | None, figure: str = "") -> str:
    """Writes `[low, high]`, or nothing where there is no interval."""
    if not ends or is_missing(ends.get("low")) or is_missing(ends.get("high")):
        return ""
    return f"[{number(ends['low'], figure)}, {number(ends['high'], figure)}]"


def of_hundred(share: float | None) -> str:
    """Writes a share of photographs as "so many of 100": whole from 10 up, with one digit below."""
    if share is None or is_missing(share):
        return DASH
    text = f"{100 * share:.0f}" if share >= 0.0995 else f"{100 * share:.1f}".removesuffix(".0")
    return f"{text} of 100"


def listed(parts: Sequence[str]) -> str:
    """Joins parts as "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def counted(count: int, singular: str, plural: str) -> str:
    """Writes "1 seed" or "3 seeds"."""
    return f"{count} {singular if count == 1 else plural}"


def encoder_label(name: str) -> str:
    """What an encoder is called: "without protection" or "with protection (paper)"."""
    return "without protection" if name == UNPROTECTED else f"with protection ({name})"


def spoken_label(contents: Mapping[str, Any], name: str) -> str:
    """The same in a sentence: just "with protection" where there is only one protected encoder."""
    return "with protection" if protected(contents) == [name] else encoder_label(name)


def capital(text: str) -> str:
    """Makes the first letter a capital and leaves the others."""
    return text[:1].upper() + text[1:]


def lookup(contents: Any, *place: str | int) -> Any:
    """The value at a place in nested dictionaries and lists, or None where a part of the way is missing."""
    for key in place:
        if isinstance(contents, Mapping):
            contents = contents.get(key)
        elif isinstance(contents, Sequence) and isinstance(key, int) and key < len(contents):
            contents = contents[key]
        else:
            return None
    return contents


def protected(contents: Mapping[str, Any]) -> list[str]:
    """Names of the encoders that are not the unprotected reference."""
    return [name for name in contents["encoders"] if name != UNPROTECTED]
