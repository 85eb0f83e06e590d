"""The verdict of an audit in words: the grade first, then the three questions, then what else was found."""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.auditing import asides
from tfprivacy_rep.auditing.cells import NO_IDENTITIES, NOT_MEASURED, NOT_NAMEABLE, nobody_known, told
from tfprivacy_rep.auditing.tables import LEVELS, QUESTIONS, attacker_of, interval_of
from tfprivacy_rep.report.layout import Verdict
from tfprivacy_rep.report.wording import interval, is_missing, lookup, number

_IDENTITY = ("identity_from_z", "identity_from_images")
_MOST_LIKE_WHOLE = 0.2  # of a person: how near 100 times a share must be to a whole number to be called so


def compose(contents: Mapping[str, Any]) -> Verdict:
    """Puts the figures of results.json into words.

    Args:
        contents: of results.json of an audit.
    """
    findings = [(QUESTIONS[asked["question"]], _found(contents, asked)) for asked in contents["verdict"]["questions"]]
    findings += [
        ("What it is good for", asides.utility(contents)), ("Would something simpler do", asides.baselines(contents)),
        ("What else it tells", asides.attributes(contents)), ("Who was in the training", asides.membership(contents)),
    ]
    simpler = asides.winning(contents)
    return Verdict((lead(contents), *simpler), tuple(findings), asides.cautions(contents))


def people_of_hundred(share: float) -> str:
    """Writes a share as a number of people in a hundred, e.g. "75", "2 or 3", "fewer than 1"."""
    hundredfold = 100.0 * share
    nearest = round(hundredfold)
    if hundredfold >= 10.0 or abs(hundredfold - nearest) < _MOST_LIKE_WHOLE:
        return "nobody" if nearest == 0 and hundredfold == 0 else str(nearest) if nearest else "fewer than 1"
    return "fewer than 1" if hundredfold < 1.0 else f"{int(hundredfold)} or {int(hundredfold) + 1}"


def lead(contents: Mapping[str, Any]) -> str:
    """The first paragraph: one sentence by grade, then what it rests on, without jargon."""
    asked = {one["question"]: one for one in contents["verdict"]["questions"]}
    parts = [_opening(contents, asked), *_named(contents, asked), _appearance(asked)]
    return " ".join(part for part in parts if part)


def _opening(contents: Mapping[str, Any], asked: Mapping[str, Mapping[str, Any]]) -> str:
    grade = contents["verdict"]["grade"]
    if grade == "condemned":
        return "This encoder does not hide who people are."
    if contents["encoder"]["constant"]:
        return "This encoder sends the same for every photograph: there is nothing to find in it, and nothing to use."
    if grade == "floor":
        return "None of the attacks tried here learnt more from what this encoder sends than a guess would tell."
    beyond = any(one["level"] == "beyond_answer" for one in asked.values())
    more = "more than the answer alone would tell" if beyond else \
        "more than a guess would tell, but not measurably more than the answer alone"
    return f"This encoder leaks: attackers learn {more}."


def _named(contents: Mapping[str, Any], asked: Mapping[str, Mapping[str, Any]]) -> list[str]:
    if all(asked[name]["level"] == "not_measured" for name in _IDENTITY if name in asked):
        why = "nobody knows who is on these photographs" if nobody_known(contents) else \
            "there are too few photographs of the same people"
        return [f"Whether people can be named was not measured: {why}."]
    said: list[str] = []
    for name, how in zip(_IDENTITY, ("from what is sent, without rebuilding any picture", "from the pictures rebuilt")):
        one = asked.get(name)
        if one is None or one["level"] == "not_measured":
            continue
        compared = [f"guessing names {people_of_hundred(one['blind'])}"] if not is_missing(one["blind"]) else []
        if not is_missing(one["answer"]):
            meaning = "" if said else ", the attributes that the service is asked for,"
            compared.append(f"the answer alone{meaning} names {people_of_hundred(one['answer'])}")
        among = f"among {contents['data']['people']['gallery']:,} known people " if not said else ""
        opening = f"{people_of_hundred(one['value'])} can be named {among}{how}"
        opening = f"Of 100 people photographed, {opening}" if not said else f"Of the same 100, {opening}"
        said.append(opening + (f"; {', and '.join(compared)}" if compared else "") + ".")
    return said


