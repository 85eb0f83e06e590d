"""The whole job: photographs in, trained encoders, attacks, report and export out. The composition root."""

from __future__ import annotations

import gc
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from tfprivacy_rep import distribution, files, laboratory
from tfprivacy_rep.attacks import attacker as attacking
from tfprivacy_rep.checkpoint_run import games
from tfprivacy_rep.config import Config, GameConfig
from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.evaluation import audit
from tfprivacy_rep.evaluation.results import RunRecord, results
from tfprivacy_rep.laboratory import Laboratory, Setting
from tfprivacy_rep.report import write_report
from tfprivacy_rep.serving.export import export_encoder
from tfprivacy_rep.training import interruption
from tfprivacy_rep.training.protect import TrainedEncoder

#: Probes whose pictures are kept for the report.
MAX_PICTURES = 400


@interruption.handled()
def run(config: Config) -> dict[str, Any]:
    """Does everything `scripts/train.py` promises, resuming what an earlier start left, and returns results.json's
    contents.

    Of several workers all train; the chief alone judges, writes and returns results, the others return nothing.

    Raises:
        UserError: for anything the user can mend; nothing half-written stays that looks whole.
        Stopped: after SIGTERM or SIGINT.
    """
    started = time.monotonic()
    laboratory.require_same_configuration(Path(config.run.output_dir), config.to_dict())
    setting = laboratory.prepare(config, several_workers=True)
    with distribution.lost_worker_as_user_error(setting.strategy):
        jobs = laboratory.partitions_of(setting)
        if setting.is_chief:  # only now, so that a mistake found above does not claim the folder
            files.write_json(Path(config.run.output_dir) / "config.json", config.to_dict())
        for number, partition in enumerate(jobs):
            _play(setting, partition, first=number == 0)
        contents = _write_report(setting, started) if setting.is_chief else {}
        distribution.from_chief(setting.strategy, 0.0)  # a worker that ended before the chief would look lost to it
    return contents


def _play(setting: Setting, partition: Partition, first: bool) -> None:
    """Does one run, unless it has ended already."""
    run = setting.config.run
    output = Path(run.output_dir)
    folder = output / "runs" / partition.name
    wanted = RunRecord.load(folder) is None or (first and run.use_export and not _is_exported(output / "export"))
    if distribution.from_chief(setting.strategy, wanted):
        record = _Run(setting, partition, folder, export_to=output / "export" if first else None).play()
        if record is not None:
            laboratory.require_claimed(output)
            record.save(folder)


def _write_report(setting: Setting, started: float) -> dict[str, Any]:
    config, output = setting.config, Path(setting.config.run.output_dir)
    records = _all_records(output / "runs")
    contents = results(records, config.to_dict(), shlex.join(sys.argv), round(time.monotonic() - started, 1))
    laboratory.require_claimed(output)
    files.write_json(output / "report" / "results.json", contents)
    write_report(contents, records, output / "report")
    print(f"report: {output / 'report' / 'report.html'}")
    print(f"finished in {time.monotonic() - started:.0f} s")
    return contents


def _all_records(folder: Path) -> list[RunRecord]:
    """Every run that has ended in the folder, by seed and fold: a report covers what several starts have added."""
    found = (RunRecord.load(path) for path in folder.iterdir())
    return sorted((r for r in found if r is not None), key=lambda r: (r.facts["seed"], r.facts["fold"]))


def _is_exported(folder: Path) -> bool:
    return (folder / "encoder" / "1").exists()  # the folders above it are there before it is whole


