"""Opens an encoder to encode with, whatever it is stored as, and what is known of the photographs it learned from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import keras
import numpy as np
import tensorflow as tf

from tfprivacy_rep.attacks.black_box import SavedModelEncoder, newest_saved_model
from tfprivacy_rep.attacks.image_input import unknown_side
from tfprivacy_rep.attacks.keras_file import load_keras
from tfprivacy_rep.checkpoint_run import CheckpointRun, checkpoint_run
from tfprivacy_rep.config import Config
from tfprivacy_rep.encoding.lite import LiteEncoder
from tfprivacy_rep.encoding.noise import system_noise
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.inference import BatchedModel, weights_sha256
from tfprivacy_rep.models.release import GaussianRelease
from tfprivacy_rep.serving.manifest import dataset_of, read_manifest
from tfprivacy_rep.training.restore import restore_encoder

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
        release: what a checkpoint's representations are drawn from, and the model gives the parameters of; None where
            the model gives them itself.
    """

    kind: str
    encode: Callable[[np.ndarray], np.ndarray]
    image_size: int
    representation_shape: tuple[int, ...]
    weights_sha256: str
    dataset: str | None
    model: keras.Model | Path | None
    release: GaussianRelease | None = None


def open_encoder(path: str, image_size: int = 0, batch_size: int = 64, output_name: str = "") -> Opened:
    """Opens an encoder.

    Args:
        path: an output folder of scripts/train.py, or the folder of one of its encoders; a .keras file; a SavedModel,
            or a folder with versions of one, of which the newest is taken; or a .tflite file of scripts/encode.py.
        image_size: side of the images in pixels; 0: as the encoder says.
        batch_size: images at a time, at most.
        output_name: of the representation, where a Keras model or a SavedModel has several outputs.

    Raises:
        UserError: if there is no encoder, it does not take such images, or its image size is not known.
    """
    place = Path(path)
    if (run := checkpoint_run(path)) is not None:
        opened = _of_checkpoint(run, batch_size)
    elif place.suffix == ".keras" and place.is_file():
        opened = _of_model("keras", load_keras(place, image_size, output_name), batch_size, None)
    elif place.suffix == ".tflite" and place.is_file():
        lite = LiteEncoder(place)
        facts = lite.facts
        opened = Opened("tflite", lite, facts["image_size"], tuple(facts["representation_shape"]),
                        facts["weights_sha256"], facts["dataset"], None)
    elif (folder := newest_saved_model(place)) is not None:
        opened = _of_saved_model(folder, image_size, batch_size, output_name)
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
    protector = restore_encoder(config, run.game, run.seed, run.folder / "game")
    release, shape = protector.release, protector.representation_shape
    if release is None:
        return _of_model("checkpoint", protector.encoder, batch_size, config.data.dataset)
    parameters = BatchedModel(protector.encoder, batch_size)

    def encode(images: np.ndarray) -> np.ndarray:
        return release.sample(parameters(images), system_noise((len(images), *shape)))

    return Opened("checkpoint", encode, config.data.image_size, shape, weights_sha256(protector.encoder),
                  config.data.dataset, protector.encoder, release)


def _of_model(kind: str, model: keras.Model, batch_size: int, dataset: str | None) -> Opened:
    size = int(model.inputs[0].shape[1])
    shape = tuple(model(np.zeros((1, size, size, 3), np.float32), training=False).shape[1:])  # its own may not say
    return Opened(kind, BatchedModel(model, batch_size), size, shape, weights_sha256(model), dataset, model)


def _of_saved_model(folder: Path, image_size: int, batch_size: int, output_name: str) -> Opened:
    manifest = read_manifest(folder) or {}
    size = manifest.get("image_size") or _size_of(folder) or image_size
    if not size:
        raise unknown_side(folder)
    encoder = SavedModelEncoder(folder, size, _SIGNATURE, output_name, batch_size=batch_size)
    fingerprint = manifest.get("weights_sha256") or encoder.fingerprint()
    return Opened("saved_model", encoder, size, tuple(encoder.representation_shape), fingerprint,
                  dataset_of(manifest), folder)


def _size_of(folder: Path) -> int | None:
    """Side of the images that a SavedModel takes, where its signature says; its errors are those of its encoder."""
    try:
        signature = tf.saved_model.load(str(folder)).signatures.get(_SIGNATURE)
    except (OSError, ValueError, KeyError, tf.errors.OpError):
        return None
    shapes = [spec.shape for spec in signature.structured_input_signature[1].values()] if signature else []
    return shapes[0][1] if len(shapes) == 1 and shapes[0].rank == 4 else None
