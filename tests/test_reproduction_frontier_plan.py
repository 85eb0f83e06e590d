"""The points of a frontier, and the weights that keep a stated use: told by hand on invented figures."""

from __future__ import annotations

import pytest
import small_run

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.reproduction import budgets
from tfprivacy_rep.reproduction.frontier import choice
from tfprivacy_rep.reproduction.frontier.plan import options, ordered, points
from tfprivacy_rep.reproduction.frontier.ways import WAYS
from tfprivacy_rep.reproduction.plan import encoders

CONFIG = small_run.config("out", lambda1=2.0, lambda2=0.5, release_size=8)
FRONTIER = ReproduceConfig(sweep="frontier", budget="small")
#: Rates from the weakest protection to the strongest, lambda2 likewise.
FEW = ordered(CONFIG, [("none", None), ("rate", 4.0), ("rate", 64.0), ("rate", 16.0), ("lambda2", 1.0),
                       ("lambda2", 0.1), ("answer", None)])


def test_every_way_is_there_from_the_weakest_protection_on():
    found = points(CONFIG, FRONTIER)
    assert list(dict.fromkeys(point.way for point in found)) == list(WAYS)
    assert [p.strength for p in found if p.way == "rate"] == [128, 96, 64, 32, 16, 8, 4, 2]
    assert [p.strength for p in found if p.way == "noise"] == [0.25, 0.5, 1]
    assert len({point.name for point in found}) == len(found)


def test_the_answer_and_no_protection_share_an_encoder_and_all_others_have_their_own():
    found = points(CONFIG, FRONTIER)
    shared = encoders(found)
    assert [point.name for point in shared["unprotected"][1]] == ["none", "answer"]
    assert len(shared) == len(found) - 1


def test_each_way_changes_its_own_options_alone():
    games = {point.way: point.encoder for point in points(CONFIG, ReproduceConfig(sweep="frontier", budget="smoke"))}
    weights = {way: (job.game.lambda1, job.game.lambda2, job.game.noise_options(), job.numbers)
               for way, job in games.items()}
    assert weights == {
        "none": (0, 0, {}, 0), "lambda1": (1, 0, {}, 0), "lambda2": (0, 0.3, {}, 0), "both": (2, 0.5, {}, 0),
        "rate": (0, 0, {"target_rate_bits": 8}, 0), "rate_lambda": (2, 0.5, {"target_rate_bits": 8}, 0),
        "noise": (0, 0, {"release_noise": 1}, 0), "bottleneck": (0, 0, {}, 4), "answer": (0, 0, {}, 0),
    }
    assert games["bottleneck"].sized(CONFIG).models.representation_size == 4
    assert games["rate"].sized(CONFIG) == CONFIG


def test_points_of_ones_own_come_in_the_order_of_the_ways_and_a_way_alone_has_the_budgets_strengths():
    found = points(CONFIG, ReproduceConfig(sweep="frontier", points=("rate=2", "noise", "rate=10", "rate=2.0")))
    assert [point.name for point in found] == [
        "none", "rate=10", "rate=2", "noise=0.25", "noise=0.5", "noise=1", "answer"]


@pytest.mark.parametrize("asked, told", [
    ("speed=3", "`points`: expected ways to protect among lambda1, .*Received: 'speed=3'. Use rate=64"),
    ("none", "Received: 'none'"), ("rate=", "expected a number above 0 after rate=. Received: 'rate='"),
    ("rate=0", "a number above 0"), ("rate=nan", "a number above 0"), ("rate=inf", "a number above 0"),
    ("noise=-1", "a number above 0"), ("bottleneck=2.5", "a whole number above 0 after bottleneck="),
    ("bottleneck=inf", "a whole number"),
])
def test_points_that_there_are_not_are_refused(asked, told):
    with pytest.raises(UserError, match=told):
        points(CONFIG, ReproduceConfig(sweep="frontier", points=(asked,)))


