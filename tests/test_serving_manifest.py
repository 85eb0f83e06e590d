"""Manifests beside exported models: read, refused, or of another program."""

from __future__ import annotations

import json
import shutil

import pytest
from small_run import ROOT

from tfprivacy_rep import files
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.serving.manifest import newest_pairs, read_manifest

ENCODER = ROOT / "saved_models" / "demo_encoder" / "1" / "manifest.json"


def test_a_whole_manifest_is_read_and_that_of_another_program_is_none(tmp_path):
    assert read_manifest(ENCODER.parent) == files.read_json(ENCODER)
    assert read_manifest(tmp_path) is None
    files.write_json(tmp_path / "manifest.json", {"name": "a page"})
    assert read_manifest(tmp_path) is None


@pytest.mark.parametrize("name", ["image_size", "partner", "weights_sha256", "configuration"])
def test_a_damaged_manifest_is_named(name, tmp_path):
    files.write_json(tmp_path / "manifest.json", files.read_json(ENCODER) | {name: None})
    with pytest.raises(UserError, match=f"Invalid file `.*manifest.json`: .*or none, for {name}. Export the model"):
        read_manifest(tmp_path)


def test_files_and_odd_folders_beside_the_models_are_passed_over(tmp_path):
    for model in ("encoder", "head"):
        folder = tmp_path / f"demo_{model}" / "1"
        folder.mkdir(parents=True)
        shutil.copy(ENCODER.parents[2] / f"demo_{model}" / "1" / "manifest.json", folder)
    (tmp_path / "stray_encoder").write_text("a file")
    (tmp_path / "demo_encoder" / "٣").mkdir()
    assert newest_pairs(tmp_path) == {"demo": 1}
    (tmp_path / "demo_head" / "1" / "manifest.json").write_text(json.dumps({"format": 1})[:-1])
    with pytest.raises(UserError, match="expected a JSON file. Received: JSONDecodeError"):
        newest_pairs(tmp_path)
