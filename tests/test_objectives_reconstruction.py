"""L_p and L_perc against values derived by hand."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfprivacy_rep.objectives.reconstruction import perceptual_distance, pixel_distance


def test_pixel_distance_is_the_mean_square_over_pixels_and_channels():
    """Images of 2 x 2 pixels and 3 channels: 12 numbers.

    Row 0: off by 1/2 in the 3 channels of one pixel: 3 (1/2)^2 / 12 = 1/16.
    Row 1: black for white: 12 / 12 = 1.
    Row 2: off by -1/5 in one channel of one pixel: (1/25) / 12 = 1/300.
    """
    images, reconstruction = np.zeros((2, 3, 2, 2, 3), np.float32)
    reconstruction[0, 0, 1] = 0.5
    images[1] = 1.0
    images[2, 1, 0, 2] = 0.2
    distance = pixel_distance(tf.constant(reconstruction), tf.constant(images))
    np.testing.assert_allclose(distance, [1 / 16, 1.0, 1 / 300], rtol=1e-6)


def test_perceptual_distance_scales_each_layer_and_takes_their_mean():
    """Two layers, scales 3 and 1/2.

    Layer 0 has two features: differences (1, -1) and (0, 2): mean squares 1 and 2.
    Layer 1 has four: (2, 0, 0, 0) and none: mean squares 1 and 0.
    Row 0: (3 x 1 + 1/2 x 1) / 2 = 1.75. Row 1: (3 x 2 + 0) / 2 = 3.
    """
    target = [np.full((2, 1, 2, 1), 5.0, np.float32), np.full((2, 4), -1.0, np.float32)]
    reconstructed = [target[0].copy(), target[1].copy()]
    reconstructed[0] += np.array([[1, -1], [0, 2]], np.float32).reshape(2, 1, 2, 1)
    reconstructed[1][0, 0] += 2.0
    features = [[tf.constant(layer) for layer in layers] for layers in (reconstructed, target)]
    distance = perceptual_distance(*features, (3.0, 0.5))
    np.testing.assert_allclose(distance, [1.75, 3.0], rtol=1e-6)


def test_perceptual_distance_refuses_another_number_of_layers():
    layer = tf.zeros([1, 2])
    with pytest.raises(ValueError, match="shorter"):
        perceptual_distance([layer, layer], [layer, layer], (1.0,))
