"""How terms become objectives: names, weights, and all the minus signs.

Protector, on X1:  minimise  L_u - lambda1 L_p - lambda2 L_perc + beta L_rate.
Adversary, on X2:  minimise  L_p + mu1 L_adv + mu2 L_perc.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

import tensorflow as tf


@dataclass(frozen=True)
class Term:
    """One term of an objective.

    Attributes:
        name: as in the paper, e.g. `"L_p"`; a move computes the value of that name.
        weight: factor, not negative; a variable where it changes during training. A term of weight 0 is not part of the
            objective and is not computed.
        sign: +1 when the player wants it small, -1 when large.
        bound: largest value per example that still counts, or None. Beyond it the gradient is 0.
        compute: how a term of your own is computed: from what the player sees of a batch (`training.moves.View`: the
            batch's fields, `z`, `reconstruction`, the networks) to `[B]` float32. None for the terms of the paper.
            A term of the paper's name with `compute` takes that term's place.
    """

    name: str
    weight: float | tf.Variable
    sign: float = 1.0
    bound: float | None = None
    compute: Callable[[Any], tf.Tensor] | None = None


def protector_terms(
    lambda1: float, lambda2: float, bounds: Mapping[str, float] | None = None, rate_weight: float | tf.Variable = 0.0
) -> tuple[Term, ...]:
    """The protector's objective. The only place with minus signs.

    Args:
        lambda1, lambda2: weights of the negative terms.
        bounds: optional caps, by name of the term.
        rate_weight: beta, the weight of the rate, in nats; a variable where it changes during training.
    """
    bounds = bounds or {}
    terms = (
        Term("L_u", 1.0),
        Term("L_p", lambda1, sign=-1.0, bound=bounds.get("L_p")),
        Term("L_perc", lambda2, sign=-1.0, bound=bounds.get("L_perc")),
        Term("L_rate", rate_weight),
    )
    return tuple(term for term in terms if isinstance(term.weight, tf.Variable) or term.weight > 0)


def decoder_terms(mu1: float, mu2: float) -> tuple[Term, ...]:
    """The decoder's objective, of the simulated adversary and of a fresh attacker alike."""
    terms = (Term("L_p", 1.0), Term("L_adv", mu1), Term("L_perc", mu2))
    return tuple(term for term in terms if term.weight > 0)


def combine(terms: Sequence[Term], values: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """The weighted sum of the terms for each example.

    Args:
        terms: the objective.
        values: for each term's name its value, `[B]` float32.

    Returns:
        `[B]` float32.
    """
    parts = []
    for term in terms:
        value = values[term.name]
        if term.bound is not None:
            value = tf.minimum(value, term.bound)
        parts.append(term.sign * term.weight * value)
    return tf.add_n(parts)
