"""Trains an unprotected and a protected encoder, attacks both with fresh attackers, and writes the report."""

from tfprivacy_rep import flags
from tfprivacy_rep.config import Config


def main(config: Config) -> None:
    from tfprivacy_rep import experiment  # imports TensorFlow, so only once the flags are known to be right

    experiment.run(config)


if __name__ == "__main__":
    flags.run(main, __doc__)
