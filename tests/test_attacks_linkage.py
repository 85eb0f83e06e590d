"""Linkage without reconstruction: by hand, at chance, and chosen on public data alone."""

from __future__ import annotations

import numpy as np
import pytest

from tfprivacy_rep.attacks.linkage import Known, link
from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import partition as partitions
from tfprivacy_rep.data import sources
from tfprivacy_rep.data.rehearsal import rehearsal
from tfprivacy_rep.metrics.ranking import rank1_hits


def known(z, people, bits=None) -> Known:
    """A set; bits are zero unless given."""
    z, people = np.asarray(z, np.float32), np.asarray(people, np.int64)
    return Known(z, np.zeros((len(z), 2), np.int8) if bits is None else np.asarray(bits, np.int8), people)


def everyone(people: int, photographs: int, z_of) -> Known:
    """A set of so many photographs of each person."""
    ids = np.repeat(np.arange(people), photographs)
    return known(z_of(ids), ids)


def test_a_representation_that_is_the_person_links_every_probe():
    def one_hot(ids):
        return np.eye(12)[ids]

    linkage = link(
        everyone(12, 3, one_hot), (everyone(12, 1, one_hot),) * 2, everyone(12, 1, one_hot), everyone(12, 2, one_hot)
    )
    assert linkage.cosine.tolist() == linkage.lda.tolist() == linkage.best.tolist() == [1.0] * 24


def test_a_person_under_noise_is_found_by_the_discriminant():
    """Ten numbers name the person and fifty drown them in noise: LDA learns which are which from the public people."""
    draws = np.random.default_rng(0)
    centres = draws.normal(size=(30, 10))

    def z_of(ids):
        return np.concatenate(
            [centres[ids] + 0.2 * draws.normal(size=(len(ids), 10)), 5 * draws.normal(size=(len(ids), 50))], 1
        )

    linkage = link(
        everyone(30, 8, z_of),
        (everyone(30, 2, z_of), everyone(30, 2, z_of)),
        everyone(30, 1, z_of),
        everyone(30, 3, z_of),
    )
    assert linkage.strongest == "lda" and linkage.best is linkage.lda
    assert linkage.lda.mean() > 0.7 and linkage.cosine.mean() < 0.3


def test_two_photographs_a_person_are_enough_for_the_discriminant():
    """As in `shared_people`: fewer photographs within people than numbers, so that only shrinkage keeps it regular."""
    draws = np.random.default_rng(0)
    centres = draws.normal(size=(40, 128)) * np.linspace(2, 0.1, 128)

    def z_of(ids):
        return centres[ids] + np.linspace(0.2, 4, 128) * draws.normal(size=(len(ids), 128))

    linkage = link(
        everyone(40, 2, z_of),
        (everyone(40, 1, z_of), everyone(40, 2, z_of)),
        everyone(40, 1, z_of),
        everyone(40, 2, z_of),
    )
    assert linkage.strongest == "lda" and linkage.lda.mean() > 0.9 > linkage.cosine.mean()


def test_noise_links_at_chance():
    """40 people, 400 probes: chance is 0.025 with a standard error of 0.008."""
    draws = np.random.default_rng(1)

    def noise(ids):
        return draws.normal(size=(len(ids), 16))

    linkage = link(
        everyone(40, 2, noise),
        (everyone(40, 1, noise), everyone(40, 2, noise)),
        everyone(40, 1, noise),
        everyone(40, 10, noise),
    )
    assert 0.0 < linkage.cosine.mean() < 0.05
    assert 0.0 < linkage.lda.mean() < 0.05


def test_a_constant_is_exactly_chance():
    """All gallery entries tie: a probe of person p hits with the share of p's photographs in the gallery."""

    def constant(ids):
        return np.full((len(ids), 5), 0.7)

    gallery = known(np.full((6, 5), 0.7), [0, 0, 0, 1, 1, 2])
    probes = known(np.full((4, 5), 0.7), [0, 1, 2, 2])
    linkage = link(everyone(3, 2, constant), (everyone(3, 1, constant),) * 2, gallery, probes)
    expected = [3 / 6, 2 / 6, 1 / 6, 1 / 6]
    np.testing.assert_allclose(linkage.cosine, expected, rtol=0, atol=1e-15)
    np.testing.assert_allclose(linkage.lda, expected, rtol=0, atol=1e-15)


