"""The threat model of an audit: what the attacker sees and has, and who is in which set."""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.auditing.cells import NO_IDENTITIES, nobody_known
from tfprivacy_rep.report import threat
from tfprivacy_rep.report.layout import Table
from tfprivacy_rep.report.wording import listed, lookup

_TRAINED = {
    True: "yes: what the service tells of people in X1, and whom Z names, may partly be memory",
    False: "no: X1 only fits the head that stands in for the service", None: "unknown",
}


def threat_model(contents: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Pairs of a term and its description."""
    shared = dict(threat.threat_model(_as_run(contents)))
    encoder, white = contents["encoder"], contents["encoder"]["access"] == "white box"
    sees = ("the representation Z of each probe, and as many answers of the frozen encoder to its own photographs as "
            "it likes")
    sees += ("; the white-box attacks know the encoder's weights too" if white else
             " (black box); not the encoder's weights")
    shape = " × ".join(str(side) for side in encoder["representation_shape"])
    return (
        ("What the attacker sees", f"{sees}; never the private photographs"),
        ("What is sent", f"{shape} numbers for each photograph"
         + (", drawn anew each time" if encoder["stochastic"] else "")),
        ("What the attacker has", shared["What the attacker has"]), ("What names people", shared["What names people"]),
        ("What the attacker is", "a fresh one each time, trained after the encoder was frozen; the best of "
         f"{sum(bool(one.get('validation')) for one in contents['attackers'])} is reported, chosen without the "
         "probes"),
        ("Was the encoder trained on X1", _TRAINED[encoder["trained_on_x1"]]),
        ("Who shares people", shared["Who shares people"]), ("Tested", _tested(contents)),
        ("Who judges faces", _judges(contents, shared["Who judges faces"])),
    )


def overlap_tables(contents: Mapping[str, Any]) -> tuple[Table, ...]:
    """Counts of each set, and people shared by each pair of sets; without people only the counts."""
    return tuple(table for table in threat.overlap_tables(_as_run(contents)) if table.rows)


def _as_run(contents: Mapping[str, Any]) -> dict[str, Any]:
    """What the report of a training needs to know for the same words."""
    judges = contents["recognisers"]
    return {
        "data": contents["data"], "runs": [{"seed": contents["encoder"]["seed"], "fold": contents["encoder"]["fold"]}],
        "chance_rank1": contents["chance_rank1"], "recogniser": judges[0] if judges else {},
        "reference_intervals": {"recogniser": lookup(contents, "intervals", "recognisers", 0)},
    }


def _tested(contents: Mapping[str, Any]) -> str:
    data = contents["data"]
    people = "of people nobody knows" if nobody_known(contents) else f"of {data['tested_people']:,} people"
    return f"{data['tested_photographs']:,} photographs {people}"


def _judges(contents: Mapping[str, Any], main: str) -> str:
    if not contents["recognisers"]:
        return NO_IDENTITIES.lower().rstrip(".") if nobody_known(contents) else "nobody: not measured"
    others = [judge["name"] for judge in contents["recognisers"][1:]]
    return f"{main}; beside it {listed(others)}" if others else f"{main}; no second recogniser"
