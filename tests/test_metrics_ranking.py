"""Rank-1 re-identification: examples by hand, ties by expectation."""

import numpy as np
import pytest

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.metrics.ranking import distances, rank1_hits

MEASURES = ["cosine", "hamming", "euclidean"]


def test_nearest_by_each_measure_by_hand():
    gallery, people = [[1.0, 0.0], [4.0, 4.0], [0.0, 1.0]], [7, 8, 9]
    probe = [[1.0, 0.9]]
    # Cosine: nearest in direction is [4, 4]. Euclidean: distances 0.9, 4.3, 1.005 -> [1, 0].
    assert rank1_hits(probe, [8], gallery, people, "cosine") == [1.0]
    assert rank1_hits(probe, [7], gallery, people, "euclidean") == [1.0]
    assert rank1_hits(probe, [8], gallery, people, "euclidean") == [0.0]
    # Hamming: [1, .] agrees with the first entry in one place, with the others in none.
    assert rank1_hits(probe, [7], gallery, people, "hamming") == [1.0]


def test_ties_count_by_expectation_whatever_the_order():
    # Three entries are at distance 1 (two of person 1), the last one is at distance 3.
    probe, gallery = [[1, 1, 0]], [[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        shuffled = np.array(gallery)[order]
        people = np.array([1, 2, 1, 1])[order]
        assert rank1_hits(probe, [1], shuffled, people, "hamming") == pytest.approx([2 / 3])
        assert rank1_hits(probe, [2], shuffled, people, "hamming") == pytest.approx([1 / 3])


@pytest.mark.parametrize("measure", MEASURES)
def test_all_tied_is_chance(measure):
    # One entry a person, all equal: 1 / number of people.
    same = np.random.default_rng(0).normal(size=257).astype(np.float32)
    gallery = np.tile(same, (20, 1))
    hits = rank1_hits(gallery, np.arange(20), gallery, np.arange(20), measure)
    np.testing.assert_allclose(hits, 1 / 20)


def test_rounding_does_not_break_ties():
    # One direction at 50 lengths: equal cosines but for the last bits.
    same = np.random.default_rng(0).normal(size=257)
    gallery = same * np.linspace(0.1, 3.0, 50)[:, None]
    assert len(np.unique(distances(same[None], gallery))) > 1
    hits = rank1_hits(gallery, np.arange(50), gallery, np.arange(50))
    np.testing.assert_allclose(hits, 1 / 50)


def test_zero_vector_is_chance_for_cosine():
    gallery = np.eye(4)
    assert rank1_hits(np.zeros((1, 4)), [2], gallery, np.arange(4)) == [0.25]


def test_small_differences_on_a_large_common_mean_are_no_tie():
    # An attacker who subtracts the mean still tells these apart, so they must not count as tied.
    generator = np.random.default_rng(0)
    gallery = 1.0 + 1e-4 * generator.normal(size=(10, 64))
    np.testing.assert_array_equal(rank1_hits(gallery, np.arange(10), gallery, np.arange(10)), 1.0)


def test_hamming_counts_entries_that_differ():
    result = distances([[0, 1, 1], [1, 1, 1]], [[0, 0, 0], [1, 1, 0]], "hamming")
    np.testing.assert_array_equal(result, [[2, 2], [3, 1]])


def test_several_gallery_photographs_of_a_person_and_probe_order():
    gallery, people = [[0.0], [1.0], [10.0], [11.0]], [5, 5, 6, 6]
    hits = rank1_hits([[10.4], [0.4], [9.0]], [6, 6, 5], gallery, people, "euclidean")
    np.testing.assert_array_equal(hits, [1.0, 0.0, 0.0])


def test_refuses_probes_of_unknown_people_and_bad_shapes():
    eye = np.eye(3)
    with pytest.raises(UserError, match=r"1 people without an entry, e.g. \[4\]"):
        rank1_hits(eye, [0, 1, 4], eye, [0, 1, 2])
    with pytest.raises(UserError, match="`gallery_people`"):
        rank1_hits(eye, [0, 1, 2], eye, [0, 1])
    with pytest.raises(UserError, match="measure='l1'"):
        rank1_hits(eye, [0, 1, 2], eye, [0, 1, 2], "l1")
    with pytest.raises(UserError, match="Received"):
        rank1_hits(eye, [0, 1, 2], np.ones((3, 4)), [0, 1, 2], "hamming")
    with pytest.raises(UserError, match="finite"):
        rank1_hits(eye * np.nan, [0, 1, 2], eye, [0, 1, 2])
