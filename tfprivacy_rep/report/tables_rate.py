"""The table of a stochastic encoder's rate, and what it is a bound on."""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.report.layout import Cell, Row, Table

#: What the figure means and what it does not. `docs/rate.md` has the derivation.
BOUND = (
    "The rate is the divergence of the released distribution from a prior that does not depend on the photograph. Its "
    "mean is at least the information, in bits, that one release holds about its photograph, for fresh photographs of "
    "the tested distribution and frozen weights; several releases of one photograph tell at most that many times as "
    "much. It says nothing about the photographs that the encoder was trained on, about another population, about a "
    "single photograph (the 99th percentile and the maximum are diagnostics), or about several photographs of one "
    "person."
)
_VACUOUS = "vacuous"
_NAMES = {"100": "100", "10000": "10,000", "1000000": "1 million", "8000000000": "8 billion"}


def rate_table(rates: Mapping[str, Mapping[str, Any] | None]) -> Table | None:
    """Rates by encoder; None where no encoder has one.

    Args:
        rates: the part `rate` of each encoder by what the encoder is called.
    """
    known = {name: rate for name, rate in rates.items() if rate is not None}
    if not known:
        return None
    populations = list(next(iter(known.values()))["identification_bound"])
    rows = tuple(Row((Cell(name), *_cells(rate, populations))) for name, rate in known.items())
    heads = [f"Named of {_NAMES.get(people, people)}, at most" for people in populations]
    return Table(
        "rate", "How much a release can tell at most, in bits", BOUND,
        ("Encoder", "Mean", "Upper limit of the mean (95 %)", "99th percentile", "Maximum", "The answers", *heads),
        rows,
        ("Named of N, at most: of N equally likely people no attack on one release names a larger share, by Fano's "
         f"inequality, (R + 1) / log2 N with the upper limit for R; {_VACUOUS} where that is 1 or more.",
         "The answers: entropy of the predicted attributes, all together as they occur among the probes, and at most, "
         "each alone. A release that answers can't tell less than its answers."),
    )


def _cells(rate: Mapping[str, Any], populations: list[str]) -> list[Cell]:
    answers = rate["answer_bits"]
    bits = [rate[name] for name in ("mean_bits", "upper_limit_bits", "p99_bits", "max_bits")]
    bounds = [rate["identification_bound"][people] for people in populations]
    return [
        *[Cell(f"{value:.1f}") for value in bits], Cell(f"{answers['together']:.1f} to {answers['at_most']:.1f}"),
        *[Cell(_VACUOUS if bound is None else f"{bound:.2f}") for bound in bounds],
    ]
