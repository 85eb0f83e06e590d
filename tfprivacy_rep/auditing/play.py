"""Lets every attack loose on every release, and records what came out, resuming what an earlier start left."""

from __future__ import annotations

import functools
import gc
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

import keras
import numpy as np

from tfprivacy_rep.attacks import ladder
from tfprivacy_rep.attacks.membership import LOSS, TRAINED, Outputs, membership
from tfprivacy_rep.auditing import baselines
from tfprivacy_rep.auditing.budgets import STRENGTHS
from tfprivacy_rep.auditing.subject_row import SubjectRow
from tfprivacy_rep.evaluation.audit import as_photographs
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.jobs import AuditConfig
from tfprivacy_rep.laboratory import Laboratory, require_claimed
from tfprivacy_rep.trials import attempts, releases
from tfprivacy_rep.trials.judges import Judges
from tfprivacy_rep.trials.linking import linkage
from tfprivacy_rep.trials.releases import Release
from tfprivacy_rep.trials.trials import PART, Trials, record

#: Name of the record that is not about the probes.
MEMBERSHIP = "membership"


@dataclass(frozen=True)
class Rivals:
    """What the audited release is compared with; a text says why something can't be had.

    Attributes:
        unprotected: of the unprotected encoder.
        random_weights: of the same network, never trained.
    """

    unprotected: Release | str
    random_weights: Release | str


