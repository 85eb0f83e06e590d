"""The recogniser of drawn faces: a small network trained on drawn people whom no experiment uses.

dlib's network knows photographs of faces; drawn people are as good as one person to it. How this one was trained and
what it reaches: `docs/rendered-recogniser.md`.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfprivacy_rep.evaluation.identity import check_images
from tfprivacy_rep.evaluation.identity_network import IMAGE_SIZE, load_identity_network

#: Weights that come with the package.
WEIGHTS = Path(__file__).with_name("rendered_faces.npz")

#: Images a call of the network; the last call is filled up.
_BATCH = 64


class RenderedRecogniser:
    """Describes drawn faces by directions (vectors of length 1), 80 numbers with the weights of the package.

    Images of another size than 64 px are resized first, by bilinear interpolation with antialiasing. The result is
    deterministic and does not depend on the batch: every call has the same shape. One photograph costs about 1 ms.
    """

    name = "rendered"

    def __init__(self, weights: str | os.PathLike | None = None) -> None:
        """Loads the weights and traces the network.

        Args:
            weights: a file of `scripts/train_recogniser.py`; None for the weights that come with the package.

        Raises:
            UserError: if the file is missing or holds something else.
        """
        network = load_identity_network(WEIGHTS if weights is None else weights)

        def describe(images: tf.Tensor) -> tf.Tensor:
            return network(resized(images), training=False)

        # Traced here, once for all sizes: TensorFlow warns of retracing where it happens at the calls.
        self._describe = tf.function(describe).get_concrete_function(
            tf.TensorSpec([_BATCH, None, None, 3], tf.float32)
        )

    def describe(self, images: NDArray) -> NDArray[np.float32]:
        """Describes drawn photographs by `[N, D]` float32, rows of length 1; see `Recogniser`."""
        images = check_images(images).astype(np.float32, copy=False)
        parts = []
        for start in range(0, len(images), _BATCH):
            batch = images[start : start + _BATCH]
            filled = np.concatenate([batch, np.zeros((_BATCH - len(batch), *batch.shape[1:]), np.float32)])
            parts.append(np.asarray(self._describe(tf.constant(filled)))[: len(batch)])
        return np.concatenate(parts)


def resized(images: tf.Tensor) -> tf.Tensor:
    """Returns `[B, S, S, 3]` float32 images as `[B, 64, 64, 3]`, bilinear and antialiased."""
    size = (IMAGE_SIZE, IMAGE_SIZE)
    images = tf.image.resize(images, size, "bilinear", antialias=True)
    return tf.ensure_shape(images, [None, *size, 3])
