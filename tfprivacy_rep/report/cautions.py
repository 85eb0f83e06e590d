"""What must be known before the figures of a report are used."""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.report.warned import warned
from tfprivacy_rep.report.wording import capital, counted, encoder_label, listed, lookup

SEEDS_OF_A_CLAIM = 3


def cautions(contents: Mapping[str, Any]) -> tuple[str, ...]:
    """All that applies: scope, collapsed players, unfinished attackers, options against tricks, undefined figures, no
    guarantee.

    Args:
        contents: of results.json.
    """
    texts = (_scope(contents), _skipped(contents), warned(contents), _unfinished(contents), _options(contents),
             _undefined(contents), _guarantee(contents))
    return tuple(text for text in texts if text)


def _scope(contents: Mapping[str, Any]) -> str:
    runs, data = contents["runs"], contents["data"]
    people = data["tested_people"]
    tested = (f"{counted(data['tested_photographs'], 'photograph', 'photographs')} of "
              f"{'people nobody knows' if people is None else counted(people, 'person', 'people')}")
    if len(runs) == 1:
        return (f"One run (seed {runs[0]['seed']}, fold {runs[0]['fold']}), tested on {tested}: there are no "
                "intervals, so no difference here is known to be more than chance.")
    seeds, folds = (len({run[key] for run in runs}) for key in ("seed", "fold"))
    whole = seeds * folds == len(runs)
    scope = "" if whole else f"{len(runs)} runs of "
    text = (f"{scope}{counted(seeds, 'seed', 'seeds')} {'×' if whole else 'and'} {counted(folds, 'fold', 'folds')}, "
            f"tested on {tested}. Intervals are 95 %: {'photographs' if people is None else 'people'} are resampled, "
            "then seeds.")
    if seeds == 1:
        return text + " With one seed they cover that choice only, not the luck of training."
    if seeds < SEEDS_OF_A_CLAIM:
        return text + f" Fewer than {SEEDS_OF_A_CLAIM} seeds are too few for a published claim."
    return text


def _skipped(contents: Mapping[str, Any]) -> str:
    count = contents["data"].get("skipped_images", 0)
    left_out = "photograph was" if count == 1 else "photographs were"
    return f"{count} unreadable {left_out} left out of everything (--on_bad_image=skip)." if count else ""


def _unfinished(contents: Mapping[str, Any]) -> str:
    runs = len(contents["runs"])
    named = []
    for name, encoder in contents["encoders"].items():
        for attack in encoder["attacks"]:
            if not attack["converged"]:
                share = "" if runs == 1 else f" in {runs - attack.get('converged_runs', 0)} of {runs} runs"
                named.append(f"{attack['name']} {encoder_label(name)}{share}")
    if not named:
        return ""
    who = "This attacker was still improving when its budget ended" if len(named) == 1 else \
        "These attackers were still improving when their budget ended"
    return f"{who}: {listed(named)}. With more training they may get back more."


def _options(contents: Mapping[str, Any]) -> str:
    named = []
    for name, encoder in contents["encoders"].items():
        options = [key if value is True else f"{key}={value}" for key, value in (encoder.get("options") or {}).items()]
        if options:
            named.append(f"{listed(options)} {encoder_label(name)}")
    return f"Options that keep the game from being won by a trick were on: {listed(named)}." if named else ""


def _undefined(contents: Mapping[str, Any]) -> str:
    count = max(lookup(encoder, "utility", "undefined") or 0 for encoder in contents["encoders"].values())
    if not count:
        return ""
    verb = "has no defined MCC and is" if count == 1 else "have no defined MCC and are"
    return f"{counted(count, 'attribute', 'attributes')} {verb} left out of the mean."


def _guarantee(contents: Mapping[str, Any]) -> str:
    return (f"{capital(contents['guarantee'])}: these are measurements against the attackers named here; a stronger "
            "one may get back more.")
