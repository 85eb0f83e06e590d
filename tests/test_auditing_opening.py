"""Every kind of encoder opens as what answers like the original, with gradients where the kind has them."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import small_run
import tensorflow as tf
import tiny_game as tiny

from tfprivacy_rep.auditing.opening import OpenedEncoder, open_checkpoint, open_encoder
from tfprivacy_rep.checkpoint_run import CheckpointRun
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.serving.export import export_encoder
from tfprivacy_rep.training.checkpoint import CheckpointStore
from tfprivacy_rep.training.protect import build_protector

SIZE = 32
PHOTOGRAPHS = tiny.images(5, 0, SIZE)
UNIT = PHOTOGRAPHS.astype(np.float32) / 255


def _model(size: int | None = SIZE, dtype: str = "float32") -> keras.Model:
    images = keras.Input((size, size, 3))
    x = keras.layers.Conv2D(2, 8, 8, kernel_initializer=keras.initializers.GlorotUniform(1), dtype=dtype)(images)
    return keras.Model(images, keras.layers.Activation("tanh", dtype=dtype, name="z")(x))


def _saved(model: keras.Model, folder: Path) -> str:
    model.save(folder / "m.keras")
    return str(folder / "m.keras")


def _has_gradients(opened: OpenedEncoder) -> bool:
    images = tf.Variable(UNIT)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.square(opened.model(images, training=False)))
    return bool(np.any(np.asarray(tape.gradient(total, images)) != 0))


@pytest.mark.parametrize("size, dtype, input_range, factor, offset", [
    (SIZE, "float32", "unit", 1, 0), (None, "float32", "unit", 1, 0), (SIZE, "float32", "byte", 255, 0),
    (SIZE, "float32", "symmetric", 2, -1), (SIZE, "float16", "unit", 1, 0),
])
def test_a_keras_file(tmp_path, size, dtype, input_range, factor, offset):
    model = _model(size, dtype)
    opened = open_encoder(_saved(model, tmp_path), SIZE, input_range=input_range)
    assert (opened.kind, opened.access, opened.classifier) == ("keras", "white box", None)
    assert opened.representation_shape == (4, 4, 2) and opened.model.output_shape == (None, 4, 4, 2)
    expected = np.asarray(model(UNIT * factor + offset)).astype(np.float32)
    z = opened.encode(PHOTOGRAPHS)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z, expected, atol=1e-4)
    np.testing.assert_allclose(opened.model(UNIT, training=False), expected, atol=1e-4)
    assert _has_gradients(opened) and opened.encode.require_unchanged() == opened.encode.fingerprint()


def test_a_keras_file_of_several_outputs(tmp_path):
    model = _model()
    logits = keras.layers.Dense(3, name="logits")(keras.layers.Flatten()(model.output))
    for outputs, name in (([model.output, logits], "z"), ({"rep": model.output, "answer": logits}, "rep")):
        path = _saved(keras.Model(model.input, outputs), tmp_path)
        np.testing.assert_allclose(open_encoder(path, SIZE, output=name).encode(PHOTOGRAPHS), model(UNIT), atol=1e-5)
        with pytest.raises(UserError, match=f"Invalid `output_name`: expected one of the outputs of .*{name}.* "
                                            "Received: output_name=''. Add --output_name="):
            open_encoder(path, SIZE)


def test_sequential_and_nested_keras_files_can_be_built_anew(tmp_path):
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), keras.layers.Rescaling(2.0), _model()])
    opened = open_encoder(_saved(model, tmp_path), SIZE, input_range="symmetric")
    np.testing.assert_allclose(opened.encode(PHOTOGRAPHS), model(2 * UNIT - 1), atol=1e-5)
    assert keras.models.clone_model(opened.model).output_shape == (None, 4, 4, 2)


def test_a_keras_file_with_code_is_refused(tmp_path):
    images = keras.Input((SIZE, SIZE, 3))
    inner = keras.Model(images, keras.layers.Lambda(lambda x: x * 2)(images))
    for model in (inner, keras.Sequential([images, inner])):
        with pytest.raises(UserError, match="expected a .keras file without Python code in it. Received: .*, which "
                                            "uses a Lambda layer or a lambda: whoever made the file could run any"):
            open_encoder(_saved(model, tmp_path), SIZE)


def test_keras_files_that_do_not_fit_are_refused(tmp_path):
    path = _saved(_model(), tmp_path)
    with pytest.raises(UserError, match="expected one of 64 x 64 pixels. Received: an encoder of 32 x 32 pixels. Add "
                                        "--image_size=32."):
        open_encoder(path, 64)
    images = keras.Input((SIZE, SIZE, 3), dtype="uint8", name="bytes")
    path = _saved(keras.Model(images, keras.layers.Rescaling(1.0)(images)), tmp_path)
    with pytest.raises(UserError, match="expected a Keras model of one input, images as floats .*bytes: uint8"):
        open_encoder(path, SIZE)
    path = _saved(keras.Model(images := keras.Input((SIZE, SIZE, 3)), keras.ops.mean(images, (1, 2, 3))), tmp_path)
    with pytest.raises(UserError, match=r"expected representations of shape \[B, ...\]. Received: .* shape \(None,\)"):
        open_encoder(path, SIZE)
    (tmp_path / "m.keras").write_bytes(b"nonsense")
    with pytest.raises(UserError, match="expected a .keras file as Keras 3 saves it. Received: .*BadZipFile"):
        open_encoder(str(tmp_path / "m.keras"), SIZE)


def test_a_layer_that_keras_does_not_know_is_named(tmp_path):
    class Doubling(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    images = keras.Input((SIZE, SIZE, 3))
    path = _saved(keras.Model(images, Doubling()(images)), tmp_path)
    with pytest.raises(UserError, match="loaded: TypeError: Could not locate class 'Doubling'. .* Save it again"):
        open_encoder(path, SIZE)


def test_the_newest_version_of_a_saved_model(tmp_path):
    for version, scale in ((2, 1.0), (10, 3.0)):
        images = keras.Input((SIZE, SIZE, 3))
        z = keras.layers.Flatten()(keras.layers.Rescaling(scale)(images))
        export_encoder(keras.Model(images, z), tmp_path, version)
    (tmp_path / "notes").mkdir()
    opened = open_encoder(str(tmp_path), SIZE)
    assert (opened.kind, opened.access, opened.model, opened.classifier) == ("saved_model", "black box", None, None)
    assert opened.representation_shape == (SIZE * SIZE * 3,)
    np.testing.assert_allclose(opened.encode(PHOTOGRAPHS), 3 * UNIT.reshape(5, -1), atol=1e-5)
    older = open_encoder(str(tmp_path / "2"), SIZE, input_range="byte")
    np.testing.assert_allclose(older.encode(PHOTOGRAPHS), PHOTOGRAPHS.reshape(5, -1), atol=1e-4)
    with pytest.raises(UserError, match="Invalid `signature`: expected one of serving_bytes, serving_default. "
                                        "Received: signature='other'. Add --signature=serving_default"):
        open_encoder(str(tmp_path), SIZE, signature="other")


@pytest.mark.parametrize("name, found", [
    ("missing.keras", "which does not exist"), ("a.h5", "a file of another kind"), ("empty", "an empty folder"),
    (".", "a folder with a.h5, empty"),
])
def test_anything_else_is_refused_with_what_is_taken(tmp_path, name, found):
    (tmp_path / "a.h5").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="expected an output folder of scripts/train.py, the folder of one of its "
                                        "encoders, a .keras file, or a SavedModel .* Received: .*" + found):
        open_encoder(str(tmp_path / name), SIZE)


def test_a_checkpoint_has_the_sizes_that_it_was_trained_with_and_its_classifier(tmp_path):
    trained = small_run.config(tmp_path, image_size=SIZE, representation_size=24, widths=(8, 16, 8, 8))
    protector = build_protector(trained, 3, seed=7)
    CheckpointStore(tmp_path / "game" / "checkpoints", protector.stateful()).save(4)
    run = CheckpointRun(trained.to_dict(), tmp_path, tmp_path, "paper", 0, 0, None)
    opened = open_checkpoint(run, small_run.config(tmp_path, image_size=SIZE), 3)
    assert (opened.kind, opened.access, opened.representation_shape) == ("checkpoint", "white box", (24,))
    expected = np.asarray(protector.encoder(UNIT))
    np.testing.assert_allclose(opened.encode(PHOTOGRAPHS), expected, atol=1e-6)
    np.testing.assert_allclose(opened.classifier(expected), protector.classifier(expected), atol=1e-6)
    assert _has_gradients(opened)
