"""What others import: every public name is there and explained, and the Keras parts work in other people's models."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import keras
import numpy as np
import pytest

from tfprivacy_rep import models
from tfprivacy_rep.attacks import FrozenEncoder

SIZE, WIDTHS, NUMBERS = 16, (8, 8), 6
PACKAGES = ("models", "objectives", "training", "attacks", "metrics")
NAMES = [(package, name) for package in PACKAGES
         for name in importlib.import_module(f"tfprivacy_rep.{package}").__all__]
BUILDERS = {
    "encoder": lambda: models.build_encoder(SIZE, NUMBERS, WIDTHS, seed=1),
    "classifier": lambda: models.build_classifier((NUMBERS,), 3, hidden=(5,), seed=1),
    "classifier of maps": lambda: models.build_classifier((4, 4, 3), 3, seed=1),
    "decoder": lambda: models.build_decoder((NUMBERS,), SIZE, WIDTHS, seed=1),
    "decoder of maps": lambda: models.build_decoder((4, 4, 3), SIZE, WIDTHS, seed=1),
    "residual decoder": lambda: models.build_residual_decoder((NUMBERS,), SIZE, WIDTHS, seed=1),
    "residual decoder of maps": lambda: models.build_residual_decoder((4, 4, 3), SIZE, WIDTHS, seed=1),
    "discriminator": lambda: models.build_discriminator(SIZE, WIDTHS, seed=1),
    "discriminator with spectral norm": lambda: models.build_discriminator(SIZE, WIDTHS, seed=1, spectral=True),
}


def examples(shape: tuple[int, ...], count: int = 12) -> np.ndarray:
    """Random inputs in [0, 1], `[count, *shape]` float32."""
    return np.random.default_rng(0).random((count, *shape), np.float32)


def reloaded(model: keras.Model, folder: Path) -> keras.Model:
    """The model out of a `.keras` file, read without trust."""
    model.save(folder / "model.keras")
    return keras.models.load_model(folder / "model.keras", safe_mode=True)


@pytest.mark.parametrize("package, name", NAMES)
def test_every_public_name_is_there_and_explained(package, name):
    found = getattr(importlib.import_module(f"tfprivacy_rep.{package}"), name)
    text = inspect.getdoc(found) or ""
    assert len(text) > 20 and not text.startswith(f"{name}("), "only what a dataclass writes by itself"
    if inspect.isclass(found) or inspect.isfunction(found):
        assert found.__module__.startswith(f"tfprivacy_rep.{package}.")


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_are_sorted_and_none_is_private_or_twice(package):
    names = importlib.import_module(f"tfprivacy_rep.{package}").__all__
    assert names == sorted(set(names)) and not [name for name in names if name.startswith("_")]


def test_every_builder_of_models_is_tried_here():
    """`build_perceptual` has a test of its own below."""
    tried = "".join(inspect.getsource(build) for build in BUILDERS.values())
    builders = [name for name in models.__all__ if name.startswith("build_")]
    assert [name for name in builders if f"models.{name}(" not in tried] == ["build_perceptual"]


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_a_built_model_survives_its_file(build, tmp_path):
    model = build()
    inputs = examples(model.input_shape[1:])
    again = reloaded(model, tmp_path)
    np.testing.assert_array_equal(again(inputs, training=False), model(inputs, training=False))


def test_g_survives_its_file_and_is_built_from_it(tmp_path):
    g = models.build_perceptual("hed", SIZE, SIZE)
    images = examples((SIZE, SIZE, 3))
    expected = [np.asarray(features) for features in g(images)]
    g.save(tmp_path / "g.keras")
    for again in (reloaded(g, tmp_path), models.build_perceptual(str(tmp_path / "g.keras"), SIZE, SIZE)):
        for features, known in zip(again(images), expected, strict=True):
            np.testing.assert_array_equal(features, known)


@pytest.mark.parametrize("from_file", [False, True], ids=["built", "from a file"])
def test_a_frozen_encoder_in_a_model_of_ones_own_stays_as_it_is(from_file, tmp_path):
    encoder = models.build_encoder(SIZE, NUMBERS, WIDTHS, seed=1)
    encoder = reloaded(encoder, tmp_path) if from_file else encoder
    encoder.trainable = False
    images = keras.Input((SIZE, SIZE, 3))
    head = keras.layers.Dense(1, name="head")
    model = keras.Model(images, head(encoder(images, training=False)))
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    before, of_head = models.weights_sha256(encoder), np.array(head.kernel)
    model.fit(examples((SIZE, SIZE, 3)), np.arange(12) % 2, batch_size=4, epochs=2, verbose=0)
    assert models.weights_sha256(encoder) == before
    assert np.all(np.array(head.kernel) != of_head)
    again = reloaded(model, tmp_path)
    inputs = examples((SIZE, SIZE, 3))
    np.testing.assert_array_equal(again(inputs), model(inputs))


def test_an_encoder_that_is_not_frozen_learns_by_fit():
    """The counterpart: without `trainable = False` the fingerprint would differ."""
    encoder = models.build_encoder(SIZE, NUMBERS, WIDTHS, seed=1)
    before = models.weights_sha256(encoder)
    encoder.compile("sgd", "mse")
    encoder.fit(examples((SIZE, SIZE, 3)), np.ones((12, NUMBERS)), epochs=1, verbose=0)
    assert models.weights_sha256(encoder) != before


def test_a_model_of_ones_own_learns_from_representations():
    """Labels that are a linear function of Z are learnt by our classifier under `fit`."""
    frozen = FrozenEncoder(models.build_encoder(SIZE, NUMBERS, WIDTHS, seed=1))
    z = frozen(examples((SIZE, SIZE, 3), 40))
    labels = ((z - z.mean(0)) @ np.arange(1.0, NUMBERS + 1.0) > 0).astype(np.float32)[:, None]
    head = models.build_classifier((NUMBERS,), 1, seed=2)
    head.compile(keras.optimizers.Adam(0.05), keras.losses.BinaryCrossentropy(from_logits=True))
    scaled = (z - z.mean(0)) / z.std(0)
    losses = head.fit(scaled, labels, batch_size=10, epochs=40, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    frozen.require_unchanged()
