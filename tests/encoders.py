"""Tiny encoders for tests, stored in every way that an encoder can be."""

from __future__ import annotations

from pathlib import Path

import keras

from tfprivacy_rep.models.encoder import build_encoder
from tfprivacy_rep.serving.export import export_encoder

SIZE, NUMBERS = 32, 12


def tiny(seed: int = 0) -> keras.Model:
    """Images `[B, 32, 32, 3]` to `[B, 12]`."""
    return build_encoder(image_size=SIZE, representation_size=NUMBERS, widths=(8, 8, 8, 8), seed=seed)


def keras_file(folder: Path, model: keras.Model | None = None) -> Path:
    """Saves a model as .keras."""
    path = folder / "encoder.keras"
    (tiny() if model is None else model).save(path)
    return path


def saved_model(folder: Path) -> Path:
    """Exports the same encoder and returns the folder with its versions."""
    export_encoder(tiny(), folder / "encoder", 1)
    return folder / "encoder"
