"""What every row of an audit needs: attackers that are let loose, utility, and a record of both."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from tfprivacy_rep.attacks import ladder
from tfprivacy_rep.auditing import attempts
from tfprivacy_rep.auditing.attempts import Attempt, Lesson
from tfprivacy_rep.auditing.judges import Columns, Judges
from tfprivacy_rep.auditing.releases import Release
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.laboratory import Laboratory
from tfprivacy_rep.metrics.mcc import mcc, mean_mcc

#: Name of the columns of a release in its record.
PART = "release"
#: Figures that have a headline attacker.
HEADLINE = ("psnr", "ssim", "rank1")


class Trials:
    """Lets attackers loose on releases.

    Args:
        laboratory: trains them.
        judges: look at faces.
        folder: where they are kept.
        seed: of everything random about them.
    """

    def __init__(self, laboratory: Laboratory, judges: Judges, folder: Path, seed: int) -> None:
        self.laboratory, self.judges, self.folder, self.seed = laboratory, judges, folder, seed

    def attempts(
        self, release: Release, names: Sequence[str], where: str, repeat: int = 0
    ) -> tuple[dict[str, Attempt], dict[str, str]]:
        """Trains, or solves, attackers on a release.

        Args:
            release: what leaves.
            names: of the attackers.
            where: name of their folder.
            repeat: number of the repetition with weights and an order of their own.

        Returns:
            The attackers by name, and why others could not be tried.
        """
        lab = self.laboratory
        wanted = ladder.specs(names, lab.setting.config.attack, self.seed, repeat)
        lesson = Lesson.of(release, lab.features_for(wanted.values()))
        made, refused = {}, {}
        for name in names:
            if name == ladder.LINEAR:
                made[name] = attempts.solve(lesson)
            elif reason := attempts.too_few(wanted[name], lesson.training):
                refused[name] = reason
            else:
                made[name] = attempts.train(lab, lesson, wanted[name], self.folder / where / name, f"{where}: {name}")
                gc.collect()
        return made, refused

    def utility(self, release: Release) -> tuple[Columns, dict[str, Any]]:
        """Labels and answers for the probes, by the release's own classifier and by a linear head; and the head's mean
        MCC on X1's validation part."""
        sets = release.sets
        head = (release.head.decision(release.z["probes"]) > 0).astype(np.int8)
        own = (release.logits(release.z["probes"]) > 0).astype(np.int8) if release.has_classifier else head
        held = release.head.decision(release.z["x1_val"]) > 0
        validation = mean_mcc(mcc(sets.labels("x1_val"), held)).value
        facts = {"validation_mcc": None if np.isnan(validation) else float(validation)}
        return {"labels": sets.labels("probes"), "predictions": own, "head_predictions": head}, facts


def record(
    release: Release, facts: Mapping[str, Any], columns: Columns, pictures: Mapping[str, np.ndarray] | None = None
) -> RunRecord:
    """The record of a release."""
    people = release.sets.people("probes")
    return RunRecord({"name": release.name, **facts}, people, {PART: columns}, dict(pictures or {}))
