"""Whether photographs fit an encoder from elsewhere, and how their numbers are scaled for it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tfprivacy_rep.attacks.image_input import require_fitting, scaled
from tfprivacy_rep.errors import UserError

PIXELS = np.array([[[[0, 51, 255]]]], np.uint8)


@pytest.mark.parametrize("dtype, input_range, expected", [
    (np.float32, "unit", [0, 0.2, 1]), (np.float32, "byte", [0, 51, 255]), (np.float32, "symmetric", [-1, -0.6, 1]),
    (np.uint8, "unit", [0, 51, 255]), (np.uint8, "symmetric", [0, 51, 255]),
])
def test_pixels_and_unit_floats_become_the_same(dtype, input_range, expected):
    for images in (PIXELS, PIXELS.astype(np.float32) / np.float32(255)):
        found = scaled(images, dtype, input_range)
        assert found.dtype == dtype and found.shape == (1, 1, 1, 3)
        np.testing.assert_allclose(found.ravel(), expected, rtol=1e-6)


@pytest.mark.parametrize("shape", [(None, 64, 64, 3), (8, 64, 64, 3), (None, None, None, 3), (None, 64, None, None)])
def test_images_that_fit(shape):
    require_fitting(shape, 64)


@pytest.mark.parametrize("shape, text", [
    ((None, 160, 160, 3), "expected one of 64 x 64 pixels. Received: an encoder of 160 x 160 pixels. Add "
                          "--image_size=160."),
    ((None, 56, None, 3), "an encoder of 56 x 56 pixels. Wrap it in a model that resizes images to 56 pixels"),
    ((None, 16, 16, 3), "Wrap it in a model that resizes images to 16 pixels: --image_size is a multiple of 16, at "
                        "least 32."),
    ((None, 64, 64, 1), "expected square RGB images [any, S, S, 3]. Received: an input of shape [any, 64, 64, 1]."),
    ((None, 3, 64, 64), "Received: an input of shape [any, 3, 64, 64]."),
    ((None, 64, 48, 3), "Received: an input of shape [any, 64, 48, 3]."),
    ((None, 784), "Received: an input of shape [any, 784]."),
    ((), "Received: an input of shape []."),
])
def test_images_that_do_not_fit_name_the_size_that_would(shape, text):
    with pytest.raises(UserError, match="An encoder whose input does not fit the images: .*" + re.escape(text)):
        require_fitting(shape, 64)
