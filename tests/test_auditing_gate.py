"""Conditions that fail a build: read before the audit, judged after it; what is not known does not pass."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tfprivacy_rep.auditing import gate
from tfprivacy_rep.errors import UserError

CONTENTS: dict[str, Any] = {
    "headline": {"rank1": 0.25, "psnr": 21.5, "auc": None},
    "attackers": [{"name": "linear", "psnr": 18.0}, {"name": "decoder", "psnr": 21.5, "converged": False}],
    "linkage": {"methods": {"lda": {"rank1": 0.5, "tar_far1e-3": 0.125}}},
    "frontier": {"points": [{"name": "noise-0", "psnr": 2.0}, {"name": "noise-0.5", "psnr": 17.0}]},
    "schema": "tfprivacy_rep/audit/1",
}


def _failed(text: str) -> list[str]:
    return gate.evaluate(gate.parse(text), CONTENTS)


def test_conditions_are_read():
    assert gate.parse("") == gate.parse("  ") == ()
    assert gate.parse("rank1 > 0.2,linkage.methods.lda.rank1<=1e-3 ; psnr>=-2") == (
        gate.Condition("headline.rank1", ">", 0.2, "rank1 > 0.2"),
        gate.Condition("linkage.methods.lda.rank1", "<=", 0.001, "linkage.methods.lda.rank1<=1e-3"),
        gate.Condition("headline.psnr", ">=", -2.0, "psnr>=-2"),
    )


@pytest.mark.parametrize(
    "text", ["rank1", "rank1 = 0.2", "rank1 > a lot", "> 0.2", "rank1 > nan", "rank1 >", "0.1 < rank1 < 0.2", "a > 1,,"]
)
def test_what_can_not_be_read_is_named(text):
    with pytest.raises(UserError, match=r"Invalid `fail_if`: expected conditions of a figure, one of >=, <=, >, <, and "
                                        r'a number. Received: .* Write for example --fail_if="rank1 > 0.2'):
        gate.parse(text)


@pytest.mark.parametrize("condition, holds", [
    ("rank1 > 0.25", False), ("rank1 >= 0.25", True), ("rank1 < 0.25", False), ("rank1 <= 0.25", True),
    ("rank1 > 0.2", True), ("rank1 < 0.3", True), ("headline.psnr > 21.6", False),
    ("attackers.decoder.psnr > 20", True), ("attackers.linear.psnr > 20", False), ("attackers.1.psnr > 20", True),
    ("attackers.decoder.converged < 1", True), ("linkage.methods.lda.tar_far1e-3 > 0.1", True),
    ("frontier.points.noise-0.5.psnr > 10", True), ("frontier.points.noise-0.psnr > 10", False),
])
def test_a_condition_is_judged_by_its_figure(condition, holds):
    assert len(_failed(condition)) == int(holds)


def test_what_failed_is_said_with_its_value():
    assert _failed("rank1 > 0.2; psnr > 30, linkage.methods.lda.rank1 >= 0.5") == [
        "`rank1 > 0.2` holds: headline.rank1 is 0.25.",
        "`linkage.methods.lda.rank1 >= 0.5` holds: linkage.methods.lda.rank1 is 0.5.",
    ]


@pytest.mark.parametrize("condition", ["auc > 0.9", "auc < 0.9"])
def test_what_was_not_measured_fails(condition):
    assert _failed(condition) == [f"`{condition}` can't be judged: headline.auc was not measured."]


def test_an_unknown_name_is_found_before_the_audit():
    known = ("rank1", "psnr", "rank5")
    gate.check_names(gate.parse("rank1 > 0.2, attackers.whoever.psnr > 1"), known)
    with pytest.raises(UserError, match=r"Received: 'rnak1' in 'rnak1 > 0.2'. Did you mean rank1 or rank5\?"):
        gate.check_names(gate.parse("psnr > 1, rnak1 > 0.2"), known)
    with pytest.raises(UserError, match=r"Received: 'x' in 'headline.x > 1'. There are rank1, psnr, rank5."):
        gate.check_names(gate.parse("headline.x > 1"), known)


@pytest.mark.parametrize("path, text", [
    ("attackers.decodr.psnr", "where 'decodr.psnr' is not in attackers. Did you mean decoder?"),
    ("linkage.methods.lda.rank2", "where 'rank2' is not in linkage.methods.lda. Did you mean rank1?"),
    ("atackers.0.psnr", "where 'atackers.0.psnr' is not in results.json. Did you mean attackers?"),
    ("headline.rank12", "where 'rank12' is not in headline. Did you mean rank1?"),
    ("headline.psnr.low", "where 'low' is not in headline.psnr. Write for example"),
    ("attackers.decoder", "where attackers.decoder is no number. There are name, psnr, converged."),
    ("schema.", "where schema. is no number. Write for example"),
])
def test_an_unknown_path_is_found_after_it(path, text):
    with pytest.raises(UserError, match=re.escape(text)):
        _failed(f"{path} > 1")
