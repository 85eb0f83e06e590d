"""Recognisers: on real photographs of people, and what is refused."""

import importlib.util

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from tfprivacy_rep.data.orl import loader
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation import dlib_faces
from tfprivacy_rep.evaluation.dlib_faces import DlibRecogniser
from tfprivacy_rep.evaluation.eigenfaces import EigenfaceRecogniser
from tfprivacy_rep.metrics.ranking import rank1_hits
from tfprivacy_rep.metrics.similarity import cosine_matrix

SIZE = 64


@pytest.fixture(scope="module")
def photographs():
    return loader.load(SIZE)


@pytest.fixture(scope="module")
def faces(photographs):
    """Photographs 1 (gallery), 4, 7 and 10 of people 1, 5, .. 37, and the people's ids."""
    chosen = [10 * person + number for person in range(0, 40, 4) for number in (0, 3, 6, 9)]
    part = photographs.subset(np.array(chosen))
    return part.images.astype(np.float32) / 255.0, part.people


@pytest.fixture(scope="module")
def dlib_recogniser():
    return DlibRecogniser()


@pytest.fixture(scope="module")
def described(dlib_recogniser, faces):
    return dlib_recogniser.describe(faces[0])


def rank1(probes, gallery, people) -> float:
    """Returns the rank-1 rate of all photographs but the first of each person."""
    first = np.arange(len(people)) % 4 == 0
    return rank1_hits(probes[~first], people[~first], gallery[first], people[first]).mean()


def test_dlib_knows_people_at_64_px(described, faces):
    people = faces[1]
    assert described.shape == (40, 128) and described.dtype == np.float32
    # 0.99 over all 40 people; without alignment 0.75, chance 0.1.
    assert rank1(described, described, people) >= 0.95
    first = np.arange(40) % 4 == 0
    cosines, same = cosine_matrix(described[~first], described[first]), people[~first, None] == people[first]
    assert cosines[same].mean() > 0.95 and cosines[~same].mean() < 0.88


def test_dlib_knows_blurred_faces(dlib_recogniser, described, faces):
    images, people = faces
    blurred = gaussian_filter(images, (0, 1.5, 1.5, 0))
    assert rank1(dlib_recogniser.describe(blurred), described, people) >= 0.85


def test_dlib_describes_what_shows_no_face(dlib_recogniser):
    noise = np.random.default_rng(0).random((2, SIZE, SIZE, 3), dtype=np.float32)
    blank = np.stack([np.zeros_like(noise[0]), np.ones_like(noise[0]), noise[0]])
    assert np.isfinite(dlib_recogniser.describe(blank)).all()


def test_dlib_depends_neither_on_batch_nor_on_processes(described, faces, monkeypatch):
    monkeypatch.setattr(dlib_faces, "MIN_IMAGES_PER_PROCESS", 1)
    images = faces[0]
    alone = DlibRecogniser(processes=1)
    np.testing.assert_array_equal(alone.describe(images[5:7]), described[5:7])
    shared = DlibRecogniser(processes=3)
    np.testing.assert_array_equal(shared.describe(images[:7]), described[:7])


def test_dlib_passes_its_square_to_the_other_processes(described, faces, monkeypatch):
    monkeypatch.setattr(dlib_faces, "MIN_IMAGES_PER_PROCESS", 1)
    images, square = faces[0][:2], (np.float64(0.5), 0.5, 0.5)
    alone = DlibRecogniser(square, processes=1).describe(images)
    shared = DlibRecogniser(square, processes=2).describe(images)
    np.testing.assert_array_equal(shared, alone)
    assert (np.abs(alone - described[:2]).max(axis=1) > 1e-3).all()


