"""What leaves the device where an encoder is stochastic: a sample from a normal distribution, one for each release.

The encoder gives a mean and a scale for each number of Z; what is sent is `Z = mean + scale * noise`. How much it can
tell about the photograph is bounded by its rate, the divergence KL(q(z|x) || r) of the released distribution from a
prior r that does not depend on the photograph (A. Alemi et al., Deep Variational Information Bottleneck, 2017, arXiv
1612.00410).
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tfprivacy_rep.models.initialisation import seeded_initialisers

NATS_PER_BIT = math.log(2.0)
#: Logarithms of learned scales stay within these, beyond which a sample is all mean or all noise; they start at the
#: third, so that the noise does not drown the means of an untrained encoder.
_LEAST, _MOST, _FIRST = -8.0, 2.0, -1.0


@dataclass(frozen=True)
class GaussianRelease:
    """The distribution that Z is drawn from: independent normal numbers, of the parameters that an encoder gives.

    Parameters are `[B, 2, d]` float32: means, then logarithms of the standard deviations.

    Attributes:
        prior_scale: standard deviation of r, which is normal with mean 0 in every number.
    """

    prior_scale: float = 1.0

    def sample(self, parameters: Any, noise: Any) -> Any:
        """Draws Z.

        Args:
            parameters: `[B, 2, d]`, a tensor or an array.
            noise: standard normal numbers `[B, d]`.

        Returns:
            `[B, d]`, a tensor or an array as the parameters are.
        """
        exp = np.exp if isinstance(parameters, np.ndarray) else tf.exp
        return parameters[:, 0] + exp(parameters[:, 1]) * noise

    def drawn(self, parameters: np.ndarray, seed: int, draw: int = 0) -> np.ndarray:
        """Draws Z for a measurement, which must come out the same when it is made again.

        Args:
            parameters: `[B, 2, d]`.
            seed: of the measurement.
            draw: number of the release: the same parameters get other samples for another number.

        Returns:
            `[B, d]` float32.
        """
        noise = np.random.default_rng([seed, draw, zlib.crc32(parameters.tobytes())])
        return self.sample(parameters, noise.standard_normal((len(parameters), parameters.shape[2]), np.float32))

    def fresh_sample(self, parameters: tf.Tensor) -> tf.Tensor:
        """Draws Z with noise that no process and no call has in common with another: for what leaves for good.

        The operation seeds itself in each process, whatever `tf.random.set_seed` says, because both of its seeds are 0.
        TensorFlow's generator is not a cryptographic one. Under op determinism it refuses to run.

        Args:
            parameters: `[B, 2, d]`.
        """
        mean = self.mean(parameters)
        return self.sample(parameters, tf.raw_ops.RandomStandardNormal(
            shape=tf.shape(mean), dtype=mean.dtype, seed=0, seed2=0))

    def mean(self, parameters: Any) -> Any:
        """The mean of Z, `[B, d]`. It is not what is released, and nothing bounds what it tells."""
        return parameters[:, 0]

    def rate(self, parameters: tf.Tensor) -> tf.Tensor:
        """KL(q(z|x) || r) in nats for each example, summed over the numbers, `[B]`, never negative.

        For each number with mean m and standard deviation s, and a prior of standard deviation p, it is
        `log(p / s) + (s^2 + m^2) / (2 p^2) - 1 / 2`.
        """
        log_scale = parameters[:, 1] - math.log(self.prior_scale)
        mean = parameters[:, 0] / self.prior_scale
        return tf.reduce_sum(0.5 * (tf.exp(2.0 * log_scale) + tf.square(mean) - 1.0) - log_scale, -1)


def learned_release(trunk: keras.Model, representation_size: int, seed: int) -> tuple[keras.Model, GaussianRelease]:
    """Gives an encoder a head that learns mean and scale of every number: it pays for information by its rate.

    Args:
        trunk: images to features `[B, F]`.
        representation_size: numbers d in Z.
        seed: of the head's weights.

    Returns:
        A model from images to parameters `[B, 2, d]`, and the release that goes with them, of a standard normal prior.
    """
    initialiser = seeded_initialisers(seed)
    mean = layers.Dense(
        representation_size, kernel_initializer=initialiser(), dtype="float32", name="mean"
    )(trunk.output)
    middle, half = (_LEAST + _MOST) / 2, (_MOST - _LEAST) / 2
    first = keras.initializers.Constant(half * math.atanh((_FIRST - middle) / half))
    free = layers.Dense(
        representation_size, kernel_initializer="zeros", bias_initializer=first, dtype="float32", name="scale"
    )(trunk.output)
    free = layers.Activation("tanh", dtype="float32", name="within")(
        layers.Rescaling(1 / half, dtype="float32", name="shrunk")(free))
    log_scale = layers.Rescaling(half, middle, dtype="float32", name="log_scale")(free)
    return keras.Model(trunk.input, _stacked(mean, log_scale), name="encoder"), GaussianRelease()


def fixed_release(encoder: keras.Model, noise: float) -> tuple[keras.Model, GaussianRelease]:
    """Gives any encoder of vectors normal noise of a fixed scale.

    Means are scaled to a root mean square of 1 for each image, or an encoder could drown the noise by growing. With
    that the rate is the same for every image, d / 2 log(1 + 1 / noise^2) nats: that of r with variance 1 + noise^2.

    Args:
        encoder: images to representations `[B, d]`.
        noise: standard deviation of the noise beside means of root mean square 1, above 0.

    Returns:
        A model from images to parameters `[B, 2, d]`, and the release that goes with them.
    """
    z = encoder.output
    size = math.sqrt(z.shape[-1])
    mean = layers.Rescaling(size, dtype="float32", name="mean")(
        layers.UnitNormalization(dtype="float32", name="unit")(z))
    log_scale = layers.Rescaling(0.0, math.log(noise), dtype="float32", name="log_scale")(mean)
    model = keras.Model(encoder.input, _stacked(mean, log_scale), name="encoder")
    return model, GaussianRelease(math.sqrt(1.0 + noise**2))


def _stacked(mean: keras.KerasTensor, log_scale: keras.KerasTensor) -> keras.KerasTensor:
    """Parameters `[B, 2, d]`. Of named layers: Keras numbers operations through the life of a process, TensorFlow's
    optimisation of graphs sorts by name, and a resumed run must come out equal to the bit."""
    rows = [layers.Reshape((1, part.shape[1]), dtype="float32", name=f"row_of_{name}")(part)
            for name, part in (("means", mean), ("log_scales", log_scale))]
    return layers.Concatenate(axis=1, dtype="float32", name="parameters")(rows)
