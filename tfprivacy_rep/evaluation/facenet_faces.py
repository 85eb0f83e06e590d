"""FaceNet, a recogniser of photographs of another network and training than dlib's.

F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet", 2015, as an Inception-ResNet v1 trained by D. Sandberg, through the
package keras-facenet. Its weights (95 MB) do not come with any package: they are a file of the user's, or downloaded on
request, and are used only if they have the SHA-256 that keras-facenet publishes for them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
import urllib.request
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfprivacy_rep.errors import UserError, missing_extra
from tfprivacy_rep.evaluation.identity import check_images, in_batches
from tfprivacy_rep.files import atomic_path

#: Which of keras-facenet's weights: its default, 512 numbers a face.
VERSION = "20180402-114759"
DIMENSIONS = 512

#: In place of a file: download the weights.
DOWNLOAD = "download"

#: Side of the images that the network sees, in pixels.
IMAGE_SIZE = 160

#: Side of what it is shown, in sides of the square from above the brows to the chin: it was trained on faces with a
#: margin. Reckoned, not measured.
MARGIN = 1.3

_BATCH = 32


class FacenetRecogniser:
    """Describes photographs by FaceNet, 512 numbers of length 1.

    The face is cut out, resized to 160 px and its pixels are mapped to [-1, 1], as the network was trained. Faces are
    not searched or aligned, so that no step can fail for a reconstruction. How well it tells people apart so was not
    measured: the weights are not to be had from a package registry. The result does not depend on the batch.
    """

    name = "facenet"

    def __init__(self, weights: str, face_square: tuple[float, float, float] = (0.5, 0.5, 1.0)) -> None:
        """Loads the weights.

        Args:
            weights: a file, or `download` to fetch it to `~/.keras-facenet`, unless it is there.
            face_square: where the face is, as for `DlibRecogniser`; `MARGIN` times as much is cut out, as far as it is
                on the photograph. The whole photograph if left out.

        Raises:
            UserError: no weights are named or they are not those of keras-facenet, or a package is not installed.
        """
        if not weights:
            raise UserError(
                "Invalid `facenet_weights`: expected the weights of FaceNet. Received: facenet_weights=''. "
                f"Name a local file {VERSION}-weights.h5, or use facenet_weights={DOWNLOAD} to download it."
            )
        url, sha256 = published()
        path = downloaded(url, sha256) if weights == DOWNLOAD else Path(weights)
        network = load_facenet(path, sha256)
        self._square = face_square

        def describe(images: tf.Tensor) -> tf.Tensor:
            resized = tf.image.resize(images, (IMAGE_SIZE, IMAGE_SIZE), "bilinear", antialias=True)
            return network(2.0 * resized - 1.0, training=False)

        self._describe = tf.function(describe).get_concrete_function(
            tf.TensorSpec([_BATCH, None, None, 3], tf.float32)
        )

    def describe(self, images: NDArray) -> NDArray[np.float32]:
        """Describes photographs by `[N, 512]` float32, rows of length 1; see `Recogniser`."""
        crops = face_crops(check_images(images), self._square)
        return in_batches(lambda batch: self._describe(tf.constant(batch)), crops, _BATCH)


def face_crops(images: NDArray, face_square: tuple[float, float, float]) -> NDArray:
    """Cuts out the face with its margin: the square that fits into the photograph and is nearest to the one asked for.

    Args:
        images: `[N, S, S, 3]`.
        face_square: centre x, centre y and side, as fractions of S.
    """
    size = images.shape[1]
    x, y, side = face_square
    wide = min(size, max(1, round(MARGIN * side * size)))
    left, top = (min(max(0, round(centre * size - wide / 2)), size - wide) for centre in (x, y))
    return images[:, top : top + wide, left : left + wide]


def published() -> tuple[str, str]:
    """Returns address and SHA-256 of the weights, as the installed keras-facenet publishes them.

    Raises:
        UserError: if it, or OpenCV, which it imports and does not ask for, is not installed.
    """
    for module, package in (("keras_facenet", "keras-facenet"), ("cv2", "opencv-python-headless")):
        if importlib.util.find_spec(module) is None:
            raise missing_extra(package, "facenet", "the recogniser facenet")
    from keras_facenet.metadata import MODEL_METADATA

    entry = MODEL_METADATA[VERSION]
    return entry["keras_weights_url"], entry["keras_weights_sha256"]


def downloaded(url: str, sha256: str, folder: str | os.PathLike | None = None) -> Path:
    """Returns the weights, where keras-facenet keeps them; downloads them first if they are not there, and says so.

    Args:
        url: of the weights.
        sha256: of the weights; a file that has another one is replaced.
        folder: None for keras-facenet's own.

    Raises:
        UserError: if they can't be had or are others.
    """
    place = Path.home() / ".keras-facenet" / VERSION if folder is None else Path(folder)
    path = place / f"{VERSION}-weights.h5"
    if path.is_file() and _sha256(path) == sha256:
        return path
    print(f"Downloading FaceNet's weights (95 MB) from {url} to {path}", flush=True)
    with atomic_path(path, "facenet_weights") as temporary:
        try:
            urllib.request.urlretrieve(url, temporary)
        except OSError as error:
            raise UserError(
                f"Can't download `{url}`: expected an answer. Received: {error}. Download it on another machine and "
                "name the file in facenet_weights."
            ) from error
        check_sha256(temporary, sha256)
    return path


def load_facenet(path: str | os.PathLike, sha256: str) -> keras.Model:
    """Builds the network and loads its weights.

    Args:
        path: the weights, HDF5.
        sha256: that the file must have. Nothing of another file is read: HDF5 is a format for trusted files.

    Returns:
        A model from images `[B, 160, 160, 3]` float32 in [-1, 1] to `[B, 512]` float32 of length 1.

    Raises:
        UserError: if there is no such file or it is another one.
    """
    if not Path(path).is_file():
        raise UserError(
            f"Missing file `{path}`: expected FaceNet's weights, {VERSION}-weights.h5. Received: no such file. "
            f"Name the file in facenet_weights, or use facenet_weights={DOWNLOAD}."
        )
    check_sha256(path, sha256)
    from keras_facenet.inception_resnet_v1 import InceptionResNetV1  # optional

    with tempfile.TemporaryDirectory(prefix="tfprivacy_rep_") as folder:
        named = Path(folder) / "facenet.h5"  # Keras tells the format by the name, and users rename files
        named.symlink_to(Path(path).resolve())
        return InceptionResNetV1(
            input_shape=(IMAGE_SIZE, IMAGE_SIZE, 3), classes=DIMENSIONS, weights_path=str(named)
        )


def check_sha256(path: str | os.PathLike, expected: str) -> None:
    """Raises a UserError if a file has another SHA-256."""
    received = _sha256(path)
    if received != expected:
        raise UserError(
            f"Invalid `facenet_weights`: expected the weights {VERSION} of keras-facenet, SHA-256 {expected}. "
            f"Received: {path}, SHA-256 {received}. Download the file again, or use facenet_weights={DOWNLOAD}."
        )


def _sha256(path: str | os.PathLike) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
