"""What an audit says beside the three questions: use, baselines, other attributes, membership, cautions."""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.auditing.cells import nobody_known, not_applicable, told
from tfprivacy_rep.auditing.tables_people import sorted_probes
from tfprivacy_rep.report import warned
from tfprivacy_rep.report.verdict import mcc_words
from tfprivacy_rep.report.wording import capital, counted, is_missing, listed, lookup, number

_DOING = {
    "noise": "Adding noise to the {base} representation", "pca": "Sending only the main directions of the {base} "
    "representation", "low_resolution": "Shrinking the photographs before the {base} encoder sees them",
    "jpeg": "Compressing the photographs before the {base} encoder sees them",
}
_ATTRIBUTES_NAMED = 3


def utility(contents: Mapping[str, Any]) -> str:
    """How well the service tells the attributes, beside the unprotected encoder."""
    attributes, value = contents["data"]["attributes"], contents["headline"].get("mean_mcc")
    rows = {row["name"]: row for row in contents["rows"]}
    reference = lookup(rows, "unprotected", "mean_mcc")
    if is_missing(value):
        head = lookup(rows, "audited", "head_mcc")
        if is_missing(head):
            return "not measured."
        return (f"a linear head fitted on what is sent tells {_attributes_named(contents)} {mcc_words(head)} (mean MCC "
                f"{number(head)}; 0 is guessing, 1 always right).")
    ends = lookup(contents, "intervals", "headline", "mean_mcc")
    beside = "" if is_missing(reference) else f" Without protection it is {number(reference)}."
    undefined = lookup(contents, "attributes", "undefined") or 0
    left_out = f" {undefined} of {len(attributes)} attributes has no defined MCC and is left out." if undefined else ""
    return (f"the service tells {_attributes_named(contents)} {mcc_words(value)} (mean MCC "
            f"{told(value, 'mean_mcc', ends)}; 0 is guessing, 1 always right).{beside}{left_out}")


def _attributes_named(contents: Mapping[str, Any]) -> str:
    names = list(contents["data"]["attributes"])
    rest = len(names) - _ATTRIBUTES_NAMED
    shown = listed(names if rest <= 1 else [*names[:_ATTRIBUTES_NAMED], f"{rest} more"])
    return f"{counted(len(names), 'attribute', 'attributes')} ({shown})"


def winning(contents: Mapping[str, Any]) -> tuple[str, ...]:
    """A sentence for each simple baseline that does as well at the same utility; it belongs to the lead."""
    audited, said = contents["frontier"]["base"] == "audited", []
    for one in contents["verdict"]["baselines"]:
        if one["wins"] is not True:
            continue
        better = [words for key, words in (("linkage_rank1", "names fewer people"),
                                           ("psnr", "gives back less of the face")) if _below(one.get(key))]
        so = "what is sent holds more than the task needs" if audited else (
            "on these photographs the defence is not worth having")
        does = listed(["keeps the same utility", *(better or ["protects at least as well"])])
        said.append(f"{_doing(contents, one)} {does}: {so}.")
    return tuple(said)


def _below(item: Mapping[str, Any] | None) -> bool:
    high = lookup(item, "high")
    return not is_missing(high) and high < 0


