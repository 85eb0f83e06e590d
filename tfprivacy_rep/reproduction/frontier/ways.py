"""The ways to protect that a frontier compares, and what their strengths are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

NONE, ANSWER, RATE = "none", "answer", "rate"


@dataclass(frozen=True)
class Way:
    """A way to protect.

    Attributes:
        words: what it is.
        label: of a point, with `{}` where the strength goes.
        falling: whether a smaller strength protects more.
    """

    words: str
    label: str
    falling: bool = False

    def told(self, strength: float | None) -> str:
        """What a point is called."""
        return self.label if strength is None else self.label.format(f"{strength:g}")

    def sorted(self, strengths: Iterable[float]) -> tuple[float, ...]:
        """Strengths from the weakest protection to the strongest, each once."""
        return tuple(sorted(set(strengths), reverse=self.falling))


WAYS: dict[str, Way] = {
    NONE: Way("no protection", "no protection"),
    "lambda1": Way("the paper's lambda1 alone", "lambda1 = {}"),
    "lambda2": Way("the paper's lambda2 alone", "lambda2 = {}"),
    "both": Way("both of the paper's lambdas, times", "both lambdas × {}"),
    RATE: Way("learned noise (rate, bits)", "learned noise at {} bits", falling=True),
    "rate_lambda": Way("learned noise (bits) with both lambdas", "learned noise at {} bits with both lambdas",
                       falling=True),
    "noise": Way("fixed noise (standard deviations)", "fixed noise of {}"),
    "bottleneck": Way("bottleneck (numbers in Z)", "a bottleneck of {} numbers", falling=True),
    ANSWER: Way("the answer itself", "the answer itself"),
}
