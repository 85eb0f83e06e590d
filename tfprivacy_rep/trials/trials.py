"""What every row of an audit needs: attackers that are let loose, utility, and a record of both."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from tfprivacy_rep.attacks import ladder
from tfprivacy_rep.evaluation.figures import plain
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.laboratory import Laboratory
from tfprivacy_rep.metrics.mcc import mcc, mean_mcc
from tfprivacy_rep.trials import attempts
from tfprivacy_rep.trials.attempts import Attempt, Lesson
from tfprivacy_rep.trials.judges import Columns, Judges
from tfprivacy_rep.trials.linking import linkage
from tfprivacy_rep.trials.releases import Release
from tfprivacy_rep.trials.sets import Sets

#: Name of the columns of a release in its record.
PART = "release"
#: What is released has the use of something else if X1's validation part puts its mean MCC no further below.
SAME_UTILITY = 0.02
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
        """Labels and answers for the probes, by the release's own classifier and by a linear head; and the mean MCC of
        both on X1's validation part."""
        sets = release.sets
        head = (release.head.decision(release.z["probes"]) > 0).astype(np.int8)
        own = (release.logits(release.z["probes"]) > 0).astype(np.int8) if release.has_classifier else head
        facts = {
            "validation_mcc": utility_of(sets, release.head.decision(release.z["x1_val"])),
            "own_validation_mcc": utility_of(sets, release.logits(release.z["x1_val"])),
        }
        return {"labels": sets.labels("probes"), "predictions": own, "head_predictions": head}, facts

    def row(self, release: Release, names: Sequence[str]) -> tuple[Columns, dict[str, Any], np.ndarray]:
        """A release that others are compared with: utility, the attackers that are named, and linkage.

        Args:
            release: what leaves.
            names: of the attackers, at least one that can be tried.

        Returns:
            Columns: those of `utility`, `row/<figure>` of the attacker that X2's validation part puts first for it, and
            `linkage/best/<figure>`. Facts: those of `utility`, `attackers`, `validation`, `headline_attackers`,
            `strongest_linkage`, `rehearsed_linkage`.
            And the reconstructions of the probes by the attacker that is best by PSNR, uint8 `[N, S, S, 3]`.
        """
        made, _ = self.attempts(release, names, release.name)
        validation = {name: attempts.validated(release, attempt, self.judges) for name, attempt in made.items()}
        best_of = attempts.chosen(validation, HEADLINE)
        columns, facts = self.utility(release)
        found = {name: attempts.on_probes(release, made[name], self.judges) for name in set(best_of.values())}
        columns |= {f"row/{figure}": found[name][1][figure] for figure, name in best_of.items()}
        columns["row/face_similarity"] = found[best_of["psnr"]][1]["face_similarity"]
        linked = linkage(release)
        columns |= {name: values for name, values in linked.columns.items() if name.startswith("linkage/best/")}
        return columns, facts | {
            "attackers": {name: attempt.facts for name, attempt in made.items()}, "validation": validation,
            "headline_attackers": best_of, "strongest_linkage": linked.strongest, "rehearsed_linkage": linked.rehearsed,
        }, found[best_of["psnr"]][0]


def utility_of(sets: Sets, logits: np.ndarray) -> float | None:
    """Mean MCC of logits `[N, A]` of X1's validation part; None where no attribute has a defined one."""
    return plain(mean_mcc(mcc(sets.labels("x1_val"), logits > 0)).value)


def record(
    release: Release, facts: Mapping[str, Any], columns: Columns, pictures: Mapping[str, np.ndarray] | None = None
) -> RunRecord:
    """The record of a release."""
    people = release.sets.people("probes")
    return RunRecord({"name": release.name, **facts}, people, {PART: columns}, dict(pictures or {}))
