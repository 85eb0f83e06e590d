"""`tfprivacy_rep.commands.encode`, run from a clone: python scripts/encode.py --help."""

from tfprivacy_rep import commands

if __name__ == "__main__":
    commands.encode()
