"""Releases against what can be worked out by hand: noise, principal components, degraded photographs, the answer."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic_sets import encode, sets

from tfprivacy_rep.trials import releases
from tfprivacy_rep.trials.releases import Release


@pytest.fixture(scope="module")
def base() -> Release:
    """Block means of 40 photographs of ten people."""
    return Release("audited", encode, sets())


def test_every_set_is_encoded_once(base):
    calls = []

    def counting(images):
        calls.append(len(images))
        return encode(images)

    release = Release("audited", counting, base.sets)
    assert len(calls) == len(base.sets.names)
    releases.with_noise(release, 1.0, 0)
    releases.of_fewer_numbers(release, 2)
    releases.answer_bits(release)
    assert len(calls) == len(base.sets.names)  # what is changed after the fact costs no further pass
    np.testing.assert_array_equal(release.z["probes"], encode(base.sets.images("probes")))


def test_noise_has_the_strength_that_it_says_and_differs_from_set_to_set(base):
    noisy = releases.with_noise(base, 2.0, seed=3)
    spread = base.z["x1_train"].std(0)
    assert noisy.draws == releases.DRAWS and len(noisy.lesson()[0]) == len(noisy.z["public"])
    original = base.z | {"public": np.tile(base.z["public"], (releases.DRAWS, 1))}
    added = {name: (noisy.z[name] - original[name]) / spread for name in ("public", "probes", "gallery")}
    once = added["public"].reshape(releases.DRAWS, -1)
    assert abs(np.corrcoef(once[0], once[1])[0, 1]) < 0.1  # another noise at each release of a photograph
    assert np.abs(added["public"]).mean() == pytest.approx(2.0 * np.sqrt(2 / np.pi), rel=0.05)
    rows = min(len(added["probes"]), len(added["gallery"]))
    assert abs(np.corrcoef(added["probes"][:rows].ravel(), added["gallery"][:rows].ravel())[0, 1]) < 0.2
    again = releases.with_noise(base, 2.0, seed=3)
    np.testing.assert_array_equal(again.z["probes"], noisy.z["probes"])
    assert not noisy.has_classifier


def test_a_bottleneck_keeps_the_directions_of_largest_variance(base):
    few = releases.of_fewer_numbers(base, 3)
    centred = base.z["x1_train"] - base.z["x1_train"].mean(0)
    _, sizes, directions = np.linalg.svd(centred.reshape(len(centred), -1), full_matrices=False)
    assert few.z["probes"].shape == (len(base.z["probes"]), 3)
    expected = (base.z["probes"] - base.z["x1_train"].mean(0)) @ directions[:3].T
    np.testing.assert_allclose(np.abs(few.z["probes"]), np.abs(expected), atol=1e-4)


def test_small_photographs_keep_their_block_means_and_lose_the_rest(base):
    sharp = Release("pixels", lambda images: images.reshape(len(images), -1) / np.float32(255), base.sets)
    same, small = releases.of_low_resolution(sharp, 32), releases.of_low_resolution(sharp, 4)
    np.testing.assert_allclose(same.z["probes"], sharp.z["probes"], atol=1e-6)
    assert small.z["probes"].std() < 0.9 * sharp.z["probes"].std()
    np.testing.assert_allclose(small.z["probes"].mean(1), sharp.z["probes"].mean(1), atol=0.02)


def test_jpeg_of_low_quality_is_further_off_than_of_high_quality(base):
    sharp = Release("pixels", lambda images: images.reshape(len(images), -1) / np.float32(255), base.sets)
    errors = [np.abs(releases.of_jpeg(sharp, q).z["probes"] - sharp.z["probes"]).mean() for q in (95, 20, 2)]
    assert 0 < errors[0] < errors[1] < errors[2]


def test_the_answer_is_that_of_the_classifier_or_of_the_head(base):
    own = Release("audited", encode, base.sets, base.z, classify=lambda z: np.stack([z[:, 0] - 0.5, 0.2 - z[:, 1]], 1))
    z = base.z["probes"]
    np.testing.assert_array_equal(releases.answer_bits(own).z["probes"], np.stack([z[:, 0] > 0.5, z[:, 1] < 0.2], 1))
    probabilities = releases.answer_probabilities(own).z["probes"]
    np.testing.assert_allclose(probabilities[:, 0], 1 / (1 + np.exp(0.5 - z[:, 0].astype(np.float64))), rtol=1e-5)
    head = releases.answer_bits(base).z["probes"]
    np.testing.assert_array_equal(head, base.head.decision(z) > 0)


def test_the_answer_classifies_itself(base):
    answer = releases.answer_bits(base)
    assert answer.has_classifier
    np.testing.assert_array_equal(answer.logits(answer.z["probes"]) > 0, answer.z["probes"] == 1)
    np.testing.assert_array_equal(answer.known("gallery").bits, answer.z["gallery"])


def test_shuffled_pairs_are_the_same_representations_of_other_photographs(base):
    mixed = releases.shuffled(base, 0)
    assert not np.array_equal(mixed.z["public"], base.z["public"])
    np.testing.assert_array_equal(np.sort(mixed.z["public"], 0), np.sort(base.z["public"], 0))
    np.testing.assert_array_equal(mixed.z["probes"], base.z["probes"])


def test_a_constant_representation_is_known_as_one(base):
    constant = Release("constant", lambda images: np.full((len(images), 4), 7.0, np.float32), base.sets)
    assert constant.is_constant and not base.is_constant
