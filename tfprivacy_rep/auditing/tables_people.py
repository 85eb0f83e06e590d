"""The tables of what else is told, of membership, and of the people who are hit hardest."""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.auditing.cells import HEADS, Figures, heads, interval_words, not_applicable
from tfprivacy_rep.report.layout import Cell, Row, Table
from tfprivacy_rep.report.wording import is_missing, lookup

_ONE_ANSWER = "Undefined: only one of the two answers exists among the tested photographs."
_OF_A_PERSON = ("rank1", "linkage_rank1", "psnr")
_OF_AN_IMAGE = ("psnr", "face_similarity", "rank1")


def better_probe(found: Mapping[str, Any]) -> float | None:
    """The higher MCC of the two probes, or None where neither is defined."""
    values = [found[kind] for kind in ("linear", "mlp") if not is_missing(found.get(kind))]
    return max(values) if values else None


def sorted_probes(contents: Mapping[str, Any]) -> list[tuple[str, float | None]]:
    """Attributes that are not the task's with the better probe's MCC, the best told first, undefined ones last."""
    probes = lookup(contents, "attributes", "probes") or {}
    found = [(name, better_probe(one)) for name, one in probes.items()]
    return sorted(found, key=lambda pair: float("inf") if pair[1] is None else -pair[1])


def probes_table(contents: Mapping[str, Any]) -> Table | None:
    """What probes tell of the attributes that are not the task's; None where there are none."""
    names = [name for name, _ in sorted_probes(contents)]
    if not names:
        return None
    figures, rows = Figures(contents), []
    for name in names:
        cells = [figures.at("attributes", "probes", name, kind, reason=_ONE_ANSWER)
                 for kind in ("linear", "mlp", "linear_accuracy", "majority")]
        rows.append(Row((Cell(name), figures.at("data", "prevalence", name, figure="prevalence"), *cells)))
    return Table(
        "probes", "Other attributes that Z tells",
        "Probes fitted on public photographs, the best told attribute first. MCC: 0 is guessing, 1 always right. "
        "Always saying what is more common has an MCC of 0 and the majority's accuracy. " + interval_words(contents),
        ("Attribute", "Prevalence", "MCC, linear probe ↓", "MCC, MLP probe ↓", "Accuracy, linear probe",
         "Accuracy of the majority"), tuple(rows), figures.notes(),
    )


def task_table(contents: Mapping[str, Any]) -> Table | None:
    """What the service is to tell: MCC of each attribute of the task; None where there is none."""
    figures, rows = Figures(contents), []
    for name in lookup(contents, "attributes", "task") or {}:
        rows.append(Row((Cell(name), figures.at("data", "prevalence", name, figure="prevalence"),
                         figures.at("attributes", "task", name, reason=_ONE_ANSWER))))
    if not rows:
        return None
    rows.append(Row((Cell("Mean of the defined"), Cell(""), figures.at("headline", "mean_mcc")), "strong"))
    return Table(
        "task", "What the service can tell",
        "Prevalence is the share of the tested photographs that have the attribute. " + interval_words(contents),
        ("Attribute", "Prevalence", "MCC ↑"), tuple(rows), figures.notes(),
    )


def membership_table(contents: Mapping[str, Any]) -> Table | None:
    """Whether a photograph was among the private ones; None where that does not apply."""
    told = contents["membership"]
    if told["not_applicable"]:
        return None
    figures = Figures(contents)
    cells = [figures.at("membership", kind, figure="auc") for kind in ("auc", "loss_auc", "trained_auc")]
    counts = [figures.count(told[kind]) for kind in ("members", "others")]
    return Table(
        "membership", "Was this photograph used in training?",
        "AUC of telling photographs of X1 from others: 0.5 is guessing, 1 always right. By a threshold on the loss, "
        "and by a classifier trained on part of both. " + interval_words(contents),
        ("Strongest", "AUC, strongest ↓", "Loss attack", "Trained attack", "Members", "Others"),
        (Row((Cell(told["strongest"] or "none"), *cells, *counts)),), figures.notes(),
    )


def membership_words(contents: Mapping[str, Any]) -> tuple[str, ...]:
    """The sentence in place of the table."""
    reason = contents["membership"]["not_applicable"]
    return (f"Membership: {not_applicable(reason)[0].lower()}{not_applicable(reason)[1:]}",) if reason else ()


def percentiles_table(contents: Mapping[str, Any]) -> Table:
    """How revealing the more revealing reconstructions are."""
    figures, rows = Figures(contents), []
    for kind in contents["percentiles"]:
        cells = [figures.at("percentiles", kind, place, figure=kind) for place in ("p50", "p90", "p99")]
        rows.append(Row((Cell(HEADS[kind]), *cells)))
    return Table(
        "percentiles", "Beyond the mean: the more revealing reconstructions",
        "Of the headline attacker. Half, a tenth and a hundredth of the reconstructions are at least so revealing.",
        ("Figure", "Median", "Most revealing tenth", "Most revealing hundredth"), tuple(rows), figures.notes(),
    )


def worst_images_table(contents: Mapping[str, Any]) -> Table | None:
    """The most revealing reconstructions; None where none were kept."""
    figures, rows = Figures(contents), []
    for place, image in enumerate(contents["worst"]["images"]):
        person = figures.dash(figures.reason("person")) if image["person"] is None else Cell(str(image["person"]))
        cells = [figures.at("worst", "images", place, kind) for kind in _OF_AN_IMAGE]
        rows.append(Row((Cell(image["name"]), person, *cells)))
    if not rows:
        return None
    return Table("worst_images", "The most revealing reconstructions", "Most revealing first.",
                 ("Photograph", "Person", *heads(_OF_AN_IMAGE)), tuple(rows), figures.notes())


def worst_people_table(contents: Mapping[str, Any]) -> Table | None:
    """The people who are hit hardest; None where nobody is known."""
    figures, rows = Figures(contents), []
    for place, person in enumerate(contents["worst"]["people"]):
        cells = [figures.at("worst", "people", place, kind) for kind in _OF_A_PERSON]
        rows.append(Row((Cell(str(person["person"])), figures.count(person["photographs"]), *cells)))
    if not rows:
        return None
    return Table("worst_people", "The people who are hit hardest",
                 "Means over the photographs of each person, hardest hit first. With so few photographs a person, take "
                 "them as examples.",
                 ("Person", "Photographs", *heads(_OF_A_PERSON)), tuple(rows), figures.notes())


def groups_table(contents: Mapping[str, Any]) -> Table | None:
    """Whether people with an attribute are hit harder than those without; None where there are no groups."""
    figures, rows = Figures(contents), []
    for place, group in enumerate(contents["worst"]["groups"]):
        for side in ("with", "without"):
            counts = [figures.count(group[side][kind]) for kind in ("photographs", "people")]
            cells = [figures.at("worst", "groups", place, side, kind) for kind in _OF_A_PERSON]
            rows.append(Row((Cell(group["attribute"]), Cell(side), *counts, *cells)))
        gap = [figures.difference(group["difference"].get(kind), kind) if kind != "rank1" else Cell("")
               for kind in _OF_A_PERSON]
        rows.append(Row((Cell(group["attribute"]), Cell("difference"), Cell(""), Cell(""), *gap), "floor"))
    if not rows:
        return None
    return Table(
        "groups", "Groups of people",
        "With the attribute, without it, and with minus without. A difference is worth a word only where its interval "
        f"excludes 0; of many groups, some do by chance. {interval_words(contents)}",
        ("Attribute", "Group", "Photographs", "People", *heads(_OF_A_PERSON)), tuple(rows), figures.notes(), names=2,
    )
