"""The commands: what `scripts/*.py` and the console entry points of the package start.

Each parses its flags first and imports TensorFlow only once they are known to be right, so that `--help` and mistakes
are answered at once.
"""

from __future__ import annotations

import inspect
import sys
from typing import Callable

from tfprivacy_rep import flags
from tfprivacy_rep.config import Config
from tfprivacy_rep.jobs import AuditConfig, EncodeConfig, ExportConfig, QueryConfig, ReproduceConfig


def _description(command: Callable[[], None]) -> str:
    return inspect.getdoc(command) or ""


def train() -> None:
    """Trains an unprotected and a protected encoder, attacks both with fresh attackers, and writes the report."""

    def main(config: Config) -> None:
        from tfprivacy_rep import experiment

        experiment.run(config)

    flags.run(main, _description(train))


def reproduce() -> None:
    """The paper's table of ten rows, its curve over lambda2 and its claims; and use against privacy of all protections.

      python scripts/reproduce.py --dataset=rendered --budget=small --seeds=3
      python scripts/reproduce.py --dataset=rendered --budget=small --sweep=lambda2
      python scripts/reproduce.py --dataset=celeba --data_dir=CelebA --budget=full --seeds=3 --dry_run
      python scripts/reproduce.py --dataset=orl --budget=small --sweep=frontier
      python scripts/reproduce.py --dataset=orl --budget=small --sweep=frontier --choose --keep_mcc=0.83

    Started again with the same --output_dir it resumes; rows, the curve and seeds add up in one report there.
    """
    from tfprivacy_rep.reproduction.budgets import defaults

    def main(config: Config, job: ReproduceConfig) -> None:
        from tfprivacy_rep.reproduction.job import run

        run(config, job)

    flags.run_job(main, _description(reproduce), ReproduceConfig, defaults)


def evaluate() -> None:
    """An audit of any encoder: fresh attackers, linkage, probes, floors and baselines, and a report of what leaks.

      python scripts/evaluate.py --encoder=runs/quickstart --budget=small
      python scripts/evaluate.py --encoder=encoder.keras --dataset=folder --data_dir=photos --budget=small
      python scripts/evaluate.py --encoder=saved_models/encoder --dataset=celeba --data_dir=CelebA --budget=full
      python scripts/evaluate.py --encoder=runs/quickstart --fail_if="linkage_rank1 > 0.2"

    Ends with exit code 3 if a condition of --fail_if holds. Started again with the same --output_dir it resumes.
    """
    from tfprivacy_rep.auditing.budgets import defaults

    def main(config: Config, job: AuditConfig) -> None:
        from tfprivacy_rep.auditing.gate import EXIT_GATE
        from tfprivacy_rep.auditing.job import run

        _, failed = run(config, job)
        for sentence in failed:
            print(f"failed: {sentence}", file=sys.stderr)
        if failed:
            sys.exit(EXIT_GATE)

    flags.run_job(main, _description(evaluate), AuditConfig, defaults)


def export() -> None:
    """Writes a trained encoder and its classifier as two models for TensorFlow Serving, with all that serving needs.

      python scripts/export.py --encoder=runs/quickstart --name=faces --audit=runs/audit-quickstart-small

    Each export gets the next version number; none is ever written over.
    """

    def main(job: ExportConfig) -> None:
        from tfprivacy_rep.exporting import run

        run(job)

    flags.run_alone(main, _description(export), ExportConfig)


def query() -> None:
    """Sends photographs to a served encoder and its representations to the served head; shows what they answer.

      python scripts/query_serving.py --name=demo --photographs=a.jpg,b.png --model_dir=saved_models --repeats=100

    Ends with exit code 4 if the answers are not those of the local models.
    """

    def main(job: QueryConfig) -> None:
        from tfprivacy_rep.querying import EXIT_DIFFERS, run

        if not run(job)["same"]:
            sys.exit(EXIT_DIFFERS)

    flags.run_alone(main, _description(query), QueryConfig)


def encode() -> None:
    """A folder of photographs as one file of representations; or the encoder as a TFLite file for clients.

      python scripts/encode.py --encoder=runs/quickstart --photographs=FOLDER --output=z.npz
      python scripts/encode.py --encoder=runs/quickstart --photographs=FOLDER --output=z.parquet --align=dlib
      python scripts/encode.py --encoder=runs/quickstart --tflite=encoder.tflite --tflite_quantise=dynamic
    """

    def main(job: EncodeConfig) -> None:
        from tfprivacy_rep.encoding.job import run

        run(job)

    flags.run_alone(main, _description(encode), EncodeConfig)
