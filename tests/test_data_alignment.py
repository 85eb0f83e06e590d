"""A face is brought to its place from wherever it is, by the landmarks that dlib finds."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from small_run import hide_packages

from tfprivacy_rep.data import preprocessing, sources
from tfprivacy_rep.data.alignment import FaceAligner, _similarity
from tfprivacy_rep.data.orl import loader
from tfprivacy_rep.errors import UserError

SIZE = 128
ORL = sources.get("orl").face_square


@pytest.fixture(name="aligner", scope="module")
def _aligner() -> FaceAligner:
    return FaceAligner(SIZE, ORL)


def photograph(person: int, number: int = 1) -> np.ndarray:
    """uint8 [112, 92, 3]."""
    return preprocessing.read_rgb(loader.find_folder() / f"s{person}" / f"{number}.pgm")


def moved(image: np.ndarray, degrees: float, width: int, left: int, top: int) -> np.ndarray:
    """A photograph turned and scaled somewhere on a large grey canvas."""
    height = round(width * image.shape[0] / image.shape[1])
    large = Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC)
    canvas = Image.new("RGB", (600, 520), (90, 90, 90))
    canvas.paste(large.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(90, 90, 90)), (left, top))
    return np.asarray(canvas)


@pytest.mark.parametrize("person", [1, 4, 12, 23, 40])
@pytest.mark.parametrize("degrees, width, left, top", [(20, 184, 210, 120), (-20, 260, 20, 0), (0, 120, 400, 330)])
def test_a_face_that_was_turned_moved_and_scaled_is_brought_back(aligner, person, degrees, width, left, top):
    image = photograph(person)
    expected, found = aligner(image), aligner(moved(image, degrees, width, left, top))
    assert found.dtype == np.uint8 and found.shape == (SIZE, SIZE, 3)
    apart = abs(aligner.landmarks(expected) - aligner.landmarks(found)) / SIZE
    assert apart.mean() < 0.02 and apart.max() < 0.04
    middle = slice(SIZE // 4, 3 * SIZE // 4)  # away from the canvas
    difference = np.abs(expected[middle, middle].astype(float) - found[middle, middle])
    unrelated = np.abs(expected[middle, middle].astype(float) - aligner(photograph(person % 40 + 1))[middle, middle])
    assert difference.mean() < 12 and difference.mean() < 0.6 * unrelated.mean()


def test_faces_come_to_where_they_are_on_the_photographs_of_the_source(aligner):
    images = loader.load(SIZE).images[::20]
    before = np.array([aligner.landmarks(image) for image in images])
    after = np.array([aligner.landmarks(aligner(image)) for image in images])
    centre = np.median(before.real, 0) + 1j * np.median(before.imag, 0)
    assert (abs(np.median(after.real, 0) + 1j * np.median(after.imag, 0) - centre) < 0.04 * SIZE).all()
    assert abs(after - after.mean(0)).mean() < 0.5 * abs(before - before.mean(0)).mean()  # and spread less


def test_the_square_says_where_the_face_goes():
    image = photograph(1)
    low, small = FaceAligner(SIZE, (0.5, 0.6, 0.8)), FaceAligner(SIZE, (0.4, 0.4, 0.4))
    first, second = low.landmarks(low(image)) / SIZE, low.landmarks(small(image)) / SIZE
    eyes = [points[:4].mean() for points in (first, second)]
    distance = [abs(points[:2].mean() - points[2:4].mean()) for points in (first, second)]
    assert distance[1] / distance[0] == pytest.approx(0.5, abs=0.05)
    # 0.43 eye distances above the middle of the square, an eye distance being side / 2.25.
    assert eyes[1] == pytest.approx(complex(0.4, 0.4 - 0.43 * 0.4 / 2.25), abs=0.02)


def test_the_largest_face_is_taken(aligner):
    canvas = moved(photograph(4), 0, 130, 440, 300)
    large = Image.fromarray(photograph(1)).resize((276, 336), Image.Resampling.BICUBIC)
    canvas = np.array(canvas)
    canvas[60:396, 40:316] = np.asarray(large)
    found = aligner.landmarks(canvas)
    assert ((40 < found.real) & (found.real < 316) & (60 < found.imag) & (found.imag < 396)).all()


def test_a_large_photograph_is_made_smaller_without_aliasing(aligner):
    image = np.asarray(Image.fromarray(photograph(1)).resize((1472, 1792), Image.Resampling.BICUBIC))
    stripes = (np.arange(1792) % 2 * 60 - 30)[:, None, None]
    striped = np.clip(image.astype(int) + stripes, 0, 255).astype(np.uint8)
    assert np.abs(aligner(striped).astype(float) - aligner(image)).mean() < 4


def test_a_similarity_is_found_exactly_and_does_not_mirror():
    points = np.array([0, 1, 1 + 1j, 3j, 2 - 1j])
    a, b = _similarity(points, (0.5 + 2j) * points + (3 - 4j))
    assert a == pytest.approx(0.5 + 2j) and b == pytest.approx(3 - 4j)
    assert abs(_similarity(points, points.conj())[0]) < 1


def test_a_photograph_without_a_face_is_an_error(aligner):
    with pytest.raises(UserError, match=r"^No face: expected a photograph of a face .* Received: 300 x 200 pixels"):
        aligner(np.full((200, 300, 3), 90, np.uint8))


def test_what_is_no_photograph_is_an_error(aligner):
    with pytest.raises(UserError, match=r"^Invalid `image`: expected uint8 \[H, W, 3\]. Received: float64 \[9, 9, 3\]"):
        aligner(np.zeros((9, 9, 3)))


@pytest.mark.parametrize("square", [(0.5, 0.5), (0.5, 1.5, 0.5), (0.5, 0.5, 0.0)])
def test_a_square_out_of_reason_is_an_error(square):
    with pytest.raises(UserError, match="^Invalid `face_square`: expected centre x, centre y"):
        FaceAligner(SIZE, square)


def test_a_size_of_nothing_is_an_error():
    with pytest.raises(UserError, match="^Invalid `size`: expected at least 1. Received: size=0"):
        FaceAligner(0, ORL)


@pytest.mark.parametrize("module, package", [("dlib", "dlib-bin"),
                                             ("face_recognition_models", "face-recognition-models")])
def test_what_is_not_installed_is_named(monkeypatch, module, package):
    hide_packages(monkeypatch, module)
    with pytest.raises(UserError, match=rf"^Missing package `{package}`: .*the alignment of faces.*identity"):
        FaceAligner(SIZE, ORL)
