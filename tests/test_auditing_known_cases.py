"""The audit must be right about encoders whose leaks are known beforehand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import small_audit
import synthetic_sets
from keras import layers

pytestmark = pytest.mark.slow


def headline(contents: dict[str, Any], figure: str) -> tuple[float, float, float]:
    """A figure of the headline and the ends of its interval."""
    ends = contents["intervals"]["headline"][figure]
    return contents["headline"][figure], ends["low"], ends["high"]


def question(contents: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in contents["verdict"]["questions"] if one["question"] == name)


@pytest.fixture(scope="module")
def identity(tmp_path_factory) -> dict[str, Any]:
    return small_audit.audit(small_audit.blocks(), tmp_path_factory.mktemp("identity"))


@pytest.fixture(scope="module")
def constant(tmp_path_factory) -> dict[str, Any]:
    return small_audit.audit(small_audit.constant(), tmp_path_factory.mktemp("constant"))


def test_the_identity_is_condemned(identity):
    assert identity["verdict"]["grade"] == "condemned"
    assert question(identity, "identity_from_z")["level"] == "beyond_answer"
    assert question(identity, "appearance")["level"] == "beyond_answer"
    value, low, _ = headline(identity, "linkage_rank1")
    assert low > 3 * identity["chance_rank1"] and value > 0.8
    floor = next(row for row in identity["rows"] if row["name"] == "mean_image")["psnr"]
    assert identity["headline"]["psnr"] > floor + 6


def test_a_constant_representation_is_at_the_blind_floor(constant):
    assert constant["verdict"]["grade"] == "floor"
    assert {one["level"] for one in constant["verdict"]["questions"]} == {"floor"}
    assert constant["headline"]["linkage_rank1"] == pytest.approx(constant["chance_rank1"])
    floor = next(row for row in constant["rows"] if row["name"] == "mean_image")["psnr"]
    assert constant["headline"]["psnr"] == pytest.approx(floor, abs=0.1)


def test_heavy_noise_lies_between(identity, constant, tmp_path):
    images = keras.Input((small_audit.SIZE, small_audit.SIZE, 3))
    noisy = keras.Model(images, _Noise(0.7)(layers.Flatten()(layers.AveragePooling2D(4)(images))))
    contents = small_audit.audit(noisy, tmp_path)
    for figure in ("linkage_rank1", "psnr"):
        (most, low, _), (value, low_, high), (least, _, high_) = (
            headline(one, figure) for one in (identity, contents, constant))
        assert most > value > least
    assert headline(contents, "psnr")[2] < headline(identity, "psnr")[1]  # the intervals do not even meet


class _Noise(layers.Layer):
    """Normal noise that depends on the photograph alone, so that the encoder stays a function."""

    def __init__(self, strength: float) -> None:
        super().__init__()
        draws = np.random.default_rng(0)
        self._strength = strength
        self._mix = draws.standard_normal((192, 64)).astype(np.float32) * 1000
        self._out = draws.standard_normal((64, 192)).astype(np.float32) / 8

    def call(self, z):
        return z + self._strength * keras.ops.matmul(keras.ops.sin(keras.ops.matmul(z, self._mix)), self._out)


def test_one_hot_of_the_person_is_condemned_by_linkage_though_no_image_comes_back(tmp_path):
    photographs = synthetic_sets.photographs()
    contents = small_audit.audit(
        small_audit.one_hot_of_person(photographs), tmp_path, photographs, partition="disjoint_people")
    assert contents["headline"]["linkage_rank1"] == 1.0
    assert question(contents, "identity_from_z")["level"] == "beyond_answer"
    assert contents["verdict"]["grade"] == "condemned"
    assert question(contents, "appearance")["level"] == "floor"


def test_other_attacker_seeds_agree_within_the_intervals(tmp_path):
    images = keras.Input((small_audit.SIZE, small_audit.SIZE, 3))
    encoder = keras.Model(images, layers.Flatten()(layers.AveragePooling2D(8)(images)))
    first, second = (
        small_audit.audit(encoder, tmp_path / str(seed), steps=400, attacker_seed=seed, attackers=("decoder",),
                          headline_seeds=3)  # with one seed the interval would cover the people alone
        for seed in (0, 1)
    )
    assert first["budget"]["headline_seeds"] == 3
    losses = [next(one for one in contents["attackers"] if one["name"] == "decoder")["history"]
              for contents in (first, second)]
    assert losses[0] != losses[1]  # they were other attackers
    assert all(set(one["headline_attackers"].values()) == {"decoder"} for one in (first, second))
    for figure in ("psnr", "ssim", "rank1", "linkage_rank1"):
        (value, low, high), (value_, low_, high_) = headline(first, figure), headline(second, figure)
        assert low <= value_ <= high and low_ <= value <= high_, figure


def test_the_scale_of_the_numbers_hides_nothing(tmp_path):
    """Divided by ten thousand and shifted, Z says the same; attackers must not be blinded by that."""
    images = keras.Input((small_audit.SIZE, small_audit.SIZE, 3))
    z = layers.Flatten()(layers.AveragePooling2D(8)(images))
    plain, small = (
        small_audit.audit(keras.Model(images, layers.Rescaling(scale, offset)(z)), tmp_path / str(scale),
                          attackers=("decoder",))
        for scale, offset in ((1.0, 0.0), (1e-3, 1.0))
    )
    assert small["headline"]["psnr"] == pytest.approx(plain["headline"]["psnr"], abs=0.3)
    assert small["verdict"]["grade"] == plain["verdict"]["grade"] == "condemned"
