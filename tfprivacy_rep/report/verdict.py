"""The verdict: what the figures say, in words that need no training to read.

No conclusion is written here beforehand; each sentence follows from figures by a rule. Differences follow
`comparisons.Compared`: lower or higher only where the interval excludes 0, "in this one run" where there is none.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from tfprivacy_rep.report.cautions import cautions
from tfprivacy_rep.report.comparisons import HIGHER, LOWER, SAME, Comparisons, differences
from tfprivacy_rep.report.layout import Verdict
from tfprivacy_rep.report.verdict_rate import rate_words
from tfprivacy_rep.report.wording import (
    UNPROTECTED,
    capital,
    counted,
    encoder_label,
    is_missing,
    listed,
    lookup,
    number,
    of_hundred,
    protected,
    spoken_label,
)

#: Mean MCC below each bound is called so; from the last bound on, "very well".
_MCC_WORDS = ((0.1, "hardly better than by guessing"), (0.3, "weakly"), (0.5, "moderately well"), (0.7, "well"))
#: From this share of photographs on, naming people counts as not hiding who they are.
_NAMES_MOST = 0.5
_ATTRIBUTES_NAMED = 5
NO_IDENTITIES = "not measured: the photographs have no identities."


def compose(contents: Mapping[str, Any], comparisons: Comparisons) -> Verdict:
    """Puts the figures of results.json into words.

    Args:
        contents: of results.json.
        comparisons: of each encoder with the floors.
    """
    lead = tuple(_lead(contents, comparisons, name) for name in protected(contents) or contents["encoders"])
    bound = rate_words(contents)
    findings = (
        ("What it is good for", _utility(contents)),
        ("What an attacker gets back", _reconstruction(contents, comparisons)),
        ("Who can be recognised on what was rebuilt", _recognition(contents)),
        ("Who can be recognised without any picture", _linkage(contents, comparisons)),
        *([("What one release can tell at most", bound)] if bound else []),
    )
    return Verdict(lead, findings, cautions(contents))


def _lead(contents: Mapping[str, Any], comparisons: Comparisons, name: str) -> str:
    value = contents["encoders"][name]["headline"]["mean_mcc"]
    once = "" if len(contents["runs"]) > 1 else "in one run only, "
    reference = lookup(contents, "encoders", UNPROTECTED, "headline", "mean_mcc") if name != UNPROTECTED else None
    beside = "" if is_missing(reference) else f"; without protection {number(reference)}"
    use = capital(f"{once}{encoder_label(name)}, the service tells the attributes {mcc_words(value)} (mean MCC "
                  f"{number(value)}{beside}).")
    found = (use, _lead_pictures(contents, comparisons, name), _lead_identity(contents, comparisons, name))
    return " ".join(part for part in found if part)


def _lead_pictures(contents: Mapping[str, Any], comparisons: Comparisons, name: str) -> str:
    changes = differences(contents, name)
    sides = {figure: changes[figure].side(figure) for figure in ("psnr", "ssim") if figure in changes}
    if not sides:
        return ""
    if not _beats_blind(comparisons, UNPROTECTED):
        return ("How well photographs can be rebuilt remains open: even without protection the attackers do no better "
                "than a blind guess.")
    found = set(sides.values())
    if found == {SAME}:
        return "Attackers rebuild the photographs about as well as without protection, as far as this test can tell."
    if LOWER in found and HIGHER in found:
        return "What attackers rebuild is worse than without protection by one measure and better by another."
    which = listed([figure.upper() for figure, side in sides.items() if side != SAME])
    only = f" (by {which} only)" if SAME in found else ""
    return f"Attackers rebuild the photographs {'worse' if LOWER in found else 'better'} than without protection{only}."


def _beats_blind(comparisons: Comparisons, name: str) -> bool:
    items = comparisons.blind.get(name, {})
    return any(items.get(figure) is not None and items[figure].side(figure) == HIGHER  # type: ignore[union-attr]
               for figure in ("psnr", "ssim"))


def _lead_identity(contents: Mapping[str, Any], comparisons: Comparisons, name: str) -> str:
    linkage = lookup(contents, "encoders", name, "linkage") or {}
    share, compared = linkage.get("rank1"), comparisons.answer.get(name)
    if share is None or is_missing(share):
        return ""
    answer, several = of_hundred(linkage.get("rank1_answer")), len(contents["runs"]) > 1
    extra = {
        HIGHER: f"more than the predicted attributes alone would ({answer})",
        LOWER: f"fewer than the predicted attributes alone would ({answer}), so this attack was weak",
        SAME: f"{'not measurably more or fewer than' if several else 'about as many as'} the predicted attributes "
        f"alone would ({answer})",
    }[compared.side("linkage_rank1") if compared else SAME]
    plain = " It does not hide who people are." if share >= _NAMES_MOST else ""
    return (f"The representation itself names the person on {of_hundred(share)} photographs, without any "
            f"reconstruction: {extra}; chance is {of_hundred(contents.get('chance_rank1'))}.{plain}")


def mcc_words(value: float | None) -> str:
    """A mean MCC in words."""
    if value is None or is_missing(value):
        return "to an extent that is undefined"
    return next((words for bound, words in _MCC_WORDS if value < bound), "very well")


def _utility(contents: Mapping[str, Any]) -> str:
    attributes = list(contents["data"]["attributes"])
    rest = len(attributes) - _ATTRIBUTES_NAMED
    shown = listed(attributes if rest <= 1 else [*attributes[:_ATTRIBUTES_NAMED], f"{rest} more"])
    parts = [
        f"{mcc_words(encoder['headline']['mean_mcc'])} {spoken_label(contents, name)} "
        f"(mean MCC {number(encoder['headline']['mean_mcc'])})"
        for name, encoder in contents["encoders"].items()
    ]
    return (f"from the representation the service tells {counted(len(attributes), 'attribute', 'attributes')} "
            f"({shown}) {listed(parts)}. 0 is guessing, 1 is always right.{_changes(contents, 'mean_mcc')}")


def _changes(contents: Mapping[str, Any], *figures: str) -> str:
    """The differences to the unprotected encoder, a sentence for each protected one; nothing without a reference."""
    titles = {"psnr": "PSNR", "ssim": "SSIM", "mean_mcc": "mean MCC"}
    said = []
    for name in protected(contents):
        changes = differences(contents, name)
        parts = _grouped((changes[figure].words(figure), titles.get(figure, "rank-1")) for figure in figures
                         if figure in changes)
        if parts:
            words = "; ".join(f"{listed(called)} {text}" for text, called in parts.items())
            said.append(f" {capital(spoken_label(contents, name))}, compared with none: {words}.")
    return "".join(said)


def _reconstruction(contents: Mapping[str, Any], comparisons: Comparisons) -> str:
    parts = [
        f"{number(encoder['headline']['psnr'], 'psnr', unit=True)} (SSIM {number(encoder['headline']['ssim'])}) "
        f"{spoken_label(contents, name)}"
        for name, encoder in contents["encoders"].items()
    ]
    blind = contents["mean_image"]
    return (
        f"the best attacker's reconstructions reach a PSNR of {listed(parts)}; the higher, the more like the "
        "photograph. A blind guess, the average public photograph in place of every reconstruction, gets "
        f"{number(blind['psnr'], 'psnr', unit=True)} (SSIM "
        f"{number(blind['ssim'])}).{_against_blind(contents, comparisons)}{_changes(contents, 'psnr', 'ssim')}"
    )


def _against_blind(contents: Mapping[str, Any], comparisons: Comparisons) -> str:
    words = {
        HIGHER: "the attacker beats the blind guess by {}",
        LOWER: "the attacker does worse than the blind guess by {}, which shows a weak attacker and proves no "
               "protection",
        SAME: "the attacker can't be told from the blind guess by {}",
    }
    said = []
    for name in contents["encoders"]:
        items = [(figure, comparisons.blind[name].get(figure)) for figure in ("psnr", "ssim")]
        sides = {figure: item.side(figure) for figure, item in items if item is not None}
        for side in (HIGHER, LOWER, SAME):
            which = [figure.upper() for figure, found in sides.items() if found == side]
            if which:
                said.append((words[side].format(listed(which)), spoken_label(contents, name)))
    once = " in this one run" if len(contents["runs"]) == 1 else ""
    return "".join(f" {capital(listed(labels))}, {text}{once}." for text, labels in _grouped(said).items())


def _grouped(said: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Gathers the labels of which the same is said."""
    groups: dict[str, list[str]] = {}
    for text, label in said:
        groups.setdefault(text, []).append(label)
    return groups


