"""The encoder as one TFLite file: conversion, comparison with the model it came from, and encoding with it."""

from __future__ import annotations

import io
import json
import tempfile
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping

import keras
import numpy as np
import tensorflow as tf

from tfprivacy_rep import files
from tfprivacy_rep.encoding.noise import system_noise
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.release import GaussianRelease
from tfprivacy_rep.serving.export import export_encoder

#: Largest difference from the Keras model with weights of 32 bits, relative to numbers above 1.
TOLERANCE = 1e-4
_FACTS, _FORMAT = "encoder.json", 1
_KEYS = {"format", "image_size", "representation_shape", "weights_sha256", "dataset", "quantisation"}
_SIGNATURE = "serving_default"
_COMPARED = 16  # random images


@dataclass(frozen=True)
class Converted:
    """What a conversion came to.

    Attributes:
        size: of the file in bytes.
        difference: the largest absolute one from the model's representations of random images.
        scale: the largest absolute number in these representations.
    """

    size: int
    difference: float
    scale: float


def convert(
    model: keras.Model | Path, encode: Callable[[np.ndarray], np.ndarray], facts: Mapping[str, Any], path: Path,
    quantisation: str = "none", release: GaussianRelease | None = None,
) -> Converted:
    """Writes an encoder as a TFLite file, which takes `images` float32 `[B, S, S, 3]` in [0, 1], any B, and gives
    `representation`. With a release it takes `noise` too, float32 `[B, d]`, standard normal, which whoever runs the
    file has to draw afresh for each image: TFLite has no generator of its own that processes don't share.

    Args:
        model: a Keras model, or the folder of a SavedModel with the signature `serving_default`.
        encode: the same model as a function of arrays, for the comparison.
        facts: `image_size`, `representation_shape`, `weights_sha256`, `dataset`; they are put into the file.
        path: of the file.
        quantisation: `none`, float32; `float16`, weights of 16 bits; `dynamic`, weights of 8 bits.
        release: what representations are drawn from, where the model, then a Keras one, gives its parameters.

    Raises:
        UserError: if the model has operations that TFLite lacks, the file can't be written, or its representations
            would not be the model's; nothing is written then.
    """
    content = _with_facts(
        _flatbuffer(model, quantisation, release), dict(facts, format=_FORMAT, quantisation=quantisation))
    size = facts["image_size"]
    images = np.random.default_rng(0).random((_COMPARED, size, size, 3), np.float32)
    expected, noise = encode(images), None
    if release is not None:
        noise = np.random.default_rng(1).standard_normal(expected[:, 0].shape, np.float32)
        expected = release.sample(expected, noise)
    difference = float(np.abs(LiteEncoder(content)(images, noise) - expected).max())
    scale = float(np.abs(expected).max())
    # Written so that not-a-number fails too: conversion has been seen to drop the weights.
    same = difference <= TOLERANCE * max(1.0, scale) if quantisation == "none" else np.isfinite(difference)
    if not same:
        raise UserError(
            f"Invalid `tflite`: expected a file that gives the encoder's representations to {TOLERANCE}. Received: a "
            f"largest difference of {difference:.3g}, of numbers up to {scale:.3g}; nothing was written. Encode with "
            "the model itself; of an encoder with noise, convert the checkpoint and not an export."
        )
    with files.atomic_path(path, "tflite") as temporary:
        temporary.write_bytes(content)
    return Converted(len(content), difference, scale)


