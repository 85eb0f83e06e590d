"""Every figure has one place and one statistic, with or without an interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import matthews_corrcoef
from synthetic_records import ATTACKERS, ATTRIBUTES, record

from tfprivacy_rep.evaluation.figures import (
    ATTACK_METRICS,
    Path,
    encoder_statistics,
    measure,
    nest,
    plain,
    reference_statistics,
)
from tfprivacy_rep.evaluation.results import by_seed
from tfprivacy_rep.evaluation.statistics import PersonValues, Statistic, bootstrap_interval, mean_of


def test_places_become_nested_dictionaries_and_lists():
    items = [
        (("a",), 1),
        (("b", "c"), 2),
        (("b", "d", "e"), 3),
        (("list", 0, "x"), 4),
        (("list", 0, "y"), 5),
        (("list", 1, "x"), 6),
        (("numbers", 0), 7),
        (("numbers", 1), None),
        (("deep", 0, "mcc", "Male"), 8),
    ]
    assert nest(items) == {
        "a": 1,
        "b": {"c": 2, "d": {"e": 3}},
        "list": [{"x": 4, "y": 5}, {"x": 6}],
        "numbers": [7, None],
        "deep": [{"mcc": {"Male": 8}}],
    }
    assert nest([]) == {}


def test_the_figures_of_an_encoder_by_hand():
    """Four photographs, each figure computed here from the columns it is about."""
    labels = np.array([[0, 1], [0, 0], [1, 1], [1, 1]])
    predictions = np.array([[0, 1], [1, 0], [1, 1], [1, 0]])
    columns = {"labels": labels, "predictions": predictions}
    columns |= {f"attacks/a/{metric}": np.array([1.0, 2, 3, 4]) * place for place, metric in enumerate(ATTACK_METRICS)}
    columns |= {f"linkage/{name}": np.array([1.0, 0, 0, 0.5]) for name in ("rank1", "rank1_cosine", "rank1_lda")}
    columns |= {"linkage/rank1_answer": np.array([0.25, 0.25, 0.0, 0.0])}
    columns |= {"random_pairs/raw": np.full(4, 0.9), "random_pairs/centered": np.zeros(4)}
    columns |= {
        "headline/rank1": np.ones(4),
        "headline/psnr": np.full(4, 12.0),
        "headline/ssim": np.array([0.1, 0.2, 0.3, 0.4]),
    }
    columns |= {"originals/other_people": np.full(4, 0.5), "originals/same_person": np.full(4, 1.5)}
    columns["attacks/a/face_similarity"] = np.array([0.5, 0.5, 1.0, 1.0])  # mean 3/4: a quarter from 0.5 to 1.5
    figures, intervals = measure(
        encoder_statistics(["one", "two"], ["a"]), [PersonValues(np.arange(4), columns)], False
    )
    assert intervals == {}
    mcc = [matthews_corrcoef(labels[:, index], predictions[:, index]) for index in (0, 1)]
    assert figures["utility"]["mcc"] == pytest.approx({"one": mcc[0], "two": mcc[1]})
    assert figures["utility"]["mean_mcc"] == pytest.approx(np.mean(mcc)) == figures["headline"]["mean_mcc"]
    attack = figures["attacks"][0]
    assert attack["face_similarity"] == 0.75 and attack["face_similarity_rescaled"] == pytest.approx(0.25)
    assert [attack[metric] for metric in ATTACK_METRICS[1:]] == pytest.approx([2.5, 5.0, 7.5, 10.0, 12.5])
    assert figures["linkage"] == {"rank1": 0.375, "rank1_cosine": 0.375, "rank1_lda": 0.375, "rank1_answer": 0.125}
    assert figures["headline"]["linkage_rank1"] == 0.375
    assert figures["headline"] | {"mean_mcc": 0, "linkage_rank1": 0} == {
        "mean_mcc": 0,
        "linkage_rank1": 0,
        "rank1": 1.0,
        "psnr": 12.0,
        "ssim": 0.25,
    }
    assert figures["random_pairs"] == pytest.approx({"feature_similarity_raw": 0.9, "feature_similarity_centered": 0.0})


def test_the_figures_of_the_reference_by_hand():
    columns = {
        f"originals/{name}": np.array([0.0, value])
        for name, value in (("rank1", 1), ("same_person", 2), ("other_people", 3))
    }
    columns |= {
        f"mean_image/{name}": np.array([0.0, value])
        for name, value in (("psnr", 4), ("ssim", 5), ("rank1", 6), ("face_similarity", 7))
    }
    figures, _ = measure(reference_statistics(), [PersonValues(np.arange(2), columns)], False)
    assert figures == {
        "recogniser": {"rank1": 0.5, "same_person": 1.0, "other_people": 1.5},
        "mean_image": {"psnr": 2.0, "ssim": 2.5, "rank1": 3.0, "face_similarity": 3.5},
    }


def test_intervals_stand_at_the_places_of_their_figures():
    statistics = encoder_statistics(ATTRIBUTES, ATTACKERS)
    runs = by_seed([record(0), record(1)], "paper")
    figures, intervals = measure(statistics, runs, True)

    def places(node, prefix=()):
        if isinstance(node, dict) and set(node) != {"low", "high"}:
            return {place for key, value in node.items() for place in places(value, (*prefix, key))}
        if isinstance(node, list):
            return {place for index, value in enumerate(node) for place in places(value, (*prefix, index))}
        return {prefix}

    assert places(figures) == places(intervals) == set(statistics)
    expected = bootstrap_interval(runs, mean_of("attacks/decoder_gan/psnr"), seed=0)
    assert figures["attacks"][1]["psnr"] == expected.value
    assert intervals["attacks"][1]["psnr"] == {"low": expected.low, "high": expected.high}
    assert (
        intervals["attacks"][1]["psnr"]["low"] < figures["attacks"][1]["psnr"] < intervals["attacks"][1]["psnr"]["high"]
    )


def test_the_value_beside_an_interval_is_the_mean_over_the_seeds():
    runs = by_seed([record(0), record(1), record(2)], "paper")
    figures, _ = measure({("x",): mean_of("linkage/rank1")}, runs, True)
    assert figures["x"] == pytest.approx(np.mean([np.mean(run.columns["linkage/rank1"]) for run in runs]))


def test_an_undefined_figure_is_none():
    columns = {"labels": np.array([[0, 1], [0, 0]]), "predictions": np.array([[0, 1], [1, 0]])}
    columns |= {"originals/other_people": np.full(2, 0.7), "originals/same_person": np.full(2, 0.7)}
    columns |= {"attacks/a/face_similarity": np.ones(2)}
    table = [PersonValues(np.arange(2), columns)]
    statistics = encoder_statistics(["constant", "two"], ["a"])
    chosen: dict[Path, Statistic] = {
        place: statistics[place]
        for place in (
            ("utility", "mcc", "constant"),
            ("utility", "mean_mcc"),
            ("attacks", 0, "face_similarity_rescaled"),
        )
    }
    figures, _ = measure(chosen, table, False)
    assert figures["utility"] == {"mcc": {"constant": None}, "mean_mcc": 1.0}, "the mean is over what is defined"
    assert figures["attacks"] == [{"face_similarity_rescaled": None}]
    _, intervals = measure({("x",): statistics["utility", "mcc", "constant"]}, table, True)
    assert intervals == {"x": {"low": None, "high": None}}
    assert plain(math.nan) is None and plain(np.float64(0.5)) == 0.5 and type(plain(np.float64(0.5))) is float
