"""The whole audit on real photographs, tiny and short: any kind of encoder, resumed, gated, and refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import renames
import small_run
from keras import layers

from tfprivacy_rep.attacks.attacker import AttackTrainer
from tfprivacy_rep.auditing import budgets, job
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation import recognisers
from tfprivacy_rep.evaluation.results import without_timing
from tfprivacy_rep.jobs import AuditConfig
from tfprivacy_rep.models.encoder import build_encoder
from tfprivacy_rep.serving.export import export_encoder


class Judge(small_run.BlockRecogniser):
    """A second judge, by name."""

    name = "second"


@pytest.fixture(autouse=True)
def judges(monkeypatch):
    """Judges that cost nothing."""
    monkeypatch.setattr(recognisers, "build_recognisers", lambda *_: (small_run.BlockRecogniser(), Judge()))


def audited(encoder: Path | str, output: Path, fail_if: str = "", **changes: Any) -> tuple[dict[str, Any], list[str]]:
    """An audit of seconds."""
    own = {field.name for field in dataclasses.fields(AuditConfig)}
    options = AuditConfig(**{
        "encoder": str(encoder), "budget": "smoke", "attackers": ("linear", "decoder"), "white_box_probes": 4,
        "fail_if": fail_if, **{key: changes.pop(key) for key in list(changes) if key in own}})
    return job.run(small_run.config(output, **changes), options)


@pytest.fixture(scope="module")
def keras_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("encoder") / "mine.keras"
    build_encoder(32, 16, (8, 8, 8, 8)).save(path)
    return path


@pytest.fixture(scope="module")
def of_keras(keras_file, tmp_path_factory) -> tuple[dict[str, Any], Path]:
    output = tmp_path_factory.mktemp("audit")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recognisers, "build_recognisers", lambda *_: (small_run.BlockRecogniser(), Judge()))
        contents, failed = audited(keras_file, output)
    assert not failed
    return contents, output


def test_a_keras_file_is_audited_as_a_white_box(of_keras):
    contents, output = of_keras
    assert contents == json.loads((output / "report" / "results.json").read_text())
    assert contents["encoder"]["kind"] == "keras" and contents["encoder"]["access"] == "white box"
    assert small_run.finished_parts(output / "report") == ["report.html", "results.json"]
    by_name = {one["name"]: one for one in contents["attackers"]}
    assert by_name["white_box_latent"]["not_applicable"] is None and by_name["white_box_latent"]["tested"] == 4
    assert by_name["white_box_latent"]["over_headline_psnr"] is not None
    rows = {row["name"]: row for row in contents["rows"]}
    assert "--reference" in rows["unprotected"]["not_applicable"] and rows["random_weights"]["psnr"] > 5
    assert contents["membership"]["not_applicable"] and contents["headline"]["membership_auc"] is None
    assert contents["frontier"]["base"] == "audited"
    assert {one["name"] for one in contents["recognisers"]} == {"blocks", "second"}
    assert any("not known which photographs" in text for text in contents["cautions"])


def test_attributes_that_are_not_the_task_are_probed(of_keras):
    contents, _ = of_keras
    assert contents["data"]["attributes"] == ["Eyeglasses", "Smiling"] and len(contents["data"]["other_attributes"]) > 5
    probes = contents["attributes"]["probes"]
    assert set(probes) == set(contents["data"]["other_attributes"])
    assert all(0 <= one["majority"] <= 1 and 0 <= one["linear_accuracy"] <= 1 for one in probes.values())
    assert contents["headline"]["attribute_mcc"] is not None


def test_every_figure_lies_within_its_interval_where_it_is_a_mean(of_keras):
    contents, _ = of_keras
    for figure in ("psnr", "ssim", "linkage_rank1", "linkage_auc", "rank1"):
        ends = contents["intervals"]["headline"][figure]
        assert ends["low"] <= contents["headline"][figure] <= ends["high"], figure


def test_started_again_it_trains_nothing_says_the_same_and_judges_a_new_gate(of_keras, keras_file, monkeypatch):
    contents, output = of_keras
    monkeypatch.setattr(AttackTrainer, "train_steps", lambda *_: pytest.fail("trained again"))
    again, failed = audited(keras_file, output, fail_if="psnr > 1, rank1 < 0, rows.answer_bits.psnr > 1000")
    assert {key for key in contents if contents[key] != again[key]} <= {"seconds", "command", "config"}
    assert len(failed) == 1 and "psnr > 1" in failed[0]


def test_a_gate_of_an_unknown_figure_is_found_before_anything_is_done(keras_file, tmp_path):
    with pytest.raises(UserError, match="rank_one"):
        audited(keras_file, tmp_path / "out", fail_if="rank_one > 0.2")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_saved_model_is_a_black_box_whose_gradients_nobody_asks_for(tmp_path):
    export_encoder(build_encoder(32, 16, (8, 8, 8, 8)), tmp_path / "model")
    contents, _ = audited(tmp_path / "model", tmp_path / "out")
    assert contents["encoder"]["access"] == "black box"
    by_name = {one["name"]: one for one in contents["attackers"]}
    assert "black box" in by_name["white_box_image"]["not_applicable"]
    rows = {row["name"]: row for row in contents["rows"]}
    assert "black box" in rows["random_weights"]["not_applicable"]
    assert rows["audited"]["psnr"] is not None and contents["headline"]["linkage_rank1"] is not None


@pytest.mark.slow
def test_without_people_the_faces_are_judged_and_nobody_is_named(keras_file, tmp_path, monkeypatch):
    real = job.sources.load_all
    monkeypatch.setattr(job.sources, "load_all", lambda data: dataclasses.replace(real(data), people=None))
    contents, _ = audited(keras_file, tmp_path / "out", partition="paper")
    assert contents["headline"]["rank1"] is None and contents["headline"]["linkage_rank1"] is None
    assert contents["headline"]["psnr"] is not None and contents["headline"]["face_similarity"] is not None
    levels = {one["question"]: one["level"] for one in contents["verdict"]["questions"]}
    assert levels["identity_from_z"] == levels["identity_from_images"] == "not_measured"
    assert contents["chance_rank1"] is None and contents["data"]["tested_people"] is None
    assert "no identities" in (tmp_path / "out" / "report" / "report.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(5, 7, 2), (32, 32, 3)], ids=["odd", "of-the-image"])
def test_maps_of_any_shape_are_audited(shape, tmp_path):
    images = keras.Input((32, 32, 3))
    kept = layers.Cropping2D(((32 - shape[0], 0), (32 - shape[1], 0)))(images)[..., : shape[2]]
    keras.Model(images, kept).save(tmp_path / "map.keras")
    contents, _ = audited(tmp_path / "map.keras", tmp_path / "out")
    odd = shape[0] == 5
    assert contents["encoder"]["representation_shape"] == ([70] if odd else list(shape))
    by_name = {one["name"]: one for one in contents["attackers"]}
    assert by_name["white_box_latent"]["not_applicable"] is None and by_name["decoder"]["psnr"] > 5


@pytest.mark.slow
def test_another_encoder_at_the_same_path_is_refused(keras_file, tmp_path):
    path = tmp_path / "encoder.keras"
    path.write_bytes(keras_file.read_bytes())
    audited(path, tmp_path / "out", white_box_probes=0)
    build_encoder(32, 16, (8, 8, 8, 8), seed=9).save(path)
    with pytest.raises(UserError, match="encoder='.*' there, '.*' now"):
        audited(path, tmp_path / "out", white_box_probes=0)


@pytest.mark.slow
def test_an_encoder_without_gradients_is_audited_without_white_box_attacks(tmp_path):
    images = keras.Input((32, 32, 3))
    steps = keras.ops.cast(8 * layers.Flatten()(layers.AveragePooling2D(8)(images)), "int32")
    keras.Model(images, keras.ops.cast(steps, "float32")).save(tmp_path / "rounded.keras")
    contents, _ = audited(tmp_path / "rounded.keras", tmp_path / "out")
    by_name = {one["name"]: one for one in contents["attackers"]}
    assert "no gradient passes" in by_name["white_box_image"]["not_applicable"]
    assert by_name["decoder"]["psnr"] is not None


@pytest.mark.slow
def test_a_constant_encoder_is_audited_with_a_warning(tmp_path):
    images = keras.Input((32, 32, 3))
    layer = layers.Dense(4, kernel_initializer="zeros", bias_initializer="ones")
    keras.Model(images, layer(layers.Flatten()(images))).save(tmp_path / "constant.keras")
    contents, _ = audited(tmp_path / "constant.keras", tmp_path / "out", white_box_probes=0)
    assert contents["encoder"]["constant"] and contents["verdict"]["grade"] == "floor"
    assert any("gives the same representation for every photograph" in text for text in contents["cautions"])


def test_an_encoder_of_not_a_numbers_is_refused_and_nothing_looks_whole(tmp_path):
    images = keras.Input((32, 32, 3))
    keras.Model(images, keras.ops.log(layers.Flatten()(images) - 2.0)).save(tmp_path / "broken.keras")
    with pytest.raises(UserError, match="finite representations"):
        audited(tmp_path / "broken.keras", tmp_path / "out")
    assert small_run.finished_parts(tmp_path / "out") == []


def test_probes_of_one_person_are_too_few(keras_file, tmp_path, monkeypatch):
    monkeypatch.setattr(job.Sets, "people", lambda self, name: np.zeros(len(self.indices[name]), np.int64))
    with pytest.raises(UserError, match="probes of at least two people"):
        audited(keras_file, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_checkpoint_is_audited_on_the_partition_that_it_was_trained_with(tmp_path):
    from tfprivacy_rep import experiment

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tfprivacy_rep.laboratory.build_recogniser", lambda *_: small_run.BlockRecogniser())
        trained = experiment.run(small_run.config(tmp_path / "run", use_export=False))
    contents, _ = audited(tmp_path / "run", tmp_path / "out")
    assert contents["encoder"]["kind"] == "checkpoint" and contents["encoder"]["name"] == "paper"
    assert contents["encoder"]["fingerprint"] == trained["encoders"]["paper"]["fingerprints"][0]
    assert contents["headline"]["mean_mcc"] == pytest.approx(trained["encoders"]["paper"]["headline"]["mean_mcc"])
    assert contents["membership"]["members"] == trained["data"]["counts"]["x1_train"]
    assert contents["normalised"].keys() == {"psnr", "ssim", "rank1", "linkage_rank1"}
    with pytest.raises(UserError, match="--seed=1, trained with 0"):
        audited(tmp_path / "run", tmp_path / "other", seed=1)
    with pytest.raises(UserError, match="--partition='disjoint_people', trained with 'shared_people'"):
        audited(tmp_path / "run", tmp_path / "other", partition="disjoint_people")


def test_budgets_name_options_that_exist():
    known = {field.name for section in budgets.sections().values() for field in dataclasses.fields(section)}
    own = {field.name for field in dataclasses.fields(AuditConfig)}
    for budget in budgets.OPTIONS:
        assert set(budgets.OPTIONS[budget]) <= known and set(budgets.FOREIGN[budget]) <= known
        assert set(budgets.JOBS[budget]) <= own
        assert set(budgets.STRENGTHS[budget]) == set(budgets.FAMILIES)


def test_small_tries_five_attackers_on_few_photographs_and_all_elsewhere():
    job_ = AuditConfig(encoder="x")
    assert len(budgets.attackers(job_, "orl")) == 5 and len(budgets.attackers(job_, "rendered")) == 10
    chosen = dataclasses.replace(job_, attackers=("decoder_gan", "decoder"))
    assert budgets.attackers(chosen, "orl") == ("decoder", "decoder_gan")


@pytest.mark.slow
def test_an_audit_that_is_ended_again_and_again_comes_to_the_same_bits(of_keras, keras_file, tmp_path):
    """Ended in the attackers' checkpoints, in records, and in the report."""
    contents, output = of_keras
    places = [4, 9, 9, 30]
    again, _ = renames.started_until_it_ends(lambda: audited(keras_file, tmp_path / "out"), places)
    expected, found = (without_timing(json.loads(json.dumps(one))) for one in (contents, again))
    expected["config"]["run"]["output_dir"] = str(tmp_path / "out")
    assert found == expected
    for path in output.rglob("columns.npz"):
        same = tmp_path / "out" / path.relative_to(output)
        assert same.read_bytes() == path.read_bytes(), path
    assert not list(tmp_path.rglob(".*.tmp-*"))
