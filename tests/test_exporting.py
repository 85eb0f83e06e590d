"""The export job: two models that belong together, with all that serving needs, or nothing."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
import small_run
import tensorflow as tf
import yaml
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from tfprivacy_rep import experiment, exporting, files
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.jobs import ExportConfig
from tfprivacy_rep.serving import deployment, export, warmup
from tfprivacy_rep.serving.manifest import newest_pairs


@pytest.fixture(name="trained", scope="module")
def _trained(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "trained"
    experiment.run(small_run.config(folder, recogniser="none", use_export=False))
    return folder


@pytest.fixture(name="root", scope="module")
def _root(trained, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("models") / "saved_models"
    exporting.run(ExportConfig(encoder=str(trained), name="faces", export_dir=str(root), audit=str(audit_of(trained)),
                               warmup_batches=(1, 2)))
    return root


def audit_of(trained: Path, **changes) -> Path:
    """An audit's results, invented but for the fingerprint."""
    record = files.read_json(trained / "report" / "results.json")
    contents = {
        "schema": "tfprivacy_rep/audit/1", "budget": "small", "config": {"data": {"dataset": "orl"}},
        "encoder": {"fingerprint": record["encoders"]["paper"]["fingerprints"][0]}, "chance_rank1": 0.025,
        "headline": {"mean_mcc": 0.5, "linkage_rank1": 0.8125, "rank1": None}, "guarantee": "no formal guarantee",
        "intervals": {"headline": {"linkage_rank1": {"low": 0.7, "high": 0.9}}}, "verdict": "condemned",
    } | changes
    folder = trained.parent / "audit"
    files.write_json(folder / "report" / "results.json", contents)
    return folder


def test_both_models_are_published_with_all_that_belongs_to_them(root):
    assert sorted(entry.name for entry in root.iterdir()) == ["faces_encoder", "faces_head", "serving"]
    for model in ("encoder", "head"):
        version = root / f"faces_{model}" / "1"
        assert {entry.name for entry in version.iterdir()} == {
            "saved_model.pb", "variables", "fingerprint.pb", "assets", "assets.extra", "manifest.json", "MODEL_CARD.md"
        }


def test_the_manifests_name_each_other_and_no_folder_of_the_machine(root, trained):
    encoder, head = (files.read_json(root / f"faces_{model}" / "1" / "manifest.json") for model in ("encoder", "head"))
    assert encoder["partner"] == {"name": "faces_head", "version": 1, "weights_sha256": head["weights_sha256"]}
    assert head["partner"]["weights_sha256"] == encoder["weights_sha256"] != head["weights_sha256"]
    assert encoder["attributes"] == ["Eyeglasses", "Smiling"] and encoder["image_size"] == 32
    assert encoder["configuration"]["train"]["steps"] == 4 and encoder["representation_shape"] == [16]
    assert str(trained.parent) not in json.dumps([encoder, head])
    for held, folder in ((encoder, "faces_encoder"), (head, "faces_head")):
        loaded = tf.saved_model.load(str(root / folder / "1"))
        for name, signature in held["signatures"].items():
            found = loaded.signatures[name]
            assert set(found.structured_input_signature[1]) == set(signature["inputs"])
            assert set(found.structured_outputs) == set(signature["outputs"])
            for key, spec in found.structured_input_signature[1].items():
                assert spec.dtype.name == signature["inputs"][key]["dtype"]


def test_the_card_has_the_audits_headline(root):
    for model in ("encoder", "head"):
        card = (root / f"faces_{model}" / "1" / "MODEL_CARD.md").read_text()
        for section in ("Model details", "Intended use", "Factors", "Metrics", "Training and evaluation data",
                        "Quantitative analyses", "Ethical considerations", "Caveats and recommendations"):
            assert f"## {section}\n" in card
        assert "| people named directly from the representation, rank-1 | 0.812 [0.700, 0.900] |" in card
        assert "No formal guarantee" in card and "best reconstructions, rank-1" not in card


def test_the_warm_up_is_read_back_and_runs(root):
    from tensorflow_serving.apis import prediction_log_pb2

    for model, inputs in (("faces_encoder", {"images": 1, "image_bytes": 1}), ("faces_head", {"representation": 1})):
        signatures = tf.saved_model.load(str(root / model / "1")).signatures
        seen = set()
        for record in tf.data.TFRecordDataset(str(root / model / "1" / warmup.WARMUP)):
            request = prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request
            assert request.model_spec.name == model
            given = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
            answer = signatures[request.model_spec.signature_name](**{k: tf.constant(v) for k, v in given.items()})
            seen |= {(name, len(value)) for name, value in given.items()}
            assert all(np.isfinite(value).all() for value in answer.values() if value.dtype == tf.float32)
        assert {(name, size) for name in inputs for size in (1, 2)} <= seen


