"""Who pulls which way: after one small move of a player, its term has changed in the direction the paper says.

Distances and cross-entropies are written out in NumPy here, so that a wrong sign in `objectives` can't excuse itself.
"""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tiny_game as tiny

from tfprivacy_rep.models.players import Adversary
from tfprivacy_rep.objectives.combine import Term, decoder_terms, protector_terms
from tfprivacy_rep.training.moves import decoder_move, protector_move

STEP = 1e-4


def _batch(fields: dict) -> dict[str, tf.Tensor]:
    return next(tiny.batches_of(fields))


def _distance(name: str, reconstruction: tf.Tensor, images: tf.Tensor) -> float:
    g = tiny.perceptual()
    pairs = [(1.0, reconstruction, images)] if name == "L_p" else list(zip(g.scales, g(reconstruction), g(images)))
    return float(np.mean([s * np.mean((np.asarray(a, float) - np.asarray(b, float)) ** 2) for s, a, b in pairs]))


def _only(name: str, terms: tuple[Term, ...]) -> tuple[Term, ...]:
    return tuple(term for term in terms if term.name == name)


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize("name", ["L_p", "L_perc"])
def test_a_protector_move_raises_the_distance_through_the_fixed_decoder(name):
    protector, adversary, batch = tiny.protector(learning_rate=STEP), tiny.adversary(), _batch(tiny.private_fields())

    def distance() -> float:
        return _distance(name, adversary.decoder(protector.encoder(batch["images"])), batch["images"])

    before = distance()
    protector_move(protector, adversary, tiny.perceptual(), _only(name, protector_terms(1.0, 1.0)), batch, tiny.BATCH)
    assert distance() > before


def test_a_protector_move_lowers_the_utility_loss():
    protector, batch = tiny.protector(learning_rate=STEP), _batch(tiny.private_fields())

    def loss() -> float:
        p = 1.0 / (1.0 + np.exp(-np.asarray(protector.classifier(protector.encoder(batch["images"])), float)))
        labels = batch["labels"].numpy()
        return -np.mean(labels * np.log(p) + (1 - labels) * np.log(1 - p))

    before = loss()
    protector_move(protector, None, None, protector_terms(0.0, 0.0), batch, tiny.BATCH)
    assert loss() < before


def _attack(adversary: Adversary, terms: tuple[Term, ...], gan_loss: str = "saturating") -> tuple[tf.Tensor, tf.Tensor]:
    """One move of the adversary; returns the photographs and their representations."""
    batch = _batch(tiny.public_fields())
    z = tiny.protector().encoder(batch["images"])
    decoder_move(adversary, tiny.perceptual(), terms, gan_loss, batch, z, tiny.BATCH)
    return batch["images"], z


@pytest.mark.parametrize("name", ["L_p", "L_perc"])
def test_a_decoder_move_lowers_the_distance(name):
    adversary, untouched = tiny.adversary(learning_rate=STEP), tiny.adversary()
    images, z = _attack(adversary, _only(name, decoder_terms(1.0, 1.0)))
    assert _distance(name, adversary.decoder(z), images) < _distance(name, untouched.decoder(z), images)


@pytest.mark.parametrize("gan_loss", ["saturating", "non_saturating"])
def test_a_decoder_move_makes_the_fixed_discriminator_take_its_images_for_photographs(gan_loss):
    """`untouched` has the weights of before the move, discriminator included."""
    adversary, untouched = tiny.adversary(learning_rate=STEP), tiny.adversary()
    _, z = _attack(adversary, _only("L_adv", decoder_terms(1.0, 1.0)), gan_loss)
    judge = untouched.discriminator
    assert np.mean(judge(adversary.decoder(z))) > np.mean(judge(untouched.decoder(z)))


def test_a_discriminator_move_lowers_its_loss_on_the_reconstructions_it_saw():
    adversary, untouched = tiny.adversary(learning_rate=STEP), tiny.adversary()
    images, z = _attack(adversary, decoder_terms(1.0, 1.0))
    reconstruction = untouched.decoder(z)

    def loss(judge) -> float:
        real, fake = (1.0 / (1.0 + np.exp(-np.asarray(judge(x), float))) for x in (images, reconstruction))
        return -np.mean(np.log(real) + np.log(1.0 - fake))

    assert loss(adversary.discriminator) < loss(untouched.discriminator)
