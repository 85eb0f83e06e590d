"""Augmentation: the same variants of an array and of a store, each a shifted, maybe mirrored original."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from tfprivacy_rep.data import pipeline
from tfprivacy_rep.data.array_file import ArrayFile
from tfprivacy_rep.data.augmentation import augmented
from tfprivacy_rep.data.augmented_images import AugmentedImages
from tfprivacy_rep.data.photographs import Photographs

COUNT, SIZE, COPIES, SEED = 7, 32, 4, 5


@pytest.fixture(name="photographs", scope="module")
def _photographs() -> Photographs:
    draws = np.random.default_rng(1)
    return Photographs(
        images=draws.integers(0, 256, (COUNT, SIZE, SIZE, 3), dtype=np.uint8),
        labels=draws.integers(0, 2, (COUNT, 2)).astype(np.int8),
        attributes=("Hat", "Male"),
        people=np.arange(COUNT) // 2,
        names=tuple("abcdefg"),
        source="test",
        official=(np.arange(COUNT) % 3).astype(np.int8),
    )


@pytest.fixture(name="stored", scope="module")
def _stored(photographs, tmp_path_factory) -> Photographs:
    path = tmp_path_factory.mktemp("images") / "images.npy"
    np.save(path, photographs.images)
    return dataclasses.replace(photographs, images=ArrayFile(path))


def by_padding(images: np.ndarray, copies: int, seed: int) -> np.ndarray:
    """The variants as the first version of this package made them: padded, cut out, mirrored, one copy at a time."""
    draws, margin, side = np.random.default_rng(seed), 2, images.shape[1]  # 2 is a sixteenth of 32
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin), (0, 0)), mode="edge")
    made = [images]
    for _ in range(copies - 1):
        tops, lefts = draws.integers(0, 2 * margin + 1, (2, len(images)))
        cut = np.stack([p[t : t + side, f : f + side] for p, t, f in zip(padded, tops, lefts)])
        mirrored = draws.random(len(images)) < 0.5
        cut[mirrored] = cut[mirrored, :, ::-1]
        made.append(cut)
    return np.concatenate(made)


def test_variants_of_an_array_are_those_that_published_runs_used(photographs):
    variants = augmented(photographs, COPIES, SEED)
    assert isinstance(variants.images, np.ndarray)
    np.testing.assert_array_equal(variants.images, by_padding(photographs.images, COPIES, SEED))


def test_a_store_gives_the_same_variants_bit_for_bit_without_making_them_first(photographs, stored):
    made, lazy = augmented(photographs, COPIES, SEED), augmented(stored, COPIES, SEED)
    assert isinstance(lazy.images, AugmentedImages)
    np.testing.assert_array_equal(lazy.images[:], made.images)
    assert len({image.tobytes() for image in made.images}) > COUNT * 3  # the variants do differ
    for field in ("labels", "people", "official"):
        np.testing.assert_array_equal(getattr(lazy, field), getattr(made, field))
    assert lazy.names == made.names


def test_batches_of_both_are_the_same(photographs, stored):
    batches = [
        itertools.islice(pipeline.batches({"images": augmented(p, COPIES, SEED).images}, 5, 2, first_batch=3), 12)
        for p in (photographs, stored)
    ]
    for array, store in zip(*batches, strict=True):
        np.testing.assert_array_equal(array["images"], store["images"])


def test_a_variant_has_the_labels_the_person_and_the_official_part_of_its_original(stored):
    variants = augmented(stored, COPIES, SEED)
    for i in range(COUNT * COPIES):
        np.testing.assert_array_equal(variants.labels[i], stored.labels[i % COUNT])
        assert variants.people[i] == stored.people[i % COUNT] and variants.official[i] == stored.official[i % COUNT]
        assert variants.names[i].split("#")[0] == stored.names[i % COUNT]


def test_people_and_official_parts_may_be_unknown(stored):
    variants = augmented(dataclasses.replace(stored, people=None, official=None), 2, SEED)
    assert variants.people is None and variants.official is None and len(variants) == 2 * COUNT


def test_another_seed_makes_other_variants_and_one_copy_is_the_original(stored):
    assert augmented(stored, 1, SEED) is stored
    here, there = (augmented(stored, 2, seed).images[:] for seed in (1, 2))
    np.testing.assert_array_equal(here[:COUNT], there[:COUNT])
    assert (here[COUNT:] != there[COUNT:]).any()
