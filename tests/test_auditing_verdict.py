"""Levels, grades and baselines, on tables whose differences are known."""

from __future__ import annotations

import numpy as np
import pytest

from tfprivacy_rep.auditing import baselines, verdict
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.evaluation.statistics import PersonValues

PEOPLE = np.repeat(np.arange(30), 4)


def column(mean: float, seed: int, spread: float = 0.05) -> np.ndarray:
    """Values of 120 probes around a mean."""
    return mean + spread * np.random.default_rng(seed).standard_normal(len(PEOPLE))


def table(**means: float) -> list[PersonValues]:
    """One seed: an audited encoder, the mean image, the bits and one matched baseline."""
    found = {"z": 0.8, "z_bits": 0.2, "rank1": 0.3, "rank1_bits": 0.1, "rank1_mean": 0.03, "psnr": 20.0,
             "psnr_bits": 17.0, "psnr_mean": 16.0, "baseline": 0.5, "baseline_psnr": 20.0} | means
    draws = np.random.default_rng(7)
    labels = draws.integers(0, 2, (len(PEOPLE), 2))
    return [PersonValues(PEOPLE, {
        "audited|linkage/best/rank1": column(found["z"], 0),
        "answer_bits|linkage/best/rank1": column(found["z_bits"], 1),
        "audited|headline/rank1": column(found["rank1"], 2), "audited|row/rank1": column(found["rank1"], 2),
        "answer_bits|row/rank1": column(found["rank1_bits"], 3), "mean_image|row/rank1": column(found["rank1_mean"], 4),
        "audited|headline/psnr": column(found["psnr"], 5), "audited|row/psnr": column(found["psnr"], 5),
        "answer_bits|row/psnr": column(found["psnr_bits"], 6), "mean_image|row/psnr": column(found["psnr_mean"], 8),
        "matched/noise-0.5|linkage/best/rank1": column(found["baseline"], 9),
        "matched/noise-0.5|row/psnr": column(found["baseline_psnr"], 10), "audited|labels": labels,
        "audited|head_predictions": labels, "matched/noise-0.5|head_predictions": labels,
    })]


def levels(found: dict) -> dict[str, str]:
    return {one["question"]: one["level"] for one in found["questions"]}


def test_naming_more_than_the_answer_condemns():
    found = verdict.verdict(table(), 1 / 30, ["noise-0.5"])
    assert found["grade"] == "condemned"
    assert levels(found) == dict.fromkeys(("identity_from_z", "identity_from_images", "appearance"), "beyond_answer")
    first = found["questions"][0]
    assert first["value"] == pytest.approx(0.8, abs=0.02) and first["blind"] == 1 / 30
    assert first["over_answer"]["value"] == pytest.approx(0.6, abs=0.02)
    assert first["over_answer"]["low"] < first["over_answer"]["value"] < first["over_answer"]["high"]


def test_a_face_that_comes_back_while_nobody_is_named_beyond_the_answer_leaks():
    found = verdict.verdict(table(z=0.2, rank1=0.1), 1 / 30, [])
    assert levels(found)["identity_from_z"] == "within_answer" and levels(found)["appearance"] == "beyond_answer"
    assert found["grade"] == "leaks"


def test_nothing_above_the_floor_is_at_the_floor():
    found = verdict.verdict(table(z=1 / 30, z_bits=1 / 30, rank1=0.03, psnr=16.0, psnr_bits=16.0), 1 / 30, [])
    assert found["grade"] == "floor" and set(levels(found).values()) == {"floor"}


def test_without_people_only_the_appearance_is_judged():
    runs = table()
    columns = {name: np.full(len(PEOPLE), np.nan) if "rank1" in name else values
               for name, values in runs[0].columns.items()}
    found = verdict.verdict([PersonValues(PEOPLE, columns)], None, ["noise-0.5"])
    assert levels(found) == {
        "identity_from_z": "not_measured", "identity_from_images": "not_measured", "appearance": "beyond_answer"}
    assert found["grade"] == "leaks"
    noise = found["baselines"][0]
    assert noise["linkage_rank1"] is None and noise["wins"] is None  # the PSNR is the same


@pytest.mark.parametrize("rank1, psnr, wins", [
    (0.5, 20.0, True), (0.8, 20.0, None), (0.9, 20.0, False),
    (0.8, 18.0, True), (0.5, 18.0, True), (0.9, 18.0, None), (0.5, 22.0, None),
])
def test_a_baseline_wins_where_it_is_better_in_one_figure_and_worse_in_none(rank1, psnr, wins):
    runs = table(baseline=rank1, baseline_psnr=psnr)
    noise = next(one for one in verdict.verdict(runs, 1 / 30, ["noise-0.5"])["baselines"] if one["family"] == "noise")
    assert noise["matched"] and noise["wins"] is wins
    assert noise["linkage_rank1"]["value"] == pytest.approx(rank1 - 0.8, abs=0.02)
    assert noise["label"] == "noise on Z, 0.5 standard deviations"


def test_a_baseline_of_less_utility_does_not_win():
    runs = table(baseline=0.1)
    draws = np.random.default_rng(0)
    useless = dict(runs[0].columns) | {
        "matched/noise-0.5|head_predictions": draws.integers(0, 2, (len(PEOPLE), 2))}
    found = verdict.verdict([PersonValues(PEOPLE, useless)], 1 / 30, ["noise-0.5"])["baselines"][0]
    assert found["wins"] is None and found["mean_mcc"]["high"] < 0


def test_families_that_reach_the_utility_at_no_strength_are_not_matched():
    found = {one["family"]: one for one in verdict.verdict(table(), 1 / 30, ["noise-0.5"])["baselines"]}
    assert not found["jpeg"]["matched"] and found["jpeg"]["wins"] is None


def record(utility: float | None) -> RunRecord:
    return RunRecord({"validation_mcc": utility}, np.zeros(1, np.int64), {}, {})


def test_the_strongest_point_that_keeps_the_utility_is_matched():
    found = {f"frontier/{name}": record(value) for name, value in {
        "audited": 0.80, "noise-0.5": 0.85, "noise-1": 0.781, "noise-2": 0.779, "pca-8": 0.5, "pca-4": None}.items()}
    strengths = {"noise": (0.5, 1.0, 2.0), "pca": (16, 8, 4)}
    assert baselines.matched(found, strengths) == ["noise-1"]


def test_rounding_is_not_above_the_floor():
    """The mean of 120 times 1/40 is a little more than 1/40."""
    runs = table()
    columns = dict(runs[0].columns) | {"audited|linkage/best/rank1": np.full(len(PEOPLE), 1 / 40)}
    assert columns["audited|linkage/best/rank1"].mean() > 1 / 40
    assert levels(verdict.verdict([PersonValues(PEOPLE, columns)], 1 / 40, []))["identity_from_z"] == "floor"
