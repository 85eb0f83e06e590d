"""results.json has the keys that its readers look for, plain numbers, and intervals where runs are repeated."""

from __future__ import annotations

import copy
import functools
import json

import numpy as np
import pytest
from synthetic_records import ATTACKERS, ATTRIBUTES, PEOPLE, record

from tfprivacy_rep import files
from tfprivacy_rep.config import Config
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.results import RunRecord, by_seed, results

_ATTACK_FACTS = ("name", "mu1", "mu2", "steps", "converged")
_ATTACK_FIGURES = ("face_similarity", "feature_similarity", "feature_similarity_centered", "ssim", "psnr", "rank1")
_HEADLINE = ("mean_mcc", "rank1", "linkage_rank1", "psnr", "ssim")


def written(*records: RunRecord) -> dict:
    """results.json's contents, through JSON and back, so that only what JSON holds counts."""
    contents = results(records, Config().to_dict(), "scripts/train.py --seed=0", 12.5)
    return json.loads(json.dumps(contents, allow_nan=False))


@functools.cache
def _of_runs(count: int) -> str:
    return json.dumps(written(*(record(seed) for seed in range(count))))


def of_runs(count: int) -> dict:
    """The contents of so many runs, computed once."""
    return json.loads(_of_runs(count))


@pytest.mark.parametrize("runs", [1, 2])
def test_it_holds_what_its_readers_look_for(runs):
    contents = of_runs(runs)
    assert {"schema", "command", "config", "data", "encoders"} <= set(contents)
    assert contents["schema"] == "tfprivacy_rep/results/1"
    assert contents["command"] == "scripts/train.py --seed=0" and contents["seconds"] == 12.5
    assert contents["config"] == Config().to_dict()
    assert {"source", "partition", "counts"} <= set(contents["data"])
    assert contents["data"]["source"] == "orl" and contents["data"]["partition"] == "shared_people"
    assert contents["data"]["counts"]["probes"] == 24
    assert list(contents["encoders"]) == ["unprotected", "paper"]
    for encoder in contents["encoders"].values():
        assert set(encoder["weights"]) == {"lambda1", "lambda2", "mu1", "mu2"}
        assert isinstance(encoder["utility"]["mean_mcc"], float) and set(encoder["utility"]["mcc"]) == set(ATTRIBUTES)
        assert [attack["name"] for attack in encoder["attacks"]] == list(ATTACKERS)
        for attack in encoder["attacks"]:
            assert set(_ATTACK_FACTS) | set(_ATTACK_FIGURES) <= set(attack)
            assert all(isinstance(attack[name], float) for name in ("mu1", "mu2", *_ATTACK_FIGURES))
            assert isinstance(attack["steps"], int) and isinstance(attack["converged"], bool)
        assert {"rank1", "rank1_answer"} <= set(encoder["linkage"])
        assert set(_HEADLINE) == set(encoder["headline"])
        assert all(isinstance(value, float) for value in [*encoder["headline"].values(), *encoder["linkage"].values()])
    assert contents["encoders"]["paper"]["weights"] == {"lambda1": 1.0, "lambda2": 0.1, "mu1": 0.2, "mu2": 0.3}
    assert contents["guarantee"] == "no formal guarantee"


def test_several_runs_have_an_interval_for_each_figure_and_one_run_has_none():
    one, two = of_runs(1), of_runs(2)
    assert "intervals" not in one and "intervals" not in one["encoders"]["paper"]
    assert set(two["intervals"]) == {"unprotected", "paper"}
    for name, intervals in two["intervals"].items():
        encoder = two["encoders"][name]
        assert "intervals" not in encoder
        for part in ("utility", "linkage", "headline"):
            assert set(intervals[part]) == set(encoder[part]) - {"undefined"}
        assert set(intervals["utility"]["mcc"]) == set(encoder["utility"]["mcc"])
        for figures, ranges in zip(encoder["attacks"], intervals["attacks"], strict=True):
            assert set(_ATTACK_FIGURES) <= set(ranges) <= set(figures)
        for key in _HEADLINE:
            assert intervals["headline"][key]["low"] <= intervals["headline"][key]["high"]
    assert two["reference_intervals"]["mean_image"]["psnr"].keys() == {"low", "high"}