class Play:
    """All releases of one audit.

    Args:
        laboratory: trains attackers.
        judges: look at faces.
        audited: what the audited encoder releases.
        rivals: what it is compared with.
        model: the encoder as a Keras model from images to Z, or a text that says why there are no gradients.
        job: how hard is tried.
        names: of the attackers.
        folder: where everything is kept.
        unknown_training: why it is not known what the encoder was trained on; empty where it was X1's training part.
    """

    def __init__(
        self, laboratory: Laboratory, judges: Judges, audited: Release, rivals: Rivals, model: keras.Model | str,
        job: AuditConfig, names: Sequence[str], folder: Path, unknown_training: str = "",
    ) -> None:
        self._judges, self._audited, self._rivals, self._job, self._folder = judges, audited, rivals, job, folder
        self._sets = audited.sets
        self._seed = self._sets.partition.seed + 1000 * job.attacker_seed
        self._trials = Trials(laboratory, judges, folder / "attackers", self._seed)
        self._subject = SubjectRow(self._trials, audited, model, names, job)
        self._row_attackers = [name for name in ladder.ROW_ATTACKERS if name in names]
        self._unknown_training = unknown_training
        self._started = time.monotonic()

    def play(self) -> dict[str, RunRecord | str]:
        """Returns the record of each row, of `membership`, and of `frontier/<point>` and `matched/<point>`; a text
        where a row can't be had."""
        base = self._audited if isinstance(self._rivals.unprotected, str) else self._rivals.unprotected
        found: dict[str, RunRecord | str] = {}
        found["audited"] = self._kept("audited", self._subject.play)
        found |= {name: rival for name, rival in (("unprotected", self._rivals.unprotected),
                                                  ("random_weights", self._rivals.random_weights))
                  if isinstance(rival, str)}
        for name, build in self._rows().items():
            names = self._names_of_answer(found["audited"]) if name == "answer_bits" else self._row_attackers
            found[name] = self._kept(name, lambda: self._row_of(build, names))
            gc.collect()
        found["mean_image"] = self._kept("mean_image", self._mean_image)
        found[MEMBERSHIP] = self._unknown_training or self._kept(MEMBERSHIP, self._membership)
        strengths = STRENGTHS[self._job.budget]
        points: dict[str, Callable[[], Release]] = {
            "audited": lambda: self._audited, **({} if base is self._audited else {"unprotected": lambda: base}),
            **baselines.points(base, strengths, self._seed),
            "answer_bits": lambda: releases.answer_bits(self._audited),
        }
        for name, build in points.items():
            found[f"frontier/{name}"] = self._kept(f"frontier/{name}", lambda: self._point(build()))
        for name in baselines.matched(found, strengths):
            make = functools.partial(self._row_of, points[name], self._row_attackers)
            found[f"matched/{name}"] = self._kept(f"matched/{name}", make)
            gc.collect()
        return found

    def _kept(self, name: str, make: Callable[[], RunRecord]) -> RunRecord:
        folder = self._folder / "records" / name
        held = RunRecord.load(folder)
        if held is None:
            held = make()
            require_claimed(self._folder)
            held.save(folder)
            print(f"{time.monotonic() - self._started:.0f} s: {name} done", flush=True)
        return held

    def _rows(self) -> dict[str, Callable[[], Release]]:
        audited, rivals = self._audited, self._rivals
        had = {"unprotected": rivals.unprotected, "random_weights": rivals.random_weights}
        return {
            **{name: functools.partial(_itself, rival) for name, rival in had.items() if isinstance(rival, Release)},
            "shuffled_pairs": lambda: releases.shuffled(audited, self._seed),
            "answer_bits": lambda: releases.answer_bits(audited),
            "answer_probabilities": lambda: releases.answer_probabilities(audited),
        }

    def _names_of_answer(self, audited: RunRecord | str) -> list[str]:
        """The answer meets the headline's trained attackers too: the verdict compares the best with the best."""
        assert isinstance(audited, RunRecord)
        best = audited.facts["headline_attackers"].values()
        trained = [name for name in ladder.RUNGS if name in best]
        return list(dict.fromkeys([*self._row_attackers, *trained]))

    def _row_of(self, build: Callable[[], Release], names: Sequence[str]) -> RunRecord:
        release = build()
        columns, facts, _ = self._trials.row(release, names)
        return record(release, facts, columns)

    def _point(self, release: Release) -> RunRecord:
        """A point of the frontier: utility of a linear head, linkage, and the closed-form attacker."""
        columns, facts = self._trials.utility(release)
        attempt = attempts.solve(attempts.Lesson.of(release, None))
        _, found, _ = attempts.on_probes(release, attempt, None)
        linked = linkage(release)
        columns |= {"linkage/best/rank1": linked.columns["linkage/best/rank1"], "row/psnr": found["psnr"]}
        return record(release, facts | {"strongest_linkage": linked.strongest}, columns)

    def _membership(self) -> RunRecord:
        """Whether photographs of X1's training part can be told from those of its validation part."""
        release, sets = self._audited, self._sets
        parts = []
        for name in ("x1_train", "x1_val"):
            logits = release.logits(release.z[name]) if release.has_classifier else None
            known = None if sets.photographs.people is None else sets.people(name)
            parts.append(Outputs(release.z[name], logits, sets.labels(name), known))
        found = membership(parts[0], parts[1], self._seed)
        # Named beforehand: the better of two would be chosen on the photographs that it is judged by.
        strongest = LOSS if LOSS in found.auc else TRAINED
        people = np.concatenate([sets.people("x1_train"), sets.people("x1_val")])
        facts = {"strongest": strongest, "members": len(parts[0].z), "others": len(parts[1].z)}
        return RunRecord(facts, people, {PART: found.columns}, {})

    def _mean_image(self) -> RunRecord:
        """The blind floor: X2's mean image as the reconstruction of every probe."""
        sets = self._sets
        mean = as_photographs(sets.mean_image)
        pictures = np.repeat(mean[None], len(sets.indices["probes"]), axis=0)
        found, _ = self._judges.reconstructions(pictures, "probes", "gallery")
        compared = attempts.compared(self._audited, pictures, "probes")
        columns = {f"row/{figure}": compared[figure] for figure in ("psnr", "ssim")}
        columns |= {f"row/{figure}": found[figure] for figure in ("rank1", "face_similarity")}
        return RunRecord({"name": "mean_image"}, sets.people("probes"), {PART: columns}, {})


def _itself(release: Release) -> Release:
    return release
