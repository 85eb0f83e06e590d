"""A SavedModel as an encoder: its answers are those of its signature, and what does not fit is refused up front."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_game as tiny

from tfprivacy_rep.attacks.black_box import SavedModelEncoder
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.serving.export import export_encoder

SIZE = 16
PHOTOGRAPHS = tiny.images(7, 0)


def _spec(*shape: Any, dtype: tf.DType = tf.float32, name: str = "images") -> tf.TensorSpec:
    return tf.TensorSpec(shape, dtype, name=name)


def _save(folder: Path, *specs: tf.TensorSpec, answer: Any, signature: str = "serving_default") -> Path:
    """A hand-written SavedModel whose signature answers `answer(*inputs)`, a dictionary."""
    module = tf.Module()
    module.answer = tf.function(answer, input_signature=list(specs))
    tf.saved_model.save(module, str(folder), signatures={signature: module.answer})
    return folder


def _corners(images: tf.Tensor) -> dict[str, tf.Tensor]:
    """The pixels of the first row as they come, whatever their type."""
    return {"z": tf.cast(images[:, 0], tf.float32)}


@pytest.fixture(name="encoder", scope="module")
def _encoder() -> keras.Model:
    images = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(3, 4, 4, kernel_initializer=keras.initializers.GlorotUniform(1))(images)
    return keras.Model(images, x)


@pytest.fixture(name="exported", scope="module")
def _exported(encoder, tmp_path_factory) -> Path:
    return export_encoder(encoder, tmp_path_factory.mktemp("exported"))


def test_it_answers_as_the_model_did_whatever_the_batch(encoder, exported):
    expected = encoder(PHOTOGRAPHS.astype(np.float32) / 255).numpy()
    for batch_size in (1, 3, 64):
        opened = SavedModelEncoder(exported, SIZE, batch_size=batch_size)
        z = opened(PHOTOGRAPHS)
        assert z.dtype == np.float32 and z.shape == (7, 4, 4, 3) and opened.representation_shape == (4, 4, 3)
        np.testing.assert_allclose(z, expected, atol=1e-6)
    np.testing.assert_allclose(opened(PHOTOGRAPHS.astype(np.float32) / 255), expected, atol=1e-6)


@pytest.mark.parametrize("input_range, factor, offset", [("unit", 1, 0), ("byte", 255, 0), ("symmetric", 2, -1)])
def test_floats_are_scaled(tmp_path, input_range, factor, offset):
    opened = SavedModelEncoder(
        _save(tmp_path / "m", _spec(None, SIZE, SIZE, 3), answer=_corners), SIZE, input_range=input_range
    )
    np.testing.assert_allclose(opened(PHOTOGRAPHS), PHOTOGRAPHS[:, 0] / 255 * factor + offset, atol=1e-4)


@pytest.mark.parametrize("batch", [None, 3])
def test_pixels_go_in_as_they_are_and_a_fixed_batch_is_filled_up(tmp_path, batch):
    opened = SavedModelEncoder(
        _save(tmp_path / "m", _spec(batch, SIZE, SIZE, 3, dtype=tf.uint8), answer=_corners), SIZE, batch_size=4
    )
    np.testing.assert_array_equal(opened(PHOTOGRAPHS), PHOTOGRAPHS[:, 0])
    np.testing.assert_array_equal(opened(PHOTOGRAPHS.astype(np.float32) / 255), PHOTOGRAPHS[:, 0])


def test_another_signature_and_one_of_several_outputs(tmp_path):
    def answer(images):
        return {"z": images[:, 0], "z2": 2.0 * images[:, 0]}

    folder = _save(tmp_path / "m", _spec(None, SIZE, SIZE, 3), answer=answer, signature="embed")
    opened = SavedModelEncoder(folder, SIZE, "embed", "z2")
    np.testing.assert_allclose(opened(PHOTOGRAPHS), PHOTOGRAPHS[:, 0] / 127.5, atol=1e-6)
    with pytest.raises(UserError, match="Invalid `output_name`: expected one of the outputs of signature 'embed': z, "
                                        "z2. Received: output_name=''. Add --output_name=z, or the one"):
        SavedModelEncoder(folder, SIZE, "embed")
    with pytest.raises(UserError, match="Received: output_name='z3'"):
        SavedModelEncoder(folder, SIZE, "embed", "z3")
    with pytest.raises(UserError, match="Invalid `signature`: expected one of embed. Received: "
                                        "signature='serving_default'. Add --signature=embed."):
        SavedModelEncoder(folder, SIZE)


def test_photographs_of_another_size_are_refused_up_front(exported):
    with pytest.raises(UserError, match="expected one of 64 x 64 pixels. Received: an encoder of 16 x 16 pixels."):
        SavedModelEncoder(exported, 64)


@pytest.mark.parametrize("specs, text", [
    ([_spec(None, dtype=tf.string)], r"of images: string \(None,\). Choose another --signature, .* Encoded files are"),
    ([_spec(None, SIZE, SIZE, 3, name="a"), _spec(None, 2, name="b")], r"of a: float32 .*, b: float32 \(None, 2\)"),
    ([_spec(None, SIZE, SIZE, 3, dtype=tf.int32)], "of images: int32"),
])
def test_signatures_of_anything_but_images_are_refused(tmp_path, specs, text):
    folder = _save(tmp_path / "m", *specs, answer=lambda *inputs: {"z": tf.zeros((tf.shape(inputs[0])[0], 2))})
    with pytest.raises(UserError, match="expected a signature of one input, images as float32 or uint8 .* " + text):
        SavedModelEncoder(folder, SIZE)


@pytest.mark.parametrize("answer, text", [
    (lambda images: {"z": tf.reduce_mean(images, [0, 1, 2])}, "for each of 1 images. Received: an output 'z' of shape"),
    (lambda images: {"z": tf.as_string(images)}, "expected an output of numbers. Received: 'z' of string"),
    (lambda images: {"z": tf.reshape(images, (-1, 7 * SIZE))}, "which fails on them"),
])
def test_answers_that_are_no_representations_are_refused(tmp_path, answer, text):
    with pytest.raises(UserError, match=text):
        SavedModelEncoder(_save(tmp_path / "m", _spec(None, SIZE, SIZE, 3), answer=answer), SIZE)


def test_nonsense_is_refused_and_counted(tmp_path):
    folder = _save(tmp_path / "m", _spec(None, SIZE, SIZE, 3), answer=lambda x: {"z": 1.0 / x[:, 0, 0]})
    photographs = np.ones_like(PHOTOGRAPHS)
    photographs[[2, 5]] = 0
    with pytest.raises(UserError, match="expected finite .* for 2 of 7 photographs. Check --input_range"):
        SavedModelEncoder(folder, SIZE)(photographs)


def test_a_changed_file_is_found(encoder, tmp_path):
    folder = export_encoder(encoder, tmp_path)
    opened = SavedModelEncoder(folder, SIZE)
    before = opened.fingerprint()
    assert opened.require_unchanged() == before == SavedModelEncoder(folder, SIZE).fingerprint() and len(before) == 64
    (folder / "assets" / "note.txt").write_text("new")
    with pytest.raises(UserError, match="expected the encoder to stay frozen. Received: fingerprint"):
        opened.require_unchanged()


def test_what_is_no_saved_model_is_refused(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"nonsense")
    with pytest.raises(UserError, match="expected a SavedModel that TensorFlow can load. Received: .*: .*Export it"):
        SavedModelEncoder(tmp_path, SIZE)
