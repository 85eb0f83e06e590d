"""Figures that show whether the game is still a game, taken at each look; `health_warnings` judges them.

A look is taken after each chunk of steps, on a small sample that stays the same, and its figures go into the row of the
history. The first looks at a player are left out: it starts from random weights.
"""

from __future__ import annotations

from typing import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from tfprivacy_rep.data.images import Images, take
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.models.players import Adversary

History = Sequence[Mapping[str, float]]

#: What the names of all figures of a look begin with.
PREFIX = "health/"
#: First looks at a player, which are left out, and
#: its first steps, likewise, however often one looks at it (`log_every`).
FIRST_LOOKS, FIRST_STEPS = 2, 100
#: Photographs of a look at decoder and discriminator: their pixels give the figures to a few percent.
SAMPLE = 16
#: Photographs with the rarer answer, at least, for an attribute to be judged: a classifier that recognised half of them
#: would miss five by chance in 3 of 100 cases.
LEAST_OF_EACH = 5


class AdversaryLook:
    """Looks at a decoder and, where there is one, its discriminator, on a sample that stays the same.

    The graph is traced at the first look, once.

    Args:
        adversary: the simulated one or a fresh attacker.
        images: float32 `[n, S, S, 3]` in [0, 1].
    """

    def __init__(self, adversary: Adversary, images: np.ndarray) -> None:
        self._adversary, self._images = adversary, tf.constant(images)
        self._graph: Callable[[tf.Tensor], dict[str, tf.Tensor]] | None = None

    def __call__(self, z: np.ndarray) -> dict[str, float]:
        """The figures of a look.

        Args:
            z: representations of the sample, float32 `[n, ...]`.

        Returns:
            `health/decoder_gain`: by how much nearer Dec(Z) is, in mean square error, to its own photograph than to the
            others; 0 where Z makes no difference. `health/decoder_spread`: standard deviation of Dec(Z) over the
            sample, in that of the photographs. With a discriminator `health/discriminator_real`, `..._fake` and
            `..._spread`, mean and standard deviation of D(x), and `..._accuracy`, its share of right answers. Nothing
            where the sample has no two photographs to compare.
        """
        if self._images.shape[0] < 2:
            return {}
        if self._graph is None:
            signature = tf.TensorSpec([self._images.shape[0], *z.shape[1:]], tf.float32)
            self._graph = tf.function(self._figures).get_concrete_function(signature)
        return {PREFIX + name: float(value) for name, value in self._graph(tf.constant(z)).items()}

    def _figures(self, z: tf.Tensor) -> dict[str, tf.Tensor]:
        images, rebuilt = self._images, self._adversary.decoder(z, training=False)
        values = _decoder_figures(images, rebuilt)
        discriminator = self._adversary.discriminator
        if discriminator is not None:
            real, fake = discriminator(images, training=False), discriminator(rebuilt, training=False)
            values |= _discriminator_figures(real, fake)
        return values


def _decoder_figures(images: tf.Tensor, rebuilt: tf.Tensor) -> dict[str, tf.Tensor]:
    count = float(images.shape[0])
    (mean_x, variance_x), (mean_r, variance_r) = (tf.nn.moments(x, axes=[0]) for x in (images, rebuilt))
    own = tf.reduce_mean(tf.math.squared_difference(rebuilt, images))
    # The mean over all pairs follows from the moments; what is left without the own ones is that of the others.
    pairs = tf.reduce_mean(variance_x + variance_r + tf.math.squared_difference(mean_x, mean_r))
    others = (count * pairs - own) / (count - 1.0)
    spread_x, spread_r = tf.reduce_mean(tf.sqrt(variance_x)), tf.reduce_mean(tf.sqrt(variance_r))
    return {
        "decoder_gain": 1.0 - tf.math.divide_no_nan(own, others),
        "decoder_spread": tf.math.divide_no_nan(spread_r, spread_x),
    }


def _discriminator_figures(real: tf.Tensor, fake: tf.Tensor) -> dict[str, tf.Tensor]:
    answers = tf.sigmoid(tf.concat([real, fake], 0))
    right = tf.cast(tf.concat([real > 0.0, fake <= 0.0], 0), tf.float32)
    return {
        "discriminator_real": tf.reduce_mean(tf.sigmoid(real)), "discriminator_fake": tf.reduce_mean(tf.sigmoid(fake)),
        "discriminator_accuracy": tf.reduce_mean(right), "discriminator_spread": tf.math.reduce_std(answers),
    }


def sample_of(count: int, seed: int) -> np.ndarray:
    """Places of the sample among `count` photographs, int64, sorted; the same for equal seeds."""
    return np.sort(np.random.default_rng(seed).choice(count, min(SAMPLE, count), replace=False))


def sampled(images: Images, places: np.ndarray) -> np.ndarray:
    """The photographs at some places, float32 `[n, S, S, 3]` in [0, 1]."""
    return as_float(take(images, places)[:])


def classifier_figures(attributes: Sequence[str], labels: np.ndarray, positive: np.ndarray) -> dict[str, float]:
    """The figures of a look at the classifier.

    Args:
        attributes: names, A of them.
        labels: 0 or 1, `[N, A]`.
        positive: bool `[N, A]`, what is predicted.

    Returns:
        `health/one_class`: number of attributes of which one answer only is predicted although there are at least
        `LEAST_OF_EACH` photographs of each. For each of these `health/one_class/<attribute>`: the share of positive
        predictions, 0 or 1.
    """
    of_each = np.minimum(labels.sum(0), (1 - labels).sum(0))
    share = positive.mean(0)
    found = {
        f"{PREFIX}one_class/{name}": float(value)
        for name, value, rarer in zip(attributes, share, of_each) if rarer >= LEAST_OF_EACH and value in (0.0, 1.0)
    }
    return {PREFIX + "one_class": float(len(found)), **found}


def is_settled(history: History, since: int = 0) -> bool:
    """Whether the newest row is past the first looks and steps of a player that has been trained since a step."""
    return history[-1]["step"] >= since + FIRST_STEPS and sum(row["step"] > since for row in history) > FIRST_LOOKS
