"""`tfprivacy_rep.commands.evaluate`, run from a clone: python scripts/evaluate.py --help."""

from tfprivacy_rep import commands

if __name__ == "__main__":
    commands.evaluate()
