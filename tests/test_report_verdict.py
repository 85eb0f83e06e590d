"""The verdict follows the figures: each test changes figures and looks at the words."""

import pytest
from report_example import comparisons, example, set_difference

from tfprivacy_rep.report.comparisons import Compared, compare
from tfprivacy_rep.report.verdict import compose, mcc_words


def words(contents, distances=None):
    """The lead, and everything that the verdict says."""
    verdict = compose(contents, distances or comparisons(repeated=len(contents["runs"]) > 1))
    lead = " ".join(verdict.lead)
    return lead, " ".join([lead, *[text for _, text in verdict.findings], *verdict.cautions])


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(-0.3, -0.1, "0.200 lower [−0.300, −0.100]"), (0.1, 0.3, "0.200 higher [0.100, 0.300]"),
     (-0.3, 0.1, "not measurably different"), (-0.3, 0.0, "not measurably different")],
)
def test_lower_and_higher_are_said_only_where_the_interval_excludes_zero(low, high, expected):
    contents, _ = example(2)
    value = 0.2 if low > 0 else -0.2
    set_difference(contents, "mean_mcc", value, low, high)
    said = dict(compose(contents, comparisons(True)).findings)["What it is good for"]
    assert f"With protection, compared with none: mean MCC {expected}." in said


def test_a_single_run_claims_nothing_beyond_itself():
    contents, _ = example(1)
    set_difference(contents, "mean_mcc", -0.2, -0.3, -0.1)
    lead, text = words(contents)
    assert lead.startswith("In one run only, with protection (paper)")
    assert "mean MCC 0.200 lower in this one run." in text
    assert "One run (seed 0, fold 0), tested on 12 photographs of 6 people: there are no intervals" in text
    assert "measurably" not in text


def test_several_runs_are_counted():
    _, text = words(example(2)[0])
    assert "2 seeds × 1 fold, tested on 12 photographs of 6 people" in text
    assert "Fewer than 3 seeds" in text and "one run" not in text.lower()


def test_runs_that_are_no_whole_grid_are_not_called_one():
    contents, _ = example(2)
    contents["runs"].append({"seed": 0, "fold": 1, "seconds": 1.0})
    assert "3 runs of 2 seeds and 2 folds, tested on" in words(contents)[1]


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ({"psnr": (-2.0, -3.0, -1.0), "ssim": (-0.2, -0.3, -0.1)}, "the photographs worse than without protection."),
        ({"psnr": (2.0, 1.0, 3.0), "ssim": (0.2, 0.1, 0.3)}, "the photographs better than without protection."),
        ({"psnr": (-2.0, -3.0, -1.0), "ssim": (0.0, -0.1, 0.1)}, "worse than without protection (by PSNR only)."),
        ({"psnr": (-2.0, -3.0, -1.0), "ssim": (0.2, 0.1, 0.3)}, "worse than without protection by one measure"),
        ({"psnr": (0.1, -0.2, 0.3), "ssim": (0.0, -0.1, 0.1)}, "about as well as without protection"),
    ],
)
def test_the_lead_compares_reconstructions(sides, expected):
    contents, _ = example(2)
    for figure, ends in sides.items():
        set_difference(contents, figure, *ends)
    assert expected in words(contents)[0]


def test_attackers_below_the_blind_floor_prove_nothing():
    contents, _ = example(2)
    set_difference(contents, "psnr", -2.0, -3.0, -1.0)
    lead, text = words(contents, comparisons(True, blind=-3.0))
    assert "even without protection the attackers do no better than a blind guess" in lead
    assert "worse than without" not in lead
    assert "worse than the blind guess by PSNR and SSIM, which shows a weak attacker and proves no protection" in text
    assert "can't be told from the blind guess" in words(contents, comparisons(True, blind=0.0))[1]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(0.6, "more than the predicted attributes alone would (20 of 100)"), (-0.1, "so this attack was weak"),
     (0.0, "not measurably more or fewer than the predicted attributes alone would (20 of 100)")],
)
def test_the_lead_says_whom_the_representation_names(answer, expected):
    contents, _ = example(2)
    contents["encoders"]["paper"]["linkage"].update(rank1=0.92, rank1_answer=0.2)
    lead, _ = words(contents, comparisons(True, answer=answer))
    assert "The representation itself names the person on 92 of 100 photographs" in lead
    assert expected in lead and "It does not hide who people are." in lead


