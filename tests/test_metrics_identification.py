"""Identification from scores: by hand, against scikit-learn and against the rank-1 of vectors."""

import json
import time
import warnings

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.metrics.identification import FARS, far_key, histogram, identification, rank_hits
from tfprivacy_rep.metrics.ranking import distances, rank1_hits


def drawn(people: int, photographs: int, entries: int, seed: int = 0, strength: float = 1.0):
    """Scores that are higher for the same person, for a gallery with so many entries of each."""
    draws = np.random.default_rng(seed)
    probes = draws.permutation(np.repeat(np.arange(people), photographs))
    gallery = np.repeat(np.arange(people), entries)
    scores = draws.normal(size=(len(probes), len(gallery))) + strength * (probes[:, None] == gallery)
    return scores, probes, gallery


def test_the_names_of_the_columns():
    assert [far_key(far) for far in FARS] == ["tar_far1e-1", "tar_far1e-2", "tar_far1e-3"]
    assert list(identification([[1.0]], [0], [0])) == [
        "rank1", "rank5", "auc", *map(far_key, FARS), "same_person", "other_people"
    ]


def test_a_table_by_hand():
    """Gallery: persons 0, 0, 1, 2. Impostor scores: 5, 1 of the first probe, 4, 2, 2 of the second: 1, 2, 2, 4, 5.

    Probe of 0 with 3, 2: people's best 3, 5, 1, so one is above. Its pairs: 3 is above {1, 2, 2}: 3/5; 2 is above {1}
    and tied with two: 2/5. Mean 1/2. Probe of 1 with 4: people's best 4, 4, 2: two tied; above {1, 2, 2}, tied with 4:
    3.5/5.
    """
    columns = identification([[3, 2, 5, 1], [4, 2, 4, 2]], [0, 1], [0, 0, 1, 2])
    np.testing.assert_array_equal(columns["rank1"], [0.0, 0.5])
    np.testing.assert_array_equal(columns["rank5"], [1.0, 1.0])
    np.testing.assert_allclose(columns["auc"], [0.5, 0.7], rtol=1e-12)
    np.testing.assert_allclose(columns["same_person"], [2.5, 4.0])
    np.testing.assert_allclose(columns["other_people"], [3.0, 8 / 3])
    assert np.isnan([columns[far_key(far)] for far in FARS]).all(), "five impostor pairs support no false accept rate"


@pytest.mark.parametrize("k, expected", [(1, 0.0), (2, 0.0), (3, 1 / 3), (4, 2 / 3), (5, 1.0), (6, 1.0)])
def test_rank_k_shares_the_places_of_tied_people(k, expected):
    """Two people are above, three tied with the right one included: places 3, 4 and 5 are theirs."""
    scores = [[9.0, 8.0, 7.0, 7.0, 7.0, 1.0]]
    assert rank_hits(scores, [3], np.arange(6), k) == pytest.approx([expected])


def test_a_person_ranks_by_the_best_entry():
    """Three entries of person 0 are before person 1: one person all the same."""
    scores, gallery = [[9.0, 8.0, 7.0, 6.0, 1.0]], [0, 0, 0, 1, 0]
    assert rank_hits(scores, [1], gallery, 1) == [0.0]
    assert rank_hits(scores, [1], gallery, 2) == [1.0]
    # Nor do many entries of a person help in a tie: 1/2, not 4/5.
    assert rank_hits([[5.0] * 5], [0], gallery, 1) == [0.5]


@pytest.mark.parametrize("measure", ["cosine", "hamming"])
def test_rank_1_agrees_with_the_rank_1_of_vectors(measure):
    draws = np.random.default_rng(0)
    values = (draws.normal(size=(800, 6)) if measure == "cosine" else draws.integers(2, size=(800, 6))).astype(float)
    probes, gallery = values[:700], values[700:]
    people, known = draws.integers(100, size=700), draws.permutation(100)
    expected = rank1_hits(probes, people, gallery, known, measure)
    columns = identification(-distances(probes, gallery, measure), people, known)
    np.testing.assert_allclose(columns["rank1"], expected, rtol=0, atol=1e-15)
    assert 0 < expected.mean() < 0.2 and ((0 < expected) & (expected < 1)).any() == (measure == "hamming")


