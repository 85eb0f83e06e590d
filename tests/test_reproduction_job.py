"""The whole reproduction on a few real photographs with tiny networks: rows, curve, resuming, and rows that die."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import renames
import small_run
from small_run import BlockRecogniser

from tfprivacy_rep import laboratory
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.results import without_timing
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.reproduction import job as reproduction
from tfprivacy_rep.reproduction.rows import FIGURES
from tfprivacy_rep.training import loop

ROWS = "1-4,9"
JOB = ReproduceConfig(rows=ROWS, budget="smoke", less_data=0.5)


@pytest.fixture(autouse=True)
def _cheap_recogniser(monkeypatch):
    monkeypatch.setattr(laboratory, "build_recogniser", lambda name, face_square: BlockRecogniser())


@pytest.fixture(name="finished", scope="module")
def _finished(tmp_path_factory) -> tuple[Path, dict[str, Any]]:
    """Five rows of one seed."""
    folder = tmp_path_factory.mktemp("reproduction") / "out"
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(laboratory, "build_recogniser", lambda name, face_square: BlockRecogniser())
        return folder, reproduction.run(small_run.config(folder), JOB)


def copied(finished: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    """The finished folder, to be changed."""
    shutil.copytree(finished[0], tmp_path / "out")
    return tmp_path / "out"


def counting_steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Titles of the trainings that take a step from now on."""
    titles: list[str] = []
    run = loop.run

    def watched(trainer, options):
        take = trainer.train_steps

        def steps(count):
            titles.append(options.title)
            return take(count)

        trainer.train_steps = steps
        return run(trainer, options)

    monkeypatch.setattr(loop, "run", watched)
    return titles


def test_each_row_has_every_figure_with_its_interval(finished):
    folder, contents = finished
    assert json.loads((folder / "report" / "results.json").read_text()) == contents
    assert [row["row"] for row in contents["rows"]] == [1, 2, 3, 4, 9]
    for row in contents["rows"]:
        for figure in FIGURES:
            assert set(row[figure]) == {"mean", "low", "high"}
            assert row[figure]["low"] - 1e-9 <= row[figure]["mean"] <= row[figure]["high"] + 1e-9 or "mcc" in figure
        assert row["failed"] == {} and row["seeds"] == [0]
    assert contents["schema"] == "tfprivacy_rep/reproduction/1" and contents["sweep"] is None
    assert contents["rows"][0]["paper"]["psnr"] == 13.738


def test_rows_of_one_encoder_attack_the_same_encoder(finished):
    prints = {row["row"]: row["fingerprints"][0] for row in finished[1]["rows"]}
    assert prints[1] == prints[3] and prints[2] == prints[4]
    assert len({prints[1], prints[2], prints[9]}) == 3


def test_rows_of_one_encoder_have_one_utility_and_the_single_rows_a_fresh_head(finished):
    rows = {row["row"]: row for row in finished[1]["rows"]}
    assert rows[1]["mean_mcc"] == rows[3]["mean_mcc"] and rows[2]["mean_mcc"] == rows[4]["mean_mcc"]
    assert rows[1]["mu1"] == 0 and rows[3]["mu1"] > 0
    assert rows[2]["lambda1"] > 0 and rows[2]["lambda2"] > 0 and rows[9]["lambda1"] == 0


def test_the_report_shows_rows_claims_and_pictures(finished):
    report = finished[0] / "report"
    text = (report / "report.md").read_text()
    for part in ("The ten rows", "in the paper", "13.74", "The paper's claims, checked", "No formal guarantee",
                 "its figures mean nothing"):
        assert part in text, part
    page = (report / "report.html").read_text()
    assert page.count("data:image/png") == 1 + 5 and "Row 2: with the negative loss" in page
    assert (report / "reconstructions.png").read_bytes()[:4] == b"\x89PNG"
    assert (report / "table.md").read_text().count("in the paper") == 5


def test_a_second_start_trains_nothing_and_says_the_same(finished, monkeypatch, tmp_path):
    folder = copied(finished, tmp_path)
    titles = counting_steps(monkeypatch)
    again = reproduction.run(small_run.config(folder), JOB)
    assert titles == []
    assert again["rows"] == finished[1]["rows"] and again["claims"] == finished[1]["claims"]


