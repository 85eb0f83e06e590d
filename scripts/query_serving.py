"""`tfprivacy_rep.commands.query`, run from a clone: python scripts/query_serving.py --help."""

from tfprivacy_rep import commands

if __name__ == "__main__":
    commands.query()
