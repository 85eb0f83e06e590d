"""A whole job small enough for a test: real photographs, tiny networks and budgets, a recogniser that costs nothing."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from typing import Any, Callable

import numpy as np

from tfprivacy_rep import config as configuration
from tfprivacy_rep import laboratory
from tfprivacy_rep.config import AttackConfig, Config, DataConfig, GameConfig, ModelConfig, RunConfig, TrainConfig

ROOT = Path(__file__).resolve().parent.parent


class BlockRecogniser:
    """Describes a photograph by the mean of its blocks, so that the audit can be tried without dlib's seconds."""

    name = "blocks"

    def describe(self, images: np.ndarray) -> np.ndarray:
        """`[N, S, S, 3]` to `[N, 192]` float32, each without its mean."""
        side = images.shape[1] // 8
        blocks = images.reshape(len(images), 8, side, 8, side, 3).mean((2, 4)).reshape(len(images), -1)
        return (blocks - blocks.mean(1, keepdims=True)).astype(np.float32)


def config(output_dir: Path | str, **changes: Any) -> Config:
    """A run of seconds; `changes` are options by name, whatever their section."""
    whole = Config(
        data=DataConfig(attributes=("Eyeglasses", "Smiling"), partition="shared_people", image_size=32),
        models=ModelConfig(representation_size=16, widths=(8, 8, 8, 8), perceptual_size=16),
        game=GameConfig(),
        train=TrainConfig(steps=4, batch_size=8, log_every=2, checkpoint_every=2),
        attack=AttackConfig(attack_steps=4, attack_check_every=2, attack_batch_size=8),
        run=RunConfig(output_dir=str(output_dir), use_progress=False, use_tensorboard=False),
    )
    built = {}
    for name, section in configuration.sections().items():
        own = {
            option.name: changes.pop(option.name) for option in dataclasses.fields(section) if option.name in changes
        }
        built[name] = dataclasses.replace(getattr(whole, name), **own)
    assert not changes, f"no such options: {sorted(changes)}"
    return Config(**built)


def hide_packages(monkeypatch: Any, *names: str) -> None:
    """Makes packages look as if they were not installed."""
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, package=None: None if name in names else real(name, package)
    )


def let_die(monkeypatch: Any, doomed: Callable[[GameConfig], bool]) -> None:
    """Lets the training of some encoders run out of memory."""
    real = laboratory.Laboratory.train

    def train(self: Any, game: GameConfig, folder: Path, title: str) -> Any:
        if doomed(game):
            raise MemoryError("no memory left")
        return real(self, game, folder, title)

    monkeypatch.setattr(laboratory.Laboratory, "train", train)


def finished_parts(output_dir: Path) -> list[str]:
    """What in an output folder would look like whole results."""
    whole = {"results.json", "report.html", "record.json", "export", "saved_model.pb"}
    return sorted(str(p.relative_to(output_dir)) for p in Path(output_dir).rglob("*") if p.name in whole)
