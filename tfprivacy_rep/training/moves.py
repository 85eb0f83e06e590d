"""One move of each player on one batch: forward, gradient, update.

A move computes only the terms of its objective and only the gradients of its own player: everything else is held fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Callable, Mapping, Sequence

import keras
import tensorflow as tf

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.perceptual import PerceptualNetwork
from tfprivacy_rep.models.players import Adversary, Protector
from tfprivacy_rep.models.release import GaussianRelease
from tfprivacy_rep.objectives.adversarial import decoder_gan_loss, discriminator_loss
from tfprivacy_rep.objectives.combine import Term, combine
from tfprivacy_rep.objectives.reconstruction import perceptual_distance, pixel_distance
from tfprivacy_rep.objectives.reduction import share_of_mean
from tfprivacy_rep.objectives.task import attribute_loss

Batch = Mapping[str, tf.Tensor]


@dataclass
class View:
    """What a player sees of one batch; each part is computed when a term first asks for it, and once.

    Attributes:
        batch: `images` `[b, S, S, 3]` float32 in [0, 1]; for the protector `labels` `[b, A]`; where g(X) is cached,
            `features`.
        z: representations `[b, ...]`.
        decoder: Dec.
        perceptual: g, needed for `L_perc` only.
        classifier: f, needed for `L_u` only.
        discriminator: D, needed for `L_adv` only.
        gan_loss: kind of the GAN term.
        decoder_learns: whether the decoder is the one that moves; otherwise it is fixed, statistics of its batches
            included.
        parameters: of the distribution that Z was drawn from, `[b, 2, d]`, and the release that they belong to, needed
            for `L_rate` only.
        draws: several draws of Z, `[b, K, d]`, that `L_u` is averaged over; None: of `z` alone.
    """

    batch: Batch
    z: tf.Tensor
    decoder: keras.Model | None = None
    perceptual: PerceptualNetwork | None = None
    classifier: keras.Model | None = None
    discriminator: keras.Model | None = None
    gan_loss: str = "saturating"
    decoder_learns: bool = False
    parameters: tf.Tensor | None = None
    release: GaussianRelease | None = None
    draws: tf.Tensor | None = None

    @cached_property
    def reconstruction(self) -> tf.Tensor:
        """Dec(Z), `[b, S, S, 3]` in [0, 1]."""
        assert self.decoder is not None
        return self.decoder(self.z, training=self.decoder_learns)

    @cached_property
    def target_features(self) -> Sequence[tf.Tensor]:
        """g(X), from the batch where it was cached."""
        assert self.perceptual is not None
        return self.batch["features"] if "features" in self.batch else self.perceptual(self.batch["images"])

    def value(self, name: str) -> tf.Tensor:
        """The value of one of the paper's terms per example, `[b]`."""
        return _TERMS[name](self)

    def values(self, terms: Sequence[Term]) -> dict[str, tf.Tensor]:
        """The value of every term of an objective per example, `[b]`, by name.

        Raises:
            UserError: as of `require_computable`, or if a term is not computed for each example.
        """
        require_computable(terms)
        return {
            term.name: self.value(term.name) if term.compute is None else _own(term, term.compute, self)
            for term in terms
        }


def require_computable(terms: Sequence[Term]) -> None:
    """Checks that each term has a name of its own and is one of the paper's or comes with its function.

    Raises:
        UserError: if not.
    """
    for place, term in enumerate(terms):
        if term.compute is None and term.name not in _TERMS:
            raise UserError(
                f"Invalid term: expected one of {', '.join(_TERMS)}, or a function that computes it. "
                f"Received: {term.name}. Write Term({term.name!r}, weight, compute=function)."
            )
        if term.name in [other.name for other in terms[:place]]:
            raise UserError(
                f"Invalid terms: expected a name of its own for each. Received: {term.name} twice. Rename one."
            )


def _own(term: Term, compute: Callable[[View], tf.Tensor], view: View) -> tf.Tensor:
    value = tf.convert_to_tensor(compute(view))
    if value.shape.rank != 1 or value.dtype != view.z.dtype:
        raise UserError(
            f"Invalid term {term.name}: expected one value for each example, [B] {view.z.dtype.name}. "
            f"Received: {value.shape} {value.dtype.name}. Take the mean over all axes but the first."
        )
    return value


def _utility(view: View) -> tf.Tensor:
    assert view.classifier is not None
    labels = view.batch["labels"]
    if view.draws is None:
        return attribute_loss(view.classifier(view.z, training=True), labels)
    count, numbers = view.draws.shape[1:]
    logits = view.classifier(tf.reshape(view.draws, [-1, numbers]), training=True)
    return tf.reduce_mean(tf.reshape(attribute_loss(logits, tf.repeat(labels, count, axis=0)), [-1, count]), axis=-1)


def _pixels(view: View) -> tf.Tensor:
    return pixel_distance(view.reconstruction, view.batch["images"])


def _perceptual(view: View) -> tf.Tensor:
    assert view.perceptual is not None
    reconstructed = view.perceptual(view.reconstruction)
    return perceptual_distance(reconstructed, view.target_features, view.perceptual.scales)


def _adversarial(view: View) -> tf.Tensor:
    assert view.discriminator is not None
    return decoder_gan_loss(view.discriminator(view.reconstruction, training=True), view.gan_loss)


def _rate(view: View) -> tf.Tensor:
    assert view.release is not None
    return view.release.rate(view.parameters)


_TERMS = {"L_u": _utility, "L_p": _pixels, "L_perc": _perceptual, "L_adv": _adversarial, "L_rate": _rate}


