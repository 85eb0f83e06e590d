"""The TFLite file gives the model's representations, for batches of any size, or it is not written."""

from __future__ import annotations

import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from encoders import NUMBERS, SIZE, saved_model, tiny

from tfprivacy_rep.encoding import lite
from tfprivacy_rep.encoding.lite import LiteEncoder
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.inference import BatchedModel

FACTS = {"image_size": SIZE, "representation_shape": [NUMBERS], "weights_sha256": "ab", "dataset": "orl"}


@pytest.fixture(name="images", scope="module")
def _images() -> np.ndarray:
    return np.random.default_rng(1).random((7, SIZE, SIZE, 3), np.float32)


@pytest.mark.parametrize("kind", ["keras", "saved_model"])
def test_it_gives_the_models_representations_for_any_batch(kind, tmp_path, images):
    model = tiny()
    source = model if kind == "keras" else saved_model(tmp_path) / "1"
    done = lite.convert(source, BatchedModel(model), FACTS, tmp_path / "e.tflite")
    assert done.difference <= 1e-4 and done.size == (tmp_path / "e.tflite").stat().st_size
    encoder, expected = LiteEncoder(tmp_path / "e.tflite"), model(images, training=False).numpy()
    for count in (7, 3, 1, 7):
        found = encoder(images[:count])
        assert found.dtype == np.float32 and found.shape == (count, NUMBERS)
        np.testing.assert_allclose(found, expected[:count], atol=1e-5)
    assert encoder.facts == FACTS | {"format": 1, "quantisation": "none"}


def test_a_plain_interpreter_takes_the_file_by_its_signature(tmp_path, images):
    model = tiny()
    lite.convert(model, BatchedModel(model), FACTS, tmp_path / "e.tflite")
    interpreter = tf.lite.Interpreter(model_path=str(tmp_path / "e.tflite"))
    known = {"inputs": ["images"], "outputs": ["representation"]}
    assert interpreter.get_signature_list() == {"serving_default": known}
    found = interpreter.get_signature_runner("serving_default")(images=images)["representation"]
    np.testing.assert_allclose(found, model(images, training=False).numpy(), atol=1e-5)


def test_equal_models_make_equal_files(tmp_path):
    for name in ("a", "b"):
        model = tiny()
        lite.convert(model, BatchedModel(model), FACTS, tmp_path / f"{name}.tflite")
    assert (tmp_path / "a.tflite").read_bytes() == (tmp_path / "b.tflite").read_bytes()


def test_quantised_files_are_smaller_and_near(tmp_path, images):
    model = build_wide()
    encode = BatchedModel(model)
    done = {kind: lite.convert(model, encode, FACTS, tmp_path / f"{kind}.tflite", kind)
            for kind in ("none", "float16", "dynamic")}
    assert done["dynamic"].size < 0.4 * done["none"].size and done["float16"].size < 0.6 * done["none"].size
    assert done["none"].difference < done["float16"].difference < done["dynamic"].difference < 0.1 * done["none"].scale


def build_wide() -> keras.Model:
    keras.utils.set_random_seed(0)
    images = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Flatten()(keras.layers.AveragePooling2D(4)(images))
    return keras.Model(images, keras.layers.Dense(NUMBERS)(keras.layers.Dense(512)(x)))


@pytest.mark.parametrize("wrong", [0.01, np.nan])
def test_a_file_that_would_differ_is_not_written(tmp_path, wrong):
    model = tiny()
    encode = BatchedModel(model)
    with pytest.raises(UserError, match="^Invalid `tflite`: expected a file that gives the encoder's representations"):
        lite.convert(model, lambda images: encode(images) + np.float32(wrong), FACTS, tmp_path / "e.tflite")
    assert list(tmp_path.iterdir()) == []


def test_an_operation_that_tflite_lacks_is_an_error(tmp_path):
    images = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(images, keras.ops.real(keras.ops.fft2((images[..., 0], images[..., 1]))[0]))
    with pytest.raises(UserError, match="^Invalid `encoder`: expected a model of operations that TFLite has"):
        lite.convert(model, BatchedModel(model), FACTS, tmp_path / "e.tflite")


def test_what_is_no_file_of_ours_is_an_error(tmp_path):
    path = tmp_path / "e.tflite"
    path.write_bytes(b"something else")
    with pytest.raises(UserError, match=r"^Invalid `encoder`: .*Received: .*e\.tflite: no encoder\.json in it"):
        LiteEncoder(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("encoder.json", '{"format": 2}')
    with pytest.raises(UserError, match="encoder.json of another format"):
        LiteEncoder(path)
