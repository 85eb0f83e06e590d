"""White-box attacks on encoders whose best inversion is known by hand: linear ones, about a constant start."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from keras import layers

from tfprivacy_rep.attacks import inversion
from tfprivacy_rep.attacks.frozen import FrozenEncoder
from tfprivacy_rep.attacks.inversion import Inverted, WhiteBox, invert_images, invert_latents
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.metrics.image_similarity import psnr

SIZE = 32
PIXELS = SIZE * SIZE * 3
ATTACKS = pytest.mark.parametrize("attack", [invert_images, invert_latents])


@pytest.fixture
def quick(monkeypatch):
    """An attack that does not get far."""
    monkeypatch.setattr(inversion, "LOOKS", (3, 8))
    monkeypatch.setattr(inversion, "PRIORS", (0.1,))


def gray(z: np.ndarray) -> np.ndarray:
    """A decoder that has learnt nothing: every image is the same gray."""
    return np.full((len(z), SIZE, SIZE, 3), 0.5, np.float32)


def noise(count: int, seed: int) -> np.ndarray:
    """Gray images with independent pixels, uint8."""
    return np.random.default_rng(seed).integers(80, 176, (count, SIZE, SIZE, 3)).astype(np.uint8)


@functools.cache
def directions(count: int) -> np.ndarray:
    """Orthonormal directions among images, `[count, PIXELS]`."""
    return np.linalg.qr(np.random.default_rng(9).normal(size=(PIXELS, count)))[0].T.astype(np.float32)


def patterns(count: int, seed: int) -> np.ndarray:
    """Gray images with random amounts of twelve patterns, uint8."""
    amounts = np.random.default_rng(seed).choice([-1.2, 1.2], (count, 12))
    images = 0.5 + (amounts @ directions(12)).reshape(-1, SIZE, SIZE, 3)
    assert 0 <= images.min() and images.max() <= 1
    return np.round(255 * images).astype(np.uint8)


def linear(rows: np.ndarray) -> keras.Model:
    """Z = rows @ image."""
    images = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(images, layers.Dense(len(rows), name="z")(layers.Flatten()(images)))
    model.get_layer("z").set_weights([rows.T, np.zeros(len(rows), np.float32)])
    return model


def setup(encoder: keras.Model, images=noise, public: int = 100) -> WhiteBox:
    """What the attacker has."""
    known, held, encode = images(public, 0), images(20, 1), FrozenEncoder(encoder)
    return WhiteBox(encoder, gray, known, encode(known), held, encode(held), 0)


def left(found: Inverted, truth: np.ndarray) -> float:
    """Square error of what was found, in units of the start's."""
    return float(np.sum((found.images - as_float(truth)) ** 2) / np.sum((0.5 - as_float(truth)) ** 2))


def test_every_pixel_moves_to_the_projection_onto_what_z_says():
    # Z is every 16th pixel of white noise, so the projection onto Enc(x) = Z moves these alone. Where errors have unit
    # power the prior, 0.1 with a floor of 0.1 of it, leaves 0.11 / 1.11 of them, and 0.3 / 1.3 where it is threefold.
    encoder, truth = linear(np.eye(PIXELS, dtype=np.float32)[::16]), noise(45, 2)
    found = invert_images(setup(encoder, public=400), FrozenEncoder(encoder)(truth))
    assert found.images.shape == truth.shape and found.images.dtype == np.float32
    assert found.strength == {"prior": 0.1, "total_variation": 0.0, "share": 1.0}
    before, after = (
        np.mean((images.reshape(45, -1) - as_float(truth).reshape(45, -1)) ** 2, axis=0)
        for images in (gray(truth), found.images)
    )
    seen = np.arange(PIXELS) % 16 == 0
    assert after[seen].mean() < (0.3 / 1.3) ** 2 * before[seen].mean()
    assert after[~seen].mean() == pytest.approx(before[~seen].mean(), rel=0.01)


