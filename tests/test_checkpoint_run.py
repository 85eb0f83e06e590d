"""Which encoder a folder of scripts/train.py stands for; without TensorFlow, and without reading any weight."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tfprivacy_rep.checkpoint_run import checkpoint_run
from tfprivacy_rep.errors import UserError

CONFIG = {"data": {"image_size": 32}, "models": {}, "game": {}, "train": {"steps": 10}, "attack": {}, "run": {}}


def _output(folder: Path, steps: dict[str, tuple[int, ...]], config: object = CONFIG) -> Path:
    """An output folder with empty checkpoints of the steps given for each `run/encoder`."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    for encoder, saved in steps.items():
        checkpoints = folder / "runs" / encoder / "game" / "checkpoints"
        checkpoints.mkdir(parents=True)
        for step in saved:
            (checkpoints / f"ckpt-{step}.index").touch()
    return folder


def test_an_output_folder_stands_for_the_protected_encoder_of_its_first_run_that_ended(tmp_path):
    output = _output(tmp_path / "o", {
        "seed2-fold0/paper": (5,), "seed3-fold1/paper": (5, 10), "seed3-fold1/unprotected": (10,),
        "seed10-fold0/paper": (10,),
    })
    found = checkpoint_run(str(output))
    run = output / "runs" / "seed3-fold1"
    assert (found.folder, found.name, found.seed, found.fold) == (run / "paper", "paper", 3, 1)
    assert (found.output, found.reference, found.config) == (output, run / "unprotected", CONFIG)
    assert checkpoint_run(run) == found


def test_the_folder_of_an_encoder_stands_for_that_encoder(tmp_path, monkeypatch):
    output = _output(tmp_path, {"seed0-fold4/paper": (10,), "seed0-fold4/unprotected": (10,)})
    folder = output / "runs" / "seed0-fold4" / "unprotected"
    found = checkpoint_run(str(folder))
    assert (found.name, found.seed, found.fold, found.reference, found.output) == ("unprotected", 0, 4, None, output)
    monkeypatch.chdir(folder)
    assert checkpoint_run(".") == found


def test_an_unprotected_encoder_that_is_not_ready_is_no_reference(tmp_path):
    output = _output(tmp_path, {"seed0-fold0/paper": (10,), "seed0-fold0/unprotected": (5,)})
    assert checkpoint_run(output).reference is None


def test_a_training_that_has_not_ended_is_refused(tmp_path):
    output = _output(tmp_path, {"seed0-fold0/paper": (5, 7), "seed0-fold0/unprotected": (10,)})
    with pytest.raises(UserError, match="expected a training that has ended. Received: .* with 1 runs, none at the "
                                        "last step. Start scripts/train.py with the same options again"):
        checkpoint_run(output)
    with pytest.raises(UserError, match=r"with checkpoints of the steps \[5, 7\], none at the last step"):
        checkpoint_run(output / "runs" / "seed0-fold0" / "paper")


def test_folders_of_other_scripts_are_refused(tmp_path):
    output = _output(tmp_path, {}, CONFIG | {"job": {"rows": []}})
    with pytest.raises(UserError, match="expected encoders that scripts/train.py trained. Received: .*, an output "
                                        "folder of another script. Name an output folder of scripts/train.py"):
        checkpoint_run(output)


def test_anything_else_is_no_checkpoint(tmp_path):
    assert checkpoint_run(tmp_path) is None
    assert checkpoint_run(tmp_path / "missing") is None
    assert checkpoint_run(tmp_path / "model.keras") is None
    (tmp_path / "runs" / "seed0-fold0" / "paper").mkdir(parents=True)
    assert checkpoint_run(tmp_path / "runs" / "seed0-fold0" / "paper") is None
    (tmp_path / "config.json").write_text('{"model_type": "vit"}')
    assert checkpoint_run(tmp_path) is None
    (tmp_path / "config.json").write_text("no JSON")
    assert checkpoint_run(tmp_path) is None


def test_neither_this_nor_the_gate_needs_tensorflow():
    code = ("import sys; import tfprivacy_rep.checkpoint_run, tfprivacy_rep.auditing.gate; "
            "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("train", [None, [], 3])
def test_a_configuration_of_other_kinds_of_values_is_that_of_another_program(train, tmp_path):
    assert checkpoint_run(_output(tmp_path, {}, CONFIG | {"train": train})) is None
