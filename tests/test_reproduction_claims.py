"""Claims: what an interval says to an expectation, and what the expectations say to a claim."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.evaluation.statistics import Interval
from tfprivacy_rep.reproduction.claims import CLAIMS, FAILS, HOLDS, UNDECIDED, Claim, Expectation, check, sweep_claim
from tfprivacy_rep.reproduction.figures import compared, measured

PEOPLE, EACH = 30, 4


def record(name: str, seed: int = 0, **means: float) -> RunRecord:
    """A point whose figures have the given means and a spread of 0.01, alike for all points of a seed."""
    draws = np.random.default_rng([seed, *name.encode()])
    count = PEOPLE * EACH
    labels = np.random.default_rng(seed).integers(0, 2, (count, 3)).astype(np.int8)
    wrong = draws.random((count, 3)) < means.pop("errors", 0.1)
    predictions = (labels ^ wrong).astype(np.int8)
    columns: dict[str, Any] = {
        "labels": labels, "predictions": predictions, "single_labels": labels[:, :1],
        "single_predictions": predictions[:, :1], "other_labels": labels[:, 1:],
        "other_predictions": predictions[:, 1:],
    }
    for figure in ("face_similarity", "feature_similarity", "feature_similarity_centered", "ssim", "psnr", "rank1",
                   "linkage/rank1", "linkage/rank1_answer"):
        columns[figure] = means.get(figure, 0.5) + 0.01 * draws.standard_normal(count)
    facts = {"seed": seed, "fold": 0, "point": name}
    return RunRecord(facts, np.repeat(np.arange(PEOPLE), EACH), {"point": columns}, {})


@pytest.mark.parametrize(
    "low, high, sign, margin, verdict",
    [
        (0.1, 0.2, +1, 0.0, HOLDS), (-0.2, -0.1, +1, 0.0, FAILS), (-0.1, 0.1, +1, 0.0, UNDECIDED),
        (-0.2, -0.1, -1, 0.0, HOLDS), (0.1, 0.2, -1, 0.0, FAILS),
        # A loss of up to 0.05 is little: the difference must lie above -0.05.
        (-0.04, 0.01, +1, -0.05, HOLDS), (-0.09, -0.06, +1, -0.05, FAILS), (-0.06, -0.04, +1, -0.05, UNDECIDED),
        # A figure that is to lie below 0.05.
        (0.01, 0.04, -1, 0.05, HOLDS), (0.06, 0.09, -1, 0.05, FAILS),
    ],
)
def test_an_expectation_holds_where_the_whole_interval_does(low, high, sign, margin, verdict):
    expectation = Expectation("psnr", "row2", "row1", sign, margin)
    assert expectation.verdict(Interval((low + high) / 2, low, high)) == verdict
    assert expectation.verdict(None) == UNDECIDED


def test_a_claim_falls_with_one_expectation_and_stands_on_all():
    below = Expectation("psnr", "row2", "row1", -1)
    face = Expectation("face_similarity", "row2", "row1", -1)
    records = {"row1": [record("a")], "row2": [record("b", psnr=0.4, face_similarity=0.4)]}
    assert check(Claim("", (below, face)), records)["verdict"] == HOLDS
    records["row2"] = [record("b", psnr=0.4, face_similarity=0.6)]
    checked = check(Claim("", (below, face)), records)
    assert checked["verdict"] == FAILS
    assert [e["verdict"] for e in checked["evidence"]] == [HOLDS, FAILS]
    assert checked["evidence"][0]["difference"]["mean"] == pytest.approx(-0.1, abs=0.005)
    records["row2"] = [record("b", psnr=0.4, face_similarity=0.5)]
    assert check(Claim("", (below, face)), records)["verdict"] == UNDECIDED


def test_a_claim_of_which_a_part_was_not_run_can_not_hold():
    claim = Claim("", (Expectation("psnr", "row2", "row1", -1), Expectation("psnr", "row4", "row3", -1)))
    records = {"row1": [record("a")], "row2": [record("b", psnr=0.4)]}
    checked = check(claim, records)
    assert checked["verdict"] == UNDECIDED and checked["missing"] == ["row3", "row4"]
    assert check(claim, {"row9": [record("c")]}) is None


def test_pairs_are_compared_over_the_seeds_that_both_have():
    first = [record("a", seed, psnr=0.5 + seed) for seed in (0, 1)]
    second = [record("b", seed, psnr=0.4 + seed) for seed in (1, 2)]
    found = compared(first, second, "psnr")
    assert found is not None and found.value == pytest.approx(0.1, abs=0.005)
    assert compared(first, [record("b", 7)], "psnr") is None


def test_a_figure_is_the_mean_over_seeds_with_its_interval():
    found = measured([record("a", 0, psnr=1.0), record("a", 1, psnr=3.0)], "psnr")
    assert found["mean"] == pytest.approx(2.0, abs=0.01)
    assert found["low"] < 1.5 and found["high"] > 2.5, "seeds are resampled, too"
    assert measured([record("a")], "mean_mcc")["mean"] == pytest.approx(0.8, abs=0.1)


def test_a_figure_that_nobody_could_tell_is_none():
    unknown = record("a")
    unknown.columns["point"]["face_similarity"] = np.full(PEOPLE * EACH, np.nan)
    assert measured([unknown], "face_similarity") == {"mean": None, "low": None, "high": None}
    assert compared([unknown], [record("b")], "face_similarity") is None


def test_the_papers_claims_on_figures_like_the_papers():
    """Points with the directions of the poster, made so: every claim must come out as the poster has it."""
    records = {
        "row1": [record("1", errors=0.2)],
        "row2": [record("2", errors=0.205, face_similarity=0.4, feature_similarity=0.3)],
        "row3": [record("3", face_similarity=0.6, ssim=0.6, psnr=0.6, feature_similarity=0.6)],
        "row4": [record("4", face_similarity=0.5, feature_similarity=0.5)],
        "row5": [record("5", face_similarity=0.7, feature_similarity=0.7, ssim=0.7, psnr=0.7)],
        "row6": [record("6", face_similarity=0.6, feature_similarity=0.6, ssim=0.7, psnr=0.7)],
        "row7": [record("7", errors=0.05, face_similarity=0.6, feature_similarity=0.6)],
        "row8": [record("8", errors=0.055, face_similarity=0.5, feature_similarity=0.5)],
        "row9": [record("9", errors=0.5, face_similarity=0.2, feature_similarity=0.2, ssim=0.2, psnr=0.2)],
        "row10": [record("10", errors=0.5, face_similarity=0.2, feature_similarity=0.2, ssim=0.2, psnr=0.2)],
    }
    verdicts = [check(claim, records)["verdict"] for claim in CLAIMS]
    # 120 photographs are too few to bound a MCC of nothing by 0.05 or to call a loss of 0.01 little.
    assert verdicts[0] == verdicts[2] == verdicts[3] == verdicts[4] == verdicts[5] == HOLDS
    records["row2"] = [record("2", errors=0.4, face_similarity=0.6, feature_similarity=0.3)]
    again = [check(claim, records)["verdict"] for claim in CLAIMS[:2]]
    assert again == [FAILS, FAILS]


def test_the_curve_must_fall_at_each_step():
    points = [(1.0, "lambda2=1"), (0.0, "lambda2=0"), (0.3, "lambda2=0.3")]
    claim = sweep_claim(points)
    assert [(e.first, e.second) for e in claim.expectations[::2]] == [
        ("lambda2=0.3", "lambda2=0"), ("lambda2=1", "lambda2=0.3")]
    falling = {name: [record(name, face_similarity=0.6 - 0.1 * v, feature_similarity=0.6 - 0.1 * v)]
               for v, name in points}
    assert check(claim, falling)["verdict"] == HOLDS
    falling["lambda2=1"] = falling["lambda2=0"]
    assert check(claim, falling)["verdict"] == FAILS


def test_people_that_would_decide_follow_from_the_root_law():
    """The half width 0.3 is three times the distance 0.1 of the value from the bound, so nine times 40 people."""
    expectation = Expectation("psnr", "row2", "row1", +1, margin=-0.2)
    assert expectation.people_to_decide(Interval(-0.1, -0.4, 0.2), 40) == 360
    assert expectation.people_to_decide(Interval(0.3, 0.1, 0.5), 40) is None, "it holds already"
    assert expectation.people_to_decide(Interval(-0.2, -0.4, 0.0), 40) is None, "no number would do"
    assert expectation.people_to_decide(None, 40) is None
