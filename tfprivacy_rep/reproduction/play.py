"""Trains, attacks and records every point, resuming what an earlier start left."""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from tfprivacy_rep import laboratory
from tfprivacy_rep.attacks.linear_head import linear_head_predictions
from tfprivacy_rep.data.images import take
from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation import audit
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.laboratory import Laboratory, Setting
from tfprivacy_rep.reproduction.budgets import MOST_IMAGES
from tfprivacy_rep.reproduction.plan import EncoderJob, Point, attacker_spec, encoders
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


class SeedOfPoints:
    """All points of one seed.

    Args:
        setting: what all seeds share.
        job: rows and budget.
        partition: of the seed, which is also that of weights, batches and attackers.
        folder: where its encoders and records are kept.
    """

    def __init__(self, setting: Setting, job: ReproduceConfig, partition: Partition, folder: Path) -> None:
        self._setting, self._job, self._partition, self._folder = setting, job, partition, folder
        self._seed = partition.seed
        self._judge = audit.Judge(setting.recogniser, setting.photographs)
        # On the same public photographs for every encoder and attacker.
        less = self._partition.reduced(*fractions(self._partition, job, False, False))
        self._perceptual = laboratory.calibrated(setting, less)

    def play(self, points: tuple[Point, ...]) -> dict[str, str]:
        """Does what is not done yet.

        Returns:
            For each point that failed, why; the others are not affected.
        """
        failed: dict[str, str] = {}
        for encoder, needing in encoders(points).values():
            left = [point for point in needing if RunRecord.load(self.record_folder(point)) is None]
            if not left:
                continue
            try:
                started = time.monotonic()
                trained = self._train(encoder)
                seconds = time.monotonic() - started
            except Exception as error:  # whatever it is, it must not cost the other rows
                failed |= {point.name: _told(point, self._seed, error) for point in left}
                continue
            for point in left:
                try:
                    record = self._attack(point, trained, seconds)
                    laboratory.require_claimed(Path(self._setting.config.run.output_dir))
                    record.save(self.record_folder(point))
                except Exception as error:
                    failed[point.name] = _told(point, self._seed, error)
                gc.collect()
        return failed

    def record_folder(self, point: Point) -> Path:
        """Where the record of a point is kept."""
        return self._folder / "points" / point.name

    def _laboratory(self, more_x1: bool, more_x2: bool, single: bool) -> Laboratory:
        shares = fractions(self._partition, self._job, more_x1, more_x2)
        attributes = (self._job.single_attribute,) if single else None
        return Laboratory(self._setting, self._partition.reduced(*shares), attributes, self._perceptual)

    def _train(self, encoder: EncoderJob) -> TrainedEncoder:
        laboratory.require_claimed(Path(self._setting.config.run.output_dir))
        made = self._laboratory(encoder.more_data, encoder.more_data, encoder.single)
        folder = self._folder / "encoders" / encoder.name
        return made.train(encoder.game, folder, f"seed {self._seed}: {encoder.name}, game")

    def _attack(self, point: Point, trained: TrainedEncoder, seconds: float) -> RunRecord:
        started = time.monotonic()
        encoder, recipe = point.encoder, point.attacker
        made = self._laboratory(encoder.more_data, recipe.more_data, encoder.single)
        subject = made.subject(trained)
        spec = attacker_spec(self._setting.config, recipe, self._seed)
        title = f"seed {self._seed}: {point.name}, attacker {spec.name} on {encoder.name}"
        folder = self._folder / "attackers" / encoder.name / spec.name
        outcome = made.attack(made.pairs(subject, [spec]), spec, folder, title)
        probes, photographs = made.partition.probes, self._setting.photographs
        pictures, columns = audit.attacked(subject, self._judge, outcome, probes, made.partition.gallery)
        linked, strongest = audit.linkage_columns(subject)
        columns |= {name: linked[name] for name in ("linkage/rank1", "linkage/rank1_answer")}
        columns |= self._utility(subject, encoder.single)
        facts: dict[str, Any] = {
            "point": point.name, "row": point.row, "value": point.value, "seed": self._seed,
            "partition": made.partition.describe(), "attributes": list(photographs.attributes),
            "single_attribute": self._job.single_attribute, "skipped_images": len(photographs.skipped),
            "recogniser": self._setting.recogniser.name if self._setting.recogniser else None,
            "encoder": {
                "name": encoder.name, "lambda1": encoder.game.lambda1, "lambda2": encoder.game.lambda2,
                "options": encoder.game.crutches(), "fingerprint": subject.encode.require_unchanged(),
                "seconds": round(seconds, 1), "strongest_linkage": strongest,
            },
            "attacker": {
                "name": spec.name, "mu1": spec.mu1, "mu2": spec.mu2, "steps": outcome.steps,
                "converged": outcome.converged,
            },
            "seconds": round(time.monotonic() - started, 1),
        }
        shown = {"originals": photographs.images[probes[:MAX_PICTURES]], "rebuilt": pictures[:MAX_PICTURES]}
        return RunRecord(facts, subject.people[probes], {PART: columns}, shown)

    def _utility(self, subject: audit.Subject, single: bool) -> audit.Columns:
        """Labels and predictions of all attributes, and of the single one by the encoder's own classifier."""
        photographs, p = self._setting.photographs, subject.partition
        labels, asked = photographs.labels[p.probes], subject.known(p.probes)
        column = photographs.attributes.index(self._job.single_attribute)
        if single:
            private = subject.encode(take(photographs.images, p.x1_train))
            predictions = linear_head_predictions(private, photographs.labels[p.x1_train], asked.z)
            own = asked.bits
        else:
            predictions = asked.bits
            own = asked.bits[:, column : column + 1]
        return {
            "labels": labels, "predictions": predictions, "single_labels": labels[:, column : column + 1],
            "single_predictions": own, "other_labels": np.delete(labels, column, 1),
            "other_predictions": np.delete(predictions, column, 1),
        }


def _told(point: Point, seed: int, error: Exception) -> str:
    text = f"{type(error).__name__}: {error}" if not isinstance(error, UserError) else str(error)
    print(f"warning: {point.name} of seed {seed} failed and is left out: {text}", file=sys.stderr)
    return text