def _scalars(values: Mapping[str, tf.Tensor], global_batch: int) -> dict[str, tf.Tensor]:
    return {name: share_of_mean(value, global_batch) for name, value in values.items()}


def _move(
    optimizer: keras.optimizers.Optimizer, variables: list, objective: Callable[..., tuple[tf.Tensor, Any]],
    inputs: tuple, xla: bool,
) -> Any:
    """Changes variables by the gradient of an objective.

    Args:
        optimizer: built for the variables.
        variables: Keras's.
        objective: from the inputs to a loss, a scalar, and whatever else it has to give.
        inputs: tensors, in any nest.
        xla: whether XLA compiles objective and gradient as one.

    Returns:
        What else the objective gave.
    """

    def forward_and_back(*inputs: Any) -> tuple[list[tf.Tensor], Any]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            for variable in variables:
                tape.watch(variable.value)
            loss, rest = objective(*inputs)
            loss = optimizer.scale_loss(loss)
        return tape.gradient(loss, [v.value for v in variables]), rest

    compute = tf.function(forward_and_back, jit_compile=True, autograph=False) if xla else forward_and_back
    gradients, rest = compute(*inputs)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        gradients = _finite_on_all(gradients)
    optimizer.apply(gradients, variables)
    return rest


def _finite_on_all(gradients: list[tf.Tensor]) -> list[tf.Tensor]:
    """Makes the gradients of all replicas infinite if those of one are: Keras asks the first replica alone."""
    replica = tf.distribute.get_replica_context()
    if replica.num_replicas_in_sync == 1:
        return gradients
    largest = tf.reduce_max([tf.reduce_max(tf.abs(gradient)) for gradient in gradients])
    bad = tf.cast(~tf.math.is_finite(largest), tf.float32)
    surplus = tf.where(replica.all_reduce("SUM", bad) > 0, float("inf"), 0.0)
    return [gradient + surplus for gradient in gradients]


def protector_move(
    protector: Protector,
    adversary: Adversary | None,
    perceptual: PerceptualNetwork | None,
    terms: Sequence[Term],
    batch: Batch,
    global_batch: int,
    xla: bool = False,
) -> dict[str, tf.Tensor]:
    """Moves encoder and classifier on private data; the decoder is fixed.

    Args:
        protector: the player that moves.
        adversary: whose decoder the negative terms look through; None when the objective has none.
        perceptual: g, or None.
        terms: `objectives.combine.protector_terms`, and any of your own.
        batch: `images`, `labels`, maybe `features` of this replica, and `noise` for an encoder with a release.
        global_batch: examples of all replicas.
        xla: whether XLA compiles what is computed up to the gradients.

    Returns:
        For each term its share of the mean over the global batch, a scalar.
    """

    def objective(batch: Batch) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        given, z = protector.represent(batch, training=True)
        view = View(
            batch, z, adversary.decoder if adversary else None, perceptual, protector.classifier, parameters=given,
            release=protector.release, draws=protector.drawn(given, batch),
        )
        values = view.values(terms)
        return share_of_mean(combine(terms, values), global_batch), values

    values = _move(protector.optimizer, protector.variables, objective, (batch,), xla)
    return _scalars(values, global_batch)


def decoder_move(
    adversary: Adversary,
    perceptual: PerceptualNetwork | None,
    terms: Sequence[Term],
    gan_loss: str,
    batch: Batch,
    z: tf.Tensor,
    global_batch: int,
    xla: bool = False,
) -> dict[str, tf.Tensor]:
    """Moves the decoder, and the discriminator if there is one, on public data; Z is given.

    One reconstruction serves both: the decoder learns first, then the discriminator learns from the same images.

    Args:
        adversary: the player that moves: the simulated one or a fresh attacker.
        perceptual: g, or None.
        terms: `objectives.combine.decoder_terms`, and any of your own.
        gan_loss: kind of the decoder's GAN term.
        batch: `images` and maybe `features` of this replica.
        z: representations of the batch, `[b, ...]`.
        global_batch: examples of all replicas.
        xla: whether XLA compiles what is computed up to the gradients.

    Returns:
        For each term, and for `L_d` of the discriminator, its share of the mean over the global batch.
    """
    learns = adversary.discriminator is not None

    def objective(batch: Batch, z: tf.Tensor) -> tuple[tf.Tensor, Any]:
        view = View(batch, z, adversary.decoder, perceptual, None, adversary.discriminator, gan_loss, True)
        values = view.values(terms)
        return share_of_mean(combine(terms, values), global_batch), (values, view.reconstruction if learns else None)

    values, reconstruction = _move(
        adversary.decoder_optimizer, adversary.decoder.trainable_variables, objective, (batch, z), xla
    )
    if learns:
        values["L_d"] = _discriminator_move(adversary, batch["images"], reconstruction, global_batch, xla)
    return _scalars(values, global_batch)


def _discriminator_move(
    adversary: Adversary, images: tf.Tensor, reconstruction: tf.Tensor, global_batch: int, xla: bool
) -> tf.Tensor:
    discriminator, optimizer = adversary.discriminator, adversary.discriminator_optimizer
    assert discriminator is not None and optimizer is not None

    def objective(images: tf.Tensor, reconstruction: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        real = discriminator(images, training=True)
        fake = discriminator(reconstruction, training=True)
        per_example = discriminator_loss(real, fake)
        return share_of_mean(per_example, global_batch), per_example

    return _move(optimizer, discriminator.trainable_variables, objective, (images, reconstruction), xla)