def test_dlib_describes_each_photograph_once(faces, monkeypatch):
    images = faces[0]
    recogniser, seen = DlibRecogniser(processes=1), []

    def fake(self, pixels):
        seen.append(len(pixels))
        return pixels.reshape(len(pixels), -1)[:, :128].astype(np.float32)

    monkeypatch.setattr(DlibRecogniser, "describe_here", fake)
    first = recogniser.describe(images[[0, 1, 0]])
    again = recogniser.describe(images[[2, 1, 0]])
    assert seen == [2, 1]
    np.testing.assert_array_equal(first[0], first[2])
    np.testing.assert_array_equal(again[1:], first[[1, 0]])


@pytest.mark.parametrize("package", ["dlib", "face_recognition_models"])
def test_missing_packages_name_the_extra(package, monkeypatch):
    real = importlib.util.find_spec
    fake = lambda name, *rest: None if name == package else real(name, *rest)  # noqa: E731
    monkeypatch.setattr(dlib_faces.importlib.util, "find_spec", fake)
    with pytest.raises(UserError, match=r"pip install \"tfprivacy_rep\[identity\]\""):
        DlibRecogniser()


def test_failure_of_another_process_is_an_error(faces, monkeypatch):
    recogniser = DlibRecogniser(processes=2)
    monkeypatch.setattr(dlib_faces, "_CHILD", "raise SystemExit(3)")
    monkeypatch.setattr(DlibRecogniser, "describe_here", lambda self, x: np.zeros((len(x), 128)))
    with pytest.raises(UserError, match="exit code 3 of one of them. Start the same command again"):
        recogniser.describe(faces[0])


def test_eigenfaces_know_people_they_were_not_fitted_on(photographs, faces):
    images, people = faces
    public = ~np.isin(photographs.people, people)
    recogniser = EigenfaceRecogniser(photographs.images[public].astype(np.float32) / 255.0)
    vectors = recogniser.describe(images)
    assert vectors.shape == (40, 60) and vectors.dtype == np.float32
    assert rank1(vectors, vectors, people) >= 0.5  # Chance 0.1.
    np.testing.assert_allclose(recogniser.describe(images[3:4]), vectors[3:4], atol=1e-4)


def test_eigenfaces_are_white_on_the_photographs_fitted(faces):
    recogniser = EigenfaceRecogniser(faces[0], components=8)
    covariance = np.cov(recogniser.describe(faces[0]), rowvar=False)
    np.testing.assert_allclose(covariance, np.eye(8), atol=1e-3)


def test_eigenfaces_keep_fewer_components_than_photographs(faces):
    assert EigenfaceRecogniser(faces[0][:5]).describe(faces[0][:2]).shape == (2, 4)


@pytest.mark.parametrize(
    "images, text",
    [
        (np.zeros((2, SIZE, SIZE, 3), np.uint8), "uint8"),
        (np.full((2, SIZE, SIZE, 3), 1.5, np.float32), "1.5"),
        (np.full((2, SIZE, SIZE, 3), np.nan, np.float32), "nan"),
        (np.zeros((2, SIZE, SIZE, 1), np.float32), "shape"),
        (np.zeros((2, SIZE, 48, 3), np.float32), "squares"),
        (np.zeros((2, 16, 16, 3), np.float32), "S >= 32"),
        (np.zeros((0, SIZE, SIZE, 3), np.float32), "N >= 1"),
    ],
)
def test_both_refuse_other_images(images, text, dlib_recogniser, faces):
    with pytest.raises(UserError, match=text):
        dlib_recogniser.describe(images)
    with pytest.raises(UserError, match=text):
        EigenfaceRecogniser(faces[0]).describe(images)


def test_arguments_are_checked(faces):
    with pytest.raises(UserError, match="processes=0"):
        DlibRecogniser(processes=0)
    with pytest.raises(UserError, match="face_square"):
        DlibRecogniser((0.5, 32.0, 40.0))
    with pytest.raises(UserError, match="components=0"):
        EigenfaceRecogniser(faces[0], components=0)
    with pytest.raises(UserError, match="2 photographs"):
        EigenfaceRecogniser(faces[0][:2])
    with pytest.raises(UserError, match="32 px"):
        EigenfaceRecogniser(faces[0]).describe(faces[0][:, ::2, ::2])
