"""Counted operations against counts by hand."""

from __future__ import annotations

import keras
import pytest
from keras import layers

from tfprivacy_rep.models.cost import forward_gflop
from tfprivacy_rep.models.perceptual import build_perceptual


def test_operations_of_each_kind_of_layer():
    """Two for each multiplication and addition.

    Convolution 3x3, 3 to 8, stride 2 on 16x16: 8 * 8 places * 3 * 3 * 3 * 8 weights = 13,824 multiplications.
    Transposed 4x4, 8 to 5, stride 2 from 8x8: each of 64 inputs meets 4 * 4 * 5 * 8 weights = 40,960.
    Dense 16 * 16 * 5 to 7: 8,960.
    """
    images = keras.Input((16, 16, 3))
    x = layers.Conv2D(8, 3, 2, padding="same")(images)
    x = layers.Conv2DTranspose(5, 4, 2, padding="same")(x)
    x = layers.Dense(7)(layers.Flatten()(x))
    assert forward_gflop(keras.Model(images, x)) == pytest.approx(2 * (13_824 + 40_960 + 8_960) / 1e9, rel=1e-12)


def test_a_model_in_a_model_is_counted():
    inner_in = keras.Input((4,))
    inner = keras.Model(inner_in, layers.Dense(3)(inner_in))
    outer_in = keras.Input((4,))
    assert forward_gflop(keras.Model(outer_in, layers.Dense(2)(inner(outer_in)))) == pytest.approx(2 * (12 + 6) / 1e9)


def test_g_costs_what_its_papers_shapes_say():
    """VGG16's first two blocks at 64 px: 3*64 and 64*64 kernels at 64x64, 64*128 and 128*128 at 32x32, all 3x3."""
    places = 64 * 64 * (3 * 64 + 64 * 64) + 32 * 32 * (64 * 128 + 128 * 128)
    assert forward_gflop(build_perceptual("hed", 64, 64)) == pytest.approx(2 * 9 * places / 1e9, rel=1e-12)
