"""The whole job: photographs in, trained encoders, attacks, report and export out. The composition root."""

from __future__ import annotations

import gc
import shlex
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfprivacy_rep import distribution, files
from tfprivacy_rep.attacks import attacker as attacking
from tfprivacy_rep.attacks.frozen import FrozenEncoder
from tfprivacy_rep.config import Config, GameConfig
from tfprivacy_rep.data import partition as partitions
from tfprivacy_rep.data import sources
from tfprivacy_rep.data.augmentation import augmented
from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation import audit
from tfprivacy_rep.evaluation.dlib_faces import DlibRecogniser
from tfprivacy_rep.evaluation.identity import Recogniser
from tfprivacy_rep.evaluation.results import RunRecord, results
from tfprivacy_rep.models.inference import BatchedModel
from tfprivacy_rep.models.perceptual import PerceptualNetwork, build_perceptual, calibrate
from tfprivacy_rep.report import write_report
from tfprivacy_rep.serving.export import export_encoder
from tfprivacy_rep.training.protect import GameData, TrainedEncoder, features_of, train_encoder

# Sections and options that may differ between two starts in one folder: each run has a folder named by its seed and
# fold, and nothing else here changes what a run computes.
_FREE_SECTIONS = ("run",)
_FREE_OPTIONS = (("train", "checkpoint_every"),)


@dataclass(frozen=True)
class Setting:
    """What all runs share.

    Attributes:
        config: of the whole.
        strategy: where replicas live.
        photographs: all of them.
        recogniser: judges faces.
        network: the Keras model of g, not yet calibrated.
    """

    config: Config
    strategy: tf.distribute.Strategy
    photographs: Photographs
    recogniser: Recogniser
    network: keras.Model


def run(config: Config) -> dict[str, Any]:
    """Does everything `scripts/train.py` promises, resuming what an earlier start left, and returns results.json's
    contents.

    Raises:
        UserError: for anything the user can mend; nothing half-written stays that looks whole.
    """
    started = time.monotonic()
    output = Path(config.run.output_dir)
    _require_same_configuration(output, config)
    setting = _prepare(config)
    jobs = _jobs(setting)
    # Only now, so that a mistake found above does not claim the folder.
    files.write_json(output / "config.json", config.to_dict())
    for number, partition in enumerate(jobs):
        folder = output / "runs" / f"seed{partition.seed}-fold{partition.fold}"
        ended = RunRecord.load(folder) is not None
        if not ended or (number == 0 and config.run.use_export and not (output / "export").exists()):
            _Run(setting, partition, folder, export_to=output / "export" if number == 0 else None).play().save(folder)
    records = _all_records(output / "runs")
    contents = results(records, config.to_dict(), shlex.join(sys.argv), round(time.monotonic() - started, 1))
    files.write_json(output / "report" / "results.json", contents)
    write_report(contents, records, output / "report")
    print(f"report: {output / 'report' / 'report.html'}")
    print(f"finished in {time.monotonic() - started:.0f} s")
    return contents


def _require_same_configuration(output: Path, config: Config) -> None:
    """Raises a UserError where the output folder holds the work of another configuration."""
    path = output / "config.json"
    wanted = config.to_dict()
    if path.exists():
        held = files.read_json(path)
        differing = [
            f"{name}={held.get(section, {}).get(name)!r} there, {value!r} now"
            for section, options in wanted.items()
            if section not in _FREE_SECTIONS
            for name, value in options.items()
            if (section, name) not in _FREE_OPTIONS and held.get(section, {}).get(name) != value
        ]
        if differing:
            raise UserError(
                f"Invalid `output_dir`: expected checkpoints of this configuration. Received: {output}, made with "
                f"another: {'; '.join(differing)}. Choose another --output_dir, or remove the folder to start anew."
            )


def _all_records(folder: Path) -> list[RunRecord]:
    """Every run that has ended in the folder, by seed and fold: a report covers what several starts have added."""
    found = (RunRecord.load(path) for path in folder.iterdir())
    return sorted((r for r in found if r is not None), key=lambda r: (r.facts["seed"], r.facts["fold"]))


def _prepare(config: Config) -> Setting:
    """Loads everything that can be missing before anything is trained."""
    warnings.filterwarnings("ignore", message=".*input_shape.*")
    strategy = distribution.mirrored(config.train.logical_cpus)  # first of all: it may split the CPU
    distribution.per_replica(config.train.batch_size, strategy)
    distribution.per_replica(config.attack.attack_batch_size, strategy, "attack_batch_size")
    recogniser = DlibRecogniser()
    photographs = sources.load(
        config.data.dataset, config.data.image_size, config.data.data_dir or None, config.data.attributes
    )
    network = build_perceptual(config.models.perceptual, config.data.image_size, config.models.perceptual_size)
    return Setting(config, strategy, photographs, recogniser, network)


def _jobs(setting: Setting) -> list[Partition]:
    config = setting.config
    mode = config.data.partition or sources.get(config.data.dataset).default_partition
    return [
        partitions.make(setting.photographs, mode, seed, fold)
        for seed in range(config.run.seed, config.run.seed + config.run.seeds)
        for fold in range(config.run.fold, config.run.fold + config.run.folds)
    ]


