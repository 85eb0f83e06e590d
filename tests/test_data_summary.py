"""The mean of many photographs, read a part at a time."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data import summary


def test_the_mean_of_parts_is_the_mean(monkeypatch):
    monkeypatch.setattr(summary, "_CHUNK", 3)
    images = np.random.default_rng(0).integers(0, 256, (10, 4, 4, 3), dtype=np.uint8)
    mean = summary.mean_image(images)
    assert mean.dtype == np.float32
    np.testing.assert_allclose(mean, images.astype(np.float64).mean(0) / 255, rtol=1e-6)
