"""Files of runs and exports that were damaged or written by others: what they hold, or an error that names them."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from fuzzing import JSON, answered, cases, damaged, holds
from hypothesis import strategies as st
from small_run import ROOT
from synthetic_records import record

from tfprivacy_rep import files
from tfprivacy_rep.checkpoint_run import checkpoint_run
from tfprivacy_rep.config import Config
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.serving.manifest import ENCODER, HEAD, MANIFEST, newest_pairs, read_manifest

PARTS = ("record.json", "columns.npz", "pictures.npz")


def changed(data: st.DataObject, value: object) -> object:
    """A copy of JSON with one place, at any depth, taken out or replaced by any JSON."""
    if not isinstance(value, (dict, list)) or not value or data.draw(st.integers(0, 5), "here") == 0:
        return data.draw(JSON, "value")
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = data.draw(st.sampled_from(keys), "key")
    copied = dict(value) if isinstance(value, dict) else list(value)
    if data.draw(st.integers(0, 3), "out") == 0:
        del copied[key]  # type: ignore[arg-type]
    else:
        copied[key] = changed(data, value[key])  # type: ignore[index]
    return copied


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    """A record with small pictures."""
    folder = tmp_path_factory.mktemp("record") / "seed0-fold0"
    made = record()
    RunRecord(made.facts, made.people, made.columns, {"originals": made.pictures["originals"][:, :4, :4]}).save(folder)
    return folder


@cases(30, 500)
def test_a_record_is_what_was_saved_or_an_error_that_names_the_file(cases, saved, tmp_path):
    folder = tmp_path / "r"
    shutil.copytree(saved, folder)
    whole = {name: (saved / name).read_bytes() for name in PARTS}
    expected = RunRecord.load(saved)

    def check(data, name, remove):
        made = damaged(data, whole[name])
        if remove:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(made)
        try:
            found = answered(lambda: RunRecord.load(folder), str(folder))
        finally:
            (folder / name).write_bytes(whole[name])
        if found is None or name == "record.json":
            return
        # Checksums of the archive find what was changed in values; names may be other ones.
        assert found.facts == expected.facts and found.people.tolist() == expected.people.tolist()
        for part, columns in found.columns.items():
            assert all(len(column) == len(found.people) for column in columns.values()), part

    holds(check, cases, data=st.data(), name=st.sampled_from(PARTS), remove=st.sampled_from([False] * 7 + [True]))


@cases(20, 300)
def test_arrays_that_are_no_record_are_refused(cases, saved, tmp_path):
    folder = tmp_path / "r"
    shutil.copytree(saved, folder)
    arrays = st.sampled_from([
        np.arange(24), np.zeros((24, 3)), np.zeros(()), np.array(["a"] * 24), np.array([None] * 24), np.zeros(5),
        np.zeros((24, 4, 4, 3), np.uint8), np.arange(24.0)])

    def check(columns, pictures):
        for name, held in (("columns", columns), ("pictures", pictures)):
            buffer = io.BytesIO()
            np.savez(buffer, **held)
            (folder / f"{name}.npz").write_bytes(buffer.getvalue())
        found = answered(lambda: RunRecord.load(folder), str(folder))
        if found is not None:
            assert found.people.dtype == np.int64 and found.people.ndim == 1
            values = [v for part in found.columns.values() for v in part.values()]
            assert all(len(value) == len(found.people) and value.dtype.kind in "biuf" for value in values)
            assert all(value.dtype == np.uint8 and value.ndim == 4 for value in found.pictures.values())

    names = st.sampled_from(["people", "reference|rank1", "paper|a|b", "|", "x", "paper|labels"])
    holds(check, cases, columns=st.dictionaries(names, arrays).map(lambda held: {"people": np.arange(24)} | held)
          | st.dictionaries(names, arrays), pictures=st.dictionaries(st.sampled_from(["originals", "a/b"]), arrays))


@cases(30, 500)
def test_any_json_goes_through_a_file_or_is_refused(cases, tmp_path):
    path = tmp_path / "x.json"

    def check(value, raw):
        try:
            files.write_json(path, value)
        except ValueError:  # not-a-number and infinity, which JSON has not
            assert any(word in json.dumps(value) for word in ("NaN", "Infinity"))
        else:
            assert files.read_json(path) == value
        path.write_bytes(raw)
        answered(lambda: files.read_json(path), str(path))

    broken = st.sampled_from([b"[" * 100_000, b"{", b"9" * 5000, b"\xff", b"", b'{"a":' * 9999])
    holds(check, cases, value=JSON, raw=broken | st.binary(max_size=12))


@cases(40, 700)
def test_any_config_of_an_output_folder_gives_its_encoder_none_or_an_error(cases, tmp_path):
    config = Config().to_dict()
    for step in (5, config["train"]["steps"]):
        checkpoint = tmp_path / "runs" / "seed3-fold1" / "paper" / "game" / "checkpoints" / f"ckpt-{step}.index"
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        checkpoint.touch()
    checkpoint.with_name("ckpt-x.index").touch()

    def check(data, held, kind):
        text = {"changed": lambda: json.dumps(changed(data, config)).encode(), "any": lambda: json.dumps(held).encode(),
                "damaged": lambda: damaged(data, json.dumps(config).encode())}[kind]()
        (tmp_path / "config.json").write_bytes(text)
        found = answered(lambda: checkpoint_run(tmp_path))
        if found is not None:
            assert (found.name, found.seed, found.fold, found.reference) == ("paper", 3, 1, None)
            answered(lambda: Config.from_dict(found.config))

    holds(check, cases, data=st.data(), held=JSON, kind=st.sampled_from(["changed", "any", "damaged"]))


@cases(40, 700)
def test_any_manifest_is_a_manifest_or_an_error_that_names_it(cases, tmp_path):
    for model in (ENCODER, HEAD):
        (tmp_path / f"demo_{model}" / "1").mkdir(parents=True)
        shutil.copy(ROOT / "saved_models" / f"demo_{model}" / "1" / MANIFEST, tmp_path / f"demo_{model}" / "1")
    assert newest_pairs(tmp_path) == {"demo": 1}
    for odd in ("x", "²", "2", "3"):
        (tmp_path / "demo_encoder" / odd).mkdir()
    (tmp_path / "other_encoder").mkdir()
    (tmp_path / "stray_encoder").write_text("no folder")
    assert newest_pairs(tmp_path) == {"demo": 1}
    whole = {model: (tmp_path / f"demo_{model}" / "1" / MANIFEST).read_bytes() for model in (ENCODER, HEAD)}

    def check(data, model, held, kind):
        path = tmp_path / f"demo_{model}" / "1" / MANIFEST
        text = {"changed": lambda: json.dumps(changed(data, json.loads(whole[model]))).encode(),
                "any": lambda: json.dumps(held).encode(), "damaged": lambda: damaged(data, whole[model])}[kind]()
        path.write_bytes(text)
        try:
            found = answered(lambda: read_manifest(path.parent), str(path))
            pairs = answered(lambda: newest_pairs(tmp_path), str(path))
        finally:
            path.write_bytes(whole[model])
        if found is not None:  # what callers read of it
            assert isinstance(found["image_size"], int) and found["image_size"] >= 1
            assert isinstance(found["weights_sha256"], str) and isinstance(found["partner"]["weights_sha256"], str)
            assert isinstance(found["configuration"].get("data", {}), dict)
        assert pairs in (None, {}, {"demo": 1})

    holds(check, cases, data=st.data(), model=st.sampled_from([ENCODER, HEAD]), held=JSON,
          kind=st.sampled_from(["changed", "any", "damaged"]))


def test_a_record_that_has_not_ended_is_none(tmp_path):
    assert RunRecord.load(tmp_path) is None
    with pytest.raises(UserError, match="Invalid file `.*x.json`: expected a JSON file"):
        (tmp_path / "x.json").write_text("{")
        files.read_json(tmp_path / "x.json")
