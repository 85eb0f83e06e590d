"""Training of a recogniser of drawn faces: to tell its training people apart, and to read off what makes them.

The loss has two parts: the softmax of `scale * cosine` over all training people, and the squared errors of a linear
estimate of each person's traits, which the renderer knows and which show the network early what stays the same on a
person's photographs. In the end, the last layer is multiplied by a linear discriminant analysis of the training people.
What each part is worth: `docs/rendered-recogniser.md`.
"""

from __future__ import annotations

import dataclasses
from typing import Callable

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray
from tqdm import tqdm

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.discriminant import discriminant
from tfprivacy_rep.evaluation.identity_network import IMAGE_SIZE, Architecture, build_identity_network
from tfprivacy_rep.evaluation.picture_changes import changed
from tfprivacy_rep.evaluation.rendered_people import PeoplePhotographs


@dataclasses.dataclass(frozen=True)
class Training:
    """How a recogniser is trained.

    Attributes:
        epochs: passes over the photographs.
        batch_size: photographs a step.
        learning_rate: Adam's, at its peak; it rises over the first tenth of the steps and falls to 0 as a cosine.
        scale: factor of the cosines in the softmax.
        seed: of the weights, the order and the changes of the pictures.
    """

    epochs: int = 6
    batch_size: int = 128
    learning_rate: float = 3e-3
    scale: float = 20.0
    seed: int = 0


def train_recogniser(photographs: PeoplePhotographs, architecture: Architecture, training: Training) -> keras.Model:
    """Trains a network to tell people apart.

    Args:
        photographs: of 64 px, equally many of each person, people numbered from 0 and sorted.
        architecture: of the network.
        training: see there.

    Returns:
        A model from images `[B, 64, 64, 3]` float32 in [0, 1] to `[B, D]` float32 of length 1.

    Raises:
        UserError: if there are fewer photographs than a batch or they are of another size.
    """
    steps = len(photographs.images) // training.batch_size * training.epochs
    if steps < 1 or photographs.images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE, 3):
        raise UserError(
            f"Invalid `photographs`: expected at least {training.batch_size} of {IMAGE_SIZE} px and at least 1 epoch. "
            f"Received: shape {photographs.images.shape}, epochs={training.epochs}. Draw more or lower `batch_size`."
        )
    network = build_identity_network(architecture, training.seed)
    body = keras.Model(network.inputs, network.get_layer("embedding").output)
    step = _compiled_step(body, photographs, training, steps)
    order = np.random.default_rng(training.seed)
    losses: list[float] = []
    with tqdm(total=steps, desc="Training", disable=None) as progress:
        for _ in range(training.epochs):
            rows = order.permutation(len(photographs.images))
            for start in range(0, len(rows) - training.batch_size + 1, training.batch_size):
                batch = rows[start : start + training.batch_size]
                fields = (photographs.images, photographs.people, photographs.traits)
                loss = step(*(tf.constant(field[batch]) for field in fields), tf.constant([training.seed, len(losses)]))
                losses.append(float(loss))
                progress.set_postfix(loss=f"{np.mean(losses[-100:]):.3f}", refresh=False)
                progress.update()
    _discriminate(network, _described(body, photographs.images, training), photographs.people)
    return network


def _compiled_step(
    body: keras.Model, photographs: PeoplePhotographs, training: Training, steps: int
) -> Callable[..., tf.Tensor]:
    """Returns a step of Adam: images `[B, 64, 64, 3]` uint8, people `[B]`, traits `[B, T]`, seed `[2]` to the loss."""
    size, traits = body.output_shape[-1], photographs.traits.shape[1]
    start = keras.random.normal((size, int(photographs.people.max()) + 1), seed=training.seed)
    centres = keras.Variable(start, name="centres")
    estimate = layers.Dense(traits, kernel_initializer=keras.initializers.GlorotUniform(training.seed), name="traits")
    estimate.build((None, size))
    warm = max(1, steps // 10)
    rate = keras.optimizers.schedules.CosineDecay(
        training.learning_rate / warm, steps - warm, warmup_target=training.learning_rate, warmup_steps=warm
    )
    optimizer = keras.optimizers.Adam(rate)
    variables = [*body.trainable_variables, *estimate.trainable_variables, centres]
    optimizer.build(variables)

    @tf.function
    def step(images: tf.Tensor, people: tf.Tensor, truth: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        inputs = changed(tf.cast(images, tf.float32) / 255.0, seed)
        with tf.GradientTape() as tape:
            vectors = _standardised(body(inputs, training=True))
            cosines = tf.math.l2_normalize(vectors, axis=1) @ tf.math.l2_normalize(centres.value, axis=0)
            loss = tf.reduce_mean(cosine_softmax(cosines, people, training.scale))
            loss += tf.reduce_mean(tf.reduce_sum(tf.square(estimate(vectors) - truth), axis=1))
        optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), variables)
        return loss

    return step


def _standardised(vectors: tf.Tensor) -> tf.Tensor:
    """Gives each number the mean 0 and the variance 1 over the batch: a common direction would drown the cosines."""
    mean, variance = tf.nn.moments(vectors, axes=[0])
    return (vectors - mean) * tf.math.rsqrt(variance + 1e-3)


def cosine_softmax(cosines: tf.Tensor, people: tf.Tensor, scale: float) -> tf.Tensor:
    """Computes -log softmax(scale * cosine)[right person].

    Args:
        cosines: `[B, P]` float32 in [-1, 1], with each of the training people.
        people: `[B]` integers in [0, P), the right ones.
        scale: factor of the cosines, positive.

    Returns:
        `[B]` float32.
    """
    return tf.nn.sparse_softmax_cross_entropy_with_logits(people, scale * cosines)


def _described(body: keras.Model, images: NDArray[np.uint8], training: Training) -> NDArray[np.float32]:
    """Returns `[N, D]` float32, the last layer's numbers of pictures that are changed as in training."""

    @tf.function
    def describe(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return body(changed(tf.cast(images, tf.float32) / 255.0, seed), training=False)

    parts = [
        describe(tf.constant(images[start : start + training.batch_size]), tf.constant([training.seed, -1 - start]))
        for start in range(0, len(images), training.batch_size)
    ]
    return np.concatenate([np.asarray(part) for part in parts])


def _discriminate(network: keras.Model, vectors: NDArray[np.float32], people: NDArray[np.int64]) -> None:
    """Multiplies the last layer by the discriminant analysis of what it gives."""
    mean, projection = discriminant(vectors, people)
    last = network.get_layer("embedding")
    kernel, bias = last.get_weights()
    last.set_weights([kernel @ projection, (bias - mean) @ projection])
