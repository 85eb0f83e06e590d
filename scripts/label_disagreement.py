"""Prints how far the looks at the ORL photographs agree; `--write` or `--check` labels.csv."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Sequence

from tfprivacy_rep.data.orl import labelling
from tfprivacy_rep.errors import UserError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=labelling.FOLDER, help="of the CSV files")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--write", action="store_true", help="compose labels.csv from the looks")
    action.add_argument("--check", action="store_true", help="fail if labels.csv is not current")
    arguments = parser.parse_args(argv)
    try:
        print(labelling.disagreement_table(labelling.read_looks(arguments.folder)))
        if arguments.write:
            labelling.write_labels(arguments.folder)
        if arguments.check and not labelling.labels_are_current(arguments.folder):
            print("labels.csv differs from the looks: run with --write", file=sys.stderr)
            return 1
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