def _appearance(asked: Mapping[str, Mapping[str, Any]]) -> str:
    level = asked.get("appearance", {}).get("level", "not_measured")
    return {
        "beyond_answer": "The pictures rebuilt look more like the photographs than a guess does.",
        "within_answer": "The pictures rebuilt look more like the photographs than a guess does, but no more than "
                         "pictures made from the answer alone.",
        "floor": "The pictures rebuilt look no more like the photographs than a guess does.",
        "not_measured": "",
    }[level]


def _found(contents: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    kind = asked["figure"]
    if asked["level"] == "not_measured" or is_missing(asked["value"]):
        why = NO_IDENTITIES if nobody_known(contents) else NOT_NAMEABLE
        return (why if asked["question"] in _IDENTITY else NOT_MEASURED).lower()
    parts = [_measured(contents, asked), _by_second(contents) if kind == "rank1" else "", _floors(asked)]
    differences = [f"{_signed(asked[key], kind)} against {what}" for key, what in _AGAINST.items()
                   if not is_missing(lookup(asked, key, "value"))]
    compared = f" ({', '.join(differences)})" if differences else ""
    parts.append(f"So an attacker learns {LEVELS[asked['level']]}{compared}.")
    high = lookup(asked, "over_answer", "high")
    if high is not None and high < 0.0:  # the answer is computed from what is sent, so it can't tell more
        parts.append("What is sent can't tell less than the answer that is computed from it: these attackers are weak.")
    return " ".join(part for part in parts if part)


_AGAINST = {"over_blind": "the floor", "over_answer": "the best attack on the answer"}


def _signed(difference: Mapping[str, Any], kind: str) -> str:
    return f"{number(difference['value'], kind, sign=True, unit=True)} {interval(difference, kind)}".strip()


def _measured(contents: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    kind, ends = asked["figure"], interval_of(contents, asked)
    data = contents["data"]
    attacker = attacker_of(contents, kind) if asked["value"] == contents["headline"].get(kind) else None
    by = lookup(contents, "linkage", "strongest") if kind == "linkage_rank1" else lookup(attacker, "name")
    people = "people nobody knows" if nobody_known(contents) else f"{data['tested_people']:,} people"
    tested = lookup(attacker, "tested") or data["tested_photographs"]
    of_whom = f"of {people}" if tested == data["tested_photographs"] else f"of the {data['tested_photographs']:,}"
    behind = f"by {by or 'the best attacker'}, on {tested:,} photographs {of_whom}"
    figure = told(asked["value"], kind, ends)
    if kind == "psnr":
        return f"PSNR {figure}, {behind}; the higher, the more like the photograph."
    return f"{people_of_hundred(asked['value'])} of 100 people photographed (rank-1 {figure}, {behind})."


def _by_second(contents: Mapping[str, Any]) -> str:
    """The same pictures before the second judge, who may name more."""
    value = contents["headline"].get("rank1_second")
    if is_missing(value):
        return ""
    ends = lookup(contents, "intervals", "headline", "rank1_second")
    return (f"The second judge, {contents['recognisers'][1]['name']}, names {people_of_hundred(value)} from the same "
            f"pictures ({told(value, 'rank1', ends)}).")


def _floors(asked: Mapping[str, Any]) -> str:
    kind = asked["figure"]
    blind, answer = (None if is_missing(asked[key]) else number(asked[key], kind, unit=True)
                     for key in ("blind", "answer"))
    if kind == "psnr":
        parts = [f"A blind guess, the average public photograph, gets {blind}"] if blind else []
        parts += [f"{'from' if parts else 'From'} the answer alone it is {answer}"] if answer else []
    else:
        parts = [f"Guessing names {people_of_hundred(asked['blind'])} ({blind})"] if blind else []
        parts += [f"{'the' if parts else 'The'} answer alone names {people_of_hundred(asked['answer'])} ({answer})"
                  ] if answer else []
    return f"{'; '.join(parts)}." if parts else ""
