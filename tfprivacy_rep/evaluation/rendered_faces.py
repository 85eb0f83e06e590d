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

from tfprivacy_rep.evaluation.identity import check_images, in_batches
from tfprivacy_rep.evaluation.identity_network import IMAGE_SIZE, load_identity_network

#: Weights that come with the package: of the recogniser, and of a second one of another architecture, seed and people.
WEIGHTS = Path(__file__).with_name("rendered_faces.npz")
SECOND_WEIGHTS = Path(__file__).with_name("rendered_faces_second.npz")

#: Images a call of the network; the last call is filled up.
_BATCH = 64


class RenderedRecogniser:
    """Describes drawn faces by directions (vectors of length 1), 80 numbers with either weights of the package.

    Images of another size than 64 px are resized first, by bilinear interpolation with antialiasing. The result is
    deterministic and does not depend on the batch: every call has the same shape. One photograph costs about 1 ms.
    """

    def __init__(self, weights: str | os.PathLike | None = None, name: str = "rendered") -> None:
        """Loads the weights and traces the network.

        Args:
            weights: a file of `scripts/train_recogniser.py`; None for the weights that come with the package.
            name: for reports; another one than the first network's where two of them judge.

        Raises:
            UserError: if the file is missing or holds something else.
        """
        self.name = name
        network = load_identity_network(WEIGHTS if weights is None else weights)

        def describe(images: tf.Tensor) -> tf.Tensor:
            return network(resized(images), training=False)

        # Traced here, once for all sizes: TensorFlow warns of retracing where it happens at the calls.
        self._describe = tf.function(describe).get_concrete_function(
            tf.TensorSpec([_BATCH, None, None, 3], tf.float32)
        )

    def describe(self, images: NDArray) -> NDArray[np.float32]:
        """Describes drawn photographs by `[N, D]` float32, rows of length 1; see `Recogniser`."""
        return in_batches(lambda batch: self._describe(tf.constant(batch)), check_images(images), _BATCH)


def resized(images: tf.Tensor) -> tf.Tensor:
    """Returns `[B, S, S, 3]` float32 images as `[B, 64, 64, 3]`, bilinear and antialiased."""
    size = (IMAGE_SIZE, IMAGE_SIZE)
    images = tf.image.resize(images, size, "bilinear", antialias=True)
    return tf.ensure_shape(images, [None, *size, 3])