def test_the_answer_links_by_its_bits():
    """Gallery bits 00, 01, 11 of persons 0, 1, 2.

    Probe 01 of person 1: one entry equal, its own: 1. Probe 10 of person 0: 00 and 11 differ in one bit,
    01 in two: 1/2. Probe 00 of person 2: nearest is person 0: 0.
    """
    z = np.random.default_rng(0).normal(size=(3, 4))
    gallery = known(z, [0, 1, 2], [[0, 0], [0, 1], [1, 1]])
    probes = known(z, [1, 0, 2], [[0, 1], [1, 0], [0, 0]])
    public = everyone(3, 3, lambda ids: np.random.default_rng(1).normal(size=(len(ids), 4)))
    linkage = link(public, (gallery, gallery), gallery, probes)
    assert linkage.answer.tolist() == [1.0, 0.5, 0.0]


def test_cosine_is_taken_around_the_public_mean():
    """Around the public mean (10, 0) the probe (9.5, 0.1) is (-0.5, 0.1), as (9, 0) is (-1, 0), of person 0.

    As it stands it is closer to the direction of (11, 0.1), of person 1: 0.0105 against 0.0091 and 0.
    """
    public = known([[9, -1], [11, 1], [9, 1], [11, -1]], [0, 0, 1, 1])
    gallery, probe = known([[9, 0], [11, 0.1]], [0, 1]), known([[9.5, 0.1]], [0])
    assert link(public, (gallery, gallery), gallery, probe).cosine.tolist() == [1.0]
    assert rank1_hits(probe.flat, probe.people, gallery.flat, gallery.people).tolist() == [0.0]


def test_maps_are_linked_as_vectors():
    draws = np.random.default_rng(0)
    flat = draws.normal(size=(12, 8))
    people = np.repeat(np.arange(4), 3)
    as_vectors = known(flat, people)
    as_maps = known(flat.reshape(12, 2, 2, 2), people)
    first, second = (link(one, (one, one), one, one) for one in (as_vectors, as_maps))
    np.testing.assert_array_equal(first.lda, second.lda)
    np.testing.assert_array_equal(first.cosine, second.cosine)


@pytest.mark.parametrize("kind", ["cosine", "lda"])
def test_the_choice_is_the_rehearsals_alone(kind):
    """T and G would choose the other attack: on them, it hits always and the chosen one never."""
    public = known([[-2, 1], [-2, -1], [2, 1], [2, -1]], [0, 0, 1, 1])
    # The discriminant keeps the sign of the first number alone; for the cosine the second number counts most.
    people = [0, 1]
    by_first = known([[-0.1, 5], [0.1, -5]], people), known([[-0.1, -5], [0.1, 5]], people)  # LDA right, cosine wrong
    by_second = known([[-0.1, 5], [0.1, -5]], people), known([[0.1, 5], [-0.1, -5]], people)  # cosine right, LDA wrong
    rehearsed, tested = (by_first, by_second) if kind == "lda" else (by_second, by_first)
    linkage = link(public, rehearsed, tested[1], tested[0])
    assert linkage.strongest == kind
    assert linkage.best.tolist() == [0.0, 0.0]
    other = linkage.cosine if kind == "lda" else linkage.lda
    assert other.tolist() == [1.0, 1.0]


@pytest.fixture(name="orl", scope="module")
def _orl():
    return sources.load(DataConfig(image_size=32))


@pytest.mark.parametrize("mode", ["shared_people", "attacker_knows_people", "disjoint_people"])
@pytest.mark.parametrize("seed", [0, 7])
def test_a_rehearsal_is_played_on_public_photographs_alone(mode, seed, orl):
    partition = partitions.make(orl, mode, seed)
    probes, gallery = rehearsal(partition, orl.people)
    assert len(np.intersect1d(probes, gallery)) == 0
    assert np.isin(np.concatenate([probes, gallery]), partition.x2).all()
    assert len(probes) + len(gallery) == len(partition.x2)
    assert np.isin(orl.people[probes], orl.people[gallery]).all(), "every probe must be findable"
    assert len(probes) >= 20
    never = np.concatenate([partition.x1, partition.gallery, partition.probes])
    assert not np.isin(np.concatenate([probes, gallery]), never).any()


def test_where_validation_people_are_known_all_their_photographs_are_probes(orl):
    partition = partitions.make(orl, "shared_people", 0)
    probes, gallery = rehearsal(partition, orl.people)
    np.testing.assert_array_equal(probes, partition.x2_val)
    np.testing.assert_array_equal(gallery, partition.x2_train)
