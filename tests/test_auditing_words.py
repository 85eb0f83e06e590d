"""The verdict of an audit in words: by grade, by what was measured, and against baselines."""

import pytest
from audit_example import difference, example
from audit_variants import black_box, floor, without_identities

from tfprivacy_rep.auditing.words import compose, lead, people_of_hundred


def finding(contents, question):
    return dict(compose(contents).findings)[question]


def test_condemned():
    assert lead(example()) == (
        "This encoder does not hide who people are. Of 100 people photographed, 75 can be named among 40 known people "
        "from what is sent, "
        "without rebuilding any picture; guessing names 2 or 3, and the answer alone, the attributes that the service "
        "is asked for, names 46. Of the same 100, 31 can be named from the pictures rebuilt; guessing names 2 or 3, "
        "and the answer alone names 6. The pictures rebuilt look more like the photographs than a guess does.")


def test_leaks():
    contents = without_identities()
    assert lead(contents) == (
        "This encoder leaks: attackers learn more than the answer alone would tell. Whether people can be named was "
        "not measured: nobody knows who is on these photographs. The pictures rebuilt look more like the photographs "
        "than a guess does.")
    contents["verdict"]["questions"][2]["level"] = "within_answer"
    assert "more than a guess would tell, but not measurably more than the answer alone. " in lead(contents)
    assert lead(contents).endswith("but no more than pictures made from the answer alone.")


def test_floor():
    contents = floor()
    assert lead(contents).startswith("This encoder sends the same for every photograph: there is nothing to find in it")
    assert any("representation is constant" in text for text in compose(contents).cautions)
    contents["encoder"]["constant"] = False
    assert lead(contents).startswith("None of the attacks tried here learnt more")
    assert lead(contents).endswith("look no more like the photographs than a guess does.")


def test_people_who_could_not_be_named_in_spite_of_names():
    contents = without_identities()
    contents["data"]["tested_people"] = 3
    assert "not measured: there are too few photographs of the same people." in lead(contents)
    assert finding(contents, "Who can be named from what is sent").startswith("not measured: too few people")


@pytest.mark.parametrize(("share", "words"), [
    (0.754, "75"), (1.0, "100"), (0.0, "nobody"), (0.025, "2 or 3"), (0.0612, "6"), (0.0091, "1"),
    (0.004, "fewer than 1"), (0.001, "fewer than 1"), (0.0955, "9 or 10"), (0.1049, "10"),
])
def test_people_of_a_hundred(share, words):
    assert people_of_hundred(share) == words


def test_figures_intervals_and_people_are_given():
    assert finding(example(), "Who can be named from the pictures rebuilt") == (
        "31 of 100 people photographed (rank-1 0.310 [0.267, 0.353], by decoder_long, on 80 photographs of 40 people). "
        "The second judge, eigenfaces, names 27 from the same pictures (0.267 [0.224, 0.310]). "
        "Guessing names 2 or 3 (0.025); the answer alone names 6 (0.061). So an attacker learns more than the answer "
        "alone tells (+0.285 [0.235, 0.335] against the floor, +0.219 [0.169, 0.269] against the best "
        "attack on the answer).")
    assert "PSNR 18.40 dB [18.09, 18.71], by decoder_wide, on 80 photographs of 40 people" in finding(
        example(), "How much of the face comes back")


def test_less_than_the_answer_shows_weak_attackers():
    contents = example()
    assert "weak" not in finding(contents, "Who can be named from what is sent")
    contents["verdict"]["questions"][0].update(level="within_answer", over_answer=difference(-0.1))
    told = finding(contents, "Who can be named from what is sent")
    assert "not measurably more than the answer alone tells" in told and told.endswith("these attackers are weak.")


def test_a_baseline_that_wins_is_in_the_lead():
    contents = example()
    assert compose(contents).lead[1:] == (
        "Adding noise to the unprotected representation (noise, 0.5 standard deviations) keeps the same utility, names "
        "fewer people and gives back less of the face: on these photographs the defence is not worth having.",)
    contents["verdict"]["baselines"][0]["psnr"] = difference(0.1)
    assert "keeps the same utility and names fewer people: on these" in compose(contents).lead[1]
    contents["frontier"]["base"] = "audited"
    assert compose(contents).lead[1].endswith("what is sent holds more than the task needs.")
    assert "Adding noise to the audited representation" in compose(contents).lead[1]


@pytest.mark.parametrize("wins", [False, None])
def test_a_baseline_that_does_not_win_is_not(wins):
    contents = example()
    contents["verdict"]["baselines"][0]["wins"] = wins
    assert len(compose(contents).lead) == 1
    told = finding(contents, "Would something simpler do")
    assert told.startswith("no simple baseline was found that does. ")
    assert told.endswith("no strength keeps the utility: JPEG, quality 10.")
    assert ("undecided: noise, 0.5" in told) == (wins is None)


def test_use_beside_the_unprotected_encoder():
    assert finding(example(), "What it is good for") == (
        "the service tells 3 attributes (Smiling, Eyeglasses and Wearing_Hat) well (mean MCC 0.621 [0.578, 0.664]; 0 "
        "is guessing, 1 always right). Without protection it is 0.668. 1 of 3 attributes has no defined MCC and is "
        "left out.")
    assert "Without protection" not in finding(black_box(), "What it is good for")
    contents = black_box()
    contents["headline"]["mean_mcc"] = None
    assert "a linear head fitted on what is sent tells" in finding(contents, "What it is good for")


def test_what_else_it_tells():
    assert "simple probes tell best Male (0.734) and Young (0.231)" in finding(example(), "What else it tells")
    contents = example()
    contents["attributes"]["probes"] = {}
    assert finding(contents, "What else it tells").startswith("not measured: ")


@pytest.mark.parametrize(("low", "high", "words"), [
    (0.55, 0.65, "That is more than guessing."), (0.48, 0.65, "That can't be told from guessing.")])
def test_membership(low, high, words):
    contents = example()
    contents["intervals"]["membership"]["auc"] = {"low": low, "high": high}
    assert finding(contents, "Who was in the training").endswith(words)
    assert finding(black_box(), "Who was in the training") == (
        "not applicable: what the encoder was trained on is unknown.")


def test_cautions():
    contents = example()
    contents["budget"]["name"], contents["data"]["skipped_images"] = "smoke", 1
    told = compose(contents).cautions
    assert told[0].startswith("Budget smoke") and told[-1].startswith("No formal guarantee: ")
    assert "they say nothing about another training of the encoder." in told[1]
    assert "Still improving when the budget ended: decoder_deep. With more training they may get back more." in told
    assert "1 unreadable photograph was left out of everything." in told
    assert contents["cautions"][0] in told
    contents["cautions"].append("decoder_deep was still improving.")
    assert sum("still improving" in text.lower() for text in compose(contents).cautions) == 1


def test_collapsed_attackers_are_among_the_cautions():
    contents = example()
    assert not any("collapse" in text for text in compose(contents).cautions)
    contents["attackers"][1]["warnings"] = [{}]
    assert "Signs of a collapse in training: attacker decoder. Read the warnings above the figures." in compose(
        contents).cautions