def _recognition(contents: Mapping[str, Any]) -> str:
    judge = contents.get("recogniser") or {}
    if is_missing(judge.get("rank1")):
        return NO_IDENTITIES
    parts = [
        f"{of_hundred(encoder['headline'].get('rank1'))} {spoken_label(contents, name)}{_near_chance(contents, name)}"
        for name, encoder in contents["encoders"].items()
    ]
    return (
        f"the face recogniser {judge['name']} names the person on {of_hundred(judge['rank1'])} original photographs; "
        f"of the reconstructions, on {listed(parts)}. Chance is "
        f"{of_hundred(contents.get('chance_rank1'))}.{_changes(contents, 'rank1')}"
    )


def _near_chance(contents: Mapping[str, Any], name: str) -> str:
    """Says whether the interval of rank-1 lies off chance; nothing without an interval."""
    ends, chance = lookup(contents, "intervals", name, "headline", "rank1"), contents.get("chance_rank1")
    if not ends or is_missing(ends.get("low")) or is_missing(chance):
        return ""
    if ends["low"] > chance:
        return " (more than chance)"
    return " (can't be told from chance)" if ends["high"] >= chance else " (less than chance)"


def _linkage(contents: Mapping[str, Any], comparisons: Comparisons) -> str:
    parts, said = [], []
    for name, encoder in contents["encoders"].items():
        linkage, compared = encoder.get("linkage") or {}, comparisons.answer.get(name)
        if is_missing(linkage.get("rank1")):
            continue
        label = spoken_label(contents, name)
        parts.append(f"{of_hundred(linkage['rank1'])} photographs {label} (the predicted attributes alone: "
                     f"{of_hundred(linkage.get('rank1_answer'))})")
        if compared:
            said.append((_ANSWER_WORDS[compared.side("linkage_rank1")], label))
    if not parts:
        return NO_IDENTITIES
    once = " in this one run" if len(contents["runs"]) == 1 else ""
    judged = "".join(f" {capital(listed(labels))}, {text}{once}." for text, labels in _grouped(said).items())
    return (f"the representation itself names the person on {listed(parts)}. Chance is "
            f"{of_hundred(contents.get('chance_rank1'))}.{judged}{_changes(contents, 'linkage_rank1')}")


_ANSWER_WORDS = {
    HIGHER: "the representation tells more about who somebody is than the task needs",
    LOWER: "the representation seems to tell less than the attributes that are computed from it, which shows a weak "
           "attack",
    SAME: "the representation can't be told from the predicted attributes in how often it names people",
}