class LiteEncoder:
    """Encodes with a TFLite file of `convert`.

    Args:
        source: the file, or what is in it.
        threads: that one batch is computed by.

    Raises:
        UserError: if it is no such file.
    """

    def __init__(self, source: Path | bytes, threads: int = 2) -> None:
        content = source if isinstance(source, bytes) else source.read_bytes()
        name = "the converted encoder" if isinstance(source, bytes) else str(source)
        #: `image_size`, `representation_shape`, `weights_sha256`, `dataset` and `quantisation` of the encoder.
        self.facts = _facts(content, name)
        with warnings.catch_warnings():
            # It says that it moves to another package; TensorFlow 2.21 still has it.
            warnings.filterwarnings("ignore", message=".*tf.lite.Interpreter is deprecated.*")
            try:
                self._interpreter = tf.lite.Interpreter(model_content=content, num_threads=threads)
            except ValueError as error:
                raise _no_encoder(name, str(error)) from error
        self._run = self._interpreter.get_signature_runner(_SIGNATURE)
        #: Whether the encoder takes noise.
        self.is_stochastic = "noise" in self._run.get_input_details()

    def __call__(self, images: np.ndarray, noise: np.ndarray | None = None) -> np.ndarray:
        """Encodes.

        Args:
            images: float32 `[B, S, S, 3]` in [0, 1].
            noise: of a stochastic encoder, float32 `[B, d]`, standard normal; None: drawn by `system_noise`, as it
                should be for whatever leaves.

        Returns:
            Representations, float32 `[B, ...]`.
        """
        inputs = {"images": images}
        if self.is_stochastic:
            shape = (len(images), *self.facts["representation_shape"])
            inputs["noise"] = system_noise(shape) if noise is None else noise
        return self._run(**inputs)["representation"]


def _saved(model: keras.Model, release: GaussianRelease | None, folder: str) -> str:
    """Writes a model as the SavedModel that is converted, and returns its folder."""
    if release is None:
        return str(export_encoder(model, folder))

    def sample(images: tf.Tensor, noise: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"representation": release.sample(model(images, training=False), noise)}

    shapes = {"images": model.inputs[0].shape[1:], "noise": model.outputs[0].shape[2:]}
    archive = keras.export.ExportArchive()
    archive.add_endpoint(name=_SIGNATURE, fn=sample, input_signature=[
        tf.TensorSpec((None, *shape), tf.float32, name=name) for name, shape in shapes.items()])
    archive.write_out(folder, verbose=False)
    return folder


def _flatbuffer(model: keras.Model | Path, quantisation: str, release: GaussianRelease | None) -> bytes:
    with tempfile.TemporaryDirectory(prefix="tfprivacy_rep_") as folder:
        # By way of a SavedModel: from a concrete function of a Keras 3 model the converter either drops the weights, or
        # goes a deprecated way on which the signature is lost.
        saved = str(model) if isinstance(model, Path) else _saved(model, release, folder)
        converter = tf.lite.TFLiteConverter.from_saved_model(saved, signature_keys=[_SIGNATURE])
        if quantisation != "none":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantisation == "float16":
            converter.target_spec.supported_types = [tf.float16]
        try:
            return converter.convert()
        except Exception as error:  # of a kind that TensorFlow keeps to itself
            raise UserError(
                "Invalid `encoder`: expected a model of operations that TFLite has. Received: one that can't be "
                f"converted: {str(error).strip().splitlines()[0][:300]}. Leave --tflite out, or use other layers."
            ) from error


def _with_facts(content: bytes, facts: Mapping[str, Any]) -> bytes:
    # As TFLite's own metadata adds files to a model: a ZIP archive behind it, which its readers ignore.
    buffer = io.BytesIO(content)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(zipfile.ZipInfo(_FACTS), json.dumps(facts))  # of a fixed date: equal models, equal files
    return buffer.getvalue()


def _facts(content: bytes, name: str) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            facts = json.loads(archive.read(_FACTS))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise _no_encoder(name, f"no {_FACTS} in it") from error
    if not isinstance(facts, dict) or not _KEYS <= facts.keys() or facts["format"] != _FORMAT:
        raise _no_encoder(name, f"{_FACTS} of another format")
    return facts


def _no_encoder(name: str, found: str) -> UserError:
    return UserError(
        f"Invalid `encoder`: expected a .tflite file that scripts/encode.py wrote. Received: {name}: {found}. Convert "
        "the encoder anew with --tflite."
    )
