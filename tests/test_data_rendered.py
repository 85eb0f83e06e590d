"""Drawn faces: the same image from any batch, CelebA's frequencies, labels that say what is drawn."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.data.rendered import consistency, drawing, joint, noise, people
from tfprivacy_rep.data.rendered.renderer import render, render_with
from tfprivacy_rep.data.rendered.scene import arrange
from tfprivacy_rep.errors import UserError

COLUMN = {name: place for place, name in enumerate(CELEBA_ATTRIBUTES)}
UNCOVERED = {"Wearing_Hat": 0, "Bald": 0, "Blurry": 0, "Eyeglasses": 0}


@pytest.fixture(scope="module")
def sampled() -> np.ndarray:
    """Labels of 60,000 images of 3,000 people."""
    images = np.arange(60_000)
    return joint.sample(images, images // 20, seed=11)


def test_an_image_does_not_depend_on_batch_or_order() -> None:
    numbers = np.random.default_rng(0).permutation(70) * 7
    together = render(numbers, 64, seed=5)
    for place in (0, 13, 32, 69):
        alone = render(numbers[place : place + 1], 64, seed=5)
        np.testing.assert_array_equal(alone.images[0], together.images[place])
        np.testing.assert_array_equal(alone.labels[0], together.labels[place])
    backwards = render(numbers[::-1], 64, seed=5)
    np.testing.assert_array_equal(backwards.images[::-1], together.images)


def test_an_image_is_the_same_in_another_process() -> None:
    code = (
        "import zlib; from tfprivacy_rep.data.rendered.renderer import render; "
        "print(zlib.crc32(render([9, 4, 700], 48, seed=2).images.tobytes()))"
    )
    first, second = (subprocess.run([sys.executable, "-c", code], capture_output=True, check=True) for _ in range(2))
    assert first.stdout == second.stdout != b""


def test_seeds_differ_in_people_labels_and_pixels() -> None:
    first, second = render(range(40), 32, seed=0), render(range(40), 32, seed=1)
    assert np.abs(first.images.astype(int) - second.images).mean() > 10
    assert (first.labels != second.labels).any()
    assert not np.array_equal(people.vectors(np.arange(3), 0), people.vectors(np.arange(3), 1))


def test_streams_and_numbers_have_their_own_keys() -> None:
    numbers = np.arange(1000)
    of_streams = np.concatenate([noise.keys(3, stream, numbers) for stream in range(1, 6)])
    assert len(np.unique(of_streams)) == 5000


def test_normals_are_standard_and_uncorrelated() -> None:
    values = noise.normals(noise.keys(0, 9, np.arange(50_000)), 4)
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=4 / 50_000**0.5)
    np.testing.assert_allclose(values.std(axis=0), 1, atol=0.015)
    assert np.abs(np.corrcoef(values.T) - np.eye(4)).max() < 0.02


def test_sizes_shapes_and_people() -> None:
    for size in (32, 48, 64, 96):
        drawn = render([0, 19, 20, 41], size)
        assert drawn.images.shape == (4, size, size, 3) and drawn.images.dtype == np.uint8
        assert drawn.labels.shape == (4, 40) and drawn.labels.dtype == np.int8
        assert drawn.people.tolist() == [0, 0, 1, 2]
    assert render([], 32).images.shape == (0, 32, 32, 3)
    assert render([7], 32, photographs_per_person=4).people.tolist() == [1]


def test_frequencies_are_celeba_s(sampled: np.ndarray) -> None:
    # 3,000 people: a lasting attribute of share 0.5 has a standard error of 0.009.
    difference = sampled.mean(axis=0) - np.array([joint.PREVALENCE[name] for name in CELEBA_ATTRIBUTES])
    assert np.abs(difference).max() <= 0.03


@pytest.mark.parametrize(
    ("first", "second", "least", "most"),
    [
        ("Male", "Wearing_Lipstick", -0.9, -0.7),
        ("Male", "Heavy_Makeup", -0.8, -0.55),
        ("Male", "Wearing_Necktie", 0.2, 0.45),
        ("Male", "Young", -0.35, -0.12),
        ("Smiling", "High_Cheekbones", 0.4, 0.8),
        ("Smiling", "Mouth_Slightly_Open", 0.4, 0.65),
        ("Heavy_Makeup", "Wearing_Lipstick", 0.65, 0.9),
        ("Heavy_Makeup", "Attractive", 0.25, 0.6),
        ("Young", "Attractive", 0.25, 0.5),
        ("Young", "Gray_Hair", -0.5, -0.2),
        ("Chubby", "Double_Chin", 0.35, 0.65),
        ("No_Beard", "Goatee", -0.7, -0.45),
        ("No_Beard", "5_o_Clock_Shadow", -0.95, -0.45),
        ("Wavy_Hair", "Straight_Hair", -0.45, -0.25),
    ],
)
def test_attributes_occur_together_as_in_celeba(
    sampled: np.ndarray, first: str, second: str, least: float, most: float
) -> None:
    value = np.corrcoef(sampled[:, COLUMN[first]], sampled[:, COLUMN[second]])[0, 1]
    assert least < value < most


def test_labels_can_be_drawn_and_sex_is_a_person_s(sampled: np.ndarray) -> None:
    for first, second in consistency.EXCLUSIVE:
        assert not (sampled[:, COLUMN[first]] & sampled[:, COLUMN[second]]).any(), (first, second)
    male = sampled[:, COLUMN["Male"]].reshape(-1, 20)
    assert (male == male[:, :1]).all()


def test_passing_attributes_change_and_lasting_ones_stay(sampled: np.ndarray) -> None:
    by_person = sampled.reshape(-1, 20, 40).astype(float)
    within = by_person.var(axis=1).mean(axis=0) / np.maximum(sampled.var(axis=0), 1e-9)
    assert all(within[COLUMN[name]] > 0.75 for name in ("Smiling", "Mouth_Slightly_Open", "Blurry"))
    assert all(within[COLUMN[name]] < 0.4 for name in ("Big_Nose", "Oval_Face", "Pale_Skin", "Young", "Black_Hair"))


@pytest.mark.parametrize("name", CELEBA_ATTRIBUTES)
def test_each_attribute_changes_the_picture_and_only_its_label(name: str) -> None:
    held = {other: value for other, value in UNCOVERED.items() if other != name}
    numbers = np.arange(24) * 20
    off, on = (render_with(numbers, 64, held | {name: value}, seed=3) for value in (0, 1))
    assert (off.labels[:, COLUMN[name]] == 0).all() and (on.labels[:, COLUMN[name]] == 1).all()
    difference = np.abs(on.images.astype(int) - off.images).max(axis=-1)
    # Of 4,096 pixels; the camera's noise is the same on both sides. Lips of a small, neutral mouth have some 20.
    changed_pixels = (difference > 16).sum(axis=(1, 2))
    assert np.median(changed_pixels) >= 20 and changed_pixels.min() >= 8
    gives_way = {pair[1 - place] for pair in consistency.EXCLUSIVE for place in (0, 1) if pair[place] == name}
    changed = {CELEBA_ATTRIBUTES[place] for place in np.flatnonzero((off.labels != on.labels).any(axis=0))}
    assert changed <= gives_way | {name}


def test_forcing_what_is_already_so_changes_nothing() -> None:
    drawn = render(range(6), 48, seed=4)
    for place in range(6):
        held = {name: int(drawn.labels[place, COLUMN[name]]) for name in CELEBA_ATTRIBUTES}
        np.testing.assert_array_equal(render_with([place], 48, held, seed=4).images[0], drawn.images[place])


def test_rectangles_hold_their_features_in_every_pose(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = {name: 1 for name in ("Wearing_Hat", "Eyeglasses", "Double_Chin", "Wearing_Earrings", "Goatee")}
    everything |= {"Big_Lips": 1, "Smiling": 1, "Mouth_Slightly_Open": 1, "Sideburns": 1, "Blurry": 0}
    numbers = np.arange(0, 4000, 20)
    cut = [render_with(numbers, 48, changes, seed=8).images.astype(int) for changes in ({}, everything)]
    part = drawing.Canvas.part
    monkeypatch.setattr(drawing.Canvas, "part", lambda canvas, box, rows=None: part(canvas, (0, 0, 1, 1), rows))
    whole = [render_with(numbers, 48, changes, seed=8).images.astype(int) for changes in ({}, everything)]
    assert max(np.abs(first - second).max() for first, second in zip(cut, whole)) <= 2


def test_images_of_a_person_share_the_geometry() -> None:
    scene = arrange(np.arange(40), np.arange(40) // 20, seed=6)
    for value in scene.traits.values():
        assert len(np.unique(value[:20])) == len(np.unique(value[20:])) == 1
    assert sum(float(value[0, 0, 0] != value[20, 0, 0]) for value in scene.traits.values()) == len(people.TRAITS)
    assert all(len(np.unique(value)) == 40 for value in scene.shot.values())


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"indices": [0], "image_size": 50}, "expected a multiple of 16 from 32 to 256. Received: image_size=50"),
        ({"indices": [0], "image_size": 272}, "Received: image_size=272"),
        ({"indices": [3, -1], "image_size": 64}, "`indices`: expected integers from 0. Received: -1"),
        ({"indices": [0.5], "image_size": 64}, "expected a one-dimensional sequence of integers. Received: shape (1,)"),
        ({"indices": 3, "image_size": 64}, "Received: shape (), dtype int64"),
        ({"indices": [0], "image_size": 64, "photographs_per_person": 0}, "Received: photographs_per_person=0"),
    ],
)
def test_errors_name_the_argument(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(UserError) as raised:
        render(**arguments)
    assert text in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"Beard": 1}, "Received: 'Beard'"),
        ({"Bald": 2}, "expected 0 (off) or 1 (on) for Bald. Received: 2"),
        ({"Bald": 1, "Bangs": 1}, "Received: Bald=1 and Bangs=1"),
    ],
)
def test_errors_name_the_change(changes: dict[str, int], text: str) -> None:
    with pytest.raises(UserError) as raised:
        render_with([0], 64, changes)
    assert text in str(raised.value)
