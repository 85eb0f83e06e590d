"""Training of a recogniser of drawn faces: to tell its training people apart by cosines, also on blurred pictures.

The loss is CosFace's (H. Wang et al., 2018): the softmax of `scale * cosine` over all training people, where the cosine
with the right person is first lowered by a margin.
"""

from __future__ import annotations

import dataclasses
from typing import Callable

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from tfprivacy_rep.errors import UserError
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
        margin: what is taken off the cosine with the right person.
        seed: of the weights, the order and the changes of the pictures.
    """

    epochs: int = 12
    batch_size: int = 128
    learning_rate: float = 2e-3
    scale: float = 20.0
    margin: float = 0.2
    seed: int = 0


def train_recogniser(photographs: PeoplePhotographs, architecture: Architecture, training: Training) -> keras.Model:
    """Trains a network to tell people apart.

    Args:
        photographs: `[N, 64, 64, 3]` uint8 and their people, numbered from 0.
        architecture: of the network.
        training: see there.

    Returns:
        A model from images `[B, 64, 64, 3]` float32 in [0, 1] to `[B, D]` float32 of length 1.

    Raises:
        UserError: if there are fewer photographs than a batch or they are of another size.
    """
    steps = len(photographs.images) // training.batch_size * training.epochs
    if not steps or photographs.images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE, 3):
        raise UserError(
            f"Invalid `photographs`: expected at least {training.batch_size} of {IMAGE_SIZE} px and at least 1 epoch. "
            f"Received: shape {photographs.images.shape}, epochs={training.epochs}. Draw more or lower `batch_size`."
        )
    network = build_identity_network(architecture, training.seed)
    step = _compiled_step(network, int(photographs.people.max()) + 1, training, steps)
    order = np.random.default_rng(training.seed)
    losses: list[float] = []
    with tqdm(total=steps, desc="Training", disable=None) as progress:
        for _ in range(training.epochs):
            rows = order.permutation(len(photographs.images))
            for start in range(0, len(rows) - training.batch_size + 1, training.batch_size):
                batch = rows[start : start + training.batch_size]
                loss = step(
                    tf.constant(photographs.images[batch]),
                    tf.constant(photographs.people[batch]),
                    tf.constant([training.seed, len(losses)]),
                )
                losses.append(float(loss))
                progress.set_postfix(loss=f"{np.mean(losses[-100:]):.3f}", refresh=False)
                progress.update()
    return network


def _compiled_step(
    network: keras.Model, people: int, training: Training, steps: int
) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]:
    """Returns the step of Adam: images `[B, 64, 64, 3]` uint8, people `[B]`, a seed `[2]` to the loss."""
    start = keras.random.normal((network.output_shape[-1], people), seed=training.seed)
    centres = keras.Variable(start, name="centres")
    warm = max(1, steps // 10)
    rate = keras.optimizers.schedules.CosineDecay(
        training.learning_rate / warm, steps - warm, warmup_target=training.learning_rate, warmup_steps=warm
    )
    optimizer = keras.optimizers.Adam(rate)
    variables = [*network.trainable_variables, centres]
    optimizer.build(variables)

    @tf.function
    def step(images: tf.Tensor, people: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        inputs = changed(tf.cast(images, tf.float32) / 255.0, seed)
        with tf.GradientTape() as tape:
            cosines = network(inputs, training=True) @ tf.math.l2_normalize(centres.value, axis=0)
            loss = tf.reduce_mean(cosface(cosines, people, training.scale, training.margin))
        optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)
        return loss

    return step


def cosface(cosines: tf.Tensor, people: tf.Tensor, scale: float, margin: float) -> tf.Tensor:
    """Computes -log softmax(scale * (cosine - margin of the right person))[right person].

    Args:
        cosines: `[B, P]` float32 in [-1, 1], with each of the training people.
        people: `[B]` integers in [0, P), the right ones.
        scale: factor of the cosines, positive.
        margin: what is taken off the right person's, in [0, 1).

    Returns:
        `[B]` float32.
    """
    right = tf.one_hot(people, tf.shape(cosines)[1], dtype=cosines.dtype)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(people, scale * (cosines - margin * right))
