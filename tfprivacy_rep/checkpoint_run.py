"""Finds the encoder that a folder of scripts/train.py holds, and what it was trained with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfprivacy_rep import files
from tfprivacy_rep.config import UNPROTECTED, Config, GameConfig
from tfprivacy_rep.errors import UserError

_RUN = re.compile(r"seed(\d+)-fold(\d+)")
_SECTIONS = {"data", "models", "game", "train", "run"}
_SUPPORTED = (
    "Name an output folder of scripts/train.py, for example runs/quickstart, or the folder of one of its encoders, for "
    "example runs/quickstart/runs/seed0-fold0/paper."
)


@dataclass(frozen=True)
class CheckpointRun:
    """One encoder in an output folder of scripts/train.py.

    Attributes:
        config: what it was trained with, by section and option.
        output: the output folder.
        folder: of the encoder; its checkpoints are in `game`.
        name: `unprotected`, `paper`, or another of `GameConfig.variants`.
        seed, fold: of its run.
        reference: folder of the unprotected encoder that was trained beside it; None if this is it, or if there is none
            whose training has ended.
    """

    config: dict[str, Any]
    output: Path
    folder: Path
    name: str
    seed: int
    fold: int
    reference: Path | None

    @property
    def game(self) -> GameConfig:
        """What it was trained by."""
        return games(_configuration(self.config))[self.name]


def games(config: Config) -> dict[str, GameConfig]:
    """The encoders that scripts/train.py trains, by name, with the game of each: the unprotected one first."""
    variants = config.game.variants()
    return {name: variants[name] for name in config.train.encoders or (UNPROTECTED, list(variants)[-1])}


def checkpoint_run(path: str | Path) -> CheckpointRun | None:
    """Looks whether a path is a folder of scripts/train.py. TensorFlow is not needed.

    Args:
        path: an output folder, which stands for the last encoder of its first run that has ended, the one with the most
            protection; the folder of one run, which stands for its last encoder; or the folder of an encoder.

    Returns:
        What is there; None if it is no such folder, and may be a model of another kind.

    Raises:
        UserError: if no training in it has ended, or if the folder is of another script.
    """
    folder = Path(path).resolve()  # names and parents are looked at, which "." has not
    if not folder.is_dir():
        return None
    if (config := _config(folder)) is not None:
        runs = sorted((run for run in folder.glob("runs/*") if _RUN.fullmatch(run.name)), key=_seed_and_fold)
        last = _last(config)
        ended = [run for run in runs if _has_ended(run / last, config)]
        if not ended:
            raise _not_ended(path, f"{len(runs)} runs")
        return _of_encoder(folder, ended[0] / last, config)
    if _RUN.fullmatch(folder.name) and (config := _config(folder.parents[1])) is not None:
        folder = folder / _last(config)
    if not _RUN.fullmatch(folder.parent.name) or folder.parent.parent.name != "runs":
        return None
    output = folder.parents[2]
    if (config := _config(output)) is None:
        return None
    if not _has_ended(folder, config):
        raise _not_ended(path, f"checkpoints of the steps {_steps(folder)}")
    return _of_encoder(output, folder, config)


def _last(config: dict[str, Any]) -> str:
    return list(games(_configuration(config)))[-1]


def _configuration(config: dict[str, Any]) -> Config:
    return Config.from_dict(config | {"run": {"output_dir": "unknown"} | config["run"]})


def _of_encoder(output: Path, folder: Path, config: dict[str, Any]) -> CheckpointRun:
    seed, fold = _seed_and_fold(folder.parent)
    beside = folder.parent / UNPROTECTED
    reference = beside if beside != folder and _has_ended(beside, config) else None
    return CheckpointRun(config, output, folder, folder.name, seed, fold, reference)


def _config(folder: Path) -> dict[str, Any] | None:
    """What an output folder's runs were made with; None if it is no output folder."""
    path = folder / "config.json"
    if not path.is_file():
        return None
    try:
        config = files.read_json(path)
    except ValueError:  # other programs' files have that name too
        return None
    if not isinstance(config, dict) or not all(isinstance(config.get(name), dict) for name in _SECTIONS):
        return None
    if "job" in config:
        raise UserError(
            "Invalid `encoder`: expected encoders that scripts/train.py trained. Received: "
            f"{folder}, an output folder of another script. {_SUPPORTED}"
        )
    return config


def _seed_and_fold(run: Path) -> tuple[int, int]:
    found = _RUN.fullmatch(run.name)
    assert found is not None
    return int(found[1]), int(found[2])


def _steps(folder: Path) -> list[int]:
    """Steps of the checkpoints of an encoder."""
    names = (path.stem.removeprefix("ckpt-") for path in folder.glob("game/checkpoints/ckpt-*.index"))
    return sorted(int(name) for name in names if name.isdecimal())


def _has_ended(folder: Path, config: dict[str, Any]) -> bool:
    """Whether the game was played to its last step; the attacks that come after it do not change an encoder."""
    return config["train"].get("steps") in _steps(folder)


def _not_ended(path: str | Path, found: str) -> UserError:
    return UserError(
        f"Invalid `encoder`: expected a training that has ended. Received: {path} with {found}, none at the last step. "
        f"Start scripts/train.py with the same options again, which resumes it. {_SUPPORTED}"
    )
