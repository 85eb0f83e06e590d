"""A whole frontier on a few real photographs with tiny networks: figures, choosing, resuming, and points that die."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import small_run
from small_run import BlockRecogniser
from test_reproduction_job import counting_steps

from tfprivacy_rep import laboratory
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.reproduction import job as reproduction

pytestmark = pytest.mark.slow
RATE = ReproduceConfig(sweep="frontier", points=("rate=8",), budget="smoke")


@pytest.fixture(autouse=True)
def _cheap_recogniser(monkeypatch):
    monkeypatch.setattr(laboratory, "build_recogniser", lambda name, face_square: BlockRecogniser())


def config(folder: Path, **changes: Any):
    """A run of seconds with eight numbers in a Z with noise."""
    return small_run.config(folder, release_size=8, **changes)


@pytest.fixture(name="finished", scope="module")
def _finished(tmp_path_factory) -> tuple[Path, dict[str, Any]]:
    """No protection, one rate and the answer."""
    folder = tmp_path_factory.mktemp("frontier") / "out"
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(laboratory, "build_recogniser", lambda name, face_square: BlockRecogniser())
        return folder, reproduction.run(config(folder), RATE)


def copied(finished: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    """The finished folder, to be changed."""
    shutil.copytree(finished[0], tmp_path / "out")
    return tmp_path / "out"


def test_every_point_has_figures_and_the_answer_has_the_use_of_its_encoder(finished):
    folder, contents = finished
    assert json.loads((folder / "report" / "results.json").read_text()) == contents
    points = {one["name"]: one for one in contents["points"]}
    assert list(points) == ["none", "rate=8", "answer"]
    assert points["answer"]["mean_mcc"] == points["none"]["mean_mcc"], "the bits classify themselves"
    assert points["answer"]["fingerprints"] == points["none"]["fingerprints"] != points["rate=8"]["fingerprints"]
    assert points["answer"]["numbers"] == 2 and points["rate=8"]["numbers"] == 8 and points["none"]["numbers"] == 16
    assert points["rate=8"]["rate"]["mean_bits"] > 0 and points["none"]["rate"] is None
    for one in points.values():
        assert 0 <= one["linkage_rank1"]["mean"] <= 1 and one["psnr"]["mean"] > 5


def test_a_second_start_trains_nothing_and_says_the_same(finished, monkeypatch, tmp_path):
    folder = copied(finished, tmp_path)
    titles = counting_steps(monkeypatch)
    again = reproduction.run(config(folder), RATE)
    assert titles == [] and again["points"] == finished[1]["points"] and again["matched"] == finished[1]["matched"]


def test_folds_add_up_in_a_folder(finished, monkeypatch, tmp_path):
    folder = copied(finished, tmp_path)
    titles = counting_steps(monkeypatch)
    both = reproduction.run(config(folder, folds=2), RATE)
    games = {title for title in titles if title.endswith("game")}
    assert games == {f"seed0-fold1: {name}, game" for name in ("unprotected", "rate=8")}, "the first fold is there"
    assert both["folds"] == [0, 1] and all(one["folds"] == [0, 1] for one in both["points"])
    first = {one["name"]: one for one in finished[1]["points"]}
    for one in both["points"]:
        assert one["fingerprints"][0] == first[one["name"]]["fingerprints"][0] != one["fingerprints"][1]


def test_choosing_attacks_nothing_looks_at_no_probe_and_agrees_with_the_records(finished, monkeypatch, tmp_path):
    folder = tmp_path / "out"
    monkeypatch.setattr(laboratory.Laboratory, "attack", lambda *_: pytest.fail("an attack"))
    monkeypatch.setattr(RunRecord, "save", lambda *_: pytest.fail("a record"))
    chosen = reproduction.run(config(folder), ReproduceConfig(
        sweep="frontier", points=("rate=8",), budget="smoke", choose=True, keep_mcc=0.01))
    assert json.loads((folder / "choice.json").read_text()) == chosen
    told = {one["name"]: one["validation_mcc"] for one in finished[1]["points"] if one["name"] != "answer"}
    assert chosen["validation_mcc"] == told, "the same releases of the same photographs"
    assert chosen["least"] == 0.01 and set(chosen["weights"]) == {"rate"}
    assert not (folder / "report").exists()


def test_a_point_that_dies_costs_no_other_and_the_next_start_makes_it(monkeypatch, tmp_path):
    small_run.let_die(monkeypatch, lambda game: game.target_rate_bits == 2.0)
    wanted = ReproduceConfig(sweep="frontier", points=("rate=2",), budget="smoke")
    with pytest.raises(UserError, match="rate=2 of seed0-fold0: MemoryError"):
        reproduction.run(config(tmp_path / "out"), wanted)
    written = json.loads((tmp_path / "out" / "report" / "results.json").read_text())
    assert [one["name"] for one in written["points"]] == ["none", "answer"]
    assert written["failed"] == {"rate=2": {"seed0-fold0": "MemoryError: no memory left"}}
    monkeypatch.undo()
    titles = counting_steps(monkeypatch)
    mended = reproduction.run(config(tmp_path / "out"), wanted)
    assert len(mended["points"]) == 3 and mended["failed"] == {}
    assert titles and all("rate=2" in title for title in titles)


def test_all_attackers_meet_the_pareto_set(finished, monkeypatch, tmp_path):
    folder = copied(finished, tmp_path)
    wanted = ReproduceConfig(sweep="frontier", points=("rate=8",), budget="smoke", all_attackers=True)
    titles = counting_steps(monkeypatch)
    contents = reproduction.run(config(folder), wanted)
    for one in contents["points"]:
        assert (one["all_attackers"] is not None) == any(one["pareto"].values()), one["name"]
    assert any("decoder_4x" in title for title in titles)
    assert not any("answer" in title for title in titles), "the limit is in no Pareto set"


def test_every_way_ends(tmp_path):
    contents = reproduction.run(config(tmp_path / "out"), ReproduceConfig(sweep="frontier", budget="smoke"))
    assert len(contents["points"]) == 10 and contents["failed"] == {}
    numbers = {one["way"]: one["numbers"] for one in contents["points"]}
    assert numbers["bottleneck"] == 4 and numbers["noise"] == 8 and numbers["lambda1"] == 16


def test_a_table_and_a_frontier_have_folders_of_their_own(finished, tmp_path):
    folder = copied(finished, tmp_path)
    with pytest.raises(UserError, match="`output_dir`: expected a folder of its own for sweep=''.*frontier"):
        reproduction.run(config(folder), ReproduceConfig(rows="1", budget="smoke"))


def test_a_dry_run_names_every_training_and_writes_nothing(tmp_path, capsys):
    assert reproduction.run(config(tmp_path / "out"), ReproduceConfig(
        sweep="frontier", budget="smoke", dry_run=True)) == {}
    printed = capsys.readouterr().out
    assert "10 points, 19 trainings a run" in printed and "bottleneck=4: decoder on bottleneck=4" in printed
    assert not (tmp_path / "out").exists()
