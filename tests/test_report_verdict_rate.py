"""What the verdict says of rates: the figures that are given, the people that they bound, and what they don't."""

from __future__ import annotations

from typing import Any

from tfprivacy_rep.evaluation.rate import POPULATIONS, identification_bound
from tfprivacy_rep.report.verdict_rate import rate_words


def _contents(bits: float | None) -> dict[str, Any]:
    bound = {str(people): identification_bound(bits, people) for people in POPULATIONS} if bits is not None else {}
    rate = None if bits is None else {"upper_limit_bits": bits, "confidence": 0.95, "identification_bound": bound}
    return {"encoders": {"unprotected": {}, "rate": {"rate": rate}}}


def test_a_bound_is_told_for_the_numbers_of_people_that_it_bounds():
    """(4 + 1) / log2: of 100 75 %, of ten thousand 38 %, of a million 25 %, of 8 billion 15 %."""
    said = rate_words(_contents(4.0))
    assert "one release tells at most 4 bits about its photograph (95% limit)" in said
    assert ("no attack names more than 75 of 100 among 100 people, 38 of 100 among 10,000, 25 of 100 among a million "
            "and 15 of 100 among 8 billion, all equally likely") in said
    assert "no bound for a single photograph" in said and "vacuous" not in said


def test_a_bound_that_bounds_nobody_is_called_vacuous_and_partly_so_where_it_bounds_some():
    said = rate_words(_contents(42.0))
    assert "at most 42 bits" in said and "vacuous" in said and "no attack" not in said
    partly = rate_words(_contents(15.0))
    assert "no attack names more than 80 of 100 among a million and 49 of 100 among 8 billion" in partly


def test_without_a_rate_nothing_is_said():
    assert rate_words(_contents(None)) == ""
