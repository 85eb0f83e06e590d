"""The plan: every encoder once, weights as the rows ask, the curve from the unprotected encoder on."""

from __future__ import annotations

import pytest
import small_run

from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.reproduction import budgets
from tfprivacy_rep.reproduction.plan import attacker_spec, encoders, points
from tfprivacy_rep.reproduction.rows import AttackerRecipe
from tfprivacy_rep.reproduction.tasks import fractions

CONFIG = small_run.config("out", lambda1=2.0, lambda2=0.5, attack_mu1=0.01, attack_mu2=0.02)


def test_ten_rows_need_six_encoders_and_ten_attackers():
    found = encoders(points(CONFIG, ReproduceConfig()))
    assert {name: [p.row for p in needing] for name, (_, needing) in found.items()} == {
        "unprotected": [1, 3, 5], "protected": [2, 4, 6], "unprotected-more": [7], "protected-more": [8],
        "unprotected-single": [9], "protected-single": [10],
    }
    for name, (job, _) in found.items():
        protected = name.startswith("protected")
        assert (job.game.lambda1, job.game.lambda2) == ((2.0, 0.5) if protected else (0.0, 0.0))


def test_lambda2_comes_with_lambda1_unless_a_flag_says_otherwise():
    alone = points(CONFIG, ReproduceConfig(rows="2", lambda1_alone=True))[0]
    assert (alone.encoder.game.lambda1, alone.encoder.game.lambda2) == (2.0, 0.0)


def test_the_curve_varies_lambda2_alone_and_starts_at_the_unprotected_encoder():
    swept = points(CONFIG, ReproduceConfig(sweep="lambda2", sweep_values=(0.0, 0.25, 4.0)))
    assert [p.value for p in swept] == [0.0, 0.25, 4.0]
    assert [p.encoder.game.lambda2 for p in swept] == [0.0, 0.25, 4.0]
    assert {p.encoder.game.lambda1 for p in swept} == {0.0}
    assert swept[0].encoder.name == points(CONFIG, ReproduceConfig(rows="1"))[0].encoder.name
    assert not swept[0].encoder.game.has_opponent
    budget = points(CONFIG, ReproduceConfig(sweep="lambda2", budget="small"))
    assert tuple(p.value for p in budget) == budgets.LAMBDA2["small"] and len(budget) == 5


def test_attackers_of_one_kind_are_alike_whatever_they_attack_and_differ_between_seeds():
    plain, strong = (attacker_spec(CONFIG, AttackerRecipe(kind), 0) for kind in (False, True))
    assert (plain.mu1, plain.mu2, strong.mu1, strong.mu2) == (0.0, 0.0, 0.01, 0.02)
    assert attacker_spec(CONFIG, AttackerRecipe(False, more_data=True), 0).seed == plain.seed
    assert len({plain.seed, strong.seed, attacker_spec(CONFIG, AttackerRecipe(False), 1).seed}) == 3


def _partition(x1: int, x2: int) -> Partition:
    import numpy as np

    ends = np.cumsum([x1, 1, x2, 1, 1, 1])
    return Partition("paper", 0, 0, *np.split(np.arange(ends[-1]), ends[:-1]))


@pytest.mark.parametrize(
    "budget, x1, x2, less, more",
    [
        # small: at most 8,000 with more data and 2,000 without.
        ("small", 7_980, 4_788, (1_995, 1_197), (7_980, 4_788)),
        ("small", 152_000, 38_000, (2_000, 2_000), (8_000, 8_000)),
        ("full", 152_000, 38_000, (38_000, 9_500), (152_000, 38_000)),
    ],
)
def test_rows_with_more_data_have_four_times_as_much(budget, x1, x2, less, more):
    partition = _partition(x1, x2)
    for wanted, expected in ((False, less), (True, more)):
        cut = partition.reduced(*fractions(partition, ReproduceConfig(budget=budget), wanted, wanted))
        assert (len(cut.x1_train), len(cut.x2_train)) == expected


def test_a_budget_sets_options_that_exist_and_a_folder_for_the_results():
    for budget in budgets.OPTIONS:
        chosen = budgets.defaults(ReproduceConfig(budget=budget), "rendered")
        assert chosen["output_dir"] == f"runs/reproduce-rendered-{budget}" and chosen["data_dir"]
        small_run.config(**chosen)
    assert "data_dir" not in budgets.defaults(ReproduceConfig(), "celeba")
