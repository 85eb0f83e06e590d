"""What is computed from many photographs a part at a time, so that no set has to fit into memory."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data.images import Images

_CHUNK = 1024


def mean_image(images: Images) -> np.ndarray:
    """The mean of photographs.

    Args:
        images: uint8 `[N, S, S, 3]`, N >= 1; read a part at a time.

    Returns:
        `[S, S, 3]` float32 in [0, 1].
    """
    total = np.zeros(images.shape[1:], np.int64)
    for start in range(0, len(images), _CHUNK):
        total += images[start : start + _CHUNK].sum(0, dtype=np.int64)
    return (total / (255.0 * len(images))).astype(np.float32)
