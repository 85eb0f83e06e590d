"""The recogniser of drawn faces: tells unseen people apart, and is loaded only from files that fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.discriminant import discriminant
from tfprivacy_rep.evaluation.identity_network import (
    Architecture,
    build_identity_network,
    load_identity_network,
    save_identity_network,
)
from tfprivacy_rep.evaluation.picture_changes import blurred, changed
from tfprivacy_rep.evaluation.recogniser_quality import measure_quality
from tfprivacy_rep.evaluation.recogniser_training import Training, cosine_softmax, train_recogniser
from tfprivacy_rep.evaluation.recognisers import build_recogniser
from tfprivacy_rep.evaluation.rendered_faces import SECOND_WEIGHTS, WEIGHTS, RenderedRecogniser
from tfprivacy_rep.evaluation.rendered_people import PeoplePhotographs, draw_people

UNSEEN_SEED = 11
TINY = Architecture((8, 16, 16, 16), 16)


@pytest.fixture(scope="module")
def recogniser() -> RenderedRecogniser:
    return RenderedRecogniser()


@pytest.fixture(scope="module")
def drawn() -> PeoplePhotographs:
    """Ten photographs each of 60 people who were not trained on."""
    return draw_people(60, 10, UNSEEN_SEED)


@pytest.fixture(scope="module")
def images(drawn: PeoplePhotographs) -> np.ndarray:
    return drawn.images.astype(np.float32) / np.float32(255)


@pytest.fixture(scope="module")
def vectors(recogniser: RenderedRecogniser, images: np.ndarray) -> np.ndarray:
    return recogniser.describe(images)


def test_unseen_people_are_told_apart(vectors, drawn):
    quality = measure_quality(vectors, drawn.people)
    assert quality.auc >= 0.98
    assert quality.rank1 >= 0.8  # chance: 0.017
    assert quality.same - quality.other > 0.4


def test_unseen_people_are_told_apart_by_what_is_left_of_a_photograph(recogniser, vectors, images, drawn):
    vague = np.clip(blurred(tf.constant(images), 1.5).numpy(), 0.0, 1.0)
    assert measure_quality(recogniser.describe(vague), drawn.people, vectors).auc >= 0.98


@pytest.mark.parametrize("size", [32, 48, 128])
def test_photographs_of_another_size_are_described_alike(recogniser, vectors, drawn, size):
    some = slice(0, 200)
    other = draw_people(20, 10, UNSEEN_SEED, image_size=size).images.astype(np.float32) / np.float32(255)
    described = recogniser.describe(other)
    assert described.shape == (200, 80)
    assert measure_quality(described, drawn.people[some], vectors[some]).auc >= 0.98


def test_descriptions_are_directions_and_do_not_depend_on_the_batch(recogniser, vectors, images):
    assert vectors.dtype == np.float32 and vectors.shape == (600, 80)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    np.testing.assert_array_equal(recogniser.describe(images), vectors)
    np.testing.assert_array_equal(recogniser.describe(images[70:75]), vectors[70:75])
    np.testing.assert_array_equal(recogniser.describe(images[599:]), vectors[599:])
    np.testing.assert_array_equal(recogniser.describe(images[:100].astype(np.float64)), vectors[:100])


@pytest.mark.parametrize(
    "wrong, text",
    [
        (np.zeros((2, 64, 64, 3), np.uint8), "uint8"),
        (np.full((2, 64, 64, 3), 1.5, np.float32), "1.5"),
        (np.zeros((2, 64, 48, 3), np.float32), "squares"),
        (np.zeros((2, 16, 16, 3), np.float32), "S >= 32"),
    ],
)
def test_other_images_are_refused(recogniser, wrong, text):
    with pytest.raises(UserError, match=text):
        recogniser.describe(wrong)


def test_it_is_found_by_its_name():
    recogniser = build_recogniser("rendered", (0.5, 0.5, 1.0))
    assert recogniser is not None and recogniser.name == "rendered"


@pytest.fixture(scope="module")
def second() -> RenderedRecogniser:
    return RenderedRecogniser(SECOND_WEIGHTS, "rendered_second")


def test_the_weights_are_small():
    assert WEIGHTS.stat().st_size <= 2e6
    assert SECOND_WEIGHTS.stat().st_size <= 1.5e6


def test_a_second_network_tells_unseen_people_apart(second, images, drawn):
    assert second.name == "rendered_second"
    vectors = second.describe(images)
    quality = measure_quality(vectors, drawn.people)
    assert vectors.shape == (600, 80) and quality.auc >= 0.98 and quality.rank1 >= 0.8
    vague = np.clip(blurred(tf.constant(images), 1.5).numpy(), 0.0, 1.0)
    assert measure_quality(second.describe(vague), drawn.people, vectors).auc >= 0.98


def test_the_second_network_is_of_another_architecture():
    with np.load(WEIGHTS) as first, np.load(SECOND_WEIGHTS) as second:
        assert first["widths"].tolist() == [24, 48, 96, 120] and second["widths"].tolist() == [24, 48, 64, 96, 128]


def test_a_trained_network_is_kept_with_its_architecture(tmp_path: Path):
    photographs = draw_people(8, 8, UNSEEN_SEED)
    path = tmp_path / "second.npz"
    network = train_recogniser(photographs, TINY, Training(epochs=3, batch_size=16))
    save_identity_network(path, TINY, network)
    images = photographs.images.astype(np.float32) / np.float32(255)
    described = RenderedRecogniser(path).describe(images)
    assert described.shape == (64, 16)
    # Equal to what was trained but for the rounding of the weights, and exactly equal after it.
    np.testing.assert_allclose(described, network(images, training=False).numpy(), atol=0.02)
    save_identity_network(tmp_path / "again.npz", TINY, load_identity_network(path))
    np.testing.assert_array_equal(RenderedRecogniser(tmp_path / "again.npz").describe(images), described)


def test_training_lowers_the_loss_and_follows_its_seed():
    photographs = draw_people(8, 8, UNSEEN_SEED)
    images = tf.constant(photographs.images, tf.float32) / 255.0

    def spread(epochs: int, seed: int) -> tuple[float, np.ndarray]:
        network = train_recogniser(photographs, TINY, Training(epochs=epochs, batch_size=16, seed=seed))
        vectors = network(images, training=False).numpy()
        return measure_quality(vectors, photographs.people).auc, vectors

    (short, first), (_, second), (_, third) = spread(1, 3), spread(1, 3), spread(1, 4)
    np.testing.assert_allclose(first, second, atol=1e-4)
    assert np.abs(first - third).max() > 0.01
    assert spread(20, 3)[0] > max(short, 0.9)


def test_too_few_photographs_are_refused():
    photographs = draw_people(2, 4, UNSEEN_SEED)
    with pytest.raises(UserError, match=r"at least 128 .* shape \(8, 64, 64, 3\)"):
        train_recogniser(photographs, TINY, Training())


def test_the_softmax_by_hand():
    # Scale 2: logits (2 * 0.5, 2 * 0.25) = (1, 0.5), so log(1 + e^-0.5).
    losses = cosine_softmax(tf.constant([[0.5, 0.25]]), tf.constant([0]), 2.0)
    np.testing.assert_allclose(losses, [np.log1p(np.exp(-0.5))], rtol=1e-6)


def test_the_discriminant_finds_what_people_differ_in():
    draws = np.random.default_rng(0)
    people = np.repeat(np.arange(4000), 5)
    # Variances of people 4, 1 and 0, of photographs 1, 4 and 1, and all of it turned: b = (4, 1/4, 0).
    plain = draws.normal(size=(4000, 3))[people] * [2.0, 1.0, 0.0] + draws.normal(size=(20000, 3)) * [1.0, 2.0, 1.0]
    turn = np.linalg.qr(draws.normal(size=(3, 3)))[0]
    mean, projection = discriminant(plain @ turn + 7.0, people)
    expected = np.diag([np.sqrt(4 / 5), np.sqrt(0.25 / 1.25) / 2.0, 0.0])
    np.testing.assert_allclose(np.abs(turn @ projection), expected, atol=0.05)
    np.testing.assert_allclose(mean, 7.0, atol=0.1)


def test_changes_keep_the_range_and_follow_their_seed(images):
    batch = tf.constant(images[:4])
    seen = [changed(batch, tf.constant([0, number])).numpy() for number in range(12)]
    assert all(0.0 <= one.min() and one.max() <= 1.0 and one.shape == batch.shape for one in seen)
    np.testing.assert_array_equal(changed(batch, tf.constant([0, 3])).numpy(), seen[3])
    fine = [np.abs(np.diff(one, axis=1)).mean() for one in seen]
    assert min(fine) < 0.7 * max(fine)  # some are blurred


def test_a_blur_is_a_gaussian():
    point = np.zeros((1, 33, 33, 3), np.float32)
    point[:, 16, 16] = 1.0
    spread = blurred(tf.constant(point), 1.0).numpy()[0, :, :, 0]
    offsets = np.arange(33) - 16
    assert spread.sum() == pytest.approx(1.0, abs=1e-5)
    assert (spread.sum(0) * offsets**2).sum() == pytest.approx(1.0, abs=0.01)  # variance along x
    np.testing.assert_allclose(spread, spread.T, atol=1e-7)


def test_quality_by_hand():
    # Two people at right angles; one photograph of person 1 looks like person 0.
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    quality = measure_quality(vectors, np.array([0, 0, 1, 1]))
    assert quality.rank1 == 0.5
    assert quality.same == 0.5  # pairs (0, 1): cosine 1; (2, 3): cosine 0
    perfect = measure_quality(vectors[[0, 1, 2, 2]], np.array([0, 0, 1, 1]))
    assert perfect[:4] == (1.0, 1.0, 1.0, 0.0)
    with pytest.raises(UserError, match="1 people"):
        measure_quality(vectors, np.array([0, 0, 0, 0]))


@pytest.mark.parametrize("change, text", [
    ({"format": np.array("another")}, "format 'another'"),
    ({"widths": np.array([8, 12])}, r"widths=\(8, 12\)"),
    ({"widths": np.array([8, 16, 16, 8])}, "instead of finite values"),
    ({"embedding_size": np.array(1)}, "embedding_size=1"),
    ({"weight00": np.full((4, 4, 3, 8), np.nan, np.float16)}, "instead of finite values"),
    ({"weight00": None}, "weight00"),
])
def test_files_that_do_not_fit_are_refused(change, text, tmp_path):
    path = tmp_path / "weights.npz"
    save_identity_network(path, TINY, build_identity_network(TINY))
    with np.load(path) as stored:
        entries = {name: stored[name] for name in stored.files} | change
    np.savez(path, **{name: value for name, value in entries.items() if value is not None})
    with pytest.raises(UserError, match="`weights`.*" + text):
        RenderedRecogniser(path)


def test_missing_and_damaged_files_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"no such file.*train_recogniser.py --output .*absent.npz"):
        RenderedRecogniser(tmp_path / "absent.npz")
    for name, content in (("text.npz", b"no archive"), ("cut.npz", WEIGHTS.read_bytes()[:1000]), ("empty.npz", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=name):
            RenderedRecogniser(tmp_path / name)


def test_an_architecture_is_checked():
    with pytest.raises(UserError, match=r"widths=\(\)"):
        Architecture(())
    with pytest.raises(UserError, match="embedding_size=1"):
        Architecture((8,), 1)
