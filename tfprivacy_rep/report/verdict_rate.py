"""The verdict's words on what one release can tell at most."""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.report.wording import capital, listed, spoken_label

_PEOPLE = {"100": "100 people", "10000": "10,000", "1000000": "a million", "8000000000": "8 billion"}


def rate_words(contents: Mapping[str, Any]) -> str:
    """What the rates of results.json bound, and what they don't; empty where no encoder has one."""
    rates = {name: encoder["rate"] for name, encoder in contents["encoders"].items() if encoder.get("rate")}
    return " ".join([*(_sentence(spoken_label(contents, name), rate) for name, rate in rates.items()), _LIMITS]
                    if rates else [])


_LIMITS = ("This is so for fresh photographs of this kind, on average, and for one release of each; it is no bound for "
           "a single photograph, and none for those that the encoder was trained on.")


def _sentence(label: str, rate: Mapping[str, Any]) -> str:
    bounds = {people: share for people, share in rate["identification_bound"].items() if share is not None}
    if bounds:
        shares = [f"{100 * share:.0f} of 100 among {_PEOPLE.get(people, people)}" for people, share in bounds.items()]
        names = f"so no attack names more than {listed(shares)}, all equally likely"
    else:
        names = "which leaves room to name anybody: as a bound on naming people it is vacuous"
    return (f"{capital(label)}, one release tells at most {rate['upper_limit_bits']:.0f} bits about its photograph "
            f"({rate['confidence']:.0%} limit), {names}.")
