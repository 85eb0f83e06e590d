"""White-box attacks: gradients of the encoder say how an image must change for its Z to become the given one.

Both start from the best decoder's image x0 and look for a correction `x = x0 + G(w)` that minimises

    |S (Enc(x) - Z)|^2 + prior |w|^2 + tv TV(x)

where S whitens the errors `Enc(x0) - Z` of public photographs. They differ in G (`attacks.generator`): every pixel is
free, or only what a generator fitted on public photographs can draw. The total variation is that of A. Mahendran and
A. Vedaldi, "Understanding deep image representations by inverting them", CVPR 2015; the strengths are chosen by PSNR on
X2's validation part, for a Z that is matched too closely brings noise with it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from tfprivacy_rep.attacks.generator import ComponentGenerator, Generator, SpectralGenerator
from tfprivacy_rep.data.images import Images
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.data.rehearsal import spaced
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.metrics.image_similarity import psnr
from tfprivacy_rep.models.inference import BatchedModel

#: Most public photographs that corrections are learnt from, and most that choose the strengths.
MOST_PUBLIC, MOST_VALIDATION = 2_000, 64
#: Steps after which an attack is looked at.
LOOKS = (5, 10, 15, 20, 30, 40)
#: Weights of the prior that are tried.
PRIORS = (0.1, 0.5)
#: Weights of the total variation that are tried, where every pixel is free.
VARIATIONS = (0.0, 0.05)
#: Shares of the correction that are tried.
SHARES = (0.0, 0.5, 0.75, 1.0)
_STEP, _MOMENTUM, _DECAY = 0.05, 0.9, 0.99
_BATCH = 40
#: What is added to the power of the errors in every direction, in units of its mean: few photographs, or a decoder that
#: is exact on them, say little of the smallest.
_FLOOR = 0.1
#: Numbers in Z up to which their errors are whitened together, and not each alone.
_WHITENED = 2_000


@dataclass(frozen=True)
class WhiteBox:
    """What an attacker has who knows the encoder.

    Attributes:
        encoder: images `[B, S, S, 3]` in [0, 1] to Z, frozen; gradients pass through it.
        decode: the best decoder: Z to images, float32 in [0, 1].
        public_images: X2's training part, uint8 `[N, S, S, 3]`.
        public_z: their representations, `[N, ...]`.
        validation_images: X2's validation part; `MOST_VALIDATION` of it are used.
        validation_z: their representations.
        seed: of everything random.
    """

    encoder: keras.Model
    decode: Callable[[np.ndarray], np.ndarray]
    public_images: Images
    public_z: np.ndarray
    validation_images: Images
    validation_z: np.ndarray
    seed: int


@dataclass(frozen=True)
class Inverted:
    """What a white-box attack found.

    Attributes:
        images: float32 `[N, S, S, 3]` in [0, 1].
        strength: what X2's validation part chose: `prior` and `total_variation`, weights; `share` of the correction
            that is kept, 0 where no correction helped.
        steps: taken for each image, chosen likewise.
        parameters: numbers of the generator that were learnt from public photographs.
        validation_psnr: mean over X2's validation part with these strengths.
        history: `step` and `validation_loss`, the mean square error on X2's validation part.
    """

    images: np.ndarray
    strength: dict[str, float]
    steps: int
    parameters: int
    validation_psnr: float
    history: list[dict[str, float]]


def invert_images(setup: WhiteBox, z: np.ndarray) -> Inverted:
    """Optimises every pixel of an image until the encoder gives its Z.

    Args:
        setup: encoder, decoder and public photographs.
        z: `[N, ...]`, representations to invert.

    Raises:
        UserError: if no gradient passes through the encoder.
    """
    return _invert(setup, z, SpectralGenerator, VARIATIONS)


def invert_latents(setup: WhiteBox, z: np.ndarray) -> Inverted:
    """Optimises in the latent space of a generator of corrections that was fitted on X2's training part.

    Arguments, result and errors are those of `invert_images`.
    """
    return _invert(setup, z, ComponentGenerator, (0.0,))


def _invert(
    setup: WhiteBox, z: np.ndarray, build: Callable[[np.ndarray], Generator], variations: Sequence[float]
) -> Inverted:
    _require_gradients(setup.encoder, setup.validation_images.shape[1:])
    asked = spaced(np.arange(len(setup.validation_z)), MOST_VALIDATION)
    held, held_z = as_float(setup.validation_images[asked]), setup.validation_z[asked]
    residuals, errors = _public(setup)
    generator = build(residuals)
    search = _Search(setup.encoder, generator, _whitening(errors))
    start = setup.decode(held_z)
    tried = {}
    for prior, variation in itertools.product(PRIORS, variations):
        for steps, images in search.path(start, held_z, prior, variation, LOOKS):
            for share in SHARES:
                tried[prior, variation, share, steps] = _kept(start, images, share)
    best = max(tried, key=lambda key: float(psnr(tried[key], held).mean()))
    prior, variation, share, steps = best
    begun = setup.decode(z)
    ((_, images),) = search.path(begun, z, prior, variation, [steps])
    losses = {0: start} | {step: tried[prior, variation, share, step] for step in LOOKS}
    return Inverted(
        _kept(begun, images, share),
        {"prior": prior, "total_variation": variation, "share": share},
        steps,
        generator.parameters,
        float(psnr(tried[best], held).mean()),
        [{"step": step, "validation_loss": float(np.mean((x - held) ** 2))} for step, x in losses.items()],
    )


def _kept(start: np.ndarray, images: np.ndarray, share: float) -> np.ndarray:
    return start + np.float32(share) * (images - start)


def _public(setup: WhiteBox) -> tuple[np.ndarray, np.ndarray]:
    """What the decoder's images of public photographs lack, and by how much the encoder's answer to them is wrong."""
    chosen = spaced(np.arange(len(setup.public_z)), MOST_PUBLIC)
    rebuilt = setup.decode(setup.public_z[chosen])
    answers = BatchedModel(setup.encoder)(rebuilt)
    return as_float(setup.public_images[chosen]) - rebuilt, answers - setup.public_z[chosen]


def _whitening(errors: np.ndarray) -> np.ndarray:
    """S, so that `errors @ S` has unit covariance; of very many numbers only each one's scale is looked at.

    Args:
        errors: `[N, ...]`.

    Returns:
        float32 `[d, d]`, or `[d]` where only scales are.
    """
    flat = errors.reshape(len(errors), -1).astype(np.float64)
    if flat.shape[1] > _WHITENED:
        powers, vectors = np.mean(flat**2, axis=0), np.ones(flat.shape[1])
    else:
        powers, vectors = np.linalg.eigh(flat.T @ flat / len(flat))
    powers = np.maximum(powers, 0.0)
    return (vectors / np.sqrt(powers + _FLOOR * powers.mean() + 1e-12)).astype(np.float32)


def _require_gradients(encoder: keras.Model, image_shape: Sequence[int]) -> None:
    images = tf.fill([1, *image_shape], 0.5)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(encoder(images, training=False))
    if tape.gradient(total, images) is None:
        raise UserError(
            "Invalid `encoder`: expected a differentiable one, from images to Z, for a white-box attack. Received: "
            f"{encoder.name}, which no gradient passes through. Audit it as a black box."
        )


class _Search:
    """Follows the gradient from given images, batches of one shape, in one graph.

    Steps are along the gradient with momentum, of a length that is alike for every image however steep its objective
    is. Elementwise scaling, as Adam's, would blow up what the encoder hardly sees: the prior is the scale here. Of n
    numbers that Z says something about, standard normal draws lie sqrt(n) from the start: the length grows with it.
    """

    def __init__(self, encoder: keras.Model, generator: Generator, whitening: np.ndarray) -> None:
        self._encoder, self._generator = encoder, generator
        self._whitening = tf.constant(whitening)
        self._axes = list(range(1, 1 + len(generator.shape)))
        self._length = _STEP * np.sqrt(max(1, min(len(whitening), int(np.prod(generator.shape)))))
        self._run = tf.function(self._steps)

    def path(
        self, start: np.ndarray, z: np.ndarray, prior: float, variation: float, looks: Sequence[int]
    ) -> list[tuple[int, np.ndarray]]:
        """Returns the images, `[N, S, S, 3]`, after each of the increasing numbers of steps."""
        found: dict[int, list[np.ndarray]] = {steps: [] for steps in looks}
        for first in range(0, len(z), _BATCH):
            count = len(z[first : first + _BATCH])
            padded = np.minimum(np.arange(first, first + _BATCH), len(z) - 1)
            inputs = [tf.constant(values[padded], tf.float32) for values in (start, z)]
            weights = [tf.constant(weight, tf.float32) for weight in (prior, variation)]
            state = [tf.zeros([_BATCH, *self._generator.shape])] * 2 + [tf.zeros([_BATCH] + [1] * len(self._axes))]
            taken = 0
            for steps in looks:
                state = self._run(*inputs, *weights, *state, tf.constant(taken), tf.constant(steps))
                found[steps].append(self._image(inputs[0], state[0]).numpy()[:count])
                taken = steps
        return [(steps, np.concatenate(parts)) for steps, parts in found.items()]

    def _image(self, start: tf.Tensor, latent: tf.Tensor) -> tf.Tensor:
        return tf.clip_by_value(start + self._generator(latent), 0.0, 1.0)

    def _steps(
        self, start: tf.Tensor, z: tf.Tensor, prior: tf.Tensor, variation: tf.Tensor, latent: tf.Tensor,
        speed: tf.Tensor, power: tf.Tensor, first: tf.Tensor, last: tf.Tensor,
    ) -> list[tf.Tensor]:
        for step in tf.range(first, last):
            with tf.GradientTape() as tape:
                tape.watch(latent)
                loss = self._objective(start, z, prior, variation, latent)
            gradient = tape.gradient(loss, latent)
            gradient = tf.where(tf.math.is_finite(gradient), gradient, 0.0)  # e.g. of a root at 0
            speed = _MOMENTUM * speed + (1.0 - _MOMENTUM) * gradient
            power = _DECAY * power + (1.0 - _DECAY) * tf.reduce_sum(gradient**2, self._axes, keepdims=True)
            count = tf.cast(step + 1, tf.float32)
            length = tf.sqrt(power / (1.0 - _DECAY**count)) * (1.0 - _MOMENTUM**count)
            latent -= self._length * tf.math.divide_no_nan(speed, length)
        return [latent, speed, power]

    def _objective(
        self, start: tf.Tensor, z: tf.Tensor, prior: tf.Tensor, variation: tf.Tensor, latent: tf.Tensor
    ) -> tf.Tensor:
        images = self._image(start, latent)
        error = tf.reshape(self._encoder(images, training=False) - z, [_BATCH, -1])
        error = error @ self._whitening if self._whitening.shape.rank == 2 else error * self._whitening
        return (
            tf.reduce_sum(error**2) + prior * tf.reduce_sum(latent**2)
            + variation * tf.reduce_sum(tf.image.total_variation(images))
        )