def test_equal_vectors_are_tied_whatever_their_rounding():
    same = np.random.default_rng(0).normal(size=257)
    gallery = same * np.linspace(0.1, 3.0, 50)[:, None]
    scores = np.repeat(1.0 - distances(same[None], gallery), 50, axis=0)
    assert len(np.unique(scores[0])) > 1
    columns = identification(scores, np.arange(50), np.arange(50))
    np.testing.assert_allclose(columns["rank1"], 1 / 50)
    np.testing.assert_allclose(columns["rank5"], 5 / 50)
    np.testing.assert_array_equal(columns["auc"], 0.5)
    np.testing.assert_array_equal(columns["tar_far1e-1"], 0.0)


@pytest.mark.parametrize("digits", [0, 8])
def test_the_auc_is_scikit_learns(digits):
    """With many ties (no digits) and with none; 600 probes, so that they are looked at in several parts."""
    scores, probes, gallery = drawn(60, 10, 3)
    scores = scores.round(digits)
    columns = identification(scores, probes, gallery)
    truth = probes[:, None] == gallery
    assert columns["auc"].mean() == pytest.approx(roc_auc_score(truth.ravel(), scores.ravel()), abs=1e-12)


def test_with_unequal_numbers_of_mates_the_auc_is_the_weighted_mean():
    draws = np.random.default_rng(1)
    probes, gallery = draws.integers(20, size=300), draws.integers(20, size=150)
    truth = probes[:, None] == gallery
    scores = draws.normal(size=truth.shape) + truth * (probes % 4)[:, None]
    column, weights = identification(scores, probes, gallery)["auc"], truth.sum(1)
    usual = roc_auc_score(truth.ravel(), scores.ravel())
    assert np.average(column, weights=weights) == pytest.approx(usual, abs=1e-12)
    assert abs(column.mean() - usual) > 1e-3


@pytest.mark.parametrize("digits", [1, 8])
def test_true_accepts_are_those_of_scikit_learns_curve(digits):
    scores, probes, gallery = drawn(60, 10, 3, strength=2.0)
    scores = scores.round(digits)
    columns = identification(scores, probes, gallery)
    curve = roc_curve((probes[:, None] == gallery).ravel(), scores.ravel(), drop_intermediate=False)
    for far in FARS:
        # The highest point of the curve that does not exceed the rate.
        assert columns[far_key(far)].mean() == pytest.approx(curve[1][curve[0] <= far].max(), abs=1e-12)
        assert 0.05 < columns[far_key(far)].mean() < 0.95


def test_the_threshold_by_hand():
    """100 impostor pairs 0 .. 99: at 1e-1 ten may pass, 90 .. 99; so 89 is the threshold, and what equals it fails."""
    scores, gallery = [[89.0, 89.5, *range(100)]], [0, 0, *range(1, 101)]
    assert identification(scores, [0], gallery)["tar_far1e-1"] == [0.5]


@pytest.mark.parametrize("pairs, supported", [(99, 0), (100, 1), (999, 1), (1000, 2), (9999, 2), (10000, 3)])
def test_a_rate_needs_ten_false_accepts(pairs, supported):
    columns = identification(np.linspace(0, 1, pairs + 1)[::-1][None], [0], np.minimum(np.arange(pairs + 1), 1))
    assert [bool(np.isfinite(columns[far_key(far)]).all()) for far in FARS] == [n < supported for n in range(3)]
    assert [float(columns[far_key(far)][0]) for far in FARS[:supported]] == [1.0] * supported


def test_tied_impostors_never_exceed_the_rate():
    """Half of 1,000 impostor pairs score 1 as the genuine one does: no threshold lets it pass at a rate below 0.5."""
    scores = np.concatenate([[1.0], np.ones(500), np.zeros(500)])[None]
    columns = identification(scores, [0], np.minimum(np.arange(1001), 1))
    assert [columns["tar_far1e-1"][0], columns["tar_far1e-2"][0]] == [0.0, 0.0]
    assert columns["auc"] == [0.75]


