"""The paper's table of ten rows, its curve over lambda2 and its claims, on any source of photographs.

  python scripts/reproduce.py --dataset=rendered --budget=small --seeds=3
  python scripts/reproduce.py --dataset=rendered --budget=small --sweep=lambda2
  python scripts/reproduce.py --dataset=celeba --data_dir=CelebA --budget=full --seeds=3 --dry_run

Started again with the same --output_dir it resumes; rows, the curve and seeds add up in one report there."""

from tfprivacy_rep import flags
from tfprivacy_rep.config import Config, ReproduceConfig
from tfprivacy_rep.reproduction.budgets import defaults


def main(config: Config, job: ReproduceConfig) -> None:
    # Imports TensorFlow, so only once the flags are known to be right.
    from tfprivacy_rep.reproduction.job import run

    run(config, job)


if __name__ == "__main__":
    flags.run_job(main, __doc__, ReproduceConfig, defaults)
