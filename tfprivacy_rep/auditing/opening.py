"""Opens an encoder, whatever it is stored as: a checkpoint, a .keras file, or a SavedModel."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from tfprivacy_rep.attacks.black_box import SavedModelEncoder, newest_saved_model
from tfprivacy_rep.attacks.frozen import Encoder, FrozenEncoder
from tfprivacy_rep.attacks.keras_file import load_keras
from tfprivacy_rep.checkpoint_run import CheckpointRun
from tfprivacy_rep.config import Config
from tfprivacy_rep.data.images import Images
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.inference import BatchedModel
from tfprivacy_rep.training.restore import restore_protector

WHITE_BOX, BLACK_BOX = "white box", "black box"


@dataclass(frozen=True)
class OpenedEncoder:
    """An encoder that attacks can be let loose on.

    Attributes:
        path: where it was found.
        kind: `checkpoint`, `keras` or `saved_model`.
        access: `white box` where there are gradients, else `black box`.
        encode: photographs to representations, float32 `[N, ...]`.
        model: images `[B, S, S, 3]` in [0, 1] to representations as one Keras model, whatever scale the encoder itself
            takes; to their mean where they are drawn; None for a black box.
        classifier: representations to logits `[N, A]`; None where the encoder came without one.
        representation_shape: of one representation.
    """

    path: str
    kind: str
    access: str
    encode: Encoder
    model: keras.Model | None
    classifier: BatchedModel | None
    representation_shape: tuple[int, ...]


def open_checkpoint(run: CheckpointRun, config: Config, attributes: int) -> OpenedEncoder:
    """Opens an encoder that scripts/train.py trained, with its classifier.

    Args:
        run: where it is.
        config: of the audit; sizes of the networks are those that the run was trained with, not these.
        attributes: number of the task's.

    Raises:
        UserError: if no checkpoint can be read.
    """
    held = run.config["models"]
    models = dataclasses.replace(
        config.models, representation_size=held["representation_size"], widths=tuple(held["widths"]),
        release_size=held.get("release_size", 0),
    )
    protector = restore_protector(
        dataclasses.replace(config, models=models), run.game, attributes, run.seed, run.folder / "game"
    )
    encoder, release = protector.encoder, protector.release
    return OpenedEncoder(
        str(run.folder), "checkpoint", WHITE_BOX, FrozenEncoder(encoder, release=release, seed=run.seed),
        encoder if release is None else keras.Model(encoder.input, release.mean(encoder.output), name="mean"),
        BatchedModel(protector.classifier), protector.representation_shape,
    )


def open_encoder(
    path: str, image_size: int, *, signature: str = "", output: str = "", input_range: str = "unit"
) -> OpenedEncoder:
    """Opens an encoder that was made elsewhere.

    Args:
        path: a .keras file; or a SavedModel, or a folder with versions of one, of which the newest is taken.
        image_size: side S of the photographs.
        signature: of a SavedModel; empty: `serving_default`.
        output: name of the output that is the representation; may be empty if there is one only.
        input_range: scale of the float images that it takes: `unit` [0, 1], `byte` [0, 255], `symmetric` [-1, 1].

    Raises:
        UserError: if there is no such model, or it does not take such images.
    """
    place = Path(path)
    if place.suffix == ".keras" and place.is_file():
        return _of_keras(path, load_keras(place, image_size, output, input_range), image_size)
    folder = newest_saved_model(place)
    if folder is None:
        raise UserError(
            "Invalid `encoder`: expected an output folder of scripts/train.py, the folder of one of its encoders, a "
            ".keras file, or a SavedModel (a folder with saved_model.pb, or with one in a folder for each version). "
            f"Received: {path}, {_what_is_there(place)}. Check the path."
        )
    encode = SavedModelEncoder(folder, image_size, signature or "serving_default", output, input_range)
    return OpenedEncoder(path, "saved_model", BLACK_BOX, encode, None, None, encode.representation_shape)


def _of_keras(path: str, model: keras.Model, image_size: int) -> OpenedEncoder:
    black = np.zeros((1, image_size, image_size, 3), np.float32)
    shape = tuple(model(black, training=False).shape[1:])  # its own shape may not say
    return OpenedEncoder(path, "keras", WHITE_BOX, FrozenEncoder(model), model, None, shape)


class _Flat:
    """An encoder whose maps are handed out as vectors."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.fingerprint, self.require_unchanged = encoder.fingerprint, encoder.require_unchanged

    def __call__(self, images: Images) -> np.ndarray:
        z = self._encoder(images)
        return z.reshape(len(z), -1)


def flattened(opened: OpenedEncoder) -> OpenedEncoder:
    """The same encoder with vectors for representations: for shapes that no decoder of maps takes."""
    model = opened.model
    if model is not None:
        model = keras.Model(model.input, keras.layers.Flatten(name="flat")(model.output))
    size = int(np.prod(opened.representation_shape))
    return dataclasses.replace(opened, encode=_Flat(opened.encode), model=model, representation_shape=(size,))


def _what_is_there(place: Path) -> str:
    if not place.exists():
        return "which does not exist"
    if place.is_file():
        return "a file of another kind"
    names = sorted(entry.name for entry in place.iterdir())
    return f"a folder with {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}" if names else "an empty folder"
