"""The same report comes out of every source: files read as they are needed, drawn faces, known and unknown people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import photograph_files as photographs
import pytest
import small_run
from small_run import BlockRecogniser

from tfprivacy_rep import experiment, laboratory
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.reproduction import job as reproduction

COUNT = 160


@pytest.fixture(autouse=True)
def _cheap_recogniser(monkeypatch):
    monkeypatch.setattr(
        laboratory, "build_recogniser", lambda name, face_square: None if name == "none" else BlockRecogniser())


def celeba(tmp_path: Path) -> dict[str, Any]:
    """CelebA's original layout; people known, two photographs each."""
    folder = photographs.celeba(tmp_path / "celeba", COUNT)
    return dict(dataset="celeba", data_dir=str(folder), attributes=("5_o_Clock_Shadow", "Male"), partition="")


def folder(tmp_path: Path) -> dict[str, Any]:
    """A folder without people, one of its photographs cut off."""
    tree = photographs.write(tmp_path / "mine", photographs.jpegs(COUNT))
    cut = tree / "000007.jpg"
    cut.write_bytes(cut.read_bytes()[:-200])
    draws = np.random.default_rng(0).integers(0, 2, (COUNT, 2))
    lines = [f"{i + 1:06d}.jpg,{a},{b}" for i, (a, b) in enumerate(draws)]
    (tree / "attributes.csv").write_text("\n".join(["image,Smiling,Round", *lines]) + "\n")
    return dict(dataset="folder", data_dir=str(tree), attributes=(), partition="", on_bad_image="skip",
                recogniser="none")


def rendered(tmp_path: Path) -> dict[str, Any]:
    """Drawn faces, kept in a folder."""
    return dict(dataset="rendered", data_dir=str(tmp_path / "drawn"), rendered_images=400, partition="",
                attributes=("Smiling", "Male"))


@pytest.mark.parametrize("source", [
    pytest.param(celeba, marks=pytest.mark.slow), pytest.param(folder, marks=pytest.mark.slow), rendered,
], ids=lambda source: source.__name__)
def test_every_source_leads_to_the_same_report(source, tmp_path):
    options = source(tmp_path)
    contents = experiment.run(small_run.config(tmp_path / "out", x1_fraction=0.5, **options))
    report = tmp_path / "out" / "report"
    assert json.loads((report / "results.json").read_text()) == contents
    assert contents["data"]["source"] == options["dataset"]
    headline = contents["encoders"]["paper"]["headline"]
    assert headline["psnr"] > 0
    known = source is not folder
    assert contents["data"]["partition"] == ("disjoint_people" if source is rendered else "paper")
    assert (headline["rank1"] is not None) == (headline["linkage_rank1"] is not None) == known
    assert contents["data"]["skipped_images"] == (0 if known else 1)
    text = (report / "report.md").read_text()
    assert ("not measured: the photographs have no identities" in text) == (not known)
    assert ("1 unreadable photograph was left out" in text) == (not known)


@pytest.mark.slow
def test_a_row_of_the_paper_on_files_without_people(tmp_path):
    job = ReproduceConfig(rows="1,9", budget="smoke", less_data=0.5)
    contents = reproduction.run(small_run.config(tmp_path / "out", **folder(tmp_path)), job)
    for row in contents["rows"]:
        assert row["face_similarity"] == {"mean": None, "low": None, "high": None}
        assert row["psnr"]["low"] < row["psnr"]["high"], "photographs are resampled"
    assert contents["data"]["skipped_images"] == 1 and contents["recogniser"] is None
    assert "nobody: face similarity and rank-1 were not measured" in (tmp_path / "out/report/report.md").read_text()


def test_a_photograph_that_proves_damaged_only_in_training_is_named(tmp_path):
    """Its header and its end are right, so the check lets it pass; its Huffman tables make no sense."""
    options = celeba(tmp_path)
    for path in sorted((tmp_path / "celeba" / "img_align_celeba").iterdir()):
        whole = path.read_bytes()
        start = whole.index(b"\xff\xc4") + 5  # after marker, length and kind: how many codes have each length
        path.write_bytes(whole[:start] + b"\xff" * 16 + whole[start + 16 :])
    with pytest.raises(UserError, match=r"Unreadable photograph `.*/\d{6}\.jpg`: expected a whole image file"):
        experiment.run(small_run.config(tmp_path / "out", **options))
