"""`tfprivacy_rep.commands.reproduce`, run from a clone: python scripts/reproduce.py --help."""

from tfprivacy_rep import commands

if __name__ == "__main__":
    commands.reproduce()
