"""docs/results.md names every key of results.json."""

import re
from pathlib import Path

from report_example import ATTRIBUTES, ENCODERS, collapsed, example

from tfprivacy_rep.evaluation.results import SCHEMA

DOCUMENT = Path(__file__).parents[1] / "docs" / "results.md"


def keys(value, skipped):
    """All keys of nested dictionaries and lists; the configuration has flags for its description."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in skipped:
                yield key
            if key != "config":
                yield from keys(inner, skipped)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner, skipped)


def test_every_key_is_described():
    described = set(re.findall(r"`([a-z0-9_]+)`", DOCUMENT.read_text("utf-8")))
    for contents, _ in (example(1), example(2), collapsed(1)):
        missing = sorted(set(keys(contents, {*ENCODERS, *ATTRIBUTES})) - described)
        assert not missing, f"docs/results.md does not name {missing}"


def test_the_schema_is_named():
    assert f"`{SCHEMA}`" in DOCUMENT.read_text("utf-8")
