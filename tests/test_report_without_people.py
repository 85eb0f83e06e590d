"""Where nobody knows who is who, or nobody judges faces, the report says "not measured" and still stands."""

from __future__ import annotations

import re

import numpy as np
import pytest
from report_example import record

from tfprivacy_rep.config import Config
from tfprivacy_rep.evaluation.results import RunRecord, results
from tfprivacy_rep.report import write_report

_OF_PEOPLE = ("rank1", "face_similarity", "linkage/", "originals/", "random_pairs/")


def nameless(seed: int) -> RunRecord:
    """A run on photographs without identities, judged by nobody."""
    known = record(seed)
    for part in known.columns.values():
        for name in part:
            if any(word in name for word in _OF_PEOPLE):
                part[name] = np.full(len(known.people), np.nan)
    facts = known.facts | {"recogniser": None, "skipped_images": 2}
    facts["partition"] = known.facts["partition"] | {"people": {}, "shared_people": {}, "mode": "paper"}
    return RunRecord(facts, np.arange(len(known.people)), known.columns, known.pictures)


@pytest.mark.parametrize("runs", [1, 2])
def test_figures_of_people_are_null_and_the_report_says_why(runs, tmp_path):
    records = [nameless(seed) for seed in range(runs)]
    contents = results(records, Config().to_dict(), "scripts/train.py", 1.0)
    assert contents["chance_rank1"] is None and contents["data"]["tested_people"] is None
    assert contents["recogniser"] == {"name": None, "rank1": None, "same_person": None, "other_people": None}
    for encoder in contents["encoders"].values():
        assert encoder["headline"]["rank1"] is None and encoder["headline"]["linkage_rank1"] is None
        assert encoder["headline"]["psnr"] is not None and encoder["headline"]["mean_mcc"] is not None
        assert all(attack["face_similarity"] is None for attack in encoder["attacks"])
    write_report(contents, records, tmp_path)
    text = (tmp_path / "report.md").read_text()
    assert "not measured: the photographs have no identities" in text
    assert "2 unreadable photographs were left out" in text
    assert not re.search(r"\bnan\b|\bNone\b", text.split("Configuration:")[0])
