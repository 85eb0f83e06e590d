"""The encoder as an attacker meets it does not change, and is not believed when it answers nonsense."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from tfprivacy_rep.attacks.frozen import FrozenEncoder
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.release import GaussianRelease


@pytest.fixture(name="model")
def _model() -> keras.Model:
    images = keras.Input((8, 8, 3))
    x = layers.Flatten()(layers.BatchNormalization(name="norm")(images))
    return keras.Model(images, layers.Dense(4, name="dense")(x))


def _photographs(count: int = 5) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)


def test_it_answers_in_inference_mode_whatever_the_batch(model):
    photographs = _photographs(7)
    expected = model(photographs.astype(np.float32) / 255.0, training=False).numpy()
    for batch_size in (1, 3, 64):
        np.testing.assert_allclose(FrozenEncoder(model, batch_size)(photographs), expected, atol=1e-6)
    np.testing.assert_allclose(FrozenEncoder(model)(photographs.astype(np.float32) / 255.0), expected, atol=1e-6)


def test_asking_changes_nothing(model):
    before = [np.array(v) for v in model.variables]
    frozen = FrozenEncoder(model)
    fingerprint = frozen.fingerprint()
    for _ in range(3):
        frozen(_photographs())
    assert frozen.require_unchanged() == fingerprint
    for old, variable in zip(before, model.variables):
        np.testing.assert_array_equal(old, np.array(variable))


def test_a_changed_weight_is_found(model):
    frozen = FrozenEncoder(model)
    kernel = model.get_layer("dense").kernel
    kernel.assign(np.nextafter(np.array(kernel), np.float32(np.inf)))
    with pytest.raises(
        UserError, match=r"expected the encoder to stay frozen. Received: fingerprint .* Pass the attack a copy"
    ):
        frozen.require_unchanged()


def test_a_moved_normalisation_statistic_is_found(model):
    frozen = FrozenEncoder(model)
    model(_photographs().astype(np.float32), training=True)  # moves the means, which no optimizer touches
    with pytest.raises(UserError, match="stay frozen"):
        frozen.require_unchanged()


def test_equal_encoders_have_equal_fingerprints(model):
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    assert FrozenEncoder(twin).fingerprint() == FrozenEncoder(model).fingerprint()
    assert len(FrozenEncoder(model).fingerprint()) == 64


def test_an_encoder_that_adds_noise_is_not_changed_by_its_answers():
    class Noise(layers.Layer):
        def __init__(self):
            super().__init__()
            self.seeds = keras.random.SeedGenerator(0)

        def call(self, x):
            return x + keras.random.normal(keras.ops.shape(x), seed=self.seeds)

    images = keras.Input((8, 8, 3))
    frozen = FrozenEncoder(keras.Model(images, Noise()(layers.Flatten()(images))))
    assert not np.array_equal(frozen(_photographs()), frozen(_photographs()))
    frozen.require_unchanged()


@pytest.mark.parametrize("nonsense", [np.nan, np.inf])
def test_nonsense_is_refused_and_counted(model, nonsense):
    photographs = _photographs(5).astype(np.float32) / 255.0
    photographs[[1, 4]] = nonsense
    with pytest.raises(UserError, match=r"Invalid `encoder`: expected finite.* 2 of 5 photographs.*learning rates"):
        FrozenEncoder(model)(photographs)


def test_several_releases_are_those_of_so_many_calls():
    images = keras.Input((8, 8, 3))
    parameters = layers.Reshape((2, 3))(layers.Dense(6)(layers.Flatten()(images)))
    encode = FrozenEncoder(keras.Model(images, parameters), release=GaussianRelease(), seed=3)
    photographs = _photographs()
    together = encode.releases(photographs, 3)
    assert [one.tobytes() for one in together] == [encode(photographs, draw).tobytes() for draw in range(3)]
    assert not np.array_equal(together[0], together[1])