def test_a_probe_without_a_mate_has_only_other_people():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        columns = identification([[1.0, 3.0], [5.0, 0.0]], [7, 0], [0, 1])
    assert columns.pop("other_people").tolist() == [2.0, 0.0]
    assert all(np.isnan(column[0]) for column in columns.values())
    # Its pairs are impostor pairs all the same: 0, 1 and 3 are below 5.
    assert columns["auc"][1] == 1.0 and columns["rank1"][1] == 1.0


def test_one_person_alone():
    columns = identification([[1.0]], [3], [3])
    assert columns["rank1"] == [1.0] and columns["same_person"] == [1.0]
    assert np.isnan(columns["auc"][0]) and np.isnan(columns["other_people"][0])
    assert all(column.shape == (0,) for column in identification(np.zeros((0, 1)), [], [3]).values())


def test_the_order_of_probes_and_gallery_means_nothing():
    scores, probes, gallery = drawn(40, 15, 2)
    draws = np.random.default_rng(3)
    rows, entries = draws.permutation(len(probes)), draws.permutation(len(gallery))
    first, second = (identification(*one) for one in (
        (scores, probes, gallery), (scores[rows][:, entries], probes[rows], gallery[entries])))
    for name, column in first.items():
        np.testing.assert_allclose(second[name], column[rows], rtol=1e-12, err_msg=name)


def test_the_largest_audit_takes_seconds():
    draws = np.random.default_rng(0)
    scores = draws.random((4000, 5000), np.float32)
    probes, gallery = draws.integers(1000, size=4000), draws.integers(1000, size=5000)
    start = time.process_time()
    columns = identification(scores, probes, gallery)
    assert time.process_time() - start < 20
    # Chance: the standard error of the mean is below 0.01 in all of them.
    assert np.nanmean(columns["auc"]) == pytest.approx(0.5, abs=0.02)
    assert np.nanmean(columns["tar_far1e-2"]) == pytest.approx(0.01, abs=0.01)
    assert np.nanmean(columns["rank5"]) == pytest.approx(0.005, abs=0.005)


@pytest.mark.parametrize("scores, probes, gallery, text", [
    ([[1.0, 2.0]], [0], [0], r"scores \(1, 2\), probe_people \(1,\), gallery_people \(1,\)"),
    ([1.0, 2.0], [0, 1], [0], r"expected the shape \[N, M\]"),
    (np.zeros((1, 0)), [0], [], "at least one gallery entry"),
    ([[1.0, np.nan]], [0], [0, 1], "1 others among 2"),
])
def test_what_does_not_fit_is_refused(scores, probes, gallery, text):
    for measure in (identification, histogram):
        with pytest.raises(UserError, match=text):
            measure(scores, probes, gallery)


def test_a_histogram_by_hand():
    """Genuine 0, 4; impostors 1, 3, 3.5, 0.5 over four bins of width 1: [0, 1) .. [3, 4]."""
    told = histogram([[0.0, 1.0, 3.0], [3.5, 4.0, 0.5]], [0, 1], [0, 1, 2], bins=4)
    assert told == {"edges": [0.0, 1.0, 2.0, 3.0, 4.0], "same": [0.5, 0.0, 0.0, 0.5], "other": [0.25, 0.25, 0.0, 0.5]}
    json.dumps(told, allow_nan=False)


def test_histograms_are_numpys():
    scores, probes, gallery = drawn(60, 10, 3)
    told, truth = histogram(scores, probes, gallery), probes[:, None] == gallery
    assert len(told["edges"]) == 41
    for name, chosen in (("same", truth), ("other", ~truth)):
        np.testing.assert_allclose(told[name], np.histogram(scores[chosen], told["edges"], density=True)[0], rtol=1e-9)


def test_a_histogram_of_equal_scores_and_of_no_mates():
    told = histogram([[0.7, 0.7 + 1e-15]], [0], [0, 1], bins=3)
    assert told["same"] == told["other"] == pytest.approx([0.0, 3.0, 0.0])
    assert histogram([[0.0, 1.0]], [5], [0, 1], bins=2)["same"] == [0.0, 0.0]
    with pytest.raises(UserError, match="at least one probe"):
        histogram(np.zeros((0, 2)), [], [0, 1])
