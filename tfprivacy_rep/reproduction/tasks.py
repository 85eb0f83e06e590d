"""The points of one run, whatever they are: their encoders trained, each tried and recorded, failures kept apart."""

from __future__ import annotations

import dataclasses
import gc
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Generic, Sequence

from tfprivacy_rep import laboratory
from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.laboratory import Laboratory, Setting
from tfprivacy_rep.reproduction.budgets import MOST_IMAGES
from tfprivacy_rep.reproduction.plan import AnyTask, EncoderJob, encoders
from tfprivacy_rep.training.health_warnings import written
from tfprivacy_rep.training.protect import TrainedEncoder

#: Name of the columns of a point in its record.
PART = "point"
#: Probes whose pictures are kept.
MAX_PICTURES = 200


def fractions(partition: Partition, job: ReproduceConfig, more_x1: bool, more_x2: bool) -> tuple[float, float]:
    """The shares of X1's and X2's training photographs that a point uses."""
    most = MOST_IMAGES[job.budget]
    parts = []
    for indices, more in ((partition.x1_train, more_x1), (partition.x2_train, more_x2)):
        whole = min(1.0, most / len(indices)) if most else 1.0
        parts.append(whole if more else whole * job.less_data)
    return parts[0], parts[1]


class RunOfTasks(ABC, Generic[AnyTask]):
    """All points of one run, which is a fold of a seed.

    Args:
        setting: what all runs share.
        job: rows and budget.
        partition: of the run; its seed is also that of weights, batches and attackers.
        folder: where its encoders and records are kept.
        more_data: whether g is calibrated on as many public photographs as the points with more data have.
    """

    #: Name of the folder of the records.
    RECORDS: str

    def __init__(
        self, setting: Setting, job: ReproduceConfig, partition: Partition, folder: Path, more_data: bool = False
    ) -> None:
        self._setting, self._job, self._partition, self._folder = setting, job, partition, folder
        self._seed = partition.seed
        # On the same public photographs for every encoder and attacker.
        own = self._partition.reduced(*fractions(self._partition, job, more_data, more_data))
        self._perceptual = laboratory.calibrated(setting, own)

    @abstractmethod
    def _attack(self, point: AnyTask, trained: TrainedEncoder, seconds: float) -> RunRecord:
        """Tries a point.

        Args:
            point: what is tried.
            trained: its encoder.
            seconds: that its training took in this start.
        """

    def play(self, points: Sequence[AnyTask]) -> dict[str, str]:
        """Does what is not done yet.

        Returns:
            For each point that failed, why; the others are not affected.
        """
        failed: dict[str, str] = {}
        for encoder, needing in encoders(points).values():
            left = [point for point in needing if RunRecord.load(self.record_folder(point.name)) is None]
            if not left:
                continue
            try:
                started = time.monotonic()
                trained = self.train(encoder)
                seconds = time.monotonic() - started
            except Exception as error:  # whatever it is, it must not cost the other rows
                failed |= {point.name: told(point.name, self._partition, error) for point in left}
                continue
            for point in left:
                try:
                    record = self._attack(point, trained, seconds)
                    laboratory.require_claimed(Path(self._setting.config.run.output_dir))
                    record.save(self.record_folder(point.name))
                except Exception as error:
                    failed[point.name] = told(point.name, self._partition, error)
                gc.collect()
        return failed

    def record_folder(self, name: str) -> Path:
        """Where the record of a point is kept."""
        return self._folder / self.RECORDS / name

    def train(self, encoder: EncoderJob) -> TrainedEncoder:
        """Trains an encoder, resuming an earlier start."""
        laboratory.require_claimed(Path(self._setting.config.run.output_dir))
        made = self._laboratory(encoder, encoder.more_data)
        folder = self._folder / "encoders" / encoder.name
        return made.train(encoder.game, folder, f"{self._partition.name}: {encoder.name}, game")

    def _facts(self, point: AnyTask, trained: TrainedEncoder, made: Laboratory, seconds: float) -> dict[str, Any]:
        """What the records of all kinds of points say: of the photographs, and of the encoder."""
        photographs, recogniser, game = self._setting.photographs, self._setting.recogniser, point.encoder.game
        return {
            "point": point.name, "seed": self._partition.seed, "fold": self._partition.fold,
            "partition": made.partition.describe(), "attributes": list(photographs.attributes),
            "single_attribute": self._job.single_attribute, "skipped_images": len(photographs.skipped),
            "recogniser": recogniser.name if recogniser else None,
            "encoder": {
                "name": point.encoder.name, "lambda1": game.lambda1, "lambda2": game.lambda2,
                "options": game.crutches(), "seconds": round(seconds, 1), "warnings": written(trained.history),
            },
        }

    def _laboratory(self, encoder: EncoderJob, more_x2: bool) -> Laboratory:
        """A laboratory with the photographs of an encoder, and more or fewer for those who attack it."""
        shares = fractions(self._partition, self._job, encoder.more_data, more_x2)
        attributes = (self._job.single_attribute,) if encoder.single else None
        setting = dataclasses.replace(self._setting, config=encoder.sized(self._setting.config))
        return Laboratory(setting, self._partition.reduced(*shares), attributes, self._perceptual)


def told(name: str, partition: Partition, error: Exception) -> str:
    """Warns of a point that failed, and returns why."""
    text = f"{type(error).__name__}: {error}" if not isinstance(error, UserError) else str(error)
    print(f"warning: {name} of {partition.name} failed and is left out: {text}", file=sys.stderr)
    return text
