"""Signs, weights and caps of the objectives."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfprivacy_rep.objectives.combine import combine, decoder_terms, protector_terms

VALUES = {"L_u": [1.0, 2.0], "L_p": [0.25, 0.5], "L_perc": [0.6, 3.0], "L_adv": [-0.7, -1.4]}


def _values() -> dict[str, tf.Tensor]:
    return {name: tf.constant(value) for name, value in VALUES.items()}


def test_protector_minimises_utility_loss_minus_distances():
    """L_u - 2 L_p - 0.5 L_perc: 1 - 0.5 - 0.3 = 0.2 and 2 - 1 - 1.5 = -0.5."""
    np.testing.assert_allclose(combine(protector_terms(2.0, 0.5), _values()), [0.2, -0.5], rtol=1e-6)


def test_decoder_minimises_the_sum_of_its_losses():
    """L_p + 0.5 L_adv + 2 L_perc: 0.25 - 0.35 + 1.2 = 1.1 and 0.5 - 0.7 + 6 = 5.8."""
    np.testing.assert_allclose(combine(decoder_terms(0.5, 2.0), _values()), [1.1, 5.8], rtol=1e-6)


@pytest.mark.parametrize(
    "terms, names",
    [
        (protector_terms(0.0, 0.0), ["L_u"]),
        (protector_terms(1.0, 0.0), ["L_u", "L_p"]),
        (protector_terms(0.0, 1.0), ["L_u", "L_perc"]),
        (protector_terms(1.0, 1.0), ["L_u", "L_p", "L_perc"]),
        (decoder_terms(0.0, 0.0), ["L_p"]),
        (decoder_terms(1.0, 0.0), ["L_p", "L_adv"]),
        (decoder_terms(0.0, 1.0), ["L_p", "L_perc"]),
        (decoder_terms(1.0, 1.0), ["L_p", "L_adv", "L_perc"]),
    ],
)
def test_terms_of_weight_zero_are_left_out(terms, names):
    assert [term.name for term in terms] == names


def test_combine_asks_for_no_value_but_those_of_its_terms():
    assert combine(protector_terms(0.0, 0.0), {"L_u": tf.constant([3.0])}).numpy().tolist() == [3.0]


def test_a_negative_term_counts_up_to_its_bound_and_has_no_gradient_beyond():
    """Caps L_p 0.4, L_perc 1: row 0 is below both, row 1 above both.

    1 - 2 x 0.25 - 0.5 x 0.6 = 0.2; 2 - 2 x 0.4 - 0.5 x 1 = 0.7. L_u has no cap: 2 > 0.4 counts in full.
    """
    values = _values()
    with tf.GradientTape() as tape:
        for value in values.values():
            tape.watch(value)
        total = combine(protector_terms(2.0, 0.5, {"L_p": 0.4, "L_perc": 1.0}), values)
    np.testing.assert_allclose(total, [0.2, 0.7], rtol=1e-6)
    gradients = tape.gradient(total, {name: values[name] for name in ("L_u", "L_p", "L_perc")})
    assert {name: g.numpy().tolist() for name, g in gradients.items()} == {
        "L_u": [1.0, 1.0], "L_p": [-2.0, 0.0], "L_perc": [-0.5, 0.0],
    }


def test_a_bound_of_one_term_leaves_the_other_alone():
    """Only L_perc is capped, at 1: 2 - 2 x 0.5 - 0.5 x 1 = 0.5 in row 1."""
    np.testing.assert_allclose(combine(protector_terms(2.0, 0.5, {"L_perc": 1.0}), _values()), [0.2, 0.5], rtol=1e-6)