def test_options_for_a_training_of_ones_own():
    told = {point.name: options(CONFIG, point.encoder) for point in points(CONFIG, FRONTIER)}
    assert told["rate=32"] == "--lambda1=0 --lambda2=0 --target_rate_bits=32 --release_size=8"
    assert told["lambda1=3"] == "--lambda1=3 --lambda2=0 --representation_size=16"
    assert told["bottleneck=4"] == "--lambda1=0 --lambda2=0 --representation_size=4"


def test_the_strongest_weight_that_keeps_the_use_is_chosen_of_each_way():
    # 0.80 less 0.02 is to be kept. Of the rates 16 bits keeps it, and 4 does not; of lambda2 neither does.
    use = {"none": 0.80, "rate=64": 0.70, "rate=16": 0.79, "rate=4": 0.60, "lambda2=0.1": 0.77, "lambda2=1": None,
           "answer": 0.80}
    assert choice.wanted(use) == pytest.approx(0.78)
    chosen = choice.weights(FEW, use, 0.78)
    assert {way: point and point.name for way, point in chosen.items()} == {"lambda2": None, "rate": "rate=16"}
    # A use that is stated is taken as it is.
    assert choice.wanted(use, keep=0.6) == 0.6
    chosen = choice.weights(FEW, use, 0.6)
    assert {way: point and point.name for way, point in chosen.items()} == {"lambda2": "lambda2=0.1", "rate": "rate=4"}


def test_without_a_defined_use_nothing_is_chosen():
    assert choice.wanted({"none": None}) is None and choice.wanted({}, keep=0.5) == 0.5
    assert choice.weights(FEW, {"rate=4": 0.9}, None) == {"lambda2": None, "rate": None}
    assert choice.best(FEW, {"rate=4": 0.9}, None, {"rate=4": [0.1]}) is None


def test_the_point_that_tells_least_of_those_that_keep_the_use():
    use = {"none": 0.80, "rate=64": 0.79, "rate=16": 0.79, "rate=4": 0.5, "lambda2=0.1": 0.79, "answer": 0.80}
    told = {"none": [0.9, 20], "rate=64": [0.5, 15], "rate=16": [0.4, 15], "rate=4": [0.1, 10], "answer": [0.1, 9],
            "lambda2=0.1": [0.4, 14]}
    assert choice.best(FEW, use, 0.78, told).name == "lambda2=0.1", "of equals in linkage the lower PSNR"
    told["lambda2=0.1"] = [None, 14]
    assert choice.best(FEW, use, 0.78, told).name == "rate=16", "what is not known counts as most"
    assert choice.best(FEW, use, 0.795, told) is None


def test_means_over_seeds_leave_out_what_a_seed_lacks():
    found = choice.averaged([{"none": 0.8, "rate=4": 0.6, "rate=16": 0.7}, {"none": 0.6, "rate=4": None}])
    assert found == {"none": pytest.approx(0.7), "rate=4": None, "rate=16": None}


def test_budgets_of_a_frontier_are_options_that_exist_and_have_a_folder_of_their_own():
    for budget in budgets.OPTIONS:
        for dataset in ("orl", "rendered"):
            chosen = budgets.defaults(ReproduceConfig(budget=budget, sweep="frontier"), dataset)
            assert chosen["output_dir"] == f"runs/frontier-{dataset}-{budget}" and chosen["release_size"]
            small_run.config(**chosen)
            assert set(budgets.strengths(budget, dataset)) == set(WAYS) - {"none", "answer"}


@pytest.mark.parametrize("given, told", [
    ({"choose": True}, "`choose`: expected False without a frontier"),
    ({"all_attackers": True, "sweep": "lambda2"}, "`all_attackers`: expected False without a frontier"),
    ({"keep_mcc": 1.0, "sweep": "frontier"}, "`keep_mcc`"),
    ({"sweep": "frontier", "sweep_values": (1.0,)}, "nothing without a sweep of lambda2"),
    ({"points": ("rate=8",), "sweep": "lambda2"}, "`points`: expected nothing without a frontier"),
])
def test_options_that_mean_nothing_are_refused(given, told):
    with pytest.raises(UserError, match=told):
        ReproduceConfig(**given)
