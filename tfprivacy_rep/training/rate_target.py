"""Brings the rate of a stochastic encoder to a target by changing what the rate costs."""

from __future__ import annotations

import tensorflow as tf

from tfprivacy_rep.models.release import NATS_PER_BIT

#: The weight that the search starts from, and the range that it stays in. The upper end holds a rate of a nat against a
#: loss of one nat for each attribute; at the lower end the rate is as good as free.
FIRST_WEIGHT, LEAST_WEIGHT, MOST_WEIGHT = 1e-3, 1e-6, 1.0
#: Change of the weight's logarithm in a step, for a rate that is twice the target or more.
GAIN = 0.03
#: A rate within this share of the target has reached it.
TOLERANCE = 0.1


class RateTarget:
    """An integral controller on the logarithm of the rate's weight: it rises while the rate is above the target.

    Make it inside the strategy's scope; its weight is a variable that a checkpoint must hold.

    Args:
        bits: the target, for a photograph.
    """

    def __init__(self, bits: float) -> None:
        self.bits = bits
        self.weight = tf.Variable(FIRST_WEIGHT, trainable=False, dtype=tf.float32, name="rate_weight")

    def follow(self, rate: tf.Tensor) -> None:
        """Changes the weight after a step, in the graph.

        Args:
            rate: of the step's batch in nats, a scalar.
        """
        excess = tf.clip_by_value(rate / (self.bits * NATS_PER_BIT) - 1.0, -1.0, 1.0)
        changed = tf.clip_by_value(self.weight * tf.exp(GAIN * excess), LEAST_WEIGHT, MOST_WEIGHT)
        # A batch that is not finite stops the run; the weight must not be what it is found in.
        self.weight.assign(tf.where(tf.math.is_finite(changed), changed, self.weight))

    def missed(self, bits: float) -> str | None:
        """What to say where training has ended at another rate than the target; None where it has reached it.

        Args:
            bits: mean rate of photographs that were not trained on.
        """
        if abs(bits / self.bits - 1.0) <= TOLERANCE:
            return None
        remedy = "Train longer, or ask for " + ("more bits." if bits > self.bits else "fewer bits.")
        return (f"the rate is {bits:.1f} bits a photograph at the end of training, not the target of {self.bits:g}; "
                f"its weight has come to {float(self.weight.numpy()):.2g}. {remedy}")
