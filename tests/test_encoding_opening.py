"""An encoder answers the same, whatever it is stored as."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from encoders import NUMBERS, SIZE, keras_file, saved_model, tiny

from tfprivacy_rep.encoding import lite
from tfprivacy_rep.encoding.opening import open_encoder
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.inference import weights_sha256

IMAGES = np.random.default_rng(0).random((3, SIZE, SIZE, 3), np.float32)


@pytest.mark.parametrize("kind", ["keras", "saved_model", "tflite"])
def test_each_kind_gives_the_models_representations(kind, tmp_path):
    model = tiny()
    if kind == "tflite":
        opened = open_encoder(str(keras_file(tmp_path)))
        facts = {"image_size": SIZE, "representation_shape": [NUMBERS], "dataset": "celeba",
                 "weights_sha256": opened.weights_sha256}
        path = tmp_path / "encoder.tflite"
        lite.convert(opened.model, opened.encode, facts, path)
    else:
        path = keras_file(tmp_path) if kind == "keras" else saved_model(tmp_path)
    opened = open_encoder(str(path))
    assert opened.kind == kind and opened.image_size == SIZE and opened.representation_shape == (NUMBERS,)
    assert opened.dataset == ("celeba" if kind == "tflite" else None)
    assert (opened.model is None) == (kind == "tflite")
    np.testing.assert_allclose(opened.encode(IMAGES), model(IMAGES, training=False).numpy(), atol=1e-5)
    assert len(opened.weights_sha256) == 64
    assert (opened.weights_sha256 == weights_sha256(model)) == (kind != "saved_model")


def test_the_newest_version_and_its_manifest_count(tmp_path):
    folder = saved_model(tmp_path)
    (folder / "1").rename(folder / "10")
    manifest = {"format": 1, "image_size": SIZE, "weights_sha256": "ab", "partner": {"weights_sha256": "cd"},
                "configuration": {"data": {"dataset": "orl"}}}
    (folder / "10" / "manifest.json").write_text(json.dumps(manifest))
    saved_model(tmp_path)
    opened = open_encoder(str(folder))
    assert opened.model == folder / "10" and opened.weights_sha256 == "ab" and opened.dataset == "orl"
    assert open_encoder(str(folder / "1")).dataset is None
    manifest["configuration"] = {}
    (folder / "10" / "manifest.json").write_text(json.dumps(manifest))
    assert open_encoder(str(folder)).dataset is None


def any_size() -> keras.Model:
    images = keras.Input((None, None, 3))
    return keras.Model(images, keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(5, 3)(images)))


def test_an_encoder_of_any_size_needs_one(tmp_path):
    path = str(keras_file(tmp_path, any_size()))
    with pytest.raises(UserError, match="^Invalid `image_size`: expected a side in pixels.*--image_size=64"):
        open_encoder(path)
    opened = open_encoder(path, 48)
    assert opened.image_size == 48 and opened.encode(np.zeros((2, 48, 48, 3), np.float32)).shape == (2, 5)
    model = any_size()
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serving_default", lambda images: model(images, training=False),
                         [tf.TensorSpec((None, None, None, 3), tf.float32, name="images")])
    archive.write_out(str(tmp_path / "saved"), verbose=False)
    with pytest.raises(UserError, match="^Invalid `image_size`: expected a side in pixels"):
        open_encoder(str(tmp_path / "saved"))
    assert open_encoder(str(tmp_path / "saved"), 48).representation_shape == (5,)


@pytest.mark.parametrize("kind, said", [
    (keras_file, "expected one of 48 x 48 pixels. Received: an encoder of 32 x 32 pixels. Add --image_size=32"),
    (saved_model, "^Invalid `image_size`: expected the encoder's, 32. Received: image_size=48"),
])
def test_another_size_than_the_encoders_is_an_error(kind, said, tmp_path):
    with pytest.raises(UserError, match=said):
        open_encoder(str(kind(tmp_path)), 48)


def test_what_is_no_encoder_is_an_error(tmp_path):
    with pytest.raises(UserError, match="^Invalid `encoder`: .*Received: .*nowhere, which does not exist"):
        open_encoder(str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="^Invalid `encoder`: .*, which is none of them"):
        open_encoder(str(tmp_path))
    (tmp_path / "bad.keras").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"^Invalid `encoder`: expected a \.keras file as Keras 3 saves it"):
        open_encoder(str(tmp_path / "bad.keras"))
    keras_file(tmp_path, keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
    with pytest.raises(UserError, match="^An encoder whose input does not fit the images"):
        open_encoder(str(tmp_path / "encoder.keras"))


def test_no_code_out_of_a_file_is_run(tmp_path):
    images = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(images, keras.layers.Lambda(lambda x: x[:, 0, 0])(images))
    with pytest.raises(UserError, match="^Invalid `encoder`: expected a .keras file without Python code"):
        open_encoder(str(keras_file(tmp_path, model)))


def test_one_of_several_outputs_is_chosen_by_its_name(tmp_path):
    images = keras.Input((SIZE, SIZE, 3))
    small = keras.layers.AveragePooling2D(8)(images)
    model = keras.Model(images, {"small": small, "mean": keras.layers.GlobalAveragePooling2D()(small)})
    path = str(keras_file(tmp_path, model))
    with pytest.raises(UserError, match="Invalid `output_name`: expected one of .*mean, small"):
        open_encoder(path)
    assert open_encoder(path, output_name="mean").representation_shape == (3,)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serving_default", lambda images: model(images, training=False),
                         [tf.TensorSpec((None, SIZE, SIZE, 3), tf.float32, name="images")])
    archive.write_out(str(tmp_path / "saved"), verbose=False)
    assert open_encoder(str(tmp_path / "saved"), output_name="mean").representation_shape == (3,)
