"""Compares the attackers of two audits of the same photographs, paired by photograph.

  python scripts/compare_audits.py runs/audit-quickstart-small runs/audit-quickstart-long

Prints, for every attacker of the second audit, its PSNR and rank-1 minus those of the first audit's headline, with 95 %
intervals (people are resampled)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.evaluation.statistics import PersonValues, bootstrap_interval, mean_of_defined
from tfprivacy_rep.trials.trials import PART


def differences(first: RunRecord, second: RunRecord) -> list[tuple[str, str, float, float, float]]:
    """Each attacker of the second audit minus the first one's headline: name, figure, value and ends of the interval.

    Args:
        first, second: records of the audited encoders.

    Raises:
        UserError: if they are not of the same photographs.
    """
    if first.facts["names"] != second.facts["names"]:
        shared = len(set(first.facts["names"]) & set(second.facts["names"]))
        raise UserError(
            f"Invalid `second`: expected an audit of the same {len(first.people)} probes as of `first`. Received: "
            f"{len(second.people)} probes, {shared} of them the same. Audit both with the same data, partition, seed "
            "and fold."
        )
    found = []
    for name in second.facts["attackers"]:
        for figure in ("psnr", "rank1"):
            paired = second.columns[PART][f"attacks/{name}/{figure}"] - first.columns[PART][f"headline/{figure}"]
            table = PersonValues(first.people, {"paired": paired})
            interval = bootstrap_interval([table], mean_of_defined("paired"), seed=0)
            found.append((name, figure, interval.value, interval.low, interval.high))
    return found


def load(folder: str) -> RunRecord:
    """The record of the audited encoder in an audit's folder."""
    record = RunRecord.load(Path(folder) / "records" / "audited")
    if record is None:
        raise UserError(f"Invalid folder: expected the --output_dir of an ended audit. Received: {folder}. "
                        "Run scripts/evaluate.py first.")
    return record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", help="folder of an audit, whose headline is the reference")
    parser.add_argument("second", help="folder of another audit of the same photographs")
    arguments = parser.parse_args()
    try:
        first, second = load(arguments.first), load(arguments.second)
        print(f"headline of {arguments.first}: {first.facts['headline_attackers']}")
        for name, figure, value, low, high in differences(first, second):
            print(f"{name:>20} {figure:>6} {value:+.3f} [{low:+.3f}, {high:+.3f}]")
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
