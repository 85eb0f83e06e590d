"""Counted operations against counts by hand."""

from __future__ import annotations

import keras
import pytest
from keras import layers

from tfprivacy_rep.models.cost import backward_gflop, forward_gflop
from tfprivacy_rep.models.discriminator import build_discriminator
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


def test_layers_inside_spectral_normalisation_are_counted():
    """Four 4x4 stride-2 convolutions at 32 px, widths 8, 8, 16, 16, then a dense layer on 2 * 2 * 16 numbers.

    16 * 16 places * 16 * 3 * 8 + 8 * 8 * 16 * 8 * 8 + 4 * 4 * 16 * 8 * 16 + 2 * 2 * 16 * 16 * 16 + 64 multiplications.
    """
    by_hand = 2 * (98_304 + 65_536 + 32_768 + 16_384 + 64) / 1e9
    for spectral in (True, False):
        counted = forward_gflop(build_discriminator(32, (8, 8, 16, 16), spectral=spectral))
        assert counted == pytest.approx(by_hand, rel=1e-12)


def test_a_dense_layer_on_a_map_is_applied_at_each_place():
    images = keras.Input((6, 5, 3))
    assert forward_gflop(keras.Model(images, layers.Dense(4)(images))) == pytest.approx(2 * 30 * 12 / 1e9)


def test_a_first_layer_needs_no_gradient_of_its_input():
    """Convolution 2x2, 1 to 3, on 4x4 without borders: 9 * 12 multiplications; dense 27 to 5: 135."""
    images = keras.Input((4, 4, 1))
    x = layers.Rescaling(2.0)(images)
    x = layers.LeakyReLU()(layers.Conv2D(3, 2)(x))
    model = keras.Model(images, layers.Dense(5)(layers.Flatten()(x)))
    first, second = 2 * 108 / 1e9, 2 * 135 / 1e9
    assert backward_gflop(model, to_weights=True, to_input=True) == pytest.approx(2 * (first + second))
    assert backward_gflop(model, to_weights=True, to_input=False) == pytest.approx(first + 2 * second)
    assert backward_gflop(model, to_weights=False, to_input=True) == pytest.approx(first + second)
    assert backward_gflop(model, to_weights=False, to_input=False) == 0


def test_branches_and_models_in_models_are_followed_back():
    """Two dense layers beside each other, 4 to 3, both first; then one inside a model, 6 to 2, that is not."""
    inner_in = keras.Input((6,))
    inner = keras.Model(inner_in, layers.Dense(2)(inner_in))
    inputs = keras.Input((4,))
    model = keras.Model(inputs, inner(layers.Concatenate()([layers.Dense(3)(inputs), layers.Dense(3)(inputs)])))
    assert backward_gflop(model, to_weights=True, to_input=False) == pytest.approx(2 * (24 + 2 * 12) / 1e9)
    assert backward_gflop(model, to_weights=True, to_input=True) == pytest.approx(2 * (2 * 24 + 2 * 12) / 1e9)