def test_figures_come_from_the_columns():
    one = record(0)
    contents = written(one)
    for name in ("unprotected", "paper"):
        columns = one.columns[name]
        encoder = contents["encoders"][name]
        for attack in encoder["attacks"]:
            for metric in _ATTACK_FIGURES:
                assert attack[metric] == pytest.approx(columns[f"attacks/{attack['name']}/{metric}"].mean(), abs=1e-12)
        assert encoder["linkage"]["rank1_answer"] == pytest.approx(columns["linkage/rank1_answer"].mean(), abs=1e-12)
        assert encoder["headline"]["psnr"] == pytest.approx(columns["headline/psnr"].mean(), abs=1e-12)
        assert encoder["headline"]["linkage_rank1"] == pytest.approx(columns["linkage/rank1"].mean(), abs=1e-12)
    assert contents["mean_image"]["psnr"] == pytest.approx(
        one.columns["reference"]["mean_image/psnr"].mean(), abs=1e-12
    )
    assert contents["chance_rank1"] == pytest.approx(1 / PEOPLE)
    prevalence = one.columns["paper"]["labels"].mean(0)
    assert contents["data"]["prevalence"] == pytest.approx(dict(zip(ATTRIBUTES, prevalence)))


def test_facts_of_several_runs_are_joined():
    contents = of_runs(2)
    first, second = contents["encoders"]["paper"]["attacks"]
    assert (first["steps"], first["converged"], first["converged_runs"]) == (105, True, 2)
    assert (second["steps"], second["converged"], second["converged_runs"]) == (200, False, 1)
    assert contents["encoders"]["paper"]["fingerprints"] == ["paper0", "paper1"]
    assert contents["runs"] == [{"seed": seed, "fold": 0, "seconds": 1.5} for seed in (0, 1)]
    assert contents["data"]["tested_photographs"] == 24 and contents["data"]["tested_people"] == PEOPLE


def test_differences_are_the_protected_encoders_minus_the_unprotected_ones():
    one = of_runs(1)
    protected, plain = one["encoders"]["paper"]["headline"], one["encoders"]["unprotected"]["headline"]
    assert set(one["differences"]) == {"paper"}
    for key in _HEADLINE:
        assert one["differences"]["paper"][key] == {"value": pytest.approx(protected[key] - plain[key])}
    two = of_runs(2)
    for key in _HEADLINE:
        difference = two["differences"]["paper"][key]
        assert (
            set(difference) == {"value", "low", "high"}
            and difference["low"] <= difference["value"] <= difference["high"]
        )


