"""The attacker that is solved and not trained: ridge regression from representations to pixels.

It needs no steps, has no luck, and where a representation is nearly linear in the pixels nothing beats it.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from tfprivacy_rep.attacks.attacker import Pairs
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.data.rehearsal import spaced
from tfprivacy_rep.metrics.image_similarity import psnr
from tfprivacy_rep.models.inference import BatchedModel

#: Most pairs that are fitted: images of 64 px and 20,000 pairs take 1 GB.
MOST_PAIRS = 20_000
#: Most directions of Z that are used, those of largest variance.
MOST_DIRECTIONS = 2_000
#: Strengths of the penalty, in units of the mean squared singular value of the standardised Z.
PENALTIES = tuple(10.0**power for power in np.arange(-4.0, 3.5, 0.5))
#: Most validation photographs that choose the penalty.
_CHOOSING = 500


@dataclass(frozen=True)
class LinearDecoder:
    """A fitted linear decoder.

    Attributes:
        decode: representations to images, float32 in [0, 1].
        penalty: chosen on X2's validation part, one of `PENALTIES`.
        parameters: numbers in its matrix and offset.
    """

    decode: BatchedModel
    penalty: float
    parameters: int


def fit_linear_decoder(training: Pairs, validation: Pairs) -> LinearDecoder:
    """Fits `X = Z W + b` on X2's training part with the penalty that gives the best PSNR on X2's validation part.

    Source: A. E. Hoerl, R. W. Kennard, "Ridge regression", 1970, solved for all penalties by one decomposition of Z.

    Args:
        training: pairs, at least one; of more than `MOST_PAIRS` some are used, evenly spaced.
        validation: pairs that choose the penalty.
    """
    chosen = spaced(np.arange(len(training.z)), MOST_PAIRS)
    shape = training.z.shape[1:]
    z = training.z[chosen].reshape(len(chosen), -1).astype(np.float64)
    mean, spread = z.mean(0), z.std(0)
    spread[spread <= 1e-6 * np.abs(z).max(0)] = np.inf  # what varies by its rounding alone tells nothing
    z = (z - mean) / spread
    pixels = as_float(training.images[chosen]).reshape(len(chosen), -1)
    offset = pixels.mean(0, dtype=np.float64).astype(np.float32)
    pixels -= offset
    directions, sizes, projected = _decomposed(z, pixels)
    asked = spaced(np.arange(len(validation.z)), _CHOOSING)
    held = ((validation.z[asked].reshape(len(asked), -1) - mean) / spread) @ directions
    originals = as_float(validation.images[asked])

    def matrix(penalty: float) -> np.ndarray:
        scale = penalty * np.mean(sizes**2) if len(sizes) else 1.0
        return (sizes / (sizes**2 + scale))[:, None] * projected

    def quality(penalty: float) -> float:
        images = (held @ matrix(penalty) + offset).clip(0.0, 1.0).astype(np.float32)
        return float(psnr(images.reshape(originals.shape), originals).mean())

    best = max(PENALTIES, key=quality)
    weights = (directions @ matrix(best)) / spread[:, None]
    model = _as_model(shape, originals.shape[1:], weights, offset - mean @ weights)
    return LinearDecoder(BatchedModel(model), float(best), int(weights.size + offset.size))


def _decomposed(z: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right singular vectors `[D, R]` and values `[R]` of z, and its left ones times the pixels, `[R, P]`."""
    if z.shape[1] <= len(z):  # the smaller of the two products is decomposed
        squares, vectors = np.linalg.eigh(z.T @ z)
    else:
        squares, left = np.linalg.eigh(z @ z.T)
        vectors = z.T @ left / np.sqrt(np.maximum(squares, 1e-300))
    order = np.argsort(squares)[::-1][:MOST_DIRECTIONS]
    order = order[squares[order] > 1e-10 * max(float(squares.max()), 1e-300)]
    sizes, vectors = np.sqrt(squares[order]), vectors[:, order]
    return vectors, sizes, ((z @ vectors) / sizes).T.astype(np.float32) @ pixels  # no float64 copy of all pixels


def _as_model(
    shape: tuple[int, ...], image_shape: tuple[int, ...], weights: np.ndarray, offset: np.ndarray
) -> keras.Model:
    representation = keras.Input(shape, name="representation")
    x = layers.Flatten(name="flatten")(representation)
    x = layers.Dense(len(offset), name="pixels")(x)
    x = keras.ops.clip(layers.Reshape(image_shape, name="images")(x), 0.0, 1.0)
    model = keras.Model(representation, x, name="linear_decoder")
    model.get_layer("pixels").set_weights([weights.astype(np.float32), offset.astype(np.float32)])
    return model