def test_a_lost_record_is_made_again_to_the_last_bit(finished, monkeypatch, tmp_path):
    folder = copied(finished, tmp_path)
    lost = folder / "seed0-fold0" / "points" / "row3"
    before = dict(np.load(lost / "columns.npz"))
    shutil.rmtree(lost)
    titles = counting_steps(monkeypatch)
    reproduction.run(small_run.config(folder), JOB)
    assert titles == [], "encoder and attacker come out of their checkpoints"
    after = dict(np.load(lost / "columns.npz"))
    assert before.keys() == after.keys()
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)


def test_a_folder_that_vanishes_stops_every_row_and_nothing_looks_whole(monkeypatch, tmp_path):
    """Only one row is tried: its attacker never gets to write into a folder that nobody claimed."""
    real = laboratory.Laboratory.subject

    def vanishing(self, trained):
        shutil.rmtree(tmp_path / "out")
        return real(self, trained)

    monkeypatch.setattr(laboratory.Laboratory, "subject", vanishing)
    with pytest.raises(UserError, match="`output_dir`: expected the folder that this job began to write in"):
        reproduction.run(small_run.config(tmp_path / "out"), ReproduceConfig(rows="1", budget="smoke", less_data=0.5))
    assert small_run.finished_parts(tmp_path / "out") == []


def test_rows_seeds_and_the_curve_add_up_in_one_folder(finished, monkeypatch, tmp_path):
    folder = copied(finished, tmp_path)
    titles = counting_steps(monkeypatch)
    swept = ReproduceConfig(sweep="lambda2", sweep_values=(0.0, 2.0), budget="smoke", less_data=0.5)
    contents = reproduction.run(small_run.config(folder), swept)
    assert not any("unprotected, game" in title for title in titles), "row 1's encoder serves the curve"
    assert [p["value"] for p in contents["sweep"]["points"]] == [0.0, 2.0]
    assert [row["row"] for row in contents["rows"]] == [1, 2, 3, 4, 9]
    first, row = contents["sweep"]["points"][0], contents["rows"][0]
    assert first["psnr"] == row["psnr"] and first["fingerprints"] == row["fingerprints"]
    assert any("More lambda2" in claim["claim"] for claim in contents["claims"])
    assert (folder / "report" / "lambda2-0.svg").read_text().lstrip().startswith("<?xml")


def test_a_row_that_dies_does_not_cost_the_others(monkeypatch, tmp_path):
    real = laboratory.Laboratory.attack

    def dying(self, pairs, spec, folder, title):
        if spec.mu1 > 0 and "unprotected" in title:
            raise RuntimeError("no memory left")
        return real(self, pairs, spec, folder, title)

    monkeypatch.setattr(laboratory.Laboratory, "attack", dying)
    job = ReproduceConfig(rows="1,3", budget="smoke", less_data=0.5)
    config = small_run.config(tmp_path / "out")
    with pytest.raises(UserError, match="Some rows failed.*row3 of seed0-fold0: RuntimeError: no memory.*the same"):
        reproduction.run(config, job)
    written = json.loads((tmp_path / "out" / "report" / "results.json").read_text())
    assert [row["row"] for row in written["rows"]] == [1, 3]
    assert written["rows"][0]["psnr"]["mean"] > 0 and written["rows"][1]["psnr"]["mean"] is None
    assert written["rows"][1]["failed"] == {"seed0-fold0": "RuntimeError: no memory left"}
    assert "Row 3 of seed0-fold0 failed: RuntimeError" in (tmp_path / "out" / "report" / "report.md").read_text()
    monkeypatch.setattr(laboratory.Laboratory, "attack", real)
    titles = counting_steps(monkeypatch)
    mended = reproduction.run(config, job)
    assert mended["rows"][1]["psnr"]["mean"] > 0 and mended["rows"][1]["failed"] == {}
    assert titles and all("row3" in title for title in titles)


