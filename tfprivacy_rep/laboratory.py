"""What every job does to one partition of the photographs: train an encoder, freeze it, attack it, judge the attacks.

`experiment` and `reproduction` say which encoders and which attackers; nothing here knows how many there are.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sys
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from tfprivacy_rep import cluster, distribution, files
from tfprivacy_rep.attacks import attacker as attacking
from tfprivacy_rep.attacks.frozen import FrozenEncoder
from tfprivacy_rep.config import Config, DataConfig, GameConfig
from tfprivacy_rep.data import partition as partitions
from tfprivacy_rep.data import sources
from tfprivacy_rep.data.augmentation import augmented
from tfprivacy_rep.data.images import Images
from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.data.rehearsal import spaced
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation import audit
from tfprivacy_rep.evaluation.identity import Recogniser
from tfprivacy_rep.evaluation.recognisers import build_recogniser
from tfprivacy_rep.models.inference import BatchedModel
from tfprivacy_rep.models.perceptual import PerceptualNetwork, build_perceptual, calibrate
from tfprivacy_rep.training.protect import GameData, TrainedEncoder, features_of, train_encoder

# Sections and options that may differ between two starts in one folder: each run has a folder of its own, and nothing
# here changes what a run computes.
_FREE_SECTIONS = ("run",)
_FREE_OPTIONS = (
    ("train", "checkpoint_every"), ("train", "workers"), ("train", "worker_timeout"), ("data", "cache_images"),
    ("job", "rows"), ("job", "sweep"), ("job", "sweep_values"), ("job", "points"),
    ("job", "dry_run"), ("job", "fail_if"), ("job", "choose"), ("job", "keep_mcc"), ("job", "all_attackers"),
)
#: Public photographs that the scales of g are measured on, at most.
CALIBRATION = 2000
#: Photographs that validate a training, at most: looked at often, more would cost as much as the training.
VALIDATION = 2000


@dataclass(frozen=True)
class Setting:
    """What all runs share.

    Attributes:
        config: of the whole.
        strategy: where replicas live.
        photographs: all of them.
        recogniser: judges faces; None where nobody does.
        network: the Keras model of g, not yet calibrated.
    """

    config: Config
    strategy: tf.distribute.Strategy
    photographs: Photographs
    recogniser: Recogniser | None
    network: keras.Model

    @property
    def is_chief(self) -> bool:
        """Whether this process judges and writes: of several workers the first one alone."""
        return distribution.is_chief(self.strategy)


def require_same_configuration(
    output: Path, wanted: Mapping[str, Mapping[str, Any]], fixed: Sequence[tuple[str, str]] = ()
) -> None:
    """Raises a UserError where the output folder holds the work of another configuration.

    Args:
        output: the folder; `config.json` in it says what its work was made with.
        wanted: options by section.
        fixed: options by section and name that must not differ although others of their section may.
    """
    path = output / "config.json"
    if not path.exists():
        return
    held = files.read_json(path)
    differing = [
        f"{name}={held.get(section, {}).get(name)!r} there, {value!r} now"
        for section, options in wanted.items()
        for name, value in options.items()
        if (section, name) in fixed or (section not in _FREE_SECTIONS and (section, name) not in _FREE_OPTIONS)
        if held.get(section, {}).get(name) != value
    ]
    if differing:
        raise UserError(
            f"Invalid `output_dir`: expected checkpoints of this configuration. Received: {output}, made with "
            f"another: {'; '.join(differing)}. Choose another --output_dir, or remove the folder to start anew."
        )


def require_claimed(output: Path) -> None:
    """Raises a UserError where the output folder was removed after the job had written its `config.json` into it.

    What is written from then on would stand in a folder of which nobody knows what made it.
    """
    if not (output / "config.json").exists():
        raise UserError(
            f"Invalid `output_dir`: expected the folder that this job began to write in. Received: {output}, which was "
            "removed or moved meanwhile. Put it back to go on from its last checkpoints, or start anew in another one."
        )


def choose_strategy(config: Config, several_workers: bool = True) -> tf.distribute.Strategy:
    """Where replicas live: on this machine's devices, or on those of all workers that the environment describes.

    Args:
        config: of the whole; all workers must have the same, but for folders and what is shown.
        several_workers: whether the job can be done by several.

    Raises:
        UserError: if the workers don't meet, or the job is one for a single worker.
    """
    train = config.train
    found = cluster.find(train.workers)
    if found is None:
        return distribution.mirrored(train.logical_cpus)
    if not several_workers or train.logical_cpus:
        what = "a job of scripts/train.py" if not several_workers else "logical_cpus=0"
        raise UserError(
            f"Invalid `workers`: expected {what} where {found.origin} describes several workers. Received: "
            f"workers={train.workers}, and {len(found.addresses)} of them. Use --workers=alone on one machine."
        )
    own = {"output_dir", "data_dir", "use_progress"}
    same = {name: {k: v for k, v in held.items() if k not in own} for name, held in config.to_dict().items()}
    agreement = hashlib.sha256(json.dumps([same, tf.__version__, keras.__version__]).encode()).hexdigest()
    cluster.meet(found, agreement, train.worker_timeout)
    return distribution.multi_worker(found)


def prepare(
    config: Config, load: Callable[[DataConfig], Photographs] = sources.load, several_workers: bool = False
) -> Setting:
    """Loads everything that can be missing before anything is trained.

    Args:
        config: of the whole.
        load: gives the photographs; called once the devices are known.
        several_workers: whether the job can be done by several.

    Raises:
        UserError: if photographs, weights or packages are missing or don't fit the configuration.
    """
    warnings.filterwarnings("ignore", message=".*input_shape.*")
    tf.get_logger().addFilter(_not_of_many_trainers)
    strategy = choose_strategy(config, several_workers)  # first of all: it may split the CPU, or start a server
    distribution.per_replica(config.train.batch_size, strategy)
    distribution.per_replica(config.attack.attack_batch_size, strategy, "attack_batch_size")
    source = sources.get(config.data.dataset)
    recogniser = build_recogniser(
        config.attack.recogniser or source.recogniser, config.attack.face_square or source.face_square
    )
    with distribution.chief_first(strategy):  # what is drawn, converted or downloaded once is there for the others
        photographs = load(config.data)
        network = build_perceptual(config.models.perceptual, config.data.image_size, config.models.perceptual_size)
    return Setting(config, strategy, photographs, recogniser, network)


def _not_of_many_trainers(record: logging.LogRecord) -> bool:
    """TensorFlow counts traces by line of code: many short-lived trainers, each traced once, look to it like one that
    is traced again and again."""
    return "triggered tf.function retracing" not in record.getMessage()


def partition_of(setting: Setting, seed: int, fold: int) -> Partition:
    """Draws the partition of a seed and a fold, with as much training data as the configuration asks for."""
    data = setting.config.data
    mode = data.partition or sources.default_partition(data, setting.photographs)
    drawn = partitions.make(setting.photographs, mode, seed, fold)
    return drawn.reduced(data.x1_fraction, data.x2_fraction)


def partitions_of(setting: Setting) -> tuple[Partition, ...]:
    """The partitions of all runs that the configuration asks for: every fold of each seed."""
    run = setting.config.run
    return tuple(
        partition_of(setting, seed, fold)
        for seed in range(run.seed, run.seed + run.seeds)
        for fold in range(run.fold, run.fold + run.folds)
    )


def _warn_of_constants(photographs: Photographs, partition: Partition) -> None:
    """A part of X1 may have lost a value of a rare attribute, which then nothing can be learnt about."""
    labels = photographs.labels[partition.x1_train]
    constant = [name for name, column in zip(photographs.attributes, labels.T) if column.min() == column.max()]
    if constant:
        print(f"warning: the {len(labels)} private training photographs have one value only of "
              f"{', '.join(constant)}: nothing can be learnt about it. Use a larger part of X1.", file=sys.stderr)


def calibrated(setting: Setting, partition: Partition) -> PerceptualNetwork:
    """g with its scales measured on the partition's public photographs."""
    return calibrate(setting.network, as_float(setting.photographs.images[partition.x2_train[:CALIBRATION]]))


