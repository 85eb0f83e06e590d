"""Trains, attacks and records the points of a frontier, or looks at their use alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Sequence

import numpy as np

from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.laboratory import Setting
from tfprivacy_rep.reproduction.frontier.plan import HARD, Variant
from tfprivacy_rep.reproduction.frontier.ways import ANSWER
from tfprivacy_rep.reproduction.plan import EncoderJob
from tfprivacy_rep.reproduction.tasks import MAX_PICTURES, PART, RunOfTasks, told
from tfprivacy_rep.training.protect import TrainedEncoder
from tfprivacy_rep.trials.judges import Judges
from tfprivacy_rep.trials.releases import Release, answer_bits, of_encoder
from tfprivacy_rep.trials.sets import Sets
from tfprivacy_rep.trials.trials import Trials, utility_of


class RunOfWays(RunOfTasks[Variant]):
    """All points of one run. Every point has all training photographs of X1 and X2 that the budget allows.

    Args:
        setting: what all runs share.
        job: ways and budget.
        partition: of the run; its seed is also that of weights, batches and attackers.
        folder: where its encoders and records are kept.
    """

    RECORDS = "frontier"

    def __init__(self, setting: Setting, job: ReproduceConfig, partition: Partition, folder: Path) -> None:
        super().__init__(setting, job, partition, folder, more_data=True)
        plain = EncoderJob("", setting.config.game.unprotected(), more_data=True)
        self._made = self._laboratory(plain, True)
        photographs = setting.photographs
        self._sets = Sets(photographs, (), np.zeros((len(photographs), 0), np.int8), self._made.partition,
                          self._made.public, setting.config.train.augment)
        judges = Judges([] if setting.recogniser is None else [setting.recogniser], self._sets)
        self._trials = Trials(self._made, judges, folder / "attackers", partition.seed)

    def utilities(self, points: Sequence[Variant]) -> tuple[dict[str, float | None], dict[str, str]]:
        """Trains what is not trained, and looks at nothing but X1's validation part.

        Returns:
            The mean MCC of each point there, of one release of each photograph, and why others could not be had.
        """
        found: dict[str, float | None] = {}
        failed: dict[str, str] = {}
        for point in points:
            try:
                subject = self._made.subject(self.train(point.encoder))
                z = subject.encode(self._sets.images("x1_val"))
                found[point.name] = utility_of(self._sets, subject.classify(z))
            except Exception as error:  # whatever it is, it must not cost the other points
                failed[point.name] = told(point.name, self._partition, error)
        return found, failed

    def _attack(self, point: Variant, trained: TrainedEncoder, seconds: float) -> RunRecord:
        started = time.monotonic()
        subject = self._made.subject(trained)
        release = of_encoder(point.name.removesuffix(HARD), subject.encode, self._sets, subject.classify)
        if point.way == ANSWER:
            release = answer_bits(release)
        columns, row, pictures = self._trials.row(release, point.attackers)
        columns |= _rates(release)
        facts = self._facts(point, trained, self._made, seconds) | row
        facts["encoder"] |= {
            "fingerprint": subject.encode.require_unchanged(), "noise": point.encoder.game.noise_options(),
            "numbers": int(np.prod(release.z["probes"].shape[1:])),
        }
        facts |= {"way": point.way, "strength": point.strength, "seconds": round(time.monotonic() - started, 1)}
        print(f"{self._partition.name}: {point.name} done in {seconds + facts['seconds']:.0f} s", flush=True)
        originals = np.asarray(self._sets.images("probes")[:MAX_PICTURES])
        shown = {"originals": originals, "rebuilt": pictures[:MAX_PICTURES]}
        return RunRecord(facts, self._sets.people("probes"), {PART: columns}, shown)


def _rates(release: Release) -> dict[str, np.ndarray]:
    """Rate of each probe in bits, `[N]`; nothing where no noise is drawn."""
    drawn = release.drawn
    return {} if drawn is None else {"rate/bits": drawn.rate_bits(release.sets.images("probes"))}
