"""Export of the encoder for TensorFlow Serving: a SavedModel in a folder named by its version."""

from __future__ import annotations

from pathlib import Path

import keras
import tensorflow as tf

from tfprivacy_rep import files
from tfprivacy_rep.errors import UserError


def export_encoder(encoder: keras.Model, folder: str | Path, version: int = 1) -> Path:
    """Writes `<folder>/<version>` with the signature `serving_default`, published by rename.

    The signature takes `images` float32 `[B, S, S, 3]` in [0, 1], any B, and gives `representation` float32 `[B, ...]`.
    `ExportArchive` registers the variables that the endpoint uses (its `track` would store each a second time): a plain
    `tf.saved_model.save` loads in Python but fails in the C++ loader that TensorFlow Serving uses. Nothing else
    than the encoder is inside.

    Args:
        encoder: images to representations.
        folder: of the model, with one folder for each version in it.
        version: positive integer.

    Returns:
        The folder of the version.

    Raises:
        UserError: if the version exists or can't be written.
    """
    target = Path(folder) / str(version)
    if target.exists():
        raise UserError(
            f"Invalid `version`: expected one that does not exist yet. Received: {target}. Use the next number."
        )
    archive = keras.export.ExportArchive()
    shape = (None, *encoder.inputs[0].shape[1:])
    archive.add_endpoint(
        name="serving_default",
        fn=lambda images: {"representation": encoder(images, training=False)},
        input_signature=[tf.TensorSpec(shape, tf.float32, name="images")],
    )
    with files.atomic_path(target) as temporary:
        archive.write_out(str(temporary), verbose=False)
    return target
