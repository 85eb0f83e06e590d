"""Starts `scripts/train.py` on a job of seconds, ends it where it is told, and says what its folder has come to."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Sequence

import numpy as np
import tensorflow as tf
from small_run import ROOT

from tfprivacy_rep import files
from tfprivacy_rep.evaluation.results import without_timing

_FLAGS = (
    "--dataset=orl", "--attributes=Eyeglasses,Smiling", "--partition=shared_people", "--image_size=32",
    "--widths=8,8,8,8", "--representation_size=16", "--perceptual_size=16", "--recogniser=none", "--steps=8",
    "--batch_size=8", "--log_every=2", "--checkpoint_every=2", "--attack_steps=8", "--attack_check_every=2",
    "--attack_batch_size=8", "--nouse_progress", "--output_dir=out",
)
_RUN = Path("runs", "seed0-fold0")
_TRAININGS = [_RUN / encoder / training for encoder in ("unprotected", "paper")
              for training in ("game", "decoder", "decoder_gan")]
#: What a kill comes in the middle of, and where temporary names of it appear.
WRITING: dict[str, list[Path]] = {
    "checkpoint": [folder / "checkpoints" for folder in _TRAININGS],
    "export": [Path("export", "encoder")],
    "record": [_RUN],
    "report": [Path("report")],
}
#: In this order each finds something left to do; the first is at any time of a job's first half.
MOMENTS = ("random", "checkpoint", "export", "record", "report")


def _start(place: Path) -> subprocess.Popen:
    place.mkdir(exist_ok=True)
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen([sys.executable, str(ROOT / "scripts" / "train.py"), *_FLAGS], cwd=place, env=environment,
                            stdout=subprocess.DEVNULL, stderr=(place / "errors").open("w"))


def finish(place: Path) -> float:
    """Lets the job run to its end in `place`; returns the seconds of the processors that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = _start(place)
    assert process.wait(timeout=600) == 0, (place / "errors").read_text()[-3000:]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def end(place: Path, moment: str, seconds: float, draw: random.Random, number: int = signal.SIGKILL) -> str:
    """Starts the job and sends it a signal. A job that was done before the signal came is put back and started again.

    Args:
        place: of its folder `out`.
        moment: one of `MOMENTS`.
        seconds: of the processors that the job takes when nothing ends it; the clock would depend on what else runs.
        draw: decides at which of the checkpoints, and when in it, or at what time.
        number: of the signal.

    Returns:
        What was in the middle of being written, as temporary names; empty if nothing was.
    """
    out, before = place / "out", place / "before"
    for _ in range(10):
        if out.exists():
            shutil.copytree(out, before)
        if _signalled(place, moment, seconds, draw, number):
            shutil.rmtree(before, ignore_errors=True)
            return " ".join(leftovers(place))
        shutil.rmtree(out)
        if before.exists():
            before.rename(out)
    raise AssertionError(f"ten times the job was done before it could be ended at {moment}")


def _signalled(place: Path, moment: str, seconds: float, draw: random.Random, number: int) -> bool:
    """One try of `end`: whether the signal came before the job's own end."""
    process = _start(place)
    try:
        if moment == "random":
            _wait_until_used(process, draw.uniform(0.05, 0.5) * seconds)
        else:
            _wait_for(process, [place / "out" / folder for folder in WRITING[moment]],
                      draw.randrange({"checkpoint": 5, "export": 1}.get(moment, 2)))  # there is one export
            time.sleep(draw.uniform(0, 0.002))
        process.send_signal(number)
        process.wait(timeout=600)
    finally:
        process.kill()
        process.wait()
    expected = -signal.SIGKILL if number == signal.SIGKILL else 128 + number
    assert process.returncode in (expected, 0), (moment, process.returncode, (place / "errors").read_text()[-3000:])
    return process.returncode == expected


def _wait_for(process: subprocess.Popen, folders: list[Path], passed: int) -> None:
    """Until a temporary name is in one of the folders, after `passed` others or when no other comes."""
    seen: set[str] = set()
    while process.poll() is None:
        for folder in folders:
            try:
                names = os.listdir(folder)
            except FileNotFoundError:
                continue
            seen |= {f"{folder}/{name}" for name in names if ".tmp-" in name}
            if len(seen) > passed or (seen and (folder.parent / "record.json").exists()):
                return


def _wait_until_used(process: subprocess.Popen, seconds: float) -> None:
    """Until the process has used so many seconds of the processors, or is done."""
    while process.poll() is None:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        if sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK") >= seconds:
            return
        time.sleep(0.002)


def leftovers(place: Path) -> list[str]:
    """Temporary names, without the number of the process."""
    return sorted(path.name.partition(".tmp-")[0].removeprefix(".") for path in place.rglob(".*.tmp-*"))


def outcome(place: Path) -> dict[str, Any]:
    """Everything that must not depend on whether the job was ended on its way: results, every variable of the newest
    checkpoints, the value of every photograph, the weights of the export."""
    out = place / "out"
    found: dict[str, Any] = {"results": without_timing(files.read_json(out / "report" / "results.json"))}
    for folder in (out / training / "checkpoints" for training in _TRAININGS):
        newest = tf.train.latest_checkpoint(str(folder))
        assert newest is not None, folder
        found[str(folder.relative_to(out))] = (Path(newest).name, _variables(newest))
    with np.load(out / _RUN / "columns.npz") as columns:
        found["columns"] = {name: columns[name].tobytes() for name in columns.files}
    # Keras numbers the variables of an export in another order in each process.
    found["export"] = sorted(_variables(str(out / "export" / "encoder" / "1" / "variables" / "variables")).values())
    found["names"] = sorted(str(p.relative_to(out)) for p in out.rglob("*") if "tfevents" not in p.name)
    return found


def _variables(checkpoint: str) -> dict[str, bytes]:
    reader = tf.train.load_checkpoint(checkpoint)
    names = [name for name in reader.get_variable_to_shape_map() if name != "_CHECKPOINTABLE_OBJECT_GRAPH"]
    values = {name: reader.get_tensor(name) for name in names}
    return {name: value if isinstance(value, bytes) else value.tobytes() for name, value in values.items()}


def differing(one: dict[str, Any], other: dict[str, Any]) -> Sequence[str]:
    """The parts of two outcomes that differ in a bit."""
    return [name for name in one if one[name] != other.get(name)]
