"""What a reproduction writes and tells of players that collapsed."""

from __future__ import annotations

from tfprivacy_rep.reproduction.health import told, warnings


def _warning(condition: str = "decoder_ignores_z", step: int = 30, **figures: float) -> dict:
    return {"condition": condition, "step": step, "recovered": None, "figures": figures, "text": f"{condition} text."}


def _facts(seed: int, own: list | None) -> dict:
    return {"seed": seed, "fold": 0, "encoder": {"warnings": own}}


def test_warnings_name_seed_and_player():
    found = warnings([(_facts(0, [_warning()]), [{"name": "decoder", "warnings": []}]),
                      (_facts(1, []), [{"name": "decoder", "warnings": [_warning(step=50)]}])])
    assert [(one["seed"], one["player"], one["step"]) for one in found] == [(0, "game", 30), (1, "decoder", 50)]


def test_nobody_looked_is_not_that_nothing_was_found():
    assert warnings([(_facts(0, None), [{"name": "linear", "warnings": None}])]) is None
    assert warnings([({"seed": 0, "fold": 0, "encoder": {}}, [{"name": "linear"}])]) is None, "an older record"
    assert warnings([(_facts(0, None), [{"name": "decoder", "warnings": []}])]) == []


def test_each_point_player_and_condition_is_told_once():
    found = warnings([(_facts(seed, [_warning()]), [{"name": "decoder", "warnings": [_warning(step=50)]}])
                      for seed in (0, 1)])
    lines = told([("Learned noise, 2 bits", found), ("None", []), ("Old", None)])
    assert lines == (
        "Learned noise, 2 bits, the game: decoder_ignores_z text. Seen in seed0-fold0 at step 30 and in seed1-fold0 at "
        "step 30.",
        "Learned noise, 2 bits, attacker decoder: decoder_ignores_z text. Seen in seed0-fold0 at step 50 and in "
        "seed1-fold0 at step 50.",
    )


def test_attributes_that_were_given_up_one_after_the_other_stand_together():
    of_game = [_warning("classifier_one_class", 30, Smiling=0.0), _warning("classifier_one_class", 60, Bald=0.0)]
    lines = told([("Row 1", warnings([(_facts(0, of_game), [])]))])
    assert lines == ("Row 1, the game: the classifier gives one answer only for Bald and Smiling, although photographs "
                     "have both. Seen in seed0-fold0 at step 30 and in seed0-fold0 at step 60.",)
