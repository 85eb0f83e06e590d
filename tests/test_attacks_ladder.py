"""The ladder: one factor at a time, seeds that never meet, and shares of photographs with all their variants."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tfprivacy_rep.attacks import ladder
from tfprivacy_rep.attacks.attacker import AttackerSpec, Pairs, build_attacker
from tfprivacy_rep.config import AttackConfig
from tfprivacy_rep.jobs import ATTACKERS

CONFIG = AttackConfig(attack_mu1=0.25, attack_mu2=0.5)


def test_every_attacker_differs_from_the_base_in_one_factor_alone():
    found = ladder.specs(ATTACKERS, CONFIG, seed=0)
    assert set(found) == set(ATTACKERS) - {ladder.LINEAR}
    base = found[ladder.BASE]
    for name, spec in found.items():
        differing = {field.name for field in dataclasses.fields(AttackerSpec)
                     if getattr(spec, field.name) != getattr(base, field.name)} - {"name", "seed"}
        assert len(differing) == (name != ladder.BASE), name


def test_the_losses_have_the_weights_of_the_configuration():
    found = ladder.specs(ATTACKERS, CONFIG, seed=0)
    assert (found["decoder_gan"].mu1, found["decoder_gan"].mu2) == (0.25, 0.0)
    assert (found["decoder_perceptual"].mu1, found["decoder_perceptual"].mu2) == (0.0, 0.5)


def test_no_two_attackers_share_a_seed_whatever_the_run_and_the_repetition():
    seeds = [spec.seed + part for seed in (0, 1) for repeat in (0, 1, 2)
             for spec in ladder.specs(ATTACKERS, CONFIG, seed, repeat).values()
             for part in (0, 1)]  # decoder and discriminator
    assert len(set(seeds)) == len(seeds)


def test_an_attacker_has_the_same_seed_whoever_is_tried_beside_it():
    assert ladder.specs(("decoder", "decoder_gan"), CONFIG, 3)["decoder_gan"] == \
        ladder.specs(ATTACKERS, CONFIG, 3)["decoder_gan"]


@pytest.mark.parametrize("shape", [(12,), (4, 4, 8)])
def test_wider_and_residual_decoders_have_the_parameters_that_their_names_say(shape):
    found = ladder.specs(ATTACKERS, CONFIG, seed=0)

    def decoder(name: str):
        return build_attacker(found[name], shape, 32, (8, 8, 16, 16), 1e-3).decoder

    plain, wide, wider, residual = map(decoder, ("decoder", "decoder_2x", "decoder_4x", "decoder_residual"))
    widest = [max(layer.filters for layer in model.layers if hasattr(layer, "filters"))
              for model in (plain, wide, wider)]
    assert widest == [16, 32, 64]
    assert residual.output_shape == plain.output_shape == (None, 32, 32, 3)
    assert any("add" in layer.name for layer in residual.layers) and not any("add" in one.name for one in plain.layers)
    z = np.random.default_rng(0).standard_normal((2, *shape)).astype(np.float32)
    images = np.asarray(residual(z))
    assert images.min() >= 0 and images.max() <= 1 and not np.array_equal(images[0], images[1])


def test_a_share_of_the_photographs_keeps_all_their_variants():
    # Variant v of photograph p is 10 v + p.
    images = np.arange(3 * 10, dtype=np.uint8).reshape(30, 1, 1, 1).repeat(3, 3)
    z = np.arange(30, dtype=np.float32)[:, None]
    part = Pairs(images, z, (z * 2,), copies=3).share(0.2)
    assert part.originals == 2
    assert part.z[:, 0].tolist() == [0, 9, 10, 19, 20, 29]
    assert part.images[:, 0, 0, 0].tolist() == [0, 9, 10, 19, 20, 29]
    assert part.features is not None and part.features[0][:, 0].tolist() == [0, 18, 20, 38, 40, 58]
