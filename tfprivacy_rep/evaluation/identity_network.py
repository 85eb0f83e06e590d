"""The network of a recogniser of drawn faces, and the file that holds its architecture and weights."""

from __future__ import annotations

import dataclasses
import os
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.files import atomic_path
from tfprivacy_rep.models.encoder import GROUPS
from tfprivacy_rep.models.initialisation import seeded_initialisers

#: Side of the images that the network sees, in pixels.
IMAGE_SIZE = 64

#: First entry of a file; another one would be read as another architecture.
_FORMAT = "tfprivacy_rep identity network 1"


@dataclasses.dataclass(frozen=True)
class Architecture:
    """What a network is built from.

    Attributes:
        widths: filters of the 4x4 stride-2 convolutions, multiples of 8, at most six of them.
        embedding_size: numbers D that describe a face.
    """

    widths: tuple[int, ...] = (24, 48, 96, 120)
    embedding_size: int = 80

    def __post_init__(self) -> None:
        if not 1 <= len(self.widths) <= 6 or any(width < 8 or width % GROUPS for width in self.widths):
            raise UserError(
                f"Invalid `widths`: expected one to six multiples of {GROUPS}. Received: widths={self.widths}. "
                "Use 24, 48, 96, 120."
            )
        if self.embedding_size < 2:
            raise UserError(
                "Invalid `embedding_size`: expected at least 2. "
                f"Received: embedding_size={self.embedding_size}. Use 64."
            )


def build_identity_network(architecture: Architecture, seed: int = 0) -> keras.Model:
    """Builds the network: the encoder's stride-2 convolutions with normalisation by groups, then one dense layer.

    Args:
        architecture: its sizes.
        seed: of the weights.

    Returns:
        A model from images `[B, 64, 64, 3]` float32 in [0, 1] to `[B, D]` float32 of length 1.
    """
    initialiser = seeded_initialisers(seed)
    x = images = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3), name="images")
    x = layers.Rescaling(2.0, offset=-1.0, name="to_minus_one_one")(x)
    for index, filters in enumerate(architecture.widths):
        x = layers.Conv2D(filters, 4, 2, padding="same", kernel_initializer=initialiser(), name=f"conv{index}")(x)
        x = layers.GroupNormalization(GROUPS, name=f"norm{index}")(x)
        x = layers.LeakyReLU(0.2, name=f"activation{index}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(architecture.embedding_size, kernel_initializer=initialiser(), name="embedding")(x)
    return keras.Model(images, layers.UnitNormalization(name="direction")(x), name="identity")


def save_identity_network(path: str | os.PathLike, architecture: Architecture, network: keras.Model) -> None:
    """Writes the architecture and the weights, rounded to float16, to one `.npz` file, as a whole or not at all.

    Raises:
        UserError: if the folder can't be written to.
    """
    weights = {f"weight{i:02d}": value.astype(np.float16) for i, value in enumerate(network.get_weights())}
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            format=np.array(_FORMAT),
            widths=np.array(architecture.widths),
            embedding_size=np.array(architecture.embedding_size),
            **weights,
        )


def load_identity_network(path: str | os.PathLike) -> keras.Model:
    """Builds the network that a file describes, with its weights.

    Raises:
        UserError: if there is no such file or it holds something else.
    """
    if not Path(path).is_file():
        raise UserError(
            f"Missing file `{path}`: expected the weights of a recogniser of drawn faces. Received: no such file. "
            f"Run: python scripts/train_recogniser.py --output {path}"
        )
    try:
        with np.load(path, allow_pickle=False) as stored:
            return _restored({name: stored[name] for name in stored.files})
    except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise UserError(
            f"Invalid `weights`: expected a file of scripts/train_recogniser.py. Received: {path}, "
            f"{type(error).__name__}: {error}. Train it again or give another file."
        ) from error


def _restored(entries: dict[str, Any]) -> keras.Model:
    """Builds the network from the file's arrays, or raises a ValueError or KeyError where they do not fit."""
    if str(entries["format"]) != _FORMAT:
        raise ValueError(f"format {str(entries['format'])!r} instead of {_FORMAT!r}")
    architecture = Architecture(tuple(int(width) for width in entries["widths"]), int(entries["embedding_size"]))
    network = build_identity_network(architecture)
    values = [entries[f"weight{i:02d}"].astype(np.float32) for i in range(len(network.weights))]
    for weight, value in zip(network.weights, values):
        if weight.shape != value.shape or not np.isfinite(value).all():
            raise ValueError(f"{weight.path} of shape {value.shape} instead of finite values {tuple(weight.shape)}")
    network.set_weights(values)
    return network
