"""The threat model: what the attacker sees, what it has, and who is in which set."""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.report.layout import Table
from tfprivacy_rep.report.tables import plain_rows
from tfprivacy_rep.report.wording import DASH, interval, lookup, number, of_hundred

_SETS = {
    "x1_train": "X1, private, training", "x1_val": "X1, private, validation", "x2_train": "X2, public, training",
    "x2_val": "X2, public, validation", "gallery": "G, gallery", "probes": "T, probes",
}
_LETTERS = {"x1": "X1", "x2": "X2", "g": "G", "t": "T"}
_MODES = {
    "shared_people": "X1, X2, gallery and probes share people: the hardest case for privacy, and what the service "
    "tells may partly be memory of people",
    "attacker_knows_people": "the attacker's photographs, gallery and probes share people, the private ones do not",
    "disjoint_people": "no two sets share people, except that gallery and probes are two halves of the same people's "
    "photographs and the public people join the gallery",
}
NO_IDENTITIES = "not measured: the photographs have no identities"


def threat_model(contents: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Pairs of a term and its description."""
    data, counts = contents["data"], contents["data"]["counts"]
    public = counts["x2_train"] + counts["x2_val"]
    mode = data["partition"]
    meaning = f" ({_MODES[mode]})" if mode in _MODES else ""
    return (
        ("What the attacker sees", "the representation Z of each probe, and as many answers of the frozen encoder to "
         "its own photographs as it likes (black box); not the encoder's weights, not the private photographs"),
        ("What the attacker has", f"the public photographs X2 of source {data['source']}: {public}, of which "
         f"{counts['x2_train']} to train on and {counts['x2_val']} to choose its best state with"),
        ("What names people", f"the gallery: {counts['gallery']} named photographs, and their representations, to "
         "compare a reconstruction or a representation with; whose the public photographs are is known too"),
        ("What the attacker is", "a fresh decoder trained after the encoder was frozen, with new weights; the "
         "opponent of the training is never used to report privacy"),
        ("Who shares people", f"{mode}{meaning}"),
        ("Who judges faces", _recogniser(contents)),
    )


def _recogniser(contents: Mapping[str, Any]) -> str:
    judge = contents.get("recogniser") or {}
    if judge.get("rank1") is None:
        return NO_IDENTITIES

    def told(figure: str) -> str:
        ends = interval(lookup(contents, "reference_intervals", "recogniser", figure))
        return f"{number(judge.get(figure))} {ends}".strip()

    return (
        f"the recogniser {judge['name']}, not used in training; on original photographs rank-1 {told('rank1')} "
        f"({of_hundred(judge['rank1'])}; chance {number(contents.get('chance_rank1'))}), mean similarity to the same "
        f"person {told('same_person')}, to other people {told('other_people')}"
    )


def overlap_tables(contents: Mapping[str, Any]) -> tuple[Table, ...]:
    """Counts of each set, and people shared by each pair of sets."""
    data = contents["data"]
    first, several = contents["runs"][0], len(contents["runs"]) > 1
    run = f" Of seed {first['seed']}, fold {first['fold']}; the other runs draw anew by the same rule."
    of_run = run if several else ""
    sets = [
        (_SETS.get(key, key), str(count), _count(lookup(data, "people", key))) for key, count in data["counts"].items()
    ]
    pairs = [
        (" and ".join(_LETTERS.get(part, part) for part in pair.split("_")), _count(shared))
        for pair, shared in (data.get("shared_people") or {}).items()
    ]
    notes = (f"{DASH} {NO_IDENTITIES}",) if any(row[-1] == DASH for row in (*sets, *pairs)) else ()
    sizes = Table("sets", "Photographs and people of each set", "No photograph is in two sets." + of_run,
                  ("Set", "Photographs", "People"), plain_rows(sets), notes)
    shared_people = Table("overlap", "People shared by each pair of sets", "", ("Sets", "People in both"),
                          plain_rows(pairs), notes)
    return (sizes, shared_people)


def _count(value: int | None) -> str:
    return DASH if value is None else str(value)