def test_naming_few_people_is_not_called_naming_them():
    contents, _ = example(2)
    contents["encoders"]["paper"]["linkage"]["rank1"] = 0.05
    lead, _ = words(contents, comparisons(True, answer=0.0))
    assert "names the person on 5 of 100 photographs" in lead and "It does not hide" not in lead


def test_every_unfinished_attacker_is_named():
    contents, _ = example(2)
    assert "still improving" not in words(contents)[1]
    contents["encoders"]["paper"]["attacks"][1].update(converged=False, converged_runs=1)
    assert (
        "This attacker was still improving when its budget ended: decoder_gan with protection (paper) in 1 of 2 runs."
        in words(contents)[1]
    )
    contents["encoders"]["unprotected"]["attacks"][0].update(converged=False, converged_runs=0)
    assert "decoder without protection in 2 of 2 runs and decoder_gan" in words(contents)[1]


def test_options_against_tricks_are_named():
    contents, _ = example(2)
    assert "trick" not in words(contents)[1]
    contents["encoders"]["paper"]["options"] = {"bound_negative_terms": True, "restart_decoder_every": 50}
    assert (
        "won by a trick were on: bound_negative_terms and restart_decoder_every=50 with protection (paper)."
        in words(contents)[1]
    )


def test_there_is_no_formal_guarantee():
    assert "No formal guarantee" in words(example(1)[0])[1]


def test_rank1_is_set_against_chance():
    contents, _ = example(2)
    contents["intervals"]["paper"]["headline"]["rank1"] = {"low": 0.0, "high": 2 * contents["chance_rank1"]}
    contents["intervals"]["unprotected"]["headline"]["rank1"] = {"low": 0.5, "high": 0.9}
    text = words(contents)[1]
    assert "with protection (can't be told from chance)" in text and "without protection (more than chance)" in text


def test_people_without_identities_are_not_judged():
    contents, _ = example(2)
    contents["recogniser"]["rank1"] = contents["chance_rank1"] = None
    for encoder in contents["encoders"].values():
        encoder["linkage"] = {}
    verdict = compose(contents, comparisons(True))
    assert [text for question, text in verdict.findings if "recognised" in question] == [
        "not measured: the photographs have no identities."
    ] * 2


def test_another_encoder_has_a_lead_of_its_own():
    contents, _ = example(2)
    distances = comparisons(True)
    parts = [contents[key] for key in ("encoders", "intervals", "differences")]
    for part in (*parts, distances.blind, distances.answer):
        part["rate"] = part["paper"]
    verdict = compose(contents, distances)
    assert [lead.split(",")[0] for lead in verdict.lead] == ["With protection (paper)", "With protection (rate)"]


def test_without_a_reference_nothing_is_compared():
    contents, _ = example(2)
    del contents["encoders"]["unprotected"]
    contents["differences"] = {}
    lead, text = words(contents)
    assert "compared with none" not in text and "than without" not in lead


def test_compare_pairs_the_photographs_of_the_records():
    contents, records = example(1)
    found = compare(contents, records)
    columns = records[0].columns
    gap = columns["paper"]["headline/psnr"].mean() - columns["reference"]["mean_image/psnr"].mean()
    assert found.blind["paper"]["psnr"] == Compared(pytest.approx(gap))
    found = compare(*example(2)).answer["paper"]
    assert found is not None and found.low < found.value < found.high


@pytest.mark.parametrize(("value", "expected"), [(0.05, "hardly"), (0.2, "weakly"), (0.6, "well"), (0.9, "very well")])
def test_mcc_in_words(value, expected):
    assert mcc_words(value).startswith(expected)
