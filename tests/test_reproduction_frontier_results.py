"""What a frontier says of invented records: the Pareto set, what to use, ratios and differences by hand, the page."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np
import pytest
import small_run

from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.evaluation.statistics import (
    PersonValues,
    bootstrap_interval,
    difference,
    joined,
    mean_mcc_of,
    mean_of,
    ratio,
)
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.reproduction import figures
from tfprivacy_rep.reproduction.frontier.page import write_page
from tfprivacy_rep.reproduction.frontier.results import contents
from tfprivacy_rep.reproduction.frontier.words import lead, verdict

PEOPLE, EACH = 16, 5
CONFIG = small_run.config("out", release_size=8)
COUNT = PEOPLE * EACH
LABELS = np.tile([[0, 1], [1, 0], [1, 1], [0, 0]], (COUNT // 4, 1)).astype(np.int8)


def record(
    way: str, strength: float | None, wrong: int, linkage: float, rank1: float, psnr: float, use: float, seed: int = 0,
    bits: float = 0.0, fold: int = 0,
) -> RunRecord:
    """A point with the same figures for every photograph, but that the first `wrong` people are answered wrongly."""
    predictions = LABELS.copy()
    predictions[: wrong * EACH] ^= 1
    flat = {"linkage/best/rank1": linkage, "row/rank1": rank1, "row/psnr": psnr, "row/ssim": 0.5,
            "row/face_similarity": 0.4} | ({"rate/bits": bits} if bits else {})
    columns: dict[str, Any] = {name: np.full(COUNT, value) for name, value in flat.items()}
    columns |= {"labels": LABELS, "predictions": predictions}
    facts = {
        "way": way, "strength": strength, "seed": seed, "fold": fold,
        "attributes": ["First", "Second"], "single_attribute": "First",
        "skipped_images": 0, "recogniser": "dlib", "own_validation_mcc": use, "rehearsed_linkage": linkage,
        "validation": {"decoder": {"psnr": psnr}}, "strongest_linkage": "cosine", "headline_attackers": {},
        "attackers": {"decoder": {"converged": True, "warnings": []}}, "seconds": 1.0,
        "partition": {"mode": "paper", "people": {"probes": PEOPLE}, "shared_people": {}, "counts": {"probes": COUNT}},
        "encoder": {"lambda1": 0.0, "lambda2": 0.0, "noise": {"target_rate_bits": 2.0} if bits else {}, "numbers": 4,
                    "options": {}, "fingerprint": "f", "seconds": 2.0},
    }
    pictures = {name: np.zeros((COUNT, 8, 8, 3), np.uint8) for name in ("originals", "rebuilt")}
    return RunRecord(facts, np.repeat(np.arange(PEOPLE), EACH), {"point": columns}, pictures)


RECORDS = {
    # Wrong answers for k of 16 people leave a mean MCC of 1 - k / 8: of the four patterns, each attribute is wrong as
    # often with 0 as with 1, so it is (right - wrong) / all.
    "none": [record("none", None, 0, 0.8, 0.5, 20.0, 0.90)],
    "lambda1=1": [record("lambda1", 1.0, 0, 0.8, 0.4, 20.5, 0.90)],
    "rate=2": [record("rate", 2.0, 4, 0.1, 0.1, 14.0, 0.60, bits=2.0)],
    "rate=8": [record("rate", 8.0, 0, 0.2, 0.2, 16.0, 0.89, bits=8.0)],
    "noise=1": [record("noise", 1.0, 4, 0.3, 0.1, 15.0, 0.86)],
    "answer": [record("answer", None, 0, 0.1, 0.1, 15.0, 0.90)],
}


def made(records=None, **job: Any) -> dict[str, Any]:
    """The contents of the invented records."""
    options = dataclasses.asdict(ReproduceConfig(sweep="frontier", budget="smoke", **job))
    given = CONFIG.to_dict() | {"job": options}
    return contents(records or RECORDS, {"seed0-fold0": {"both=1": "no memory left"}}, CONFIG, given, "command", 3.0)


@pytest.fixture(scope="module", autouse=True)
def _few_draws():
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(figures, "REPLICATES", 60)
        yield


@pytest.fixture(name="written", scope="module")
def _written() -> dict[str, Any]:
    return made()


def point(written: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in written["points"] if one["name"] == name)


def test_points_come_in_the_order_of_the_ways_with_figures_and_intervals(written):
    assert [one["name"] for one in written["points"]] == [
        "none", "lambda1=1", "rate=8", "rate=2", "noise=1", "answer"]
    assert point(written, "none")["mean_mcc"]["mean"] == pytest.approx(1.0)
    assert point(written, "rate=2")["mean_mcc"]["mean"] == pytest.approx(0.5)
    assert point(written, "rate=8")["psnr"] == {"mean": 16.0, "low": 16.0, "high": 16.0}
    low, high = (point(written, "rate=2")["mean_mcc"][end] for end in ("low", "high"))
    assert low < 0.5 < high, "people are resampled"
    assert written["failed"] == {"both=1": {"seed0-fold0": "no memory left"}}
    assert point(written, "none")["warnings"] == []


def test_folds_of_a_seed_are_tested_together_and_paired_with_their_own(written):
    # Two folds of one seed: of the people of each 0 and 8 of 16 are answered wrongly, so together a quarter.
    both = {
        "none": [record("none", None, wrong, 0.8, 0.5, 20.0, 0.9, fold=fold) for fold, wrong in ((0, 0), (1, 8))],
        "rate=8": [record("rate", 8.0, 8, 0.2, 0.2, 16.0, 0.9, bits=8.0, fold=1)],
    }
    several = made(both)
    assert (several["seeds"], several["folds"]) == ([0], [0, 1]) and (written["seeds"], written["folds"]) == ([0], [0])
    assert point(several, "none")["folds"] == [0, 1] and point(several, "none")["seeds"] == [0, 0]
    assert point(several, "none")["mean_mcc"]["mean"] == pytest.approx(0.5)
    # The fold that both have: no difference, although the other fold of `none` is far better.
    against = figures.paired(both["rate=8"], both["none"], difference(mean_mcc_of(), figures.FIRST, figures.SECOND))
    assert against is not None and against.value == 0.0
    assert "1 seed × 2 folds" in " ".join(verdict(several).cautions)


def test_the_pareto_set_of_each_figure_leaves_the_answer_out(written):
    free = {one["name"]: [figure for figure, yes in one["pareto"].items() if yes] for one in written["points"]}
    # rate=8 has the use of none and tells less; rate=2 trades use; noise=1 has as much use as rate=2 and tells more, or
    # in rank-1 from reconstructions as much.
    assert free == {
        "none": [], "lambda1=1": [], "rate=8": ["linkage_rank1", "rank1", "psnr"],
        "rate=2": ["linkage_rank1", "rank1", "psnr"], "noise=1": ["rank1"], "answer": [],
    }


def test_what_to_use_is_chosen_on_x1_and_x2_and_told_against_none_and_the_answer(written):
    first, second = written["matched"]
    # 0.90 less 0.02 is kept by lambda1=1 and rate=8, less 0.05 by noise=1 too, which tells more than rate=8.
    assert (first["loss"], first["least"], first["best"]) == (0.02, pytest.approx(0.88), "rate=8")
    assert (second["loss"], second["best"]) == (0.05, "rate=8")
    assert first["against_answer"]["linkage_ratio"]["mean"] == pytest.approx(2.0)
    assert first["against_none"]["linkage_rank1"]["mean"] == pytest.approx(-0.6)
    assert first["against_answer"]["rank1"]["mean"] == pytest.approx(0.1)
    assert first["against_answer"]["psnr"] == {"mean": 1.0, "low": 1.0, "high": 1.0}


def test_probes_choose_nothing_but_their_own_line():
    worse = RECORDS | {"rate=8": [record("rate", 8.0, 0, 0.2, 0.2, 16.0, 0.5, bits=8.0)]}
    written = made(worse)
    assert written["matched"][0]["best"] == "lambda1=1" and written["matched_on_probes"]["best"] == "rate=8"
    assert written["choice"]["weights"]["rate"] is None


def test_a_stated_use_chooses_the_weights(written):
    chosen = {way: one and one["name"] for way, one in written["choice"]["weights"].items()}
    assert chosen == {"lambda1": "lambda1=1", "rate": "rate=8", "noise": None}
    chosen = {way: one and one["name"] for way, one in made(keep_mcc=0.6)["choice"]["weights"].items()}
    assert chosen == {"lambda1": "lambda1=1", "rate": "rate=2", "noise": "noise=1"}


def test_rates_stand_beside_what_they_bound(written):
    # (2 + 1) / log2 16 = 3/4; 9/4 is vacuous.
    assert point(written, "rate=2")["rate"]["tested"] == {"people": 16, "bound": pytest.approx(0.75)}
    assert point(written, "rate=8")["rate"]["tested"]["bound"] is None and point(written, "none")["rate"] is None


def test_the_sentence_names_what_to_use_and_when_to_send_the_answer(written):
    assert lead(written) == ("Send the answer where it is all that the receiver needs (10 of 100 named); where a "
                             "representation is needed, use learned noise at 8 bits (20 of 100 named).")
    useless = made({name: RECORDS[name] for name in ("none", "lambda1=1", "answer")})
    assert "names measurably fewer people than no protection; the nearest is lambda1 = 1" in lead(useless)
    nothing = made({name: RECORDS[name] for name in ("none", "rate=2", "answer")})
    assert "no protection that was tried keeps the mean MCC within 0.02" in lead(nothing)


def test_the_page_shows_points_rates_choice_and_pictures(written, tmp_path):
    write_page(written, RECORDS, tmp_path)
    text = (tmp_path / "report.md").read_text()
    for part in ("When to send the answer", "the limit", "vacuous", "2.000", "--target_rate_bits=8".replace("_", "\\_"),
                 "both=1 of seed0-fold0 failed: no memory left", "its figures mean nothing", "+1.00 dB"):
        assert part in text, part
    assert (tmp_path / "report.html").read_text().count("data:image/png") == 4
    assert len(list(tmp_path.glob("frontier-*.svg"))) == 4


def test_the_documentation_names_every_key(written):
    text = (small_run.ROOT / "docs" / "frontier.md").read_text(encoding="utf-8")
    known = set(re.findall(r"`([a-z0-9_]+)`", text))
    keys = {*written, *written["points"][0], *written["choice"], *written["matched"][0], "tested", "people", "bound",
            *written["choice"]["weights"]["rate"], *written["matched"][0]["against_answer"]} - {"schema"}
    assert sorted(keys - known) == []


def test_without_people_there_is_a_page_of_psnr_alone(tmp_path):
    def unnamed(one: RunRecord) -> RunRecord:
        unknown = np.full(COUNT, np.nan)
        columns = one.columns["point"] | {"linkage/best/rank1": unknown, "row/rank1": unknown}
        facts = one.facts | {"rehearsed_linkage": None,
                             "partition": one.facts["partition"] | {"people": {}}}
        return RunRecord(facts, one.people, {"point": columns}, one.pictures)

    records = {name: [unnamed(one) for one in of_point] for name, of_point in RECORDS.items()}
    written = made(records)
    assert written["matched"][0]["best"] == "rate=8", "by PSNR on public photographs"
    assert point(written, "rate=2")["pareto"] == {"linkage_rank1": False, "rank1": False, "psnr": True}
    write_page(written, records, tmp_path)
    assert len(list(tmp_path.glob("frontier-*.svg"))) == 2 and "nan" not in (tmp_path / "report.md").read_text()


def test_a_ratio_is_of_the_means_and_undefined_over_nothing():
    people = np.arange(4)
    runs = joined({"a": [PersonValues(people, {"x": np.array([1.0, 2, 3, 2])})],
                   "b": [PersonValues(people, {"x": np.array([4.0, 4, 4, 4])})]})
    assert bootstrap_interval(runs, ratio(mean_of("x"), "a", "b"), seed=0, replicates=20).value == pytest.approx(0.5)
    nothing = joined({"a": [PersonValues(people, {"x": np.ones(4)})], "b": [PersonValues(people, {"x": np.zeros(4)})]})
    assert np.isnan(bootstrap_interval(nothing, ratio(mean_of("x"), "a", "b"), seed=0, replicates=20).value)