def test_a_paired_interval_knows_that_both_encoders_saw_the_same_photographs():
    """With equal columns the difference is 0 in every resample, however wide each interval is."""
    records = [record(0), record(1)]
    for one in records:
        one.columns["paper"] = copy.deepcopy(one.columns["unprotected"])
    contents = written(*records)
    assert contents["differences"]["paper"]["psnr"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    interval = contents["intervals"]["paper"]["headline"]["psnr"]
    assert interval["high"] - interval["low"] > 0.05


@pytest.mark.parametrize("runs", [1, 2])
def test_undefined_figures_are_null_and_counted(runs):
    """All labels of T equal: no MCC, neither in the figures nor in the differences, and no NaN that JSON refuses."""
    records = [record(seed) for seed in range(runs)]
    for one in records:
        for name in ("unprotected", "paper"):
            one.columns[name]["labels"] = np.ones_like(one.columns[name]["labels"])
    contents = written(*records)
    utility = contents["encoders"]["paper"]["utility"]
    assert utility["mean_mcc"] is None and utility["mcc"] == dict.fromkeys(ATTRIBUTES) and utility["undefined"] == 3
    assert set(contents["differences"]["paper"]["mean_mcc"].values()) == {None}
    assert contents["differences"]["paper"]["psnr"]["value"] is not None


def test_folds_of_a_seed_are_pooled():
    records = [record(0, 0), record(0, 1), record(1, 0), record(1, 1)]
    tables = by_seed([records[i] for i in (3, 0, 2, 1)], "paper")
    assert len(tables) == 2 and all(len(table.people) == 48 for table in tables)
    expected = np.concatenate(
        [records[2].columns["paper"]["headline/psnr"], records[3].columns["paper"]["headline/psnr"]]
    )
    np.testing.assert_array_equal(np.sort(tables[1].columns["headline/psnr"]), np.sort(expected))
    assert "originals/same_person" in tables[0].columns, "the reference comes along"


def test_a_record_goes_round(tmp_path):
    one = record(3, 2)
    one.save(tmp_path / "run")
    again = RunRecord.load(tmp_path / "run")
    assert again is not None and again.facts == one.facts
    np.testing.assert_array_equal(again.people, one.people)
    assert again.columns.keys() == one.columns.keys() and again.pictures.keys() == one.pictures.keys()
    for part, columns in one.columns.items():
        assert again.columns[part].keys() == columns.keys()
        for name, values in columns.items():
            np.testing.assert_array_equal(again.columns[part][name], values)
            assert again.columns[part][name].dtype == values.dtype
    for name, picture in one.pictures.items():
        np.testing.assert_array_equal(again.pictures[name], picture)
    assert written(again) == written(one)


def test_there_is_no_record_before_record_json(tmp_path):
    assert RunRecord.load(tmp_path / "nothing") is None
    record().save(tmp_path)
    (tmp_path / "record.json").unlink()
    assert RunRecord.load(tmp_path) is None


def test_record_json_is_written_last(tmp_path, monkeypatch):
    real, order = files.atomic_path, []

    def recorded(path):
        order.append(path.name)
        return real(path)

    monkeypatch.setattr(files, "atomic_path", recorded)
    record().save(tmp_path)
    assert sorted(order) == ["columns.npz", "pictures.npz", "record.json"] and order[-1] == "record.json"


def test_a_record_that_could_not_be_written_whole_is_none(tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(UserError, match="no space left on device"):
        record().save(tmp_path)
    assert RunRecord.load(tmp_path) is None and list(tmp_path.iterdir()) == []


def test_facts_that_are_no_json_are_refused_and_leave_no_record(tmp_path):
    with pytest.raises(ValueError):
        record(seconds=float("nan")).save(tmp_path)
    assert RunRecord.load(tmp_path) is None


@pytest.mark.parametrize("name, contents, text", [
    ("columns.npz", b"PK", "columns.npz`: expected the arrays of a run"),
    ("record.json", b"{", "record.json`: expected a JSON file"),
    ("record.json", b"[]", "record.json`: expected facts by name. Received: list"),
])
def test_a_damaged_record_is_named(name, contents, text, tmp_path):
    record().save(tmp_path)
    (tmp_path / name).write_bytes(contents)
    with pytest.raises(UserError, match=text):
        RunRecord.load(tmp_path)


@pytest.mark.parametrize("changed, text", [
    ({"people": np.zeros(3)}, "expected people as int64"), ({"rank1": np.zeros(24)}, "expected columns named"),
    ({"paper|rank1": np.zeros(3)}, "expected a value for each of 24 photographs"),
])
def test_columns_that_do_not_belong_together_are_named(changed, text, tmp_path):
    record().save(tmp_path)
    np.savez(tmp_path / "columns.npz", **({"people": np.arange(24)} | changed))
    with pytest.raises(UserError, match=f"{text}.*Remove the folder"):
        RunRecord.load(tmp_path)


def _collapsed(one: RunRecord) -> RunRecord:
    """The record of a run in which the decoder of the protected game, and an attacker's, ignored Z."""
    rows = [{"step": step, "health/decoder_gain": 0.001, "health/decoder_spread": 0.1} for step in (50, 100, 150)]
    one.facts["encoders"]["paper"]["history"] |= {"game": rows, "decoder_gan": rows}
    one.facts["encoders"]["unprotected"]["history"]["game"] = [{"step": 50, "health/one_class": 0.0}]
    return one


def test_warnings_follow_from_the_histories():
    contents = written(_collapsed(record(3)), record(4))
    assert contents["encoders"]["unprotected"]["warnings"] == [], "looked at, and nothing found"
    game, attacker = contents["encoders"]["paper"]["warnings"]
    expected = {"seed": 3, "fold": 0, "condition": "decoder_ignores_z", "step": 150, "recovered": None,
                "figures": {"decoder_gain": 0.001, "decoder_spread": 0.1}}
    for one, player, words in [(game, "game", "the simulated decoder"), (attacker, "decoder_gan", "the attacker's")]:
        assert one.pop("text").startswith(words)
        assert one == expected | {"player": player}


def test_where_nobody_looked_there_are_no_warnings_to_speak_of():
    contents = written(record())
    assert [encoder["warnings"] for encoder in contents["encoders"].values()] == [None, None]