class Laboratory:
    """Trains and attacks on one partition.

    Args:
        setting: what all runs share.
        partition: who has which photograph.
        attributes: the task's; None for all that the photographs have.
        perceptual: calibrated g; None to calibrate it on this partition's public photographs.
    """

    def __init__(
        self, setting: Setting, partition: Partition, attributes: Sequence[str] | None = None,
        perceptual: PerceptualNetwork | None = None,
    ) -> None:
        self.setting, self.partition = setting, partition
        photographs = setting.photographs
        self.photographs = photographs if attributes is None else photographs.with_attributes(attributes)
        _warn_of_constants(self.photographs, partition)
        public = self.photographs.subset(partition.x2_train)
        self.perceptual = perceptual or calibrated(setting, partition)
        self._public = augmented(public, setting.config.train.augment, 2 * partition.seed + 1)

    def train(self, game: GameConfig, folder: Path, title: str) -> TrainedEncoder:
        """Plays a game to its end, resuming an earlier start in the folder."""
        setting, p = self.setting, self.partition
        config = setting.config
        private = augmented(self.photographs.subset(p.x1_train), config.train.augment, 2 * p.seed)
        cached = config.train.cache_perceptual
        data = GameData(
            private, self.photographs.subset(spaced(p.x1_val, VALIDATION)), self._public,
            features_of(self.perceptual, private.images) if cached and game.lambda2 > 0 else None,
            self._public_features if cached and game.has_opponent and game.mu2 > 0 else None,
        )
        return train_encoder(setting.strategy, config, game, self.perceptual, data, p.seed, folder, title)

    def subject(self, trained: TrainedEncoder) -> audit.Subject:
        """The trained encoder, frozen, as the audit meets it."""
        return audit.Subject(
            FrozenEncoder(trained.encoder, release=trained.release, seed=self.partition.seed),
            BatchedModel(trained.classifier), self.photographs, self.partition,
        )

    def pairs(
        self, subject: audit.Subject, specs: Sequence[attacking.AttackerSpec]
    ) -> tuple[attacking.Pairs, attacking.Pairs]:
        """What attackers learn from: X2's training and validation part with their representations, computed once.

        Args:
            subject: whose representations.
            specs: the attackers; g(X) is cached, where it is at all, if one of them needs it.
        """
        images, p = self.photographs.subset(spaced(self.partition.x2_val, VALIDATION)).images, self.public
        return (
            attacking.Pairs(p, subject.encode(p), self.features_for(specs), self.setting.config.train.augment),
            attacking.Pairs(images, subject.encode(images)),
        )

    @property
    def public(self) -> Images:
        """X2's training part with its variants, uint8 `[M, S, S, 3]`."""
        return self._public.images

    def features_for(self, specs: Iterable[attacking.AttackerSpec]) -> tuple[np.ndarray, ...] | None:
        """g(X) of `public` where it is kept in memory and one of the attackers needs it; else None."""
        cached = self.setting.config.train.cache_perceptual and any(spec.mu2 > 0 for spec in specs)
        return self._public_features if cached else None

    def attack(
        self, pairs: tuple[attacking.Pairs, attacking.Pairs], spec: attacking.AttackerSpec, folder: Path, title: str
    ) -> attacking.AttackOutcome:
        """Trains one fresh attacker, resuming an earlier start in the folder."""
        setting = self.setting
        config, (training, validation) = setting.config, pairs
        with setting.strategy.scope():
            fresh = attacking.build_attacker(
                spec, training.z.shape[1:], config.data.image_size, config.models.widths,
                config.attack.attack_learning_rate,
            )
        return attacking.attack(
            setting.strategy, fresh, spec, config.attack, self.perceptual, training, validation, folder, title,
            config.run.use_progress, config.run.use_tensorboard,
        )

    @cached_property
    def _public_features(self) -> tuple[np.ndarray, ...]:
        return features_of(self.perceptual, self._public.images)
