"""What white-box attacks may add to an image: corrections as they occur among public photographs.

A correction is `G(w)` with `w` as probable as a standard normal draw, so that one penalty, `|w|^2`, suits them all.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import tensorflow as tf

#: Most residuals that components are computed from: their products with one another are the cost.
MOST_RESIDUALS = 2_000
#: Most components.
MOST_COMPONENTS = 600


class Generator(Protocol):
    """Latent numbers to corrections of images."""

    shape: tuple[int, ...]
    """Of the latent numbers of one image."""
    parameters: int
    """Numbers that were learnt from public photographs."""

    def __call__(self, latent: tf.Tensor) -> tf.Tensor:
        """Returns corrections `[B, S, S, C]` of latent numbers `[B, *shape]`, float32, not bounded."""


class SpectralGenerator:
    """Every pixel is free; waves are as large as residuals of their length are on average.

    An image is a sum of the waves of the discrete cosine transform in three colour directions, and the latent numbers
    are their amplitudes in units of the public residuals' root mean square: the prior of a stationary random field.

    Args:
        residuals: float32 `[N, S, S, C]`, what reconstructions of public photographs lack.
    """

    def __init__(self, residuals: np.ndarray) -> None:
        self.shape: tuple[int, ...] = residuals.shape[1:]
        waves = _waves(self.shape[0])
        _, colours = np.linalg.eigh(np.tensordot(residuals, residuals, axes=((0, 1, 2), (0, 1, 2))).astype(np.float64))
        amplitudes = np.einsum("ki,lj,nijc->nklc", waves, waves, residuals, optimize=True) @ colours
        places = np.arange(self.shape[0])
        ring = np.hypot(places[:, None], places[None, :]).round().astype(np.int64).ravel()
        power = np.mean(amplitudes**2, axis=0).reshape(ring.size, -1)
        rings = np.stack([np.bincount(ring, column) / np.bincount(ring) for column in power.T], axis=1)
        self.parameters = rings.size + colours.size
        self._waves, self._colours = tf.constant(waves, tf.float32), tf.constant(colours, tf.float32)
        self._scales = tf.constant(np.sqrt(rings[ring]).reshape(self.shape), tf.float32)

    def __call__(self, latent: tf.Tensor) -> tf.Tensor:
        """See `Generator`."""
        mixed = tf.tensordot(latent * self._scales, self._colours, axes=[[3], [1]])
        return tf.einsum("ki,lj,nklc->nijc", self._waves, self._waves, mixed, optimize="optimal")


class ComponentGenerator:
    """Principal components of public residuals, each scaled by its standard deviation.

    With standard normal latent numbers this is probabilistic principal component analysis without its noise (M. E.
    Tipping, C. M. Bishop, 1999), about the decoder's image in place of a mean.

    Args:
        residuals: float32 `[N, S, S, C]`; of more than `MOST_RESIDUALS` the first are used.
    """

    def __init__(self, residuals: np.ndarray) -> None:
        image_shape = residuals.shape[1:]
        flat = residuals[:MOST_RESIDUALS].reshape(-1, int(np.prod(image_shape)))
        # Eigenvectors of the small matrix of products give those of the covariance of all pixels.
        powers, vectors = np.linalg.eigh((flat @ flat.T).astype(np.float64) / len(flat))
        kept = np.argsort(powers)[::-1][:MOST_COMPONENTS]
        kept = kept[powers[kept] > 1e-7 * max(float(powers.max()), 1e-300)]
        # (flat^T v) / sqrt(N power) is a unit vector, and its standard deviation is sqrt(power).
        components = (vectors[:, kept].T.astype(np.float32) @ flat) / np.sqrt(len(flat))
        self.shape: tuple[int, ...] = (len(kept),)
        self.parameters = components.size
        self._components = tf.constant(components, tf.float32)
        self._image_shape = image_shape

    def __call__(self, latent: tf.Tensor) -> tf.Tensor:
        """See `Generator`."""
        return tf.reshape(latent @ self._components, [-1, *self._image_shape])


def _waves(size: int) -> np.ndarray:
    """The orthonormal discrete cosine transform, float64 `[size, size]`: row k is the wave of k half periods."""
    places, halves = np.arange(size)[None, :], np.arange(size)[:, None]
    waves = np.sqrt(2.0 / size) * np.cos(np.pi * (places + 0.5) * halves / size)
    waves[0] /= np.sqrt(2.0)
    return waves
