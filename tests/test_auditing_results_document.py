"""docs/audit.md names every key of an audit's results.json."""

import json
import re
from pathlib import Path

import pytest
from audit_example import OTHERS, TASK, example
from audit_variants import black_box, without_identities

DOCUMENT = Path(__file__).parents[1] / "docs" / "audit.md"
#: Keys that are names of a run, not of the format.
_NAMES = {*TASK, *OTHERS, "cosine", "lda"}


def keys(value, place=""):
    """All keys of nested dictionaries and lists; the configuration has flags for its description."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _NAMES or (place == "methods" and key == "task") or place == "distributions":
                yield from keys(inner)
            else:
                yield key
                if key != "config":
                    yield from keys(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


@pytest.mark.parametrize("variant", [example, black_box, without_identities])
def test_every_key_is_described(variant):
    section = DOCUMENT.read_text("utf-8").split("## results.json", 1)[1]
    described = set(re.findall(r"`([a-z0-9_-]+)`", section))
    missing = sorted(set(keys(variant())) - described)
    assert not missing, f"docs/audit.md does not name {missing}"


def test_the_schema_is_named():
    assert f"`{example()['schema']}`" in DOCUMENT.read_text("utf-8")


@pytest.mark.parametrize("audit", ["audit-quickstart", "audit-rate", "audit-drawn"])
def test_what_real_audits_write_is_described(audit):
    """The invented contents may lack a key that the program writes."""
    contents = json.loads((DOCUMENT.parent / "published" / audit / "results.json").read_text("utf-8"))
    described = set(re.findall(r"`([a-z0-9_-]+)`", DOCUMENT.read_text("utf-8").split("## results.json", 1)[1]))
    parts = [contents, contents["encoder"], contents["headline"], contents["frontier"], contents["membership"],
             contents["worst"], *contents["attackers"], *contents["rows"], *contents["verdict"]["baselines"]]
    assert not {key for part in parts for key in part} - described
