"""An audit of any encoder: fresh attackers, linkage, probes, floors and baselines, and a report that says what leaks.

  python scripts/evaluate.py --encoder=runs/quickstart --budget=small
  python scripts/evaluate.py --encoder=encoder.keras --dataset=folder --data_dir=photos --budget=small
  python scripts/evaluate.py --encoder=saved_models/encoder --dataset=celeba --data_dir=CelebA --budget=full
  python scripts/evaluate.py --encoder=runs/quickstart --fail_if="linkage_rank1 > 0.2"

Ends with exit code 3 if a condition of --fail_if holds. Started again with the same --output_dir it resumes."""

import sys

from tfprivacy_rep import flags
from tfprivacy_rep.auditing.budgets import defaults
from tfprivacy_rep.config import AuditConfig, Config


def main(config: Config, job: AuditConfig) -> None:
    # Imports TensorFlow, so only once the flags are known to be right.
    from tfprivacy_rep.auditing.gate import EXIT_GATE
    from tfprivacy_rep.auditing.job import run

    _, failed = run(config, job)
    for sentence in failed:
        print(f"failed: {sentence}", file=sys.stderr)
    if failed:
        sys.exit(EXIT_GATE)


if __name__ == "__main__":
    flags.run_job(main, __doc__, AuditConfig, defaults)