def _doing(contents: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    base = "unprotected" if contents["frontier"]["base"] == "unprotected" else "audited"
    doing = _DOING.get(one["family"], capital(one["family"])).format(base=base)
    return f"{doing} ({one['label']})"


def baselines(contents: Mapping[str, Any]) -> str:
    """Which simple baselines do as well, which do not, and which remain open."""
    found = contents["verdict"]["baselines"]
    if not found:
        return "not measured: no baseline was tried."
    matched = [one for one in found if one["matched"]]
    groups = (
        ("at the same utility as well or better", [one["label"] for one in matched if one["wins"] is True]),
        ("not as well", [one["label"] for one in matched if one["wins"] is False]),
        ("undecided", [one["label"] for one in matched if one["wins"] is None]),
        ("no strength keeps the utility", [one["label"] for one in found if not one["matched"]]),
    )
    said = "; ".join(f"{words}: {', '.join(labels)}" for words, labels in groups if labels)
    yes = any(one["wins"] for one in matched)
    return f"{'yes' if yes else 'no simple baseline was found that does'}. {capital(said)}."


def attributes(contents: Mapping[str, Any]) -> str:
    """Attributes that nobody asked for and that are told all the same."""
    found = [(name, value) for name, value in sorted_probes(contents) if value is not None]
    if not found:
        return "not measured: the source has no labels of other attributes."
    best = [f"{name} ({number(value)})" for name, value in found[:_ATTRIBUTES_NAMED]]
    ends = lookup(contents, "intervals", "headline", "attribute_mcc")
    mean = contents["headline"].get("attribute_mcc")
    of_all = "" if is_missing(mean) else f"; mean of all {told(mean, 'attribute_mcc', ends)}"
    return (f"of {counted(len(found), 'attribute', 'attributes')} that the task does not ask for, simple probes tell "
            f"best {listed(best)} (MCC: 0 is guessing, 1 always right){of_all}.")


def membership(contents: Mapping[str, Any]) -> str:
    """Whether a photograph can be told to have been used in training."""
    found = contents["membership"]
    if found["not_applicable"]:
        text = not_applicable(found["not_applicable"])
        return text[0].lower() + text[1:]
    if is_missing(found["auc"]):
        return "not measured."
    ends = lookup(contents, "intervals", "membership", "auc") or {}
    low, high = ends.get("low"), ends.get("high")
    judged = ""
    if low is not None and high is not None:
        judged = " That is more than guessing." if low > 0.5 else (
            " That can't be told from guessing." if high >= 0.5 else "")
    return (f"photographs used in training are told from others with an AUC of "
            f"{told(found['auc'], 'auc', ends)}; 0.5 is guessing, 1 always right.{judged}")


def cautions(contents: Mapping[str, Any]) -> tuple[str, ...]:
    """What must be known before the figures are used: the report's own, then those of results.json."""
    given = [str(text) for text in contents["cautions"]]
    own = [_smoke(contents), _scope(contents), _unfinished(contents), _collapsed(contents), _skipped(contents),
           _constant(contents)]
    last = (f"{capital(contents['guarantee'])}: these are measurements against the attackers named here; a stronger "
            "one may get back more.")
    return tuple(dict.fromkeys([*[text for text in own if text], *given, last]))


def _smoke(contents: Mapping[str, Any]) -> str:
    smoke = contents["budget"]["name"] == "smoke"
    return "Budget smoke only shows that everything works: its figures mean nothing." if smoke else ""


def _scope(contents: Mapping[str, Any]) -> str:
    data, unknown = contents["data"], nobody_known(contents)
    people = "people nobody knows" if unknown else counted(data["tested_people"], "person", "people")
    resampled = "photographs" if unknown else "people"
    tested = counted(data["tested_photographs"], "photograph", "photographs")
    seeds = contents["budget"]["headline_seeds"]
    also = f" and {seeds} seeds of the headline's attackers" if seeds > 1 else ", and no other seed of the attackers"
    return (f"One encoder was audited, on {tested} of {people}. The intervals (95 %) cover other {resampled}{also}; "
            "they say nothing about another training of the encoder.")


def _collapsed(contents: Mapping[str, Any]) -> str:
    return warned.collapsed([f"attacker {one['name']}" for one in contents["attackers"] if one.get("warnings")])


def _unfinished(contents: Mapping[str, Any]) -> str:
    named = [one["name"] for one in contents["attackers"] if not one.get("not_applicable") and not one["converged"]]
    if not named or any("still improving" in text for text in contents["cautions"]):
        return ""
    return f"Still improving when the budget ended: {listed(named)}. With more training they may get back more."


def _skipped(contents: Mapping[str, Any]) -> str:
    count = contents["data"].get("skipped_images", 0)
    left_out = "photograph was" if count == 1 else "photographs were"
    return f"{count} unreadable {left_out} left out of everything." if count else ""


def _constant(contents: Mapping[str, Any]) -> str:
    if not contents["encoder"]["constant"] or any("constant" in text for text in contents["cautions"]):
        return ""
    return "The representation is constant: the same for every photograph. Nothing leaks, and nothing can be told."
