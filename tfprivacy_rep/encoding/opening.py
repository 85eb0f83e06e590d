"""Opens an encoder to encode with, whatever it is stored as, and what is known of the photographs it learned from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import keras
import numpy as np
import tensorflow as tf

from tfprivacy_rep.attacks.black_box import SavedModelEncoder, newest_saved_model
from tfprivacy_rep.attacks.image_input import require_fitting
from tfprivacy_rep.checkpoint_run import CheckpointRun, checkpoint_run
from tfprivacy_rep.config import Config
from tfprivacy_rep.encoding.lite import LiteEncoder
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.inference import BatchedModel, weights_sha256
from tfprivacy_rep.serving.manifest import read_manifest
from tfprivacy_rep.training.checkpoint import read_variables
from tfprivacy_rep.training.protect import build_protector

_SIGNATURE = "serving_default"


@dataclass(frozen=True)
class Opened:
    """An encoder.

    Attributes:
        kind: `checkpoint`, `keras`, `saved_model` or `tflite`.
        encode: images float32 `[B, S, S, 3]` in [0, 1] to representations float32 `[B, ...]`.
        image_size: side S in pixels.
        representation_shape: of one representation.
        weights_sha256: of the weights; of all files for a SavedModel without a manifest.
        dataset: source of the photographs it was trained on; None where that is not known.
        model: Keras model of the same, or the folder of the SavedModel; None for TFLite.
    """

    kind: str
    encode: Callable[[np.ndarray], np.ndarray]
    image_size: int
    representation_shape: tuple[int, ...]
    weights_sha256: str
    dataset: str | None
    model: keras.Model | Path | None


def open_encoder(path: str, image_size: int = 0, batch_size: int = 64) -> Opened:
    """Opens an encoder.

    Args:
        path: an output folder of scripts/train.py, or the folder of one of its encoders; a .keras file; a SavedModel,
            or a folder with versions of one, of which the newest is taken; or a .tflite file of scripts/encode.py.
        image_size: side of the images in pixels; 0: as the encoder says.
        batch_size: images at a time, at most.

    Raises:
        UserError: if there is no encoder, it does not take such images, or its image size is not known.
    """
    place = Path(path)
    if (run := checkpoint_run(path)) is not None:
        opened = _of_checkpoint(run, batch_size)
    elif place.suffix == ".keras" and place.is_file():
        opened = _of_keras(place, image_size, batch_size)
    elif place.suffix == ".tflite" and place.is_file():
        lite = LiteEncoder(place)
        facts = lite.facts
        opened = Opened("tflite", lite, facts["image_size"], tuple(facts["representation_shape"]),
                        facts["weights_sha256"], facts["dataset"], None)
    elif (folder := newest_saved_model(place)) is not None:
        opened = _of_saved_model(folder, image_size, batch_size)
    else:
        raise UserError(
            "Invalid `encoder`: expected an output folder of scripts/train.py, the folder of one of its encoders, a "
            ".keras file, a SavedModel, or a .tflite file of scripts/encode.py. Received: "
            f"{path}, {'which is none of them' if place.exists() else 'which does not exist'}. Check the path."
        )
    if image_size not in (0, opened.image_size):
        raise UserError(
            f"Invalid `image_size`: expected the encoder's, {opened.image_size}. Received: image_size={image_size}. "
            "Leave it out."
        )
    return opened


def _of_checkpoint(run: CheckpointRun, batch_size: int) -> Opened:
    config = Config.from_dict(run.config)
    protector = build_protector(config, 1, run.seed)  # its classifier is of no use here, whatever it answers
    if read_variables(run.folder / "game" / "checkpoints", {"encoder": protector.stateful()["encoder"]}) is None:
        raise UserError(
            f"Invalid `encoder`: expected a checkpoint that can be read. Received: {run.folder}, which has none. Train "
            "it again."
        )
    return _of_model("checkpoint", protector.encoder, batch_size, config.data.dataset)


def _of_keras(path: Path, image_size: int, batch_size: int) -> Opened:
    try:
        model = keras.models.load_model(path, safe_mode=True, compile=False)  # runs no code out of the file
    except Exception as error:  # of a file that anybody may have made
        raise UserError(
            "Invalid `encoder`: expected a .keras file of layers that Keras knows. Received: "
            f"{path}, which can't be loaded: {type(error).__name__}: {str(error)[:300]} Save it again, or export it as "
            "a SavedModel."
        ) from error
    inputs, outputs = list(model.inputs or []), list(model.outputs or [])
    if len(inputs) != 1 or len(outputs) != 1 or len(inputs[0].shape) != 4 or len(outputs[0].shape) < 2:
        raise UserError(
            "Invalid `encoder`: expected a Keras model from images [B, S, S, 3] to one representation [B, ...]. "
            f"Received: {path} of inputs {[tuple(one.shape) for one in inputs]} and outputs "
            f"{[tuple(one.shape) for one in outputs]}. Wrap it in such a model."
        )
    size = _known(inputs[0].shape[1] or image_size, path)
    require_fitting(tuple(inputs[0].shape), size)
    if tuple(inputs[0].shape[1:]) != (size, size, 3):
        images = keras.Input((size, size, 3), name="images")
        model = keras.Model(images, model(images))
    return _of_model("keras", model, batch_size, None)


def _of_model(kind: str, model: keras.Model, batch_size: int, dataset: str | None) -> Opened:
    size = int(model.inputs[0].shape[1])
    shape = tuple(model(np.zeros((1, size, size, 3), np.float32), training=False).shape[1:])  # its own may not say
    return Opened(kind, BatchedModel(model, batch_size), size, shape, weights_sha256(model), dataset, model)


def _of_saved_model(folder: Path, image_size: int, batch_size: int) -> Opened:
    manifest = read_manifest(folder) or {}
    size = manifest.get("image_size") or _known(_size_of(folder) or image_size, folder)
    encoder = SavedModelEncoder(folder, size, _SIGNATURE, batch_size=batch_size)
    dataset = ((manifest.get("configuration") or {}).get("data") or {}).get("dataset")
    fingerprint = manifest.get("weights_sha256") or encoder.fingerprint()
    return Opened("saved_model", encoder, size, tuple(encoder.representation_shape), fingerprint, dataset, folder)


def _size_of(folder: Path) -> int | None:
    """Side of the images that a SavedModel takes, where its signature says; its errors are those of its encoder."""
    try:
        signature = tf.saved_model.load(str(folder)).signatures.get(_SIGNATURE)
    except (OSError, ValueError, KeyError, tf.errors.OpError):
        return None
    shapes = [spec.shape for spec in signature.structured_input_signature[1].values()] if signature else []
    return shapes[0][1] if len(shapes) == 1 and shapes[0].rank == 4 else None


def _known(size: int, path: Path) -> int:
    if not size:
        raise UserError(
            f"Invalid `image_size`: expected a side in pixels, because {path} takes images of any. Received: "
            "image_size=0. Add --image_size=64, or what it was trained with."
        )
    return size
