"""Servable models: the encoder, which runs at the client or at the edge, and the head, which runs at the service.

Both are SavedModels in a folder named by its version, published by rename: TensorFlow Serving ignores every folder
whose name is no number, so it never sees half of one. `ExportArchive` registers the variables that an endpoint uses
(its `track` would store each a second time): a plain `tf.saved_model.save` loads in Python but fails in the C++ loader
that TensorFlow Serving uses. Nothing else than the one model is inside, and core operations alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Sequence

import keras
import tensorflow as tf

from tfprivacy_rep import files
from tfprivacy_rep.data.preprocessing import Cut
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.release import GaussianRelease
from tfprivacy_rep.serving.image_bytes import photographs

Complete = Callable[[Path], None]


def export_encoder(
    encoder: keras.Model, folder: str | Path, version: int = 1, complete: Complete | None = None,
    cut: Cut | None = None, release: GaussianRelease | None = None, with_mean: bool = False,
) -> Path:
    """Writes `<folder>/<version>` with two signatures that give `representation` float32 `[B, ...]`, for any B.

    `serving_default` takes `images` float32 `[B, S, S, 3]` in [0, 1]; `serving_bytes` takes `image_bytes` string `[B]`,
    whole JPEG or PNG files, and does to them what training did (see `image_bytes.photographs`).

    Args:
        encoder: images to representations, or to the parameters of a release.
        folder: of the model, with one folder for each version in it.
        version: positive integer.
        complete: called with the folder before it is published, to add files to it and to check it.
        cut: where training cut photographs of its source's size; None for the middle.
        release: what representations are drawn from, in the graph, with noise that no two calls and no two processes
            share; None where the encoder gives them.
        with_mean: adds a third signature, `mean`, which takes `images` and gives the mean of the release as
            `representation`: no noise protects it.

    Returns:
        The folder of the version.

    Raises:
        UserError: if the version exists or can't be written.
    """
    size = encoder.inputs[0].shape[1]

    def represent(images: tf.Tensor) -> dict[str, tf.Tensor]:
        given = encoder(images, training=False)
        z = given if release is None else release.fresh_sample(given)
        return {"representation": tf.identity(z, name="representation")}

    archive = keras.export.ExportArchive()
    archive.add_endpoint(
        name="serving_default", fn=represent,
        input_signature=[tf.TensorSpec((None, *encoder.inputs[0].shape[1:]), tf.float32, name="images")],
    )
    archive.add_endpoint(
        name="serving_bytes", fn=lambda image_bytes: represent(photographs(image_bytes, size, cut)),
        input_signature=[tf.TensorSpec((None,), tf.string, name="image_bytes")],
    )
    if release is not None and with_mean:
        archive.add_endpoint(
            name="mean", fn=lambda images: {"representation": release.mean(encoder(images, training=False))},
            input_signature=[tf.TensorSpec((None, *encoder.inputs[0].shape[1:]), tf.float32, name="images")],
        )
    return _publish(archive, folder, version, complete)


def export_head(
    classifier: keras.Model, attributes: Sequence[str], folder: str | Path, version: int = 1,
    complete: Complete | None = None,
) -> Path:
    """Writes `<folder>/<version>` with the classifier, which takes representations and never a photograph.

    `serving_default` takes `representation` float32 `[B, ...]` and gives `logits` and `probabilities` float32 `[B, A]`;
    `attribute_names` takes `index` int64 `[B]` in 0..A-1 and gives `names` string `[B]`.

    Args:
        classifier: representations to logits.
        attributes: A names, in the order of the logits.
        folder, version, complete: as of `export_encoder`.

    Returns:
        The folder of the version.

    Raises:
        UserError: if the names are not as many as the logits, or the version exists or can't be written.
    """
    if classifier.output_shape[1:] != (len(attributes),):
        raise UserError(
            "Invalid `attributes`: expected a name for each of the classifier's outputs "
            f"{classifier.output_shape[1:]}. Received: {len(attributes)} names. Name each output once, in order."
        )

    def answer(representation: tf.Tensor) -> dict[str, tf.Tensor]:
        logits = classifier(representation, training=False)
        return {"logits": tf.identity(logits, name="logits"), "probabilities": tf.sigmoid(logits)}

    names = list(attributes)
    archive = keras.export.ExportArchive()
    archive.add_endpoint(
        name="serving_default", fn=answer,
        input_signature=[tf.TensorSpec((None, *classifier.inputs[0].shape[1:]), tf.float32, name="representation")],
    )
    archive.add_endpoint(
        name="attribute_names", fn=lambda index: {"names": tf.gather(tf.constant(names), index)},
        input_signature=[tf.TensorSpec((None,), tf.int64, name="index")],
    )
    return _publish(archive, folder, version, complete)


def next_version(*folders: Path) -> int:
    """The smallest number above every version in the folders of models that belong together."""
    taken = [int(entry.name) for folder in folders if folder.is_dir() for entry in folder.iterdir()
             if entry.name.isdecimal()]
    return max(taken, default=0) + 1


def _publish(
    archive: keras.export.ExportArchive, folder: str | Path, version: int, complete: Complete | None
) -> Path:
    target = Path(folder) / str(version)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise UserError(f"Invalid `version`: expected a positive integer. Received: version={version!r}. Use 1.")
    if target.exists():
        raise UserError(
            f"Invalid `version`: expected one that does not exist yet. Received: {target}. Use the next number."
        )
    with files.atomic_path(target, "export_dir") as temporary:
        archive.write_out(str(temporary), verbose=False)
        if complete is not None:
            complete(temporary)
    return target