class _Run:
    """One seed and one fold: trains each encoder, attacks it, and records what came out."""

    def __init__(self, setting: Setting, partition: Partition, folder: Path, export_to: Path | None) -> None:
        self._setting, self._partition, self._folder, self._export_to = setting, partition, folder, export_to
        self._laboratory = Laboratory(setting, partition)
        self._judge = audit.Judge(setting.recogniser, setting.photographs)

    def play(self) -> RunRecord | None:
        """Trains, attacks and judges every encoder of the run; None where another worker judges."""
        started = time.monotonic()
        p, photographs = self._partition, self._setting.photographs
        if not self._setting.is_chief:
            for name, game in games(self._setting.config).items():
                self._train(name, game)
                gc.collect()
            return None
        columns = {"reference": self._reference()}
        pictures = {"originals": photographs.images[p.probes[:MAX_PICTURES]]}
        encoders: dict[str, Any] = {}
        for name, game in games(self._setting.config).items():
            encoders[name], columns[name], of_encoder = self._encoder(name, game)
            pictures |= {f"{name}/{attacker}": images[:MAX_PICTURES] for attacker, images in of_encoder.items()}
            gc.collect()
        recogniser = self._setting.recogniser
        facts = {
            "seed": p.seed,
            "fold": p.fold,
            "partition": p.describe(),
            "attributes": list(photographs.attributes),
            "recogniser": recogniser.name if recogniser else None,
            "names": [photographs.names[i] for i in p.probes],
            "skipped_images": len(photographs.skipped),
            "encoders": encoders,
            "seconds": round(time.monotonic() - started, 1),
        }
        people = np.arange(len(photographs)) if photographs.people is None else photographs.people
        return RunRecord(facts, people[p.probes], columns, pictures)

    def _reference(self) -> audit.Columns:
        p = self._partition
        columns = self._judge.originals(p.probes, p.gallery)
        return columns | audit.mean_image_columns(self._setting.photographs, p, self._judge)

    def _train(
        self, name: str, game: GameConfig
    ) -> tuple[TrainedEncoder, audit.Subject, list[attacking.AttackOutcome]]:
        """Trains an encoder and its attackers: what all workers do together."""
        folder = self._folder / name
        if self._setting.is_chief:
            laboratory.require_claimed(Path(self._setting.config.run.output_dir))
        trained = self._laboratory.train(game, folder / "game", self._title(name, "game"))
        subject = self._laboratory.subject(trained)
        attackers = attacking.ladder(self._setting.config.attack, self._partition.seed)
        pairs = self._laboratory.pairs(subject, attackers)
        outcomes = [
            self._laboratory.attack(pairs, spec, folder / spec.name, self._title(name, spec.name))
            for spec in attackers
        ]
        return trained, subject, outcomes

    def _encoder(self, name: str, game: GameConfig) -> tuple[dict[str, Any], audit.Columns, dict[str, np.ndarray]]:
        trained, subject, outcomes = self._train(name, game)
        columns, chosen, pictures = audit.attack_columns(subject, self._judge, outcomes)
        linked, strongest = audit.linkage_columns(subject)
        columns |= linked | audit.utility_columns(subject) | audit.random_pair_columns(subject)
        columns |= audit.rate_columns(subject)
        self._export(name, trained)
        facts = {
            "weights": {symbol: getattr(game, symbol) for symbol in ("lambda1", "lambda2", "mu1", "mu2")},
            "noise": game.noise_options(),
            "options": game.crutches(),
            "fingerprint": subject.encode.require_unchanged(),
            "headline_attackers": chosen,
            "strongest_linkage": strongest,
            "attacks": [
                {"name": o.spec.name, "mu1": o.spec.mu1, "mu2": o.spec.mu2, "steps": o.steps, "converged": o.converged}
                for o in outcomes
            ],
            "history": {"game": trained.history, **{o.spec.name: o.history for o in outcomes}},
        }
        return facts, columns, pictures

    def _export(self, name: str, trained: TrainedEncoder) -> None:
        """Exports the protected encoder of the first run, once."""
        config = self._setting.config
        if self._export_to is None or name != list(games(config))[-1] or not config.run.use_export:
            return
        if not _is_exported(self._export_to):
            export_encoder(trained.encoder, self._export_to / "encoder", release=trained.release)

    def _title(self, encoder: str, phase: str) -> str:
        return f"{self._partition.name}: {encoder}, {phase}"