def test_a_generator_moves_among_what_public_photographs_show():
    # The encoder sees 6 of 12 patterns of equal size: half of the error goes, but for the prior's hundredth.
    encoder, truth = linear(directions(12)[:6]), patterns(45, 2)
    found = invert_latents(setup(encoder, patterns), FrozenEncoder(encoder)(truth))
    assert left(found, truth) == pytest.approx(0.5, abs=0.03)
    moved = (found.images - 0.5).reshape(len(truth), -1)
    outside = moved - moved @ directions(12).T @ directions(12)
    assert np.sum(outside**2) < 0.01 * np.sum(moved**2)


@ATTACKS
def test_z_of_what_was_found_is_nearer_to_the_given_one(attack):
    encoder, truth = linear(directions(12)[:6]), patterns(3, 2)
    encode = FrozenEncoder(encoder)
    z = encode(truth)
    found = attack(setup(encoder, patterns), z)
    after, before = (np.linalg.norm(encode(images) - z, axis=1) for images in (found.images, gray(z)))
    assert (after < before).all()
    if attack is invert_latents:  # the other has its strength spread over 3072 pixels, most of them never used
        assert (after < 0.3 * before).all()


def test_maps_of_many_numbers_are_inverted_too():
    images = keras.Input((SIZE, SIZE, 3))
    encoder = keras.Model(images, layers.Rescaling(2.0)(images))
    truth = noise(3, 2)
    assert left(invert_images(setup(encoder), FrozenEncoder(encoder)(truth)), truth) < 0.05


@ATTACKS
def test_it_tells_what_it_chose_on_validation_photographs(attack, quick):
    encoder = linear(directions(12)[:6])
    attacker = setup(encoder, patterns)
    found = attack(attacker, attacker.validation_z)
    assert found.validation_psnr == pytest.approx(psnr(found.images, as_float(attacker.validation_images)).mean())
    steps = [row["step"] for row in found.history]
    losses = {row["step"]: row["validation_loss"] for row in found.history}
    assert steps == sorted(steps) and steps[0] == 0 and set(found.strength) == {"prior", "total_variation", "share"}
    held = as_float(attacker.validation_images)
    assert losses[0] == pytest.approx(np.mean((0.5 - held) ** 2), rel=1e-4)
    assert losses[found.steps] == pytest.approx(np.mean((found.images - held) ** 2), rel=1e-4)


@ATTACKS
def test_equal_calls_find_equal_images_and_others_do_not_matter(attack, quick):
    encoder, truth = linear(directions(12)[:6]), patterns(45, 2)
    attacker, z = setup(encoder, patterns, public=40), FrozenEncoder(encoder)(truth)
    found, fewer = attack(attacker, z).images, attack(attacker, z[:43]).images
    assert np.abs(found - 0.5).max() > 1e-3
    np.testing.assert_array_equal(fewer[:40], found[:40])  # a whole batch
    np.testing.assert_allclose(fewer, found[:43], atol=1e-4)


@ATTACKS
def test_the_encoder_stays_as_it_was(attack, quick):
    images = keras.Input((SIZE, SIZE, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 8, 8)(images))
    encoder = keras.Model(images, layers.Flatten()(x))
    frozen = FrozenEncoder(encoder)
    attack(setup(encoder, public=20), frozen(noise(2, 2)))
    frozen.require_unchanged()


@ATTACKS
def test_where_z_says_nothing_the_start_stays(attack, quick):
    encoder = linear(np.zeros((4, PIXELS), np.float32))
    found = attack(setup(encoder, public=20), np.zeros((2, 4), np.float32))
    np.testing.assert_array_equal(found.images, gray(np.zeros((2, 4))))


class Halted(layers.Layer):
    """No gradient passes."""

    def call(self, inputs):
        return keras.ops.stop_gradient(inputs)


@ATTACKS
def test_an_encoder_without_gradients_is_named(attack):
    images = keras.Input((SIZE, SIZE, 3))
    encoder = keras.Model(images, layers.Flatten()(Halted()(images)), name="quantised")
    with pytest.raises(UserError, match="quantised, which no gradient passes through. Audit it as a black box"):
        attack(setup(encoder, public=8), np.zeros((1, PIXELS), np.float32))
