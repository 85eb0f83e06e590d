"""`tfprivacy_rep.commands.export`, run from a clone: python scripts/export.py --help."""

from tfprivacy_rep import commands

if __name__ == "__main__":
    commands.export()
