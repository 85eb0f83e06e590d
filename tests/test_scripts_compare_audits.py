"""Two audits of the same photographs, compared in pairs, and two of other photographs, refused."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from small_run import ROOT

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.results import RunRecord

_spec = importlib.util.spec_from_file_location("compare_audits", ROOT / "scripts" / "compare_audits.py")
assert _spec and _spec.loader
compare_audits = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(compare_audits)

PEOPLE = np.repeat(np.arange(10), 2)
NAMES = [f"{number}.png" for number in range(20)]


def record(psnr: float, rank1: float, names: list[str] = NAMES) -> RunRecord:
    """Every photograph has its own level, which a paired difference does not see."""
    level = np.random.default_rng(0).normal(0, 5, 20)
    columns = {"headline/psnr": level + psnr, "headline/rank1": np.full(20, rank1)}
    columns |= {"attacks/decoder/psnr": level + psnr - 1.0, "attacks/decoder/rank1": np.full(20, rank1)}
    facts = {"attackers": {"decoder": {}}, "headline_attackers": {"psnr": "linear"}, "names": names}
    return RunRecord(facts, PEOPLE, {compare_audits.PART: columns}, {})


def test_differences_are_paired_by_photograph():
    found = compare_audits.differences(record(20.0, 0.5), record(22.0, 0.75))
    assert [(name, figure) for name, figure, *_ in found] == [("decoder", "psnr"), ("decoder", "rank1")]
    for value, low, high in (found[0][2:],):
        assert value == pytest.approx(1.0) and low == pytest.approx(1.0) and high == pytest.approx(1.0)
    assert found[1][2:] == pytest.approx((0.25, 0.25, 0.25))


def test_other_photographs_of_the_same_people_are_refused():
    others = [*NAMES[:15], *(f"other{number}.png" for number in range(5))]
    with pytest.raises(UserError, match="same 20 probes.*20 probes, 15 of them the same"):
        compare_audits.differences(record(20.0, 0.5), record(20.0, 0.5, others))


def test_a_folder_without_an_audit_is_named(tmp_path):
    with pytest.raises(UserError, match="an ended audit"):
        compare_audits.load(str(tmp_path))