def test_the_server_files_name_the_models_that_are_there(root):
    text = (root / "serving" / "models.config").read_text()
    named = re.findall(r'name: "(\w+)"\s+base_path: "/models/(\w+)"', text)
    assert named == [("faces_encoder", "faces_encoder"), ("faces_head", "faces_head")]
    assert re.findall(r"versions: (\d+)", text) == ["1", "1"]
    official = text_format.Parse(text, model_server_config_pb2.ModelServerConfig()).model_config_list.config
    assert [(one.name, list(one.model_version_policy.specific.versions)) for one in official] == [
        ("faces_encoder", [1]), ("faces_head", [1])]
    compose = (root / "serving" / "docker-compose.yml").read_text()
    assert yaml.safe_load(compose)["services"]["serving"]["volumes"] == ["..:/models:ro"]
    for name in ("models.config", "monitoring.config"):
        assert f"=/models/serving/{name}" in compose and (root / "serving" / name).is_file()
    assert "faces_encoder:predict" in (root / "serving" / "README.md").read_text()


def test_the_next_export_gets_the_next_number_and_is_served(trained, tmp_path):
    job = ExportConfig(encoder=str(trained), name="a", export_dir=str(tmp_path), warmup_batches=())
    assert [path.name for path in exporting.run(job)] == ["1", "1"]
    assert [path.name for path in exporting.run(job)] == ["2", "2"]
    assert not (tmp_path / "a_encoder" / "2" / "assets.extra").exists()
    assert "**Not audited.**" in (tmp_path / "a_head" / "2" / "MODEL_CARD.md").read_text()
    assert newest_pairs(tmp_path) == {"a": 2}
    assert "versions: 2" in (tmp_path / "serving" / "models.config").read_text()


def test_an_export_that_dies_between_the_two_models_is_not_served(trained, tmp_path, monkeypatch):
    job = ExportConfig(encoder=str(trained), name="a", export_dir=str(tmp_path), warmup_batches=())
    exporting.run(job)

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "export_encoder", die)
    with pytest.raises(KeyboardInterrupt):
        exporting.run(job)
    monkeypatch.undo()
    deployment.write_deployment(tmp_path)
    assert "versions: 2" not in (tmp_path / "serving" / "models.config").read_text()
    assert [path.name for path in exporting.run(job)] == ["3", "3"]  # no number is used again


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"encoder": {"fingerprint": "f" * 64}}, "expected an audit of the encoder that is exported.*ffffffffffff"),
        ({"schema": "tfprivacy_rep/results/1"}, "expected an output folder of scripts/evaluate.py"),
    ],
)
def test_an_audit_of_another_encoder_is_refused(changes, message, trained, tmp_path):
    job = ExportConfig(encoder=str(trained), name="a", export_dir=str(tmp_path / "out"),
                       audit=str(audit_of(trained, **changes)))
    with pytest.raises(UserError, match=f"Invalid `audit`: {message}"):
        exporting.run(job)
    assert not (tmp_path / "out").exists()


def test_what_is_no_training_is_refused(tmp_path):
    with pytest.raises(UserError, match="Invalid `encoder`: expected an output folder of scripts/train.py"):
        exporting.run(ExportConfig(encoder=str(tmp_path), name="a", export_dir=str(tmp_path / "out")))


def test_a_target_that_is_no_folder_is_named(trained, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Can't write .*Choose another `export_dir`"):
        exporting.run(ExportConfig(encoder=str(trained), name="a", export_dir=str(tmp_path / "file"),
                                   warmup_batches=()))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_target_is_named(trained, tmp_path):
    (tmp_path / "out").mkdir(mode=0o500)
    with pytest.raises(UserError, match="Can't write .*Permission denied"):
        exporting.run(ExportConfig(encoder=str(trained), name="a", export_dir=str(tmp_path / "out"),
                                   warmup_batches=()))


def test_a_missing_package_is_found_before_anything_is_written(trained, tmp_path, monkeypatch):
    small_run.hide_packages(monkeypatch, "tensorflow_serving")
    with pytest.raises(UserError, match=r'tensorflow-serving-api.*pip install "tfprivacy_rep\[serving\]"'):
        exporting.run(ExportConfig(encoder=str(trained), name="a", export_dir=str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["", "Faces", "a b", "../a"])
def test_names_that_can_not_be_served_are_refused(name):
    with pytest.raises(UserError, match="Invalid `name`"):
        ExportConfig(encoder="x", name=name)


def test_a_model_that_differs_is_not_published(trained, tmp_path, monkeypatch):
    real = export.export_encoder

    def another(encoder, *arguments):
        encoder.set_weights([weight * 1.5 for weight in encoder.get_weights()])
        return real(encoder, *arguments)

    monkeypatch.setattr(exporting, "export_encoder", another)
    with pytest.raises(RuntimeError, match="The exported model's representation differ .* not published"):
        exporting.run(ExportConfig(encoder=str(trained), name="a", export_dir=str(tmp_path), warmup_batches=()))
    assert list((tmp_path / "a_encoder").iterdir()) == [] and not (tmp_path / "serving").exists()
