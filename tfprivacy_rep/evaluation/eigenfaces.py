"""Eigenfaces: a classical recogniser that shares nothing with dlib's network.

On the ORL photographs, fitted on 20 people and tested on 20 others at 64 px: rank-1 0.67 (chance 0.05).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.identity import check_images


class EigenfaceRecogniser:
    """Eigenfaces: whitened principal components of grey pixels, compared by their cosine.

    Source: M. Turk, A. Pentland, "Eigenfaces for recognition", 1991. Far weaker than dlib, but it
    shares nothing with it, and looks at the pixels, as a reconstruction loss does.
    """

    name = "eigenfaces"

    def __init__(self, fit_images: NDArray, components: int = 60) -> None:
        """Fits the components.

        Args:
            fit_images: public photographs (never the gallery's or the probes'), `[N, S, S, 3]`,
                float32 in [0, 1], N >= 3. At most N - 1 components are kept.
            components: number of components, at least 1.

        Raises:
            UserError: another shape, dtype or range, too few photographs, or `components` < 1.
        """
        grey = _grey(check_images(fit_images, "fit_images"))
        if len(grey) < 3 or components < 1:
            raise UserError(
                "Invalid `fit_images`, `components`: expected at least 3 photographs and 1 "
                f"component. Received: {len(grey)} photographs, components={components}. "
                "Fit on all public photographs."
            )
        self._size = fit_images.shape[1]
        # The full decomposition is deterministic; the default may pick a randomised one.
        kept = min(components, len(grey) - 1, grey.shape[1])
        self._pca = PCA(kept, whiten=True, svd_solver="full").fit(grey)

    def describe(self, images: NDArray) -> NDArray[np.float32]:
        """Describes photographs of the size fitted on by `[N, D]` float32; see `Recogniser`."""
        images = check_images(images)
        if images.shape[1] != self._size:
            raise UserError(
                f"Invalid `images`: expected the size fitted on, {self._size} px. "
                f"Received: {images.shape[1]} px. Resize them or fit on photographs of that size."
            )
        return self._pca.transform(_grey(images)).astype(np.float32)


def _grey(images: NDArray) -> NDArray[np.float64]:
    """Returns the mean over the channels, flattened to `[N, S * S]`."""
    return images.mean(axis=-1, dtype=np.float64).reshape(len(images), -1)