class _Run:
    """One seed and one fold: trains each encoder, attacks it, and records what came out."""

    def __init__(self, setting: Setting, partition: Partition, folder: Path, export_to: Path | None) -> None:
        self._setting, self._partition, self._folder, self._export_to = setting, partition, folder, export_to
        photographs, p, train = setting.photographs, partition, setting.config.train
        originals = photographs.subset(p.x1_train), photographs.subset(p.x2_train)
        self._perceptual: PerceptualNetwork = calibrate(setting.network, as_float(originals[1].images))
        private, public = (augmented(o, train.augment, 2 * p.seed + i) for i, o in enumerate(originals))
        self._data = GameData(
            private, photographs.subset(p.x1_val), public,
            features_of(self._perceptual, private.images) if train.cache_perceptual else None,
            features_of(self._perceptual, public.images) if train.cache_perceptual else None,
        )
        self._judge = audit.Judge(setting.recogniser, photographs)

    def play(self) -> RunRecord:
        """Trains, attacks and judges every encoder of the run."""
        started = time.monotonic()
        p, photographs = self._partition, self._setting.photographs
        columns = {"reference": self._reference()}
        pictures = {"originals": photographs.images[p.probes]}
        encoders: dict[str, Any] = {}
        for name, game in self._games().items():
            encoders[name], columns[name], of_encoder = self._encoder(name, game)
            pictures |= {f"{name}/{attacker}": images for attacker, images in of_encoder.items()}
            gc.collect()
        facts = {
            "seed": p.seed,
            "fold": p.fold,
            "partition": p.describe(),
            "attributes": list(photographs.attributes),
            "recogniser": self._setting.recogniser.name,
            "names": [photographs.names[i] for i in p.probes],
            "encoders": encoders,
            "seconds": round(time.monotonic() - started, 1),
        }
        assert photographs.people is not None
        return RunRecord(facts, photographs.people[p.probes], columns, pictures)

    def _games(self) -> dict[str, GameConfig]:
        game = self._setting.config.game
        return {"unprotected": game.unprotected(), "paper": game}

    def _reference(self) -> audit.Columns:
        p = self._partition
        columns = self._judge.originals(p.probes, p.gallery)
        return columns | audit.mean_image_columns(self._setting.photographs, p, self._judge)

    def _encoder(self, name: str, game: GameConfig) -> tuple[dict[str, Any], audit.Columns, dict[str, np.ndarray]]:
        setting, folder = self._setting, self._folder / name
        trained = train_encoder(
            setting.strategy, setting.config, game, self._perceptual, self._data, self._partition.seed,
            folder / "game", self._title(name, "game"),
        )
        frozen = FrozenEncoder(trained.encoder)
        subject = audit.Subject(frozen, BatchedModel(trained.classifier), setting.photographs, self._partition)
        outcomes = self._attack(name, frozen, folder)
        columns, chosen, pictures = audit.attack_columns(subject, self._judge, outcomes)
        linked, strongest = audit.linkage_columns(subject)
        columns |= linked | audit.utility_columns(subject) | audit.random_pair_columns(subject)
        self._export(name, trained)
        facts = {
            "weights": {symbol: getattr(game, symbol) for symbol in ("lambda1", "lambda2", "mu1", "mu2")},
            "options": game.crutches(),
            "fingerprint": frozen.require_unchanged(),
            "headline_attackers": chosen,
            "strongest_linkage": strongest,
            "attacks": [
                {"name": o.spec.name, "mu1": o.spec.mu1, "mu2": o.spec.mu2, "steps": o.steps, "converged": o.converged}
                for o in outcomes
            ],
            "history": {"game": trained.history, **{o.spec.name: o.history for o in outcomes}},
        }
        return facts, columns, pictures

    def _attack(self, name: str, frozen: FrozenEncoder, folder: Path) -> list[attacking.AttackOutcome]:
        setting, p = self._setting, self._partition
        config, images = setting.config, setting.photographs.images
        public = self._data.public
        training = attacking.Pairs(public.images, frozen(public.images), self._data.public_features)
        validation = attacking.Pairs(images[p.x2_val], frozen(images[p.x2_val]))
        outcomes = []
        for spec in attacking.ladder(config.attack, p.seed):
            with setting.strategy.scope():
                fresh = attacking.build_attacker(
                    spec, training.z.shape[1:], config.data.image_size, config.models.widths,
                    config.attack.attack_learning_rate,
                )
            outcomes.append(attacking.attack(
                setting.strategy, fresh, spec, config.attack, self._perceptual, training, validation,
                folder / spec.name, self._title(name, spec.name), config.run.use_progress, config.run.use_tensorboard,
            ))
        return outcomes

    def _export(self, name: str, trained: TrainedEncoder) -> None:
        """Exports the protected encoder of the first run, once."""
        if self._export_to is None or name != "paper" or not self._setting.config.run.use_export:
            return
        if not (self._export_to / "encoder" / "1").exists():
            export_encoder(trained.encoder, self._export_to / "encoder")

    def _title(self, encoder: str, phase: str) -> str:
        return f"seed {self._partition.seed} fold {self._partition.fold}: {encoder}, {phase}"
