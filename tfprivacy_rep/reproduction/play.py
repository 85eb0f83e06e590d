"""Attacks and records the table's rows and the curve's points."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from tfprivacy_rep.attacks.linear_head import linear_head_predictions
from tfprivacy_rep.data.images import take
from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.evaluation import audit
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.laboratory import Setting
from tfprivacy_rep.reproduction.plan import Point, attacker_spec
from tfprivacy_rep.reproduction.tasks import MAX_PICTURES, PART, RunOfTasks
from tfprivacy_rep.training.health_warnings import written
from tfprivacy_rep.training.protect import TrainedEncoder


class RunOfPoints(RunOfTasks[Point]):
    """All points of one run; arguments as for `RunOfTasks`."""

    RECORDS = "points"

    def __init__(self, setting: Setting, job: ReproduceConfig, partition: Partition, folder: Path) -> None:
        super().__init__(setting, job, partition, folder)
        self._judge = audit.Judge(setting.recogniser, setting.photographs)

    def _attack(self, point: Point, trained: TrainedEncoder, seconds: float) -> RunRecord:
        started = time.monotonic()
        encoder, recipe = point.encoder, point.attacker
        made = self._laboratory(encoder, recipe.more_data)
        subject = made.subject(trained)
        spec = attacker_spec(self._setting.config, recipe, self._seed)
        title = f"{self._partition.name}: {point.name}, attacker {spec.name} on {encoder.name}"
        folder = self._folder / "attackers" / encoder.name / spec.name
        outcome = made.attack(made.pairs(subject, [spec]), spec, folder, title)
        probes, photographs = made.partition.probes, self._setting.photographs
        pictures, columns = audit.attacked(subject, self._judge, outcome, probes, made.partition.gallery)
        linked, strongest = audit.linkage_columns(subject)
        columns |= {name: linked[name] for name in ("linkage/rank1", "linkage/rank1_answer")}
        columns |= self._utility(subject, encoder.single)
        facts = self._facts(point, trained, made, seconds)
        facts["encoder"] |= {"fingerprint": subject.encode.require_unchanged(), "strongest_linkage": strongest}
        facts |= {
            "row": point.row, "value": point.value,
            "attacker": {
                "name": spec.name, "mu1": spec.mu1, "mu2": spec.mu2, "steps": outcome.steps,
                "converged": outcome.converged, "warnings": written(outcome.history, attacker=True),
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
