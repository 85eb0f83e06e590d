"""`tfprivacy_rep.commands.train`, run from a clone: python scripts/train.py --help."""

from tfprivacy_rep import commands

if __name__ == "__main__":
    commands.train()
