"""Linkage without reconstruction: by hand, at chance, and chosen on public data alone."""

from __future__ import annotations

import numpy as np
import pytest

from tfprivacy_rep.attacks.linkage import Known, Linker, link, strongest
from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import partition as partitions
from tfprivacy_rep.data import sources
from tfprivacy_rep.data.rehearsal import rehearsal
from tfprivacy_rep.errors import UserError
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


def of_cosines(*cosines: float) -> np.ndarray:
    """Directions in the plane at these cosines to (1, 0)."""
    return np.array([[c, np.sqrt(1 - c * c)] for c in cosines])


def test_scores_are_cosines_around_the_public_mean():
    centre = np.array([10.0, -3.0])
    public = known(centre + [[-1, 0], [1, 0], [0, 2], [0, -2]], [0, 0, 1, 1])
    gallery, probe = known(centre + 3 * of_cosines(1.0, 0.6, -0.8), [0, 1, 2]), known(centre + [[2.0, 0.0]], [0])
    scores = Linker(public).scores("cosine", probe, gallery)
    np.testing.assert_allclose(scores, [[1.0, 0.6, -0.8]], atol=1e-6)


def test_scores_of_the_task_are_cosines_of_the_logits_alone():
    """z tells nothing; the logits are (1, 0) and directions at cosines to it, around their public mean (5, 5)."""
    def with_logits(logits, people):
        return Known(np.zeros((len(logits), 3), np.float32), np.zeros((len(logits), 2)), np.array(people),
                     np.asarray(logits, np.float32))

    linker = Linker(with_logits([[4, 5], [6, 5], [5, 4], [5, 6]], [0, 0, 1, 1]))
    assert linker.methods == ("cosine", "task", "hamming")
    scores = linker.scores("task", with_logits([[7, 5]], [0]), with_logits(5 + of_cosines(0.28, 1.0, -0.6), [0, 1, 2]))
    np.testing.assert_allclose(scores, [[0.28, 1.0, -0.6]], atol=1e-6)
    with pytest.raises(UserError, match="task needs logits in both sets. Received: method='task', no logits"):
        linker.scores("task", with_logits([[7, 5]], [0]), known([[0, 0, 0]], [0]))


def test_bits_are_linked_by_the_number_of_equal_ones():
    public = known([[0, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0]], [0, 0, 1, 1])
    linker = Linker(public)
    assert linker.methods == ("cosine", "lda", "hamming")
    gallery = known([[0, 1, 1, 1], [1, 0, 0, 0], [0, 0, 1, 1]], [0, 1, 2])
    scores = linker.scores("hamming", known([[0, 1, 1, 1]], [0]), gallery)
    np.testing.assert_array_equal(scores, [[4.0, 0.0, 3.0]])


def test_methods_are_those_that_can_be_fitted():
    draws = np.random.default_rng(0)
    numbers = draws.normal(size=(6, 4))
    assert Linker(known(numbers, [0, 0, 1, 1, 2, 2])).methods == ("cosine", "lda")
    assert Linker(known(numbers, [0] * 6)).methods == ("cosine",), "one person: nobody to be told apart"
    assert Linker(known(np.full((6, 4), 0.7), [0, 0, 1, 1, 2, 2])).methods == ("cosine",)
    for method in ("lda", "hamming", "euclidean"):
        with pytest.raises(UserError, match=f"expected one of cosine; .* Received: method='{method}', no logits"):
            Linker(known(numbers, [0] * 6)).scores(method, known(numbers, [0] * 6), known(numbers, [0] * 6))


@pytest.mark.parametrize("seed", range(3))
def test_link_and_linker_name_the_same_people(seed):
    draws = np.random.default_rng(seed)
    centres = draws.normal(size=(25, 12))

    def z_of(ids):
        return centres[ids] + np.linspace(0.2, 3, 12) * draws.normal(size=(len(ids), 12))

    public, gallery, probes = everyone(25, 6, z_of), everyone(25, 1, z_of), everyone(25, 4, z_of)
    rehearsed = everyone(25, 2, z_of), everyone(25, 1, z_of)
    linkage, linker = link(public, rehearsed, gallery, probes), Linker(public)
    for method in ("cosine", "lda"):
        scores = linker.scores(method, probes, gallery)
        nearest = gallery.people[scores.argmax(1)]
        np.testing.assert_array_equal(nearest == probes.people, getattr(linkage, method))
        assert 0.1 < getattr(linkage, method).mean() < 1.0
    assert strongest(linker, rehearsed[0], {"": rehearsed[1]})[0] == linkage.strongest == "lda"


def test_the_strongest_is_the_rehearsals_and_the_first_of_equals():
    """z is the same for everybody, the logits name the person: rank-1 is 1/3 by the cosine and 1 by the task."""
    ids = np.arange(3)
    same = np.full((3, 2), 0.5, np.float32)
    telling = Known(same, np.zeros((3, 2)), ids, np.eye(3))
    assert strongest(Linker(telling), telling, {"": telling}) == ("task", 1.0)
    blank = Known(same, np.zeros((3, 2)), ids, np.zeros((3, 3)))
    linker = Linker(blank)
    assert linker.methods == ("cosine", "task") and strongest(linker, blank, {"": blank})[0] == "cosine"
    # Probes without a mate do not count, even if nobody is left.
    strangers = Known(same, np.zeros((3, 2)), ids + 10, np.eye(3))
    assert strongest(linker, strangers, {"": blank}) == ("cosine", 0.0)
    some = Known(np.tile(same, (2, 1)), np.zeros((6, 2)), np.concatenate([ids + 10, ids]), np.tile(np.eye(3), (2, 1)))
    assert strongest(Linker(telling), some, {"": telling})[0] == "task"
    assert strongest(Linker(telling), some, {"": blank, "_means": telling})[0] == "task_means"