def test_a_dry_run_names_every_training_and_writes_nothing(tmp_path, capsys):
    contents = reproduction.run(small_run.config(tmp_path / "out"), ReproduceConfig(dry_run=True, budget="smoke"))
    printed = capsys.readouterr().out
    assert contents == {} and not (tmp_path / "out").exists()
    assert "10 points, 16 trainings a run" in printed and "row10: mu on protected-single" in printed
    assert re.search(r"estimated time: \d+ minutes", printed)


def test_another_configuration_in_the_same_folder_is_refused(finished, tmp_path):
    folder = copied(finished, tmp_path)
    with pytest.raises(UserError, match=r"lambda1=1\.0 there, 2\.5 now"):
        reproduction.run(small_run.config(folder, lambda1=2.5), JOB)
    with pytest.raises(UserError, match=r"less_data=0\.5 there, 0\.25 now"):
        reproduction.run(small_run.config(folder), ReproduceConfig(rows=ROWS, budget="smoke"))


def test_an_attribute_that_there_is_not_is_named(tmp_path):
    job = ReproduceConfig(single_attribute="Young", budget="smoke")
    with pytest.raises(UserError, match="`single_attribute`.*'Young'. Available: Eyeglasses, Smiling"):
        reproduction.run(small_run.config(tmp_path / "out"), job)
    assert not (tmp_path / "out").exists()


def test_a_curve_alone_comes_with_its_figure_and_names_a_point_that_died(monkeypatch, tmp_path):
    small_run.let_die(monkeypatch, lambda game: game.lambda2 == 3.0)
    job = ReproduceConfig(sweep="lambda2", sweep_values=(0.0, 2.0, 3.0), budget="smoke", less_data=0.5)
    with pytest.raises(UserError, match="lambda2=3.0 of seed0-fold0: MemoryError"):
        reproduction.run(small_run.config(tmp_path / "out"), job)
    report = tmp_path / "out" / "report"
    written = json.loads((report / "results.json").read_text())
    assert [point["value"] for point in written["sweep"]["points"]] == [0.0, 2.0] and written["rows"] == []
    assert written["sweep"]["failed"] == {"lambda2=3.0": {"seed0-fold0": "MemoryError: no memory left"}}
    assert "lambda2=3.0 of seed0-fold0 failed" in (report / "report.md").read_text()
    assert (report / "reconstructions.png").is_file() and not (report / "table.md").exists()


def test_the_figure_pairs_rows_of_one_seed():
    from test_reproduction_claims import record as made

    from tfprivacy_rep.reproduction.pictures import with_and_without

    def pictured(name: str, seed: int):
        found = made(name, seed)
        found.facts["value"] = None
        shade = np.full((120, 8, 8, 3), 10 * seed, np.uint8)
        return type(found)(found.facts, found.people, found.columns, {"originals": shade, "rebuilt": shade + 1})

    records = {"row1": [pictured("row1", 0), pictured("row1", 1)], "row2": [pictured("row2", 1)]}
    picture = with_and_without(records)
    assert picture is not None
    only = {"row1": records["row1"][:1], "row2": records["row2"]}
    assert with_and_without(only) is None, "no seed has both"


def test_a_dry_run_downloads_nothing(monkeypatch, tmp_path):
    import keras

    monkeypatch.setattr(keras.applications, "VGG16", lambda **_: pytest.fail("a download"))
    job = ReproduceConfig(dry_run=True, rows="2")
    assert reproduction.run(small_run.config(tmp_path / "out", perceptual="imagenet"), job) == {}


@pytest.mark.slow
def test_rows_that_are_ended_again_and_again_come_to_the_same_bits(finished, tmp_path):
    """Ended in checkpoints of encoders and attackers, in records, and in the report."""
    folder = tmp_path / "out"
    places = [3, 8, 12, 12, 18]
    again = renames.started_until_it_ends(lambda: reproduction.run(small_run.config(folder), JOB), places)
    expected, found = (without_timing(json.loads(json.dumps(one))) for one in (finished[1], again))
    expected["config"]["run"]["output_dir"] = str(folder)
    assert found == expected
    for path in finished[0].rglob("columns.npz"):
        assert (folder / path.relative_to(finished[0])).read_bytes() == path.read_bytes(), path
    assert not list(tmp_path.rglob(".*.tmp-*"))
