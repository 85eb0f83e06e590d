"""Warnings follow from the history: when they fire, when not, and that games made to collapse set them off."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Sequence

import keras
import numpy as np
import pytest
import test_training_protect as small
import tiny_game as tiny
from test_attacks_attacker import smooth_images

from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.models.discriminator import build_discriminator
from tfprivacy_rep.training import health, loop, protect
from tfprivacy_rep.training.health_warnings import LOOKS, announce, warnings_of, was_looked_at

GAIN = "health/decoder_gain"


def rows(values: Sequence[float | None], name: str = GAIN) -> list[dict[str, float]]:
    """A history of one figure, a look every ten steps; None: nobody looked."""
    extra = {"health/decoder_spread": 0.5}
    return [{"step": 10 * (place + 1)} | ({} if value is None else {name: value, **extra})
            for place, value in enumerate(values)]


def _spells(history: list[dict[str, float]]) -> list[tuple[int, int | None]]:
    return [(warning.step, warning.recovered) for warning in warnings_of(history)]


@pytest.mark.parametrize("values, spells", [
    ([], []),
    ([0.01, 0.01], []),
    ([0.01, 0.01, 0.01], [(30, None)]),
    ([-0.5, 0.0, 0.019], [(30, None)]),
    ([0.01, 0.01, 0.02, 0.01, 0.01], []),  # 0.02 is a gain
    ([0.01, 0.01, None, 0.01, 0.01], []),  # a restart between
    ([0.5, 0.01, 0.01, 0.01, 0.01, 0.01], [(40, None)]),  # told of once
    ([0.01, 0.01, 0.01, 0.5, 0.5], [(30, None)]),
    ([0.01, 0.01, 0.01, 0.5, 0.5, 0.5, 0.5], [(30, 60)]),
    ([0.01, 0.01, 0.01, 0.5, 0.5, 0.5, 0.01, 0.01, 0.5], [(30, 60)]),
    ([0.01, 0.01, 0.01, 0.5, 0.5, 0.5, 0.01, 0.01, 0.01], [(30, None)]),  # it came back
])
def test_a_condition_must_hold_for_three_looks_and_is_told_of_once(values, spells):
    assert LOOKS == 3
    assert _spells(rows(values)) == spells


def _discriminator(real: float, fake: float, accuracy: float, spread: float) -> dict[str, float]:
    names = ("real", "fake", "accuracy", "spread")
    return {f"health/discriminator_{name}": value for name, value in zip(names, (real, fake, accuracy, spread))}


@pytest.mark.parametrize("figures, condition", [
    ((0.5, 0.5, 0.5, 0.004), "discriminator_constant"),
    ((0.0001, 0.0001, 0.5, 0.0001), "discriminator_constant"),  # a fake to it, whatever it is
    ((0.5, 0.5, 0.5, 0.006), None),
    ((0.999, 0.009, 1.0, 0.5), "discriminator_wins"),
    ((0.999, 0.011, 1.0, 0.5), None),
    ((0.9, 0.009, 0.96, 0.5), None),
])
def test_a_discriminator_is_judged_by_its_answers(figures, condition):
    history = [{"step": step} | _discriminator(*figures) for step in (1, 2, 3)]
    found = warnings_of(history)
    assert [warning.condition for warning in found] == ([condition] if condition else [])
    if condition:
        assert found[0].figures == {name.removeprefix("health/"): value for name, value in history[0].items()
                                    if name != "step"}


def test_attributes_that_go_together_are_told_of_together():
    """`a` and `b` from the first look, `c` later; `d` recovers."""
    one = "health/one_class"
    history = [{"step": step, one: 3.0, f"{one}/a": 0.0, f"{one}/b": 1.0} for step in range(1, 7)]
    for row in history[2:]:
        row[f"{one}/c"] = 0.0
    for row in history[:3]:
        row[f"{one}/d"] = 0.0
    found = warnings_of(history)
    assert [(w.step, w.recovered, w.figures) for w in found] == [
        (3, None, {"a": 0.0, "b": 1.0}), (3, 6, {"d": 0.0}), (5, None, {"c": 0.0})
    ]
    assert "one answer only for a (0% positive), b (100% positive)" in found[0].text


def test_a_text_has_the_figures_and_what_may_be_tried():
    history = rows([0.0123] * 3)
    (game,), (attacker,) = warnings_of(history), warnings_of(history, attacker=True)
    for warning in (game, attacker):
        assert "1.2% nearer to their own photographs" in warning.text and "0.50 times as much" in warning.text
    assert "encoder hides everything" in game.text and "attack_learning_rate" not in game.text
    for option in ("adversary_warmup", "restart_decoder_every", "bound_negative_terms", "adversary_learning_rate"):
        assert option in game.text
    assert "safer than it is" in attacker.text and "attack_learning_rate" in attacker.text
    assert "adversary_" not in attacker.text


def test_only_what_the_newest_row_brought_is_printed(capsys):
    history = rows([0.01, 0.01, 0.01, 0.5, 0.5, 0.5])
    for last in range(1, 7):
        announce("a game", history[:last])
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("warning: a game, step 30: the simulated decoder ignores Z")
    assert second == "a game, step 60: decoder_ignores_z, warned of at step 30, holds no longer"


def test_a_history_without_a_look_says_so():
    assert not was_looked_at([{"step": 1, "protector/L_u": 0.5}]) and was_looked_at(rows([None, 0.5]))


def _train(strategy: Any, folder: Path, steps: int, rate: float) -> list[dict[str, float]]:
    """Noise for photographs; every private answer is yes, though the validation has both."""
    config = small._config(steps=steps, lambda1=0.5, lambda2=0.0, mu1=0.1)
    object.__setattr__(config.train, "adversary_learning_rate", rate)
    private, validation = small._photographs(10, 1), small._photographs(12, 2)
    private = dataclasses.replace(private, labels=np.ones_like(private.labels))
    validation = dataclasses.replace(validation, labels=(np.arange(24) % 2).reshape(2, 12).T.astype(np.int8))
    data = protect.GameData(private, validation, small._photographs(12, 3))
    return protect.train_encoder(strategy, config, config.game, small.NotCalled(), data, 0, folder, "a game").history


@pytest.mark.slow
def test_a_game_made_to_collapse_is_warned_of(one_replica, tmp_path, capsys, monkeypatch):
    """The discriminator tells noise from grey at once, no decoder can draw noise, and the classifier says yes."""
    monkeypatch.setattr(health, "FIRST_STEPS", 0)
    history = _train(one_replica, tmp_path, 40, rate=1.0)
    found = {warning.condition: warning for warning in warnings_of(history)}
    assert set(found) == {"decoder_ignores_z", "discriminator_wins", "classifier_one_class"}, history[-1]
    assert found["decoder_ignores_z"].step == 2 * (health.FIRST_LOOKS + LOOKS)
    assert found["classifier_one_class"].figures["Male"] == 1.0
    told = capsys.readouterr().err
    for warning in found.values():
        assert told.count(f"warning: a game, step {warning.step}: {warning.text}") == 1


def _dead_discriminator(*arguments: Any, **options: Any) -> keras.Model:
    discriminator = build_discriminator(*arguments, **options)
    logit = discriminator.get_layer("logit")
    logit.kernel.assign(np.zeros(logit.kernel.shape))
    return discriminator


@pytest.mark.slow
def test_a_resumed_game_finds_the_same_warnings_and_does_not_repeat_them(one_replica, tmp_path, capsys, monkeypatch):
    """A discriminator whose last layer is dead is constant. Of 20 steps the last 8 are a second start's."""
    monkeypatch.setattr(health, "FIRST_STEPS", 0)
    monkeypatch.setattr(protect, "build_discriminator", _dead_discriminator)
    whole = _train(one_replica, tmp_path / "whole", 20, rate=1e-9)
    assert "discriminator_constant" in {warning.condition for warning in warnings_of(whole)}
    capsys.readouterr()
    real = loop.run

    def cut(trainer: Any, options: loop.LoopOptions) -> list[dict[str, float]]:
        object.__setattr__(options, "steps", 12)
        return real(trainer, options)

    with monkeypatch.context() as patched:
        patched.setattr(loop, "run", cut)
        _train(one_replica, tmp_path / "cut", 20, rate=1e-9)
    assert "the discriminator is constant" in capsys.readouterr().err
    resumed = _train(one_replica, tmp_path / "cut", 20, rate=1e-9)
    assert "the discriminator is constant" not in capsys.readouterr().err
    assert warnings_of(resumed) == warnings_of(whole) and resumed == whole


@pytest.mark.slow
def test_a_game_that_is_played_well_is_not_warned_of(one_replica, tmp_path, capsys, monkeypatch):
    """Dense players and photographs of a spot: a tiny decoder of convolutions would learn too little of them."""
    pixels = (small.SIZE, small.SIZE, 3)
    monkeypatch.setattr(protect, "build_encoder", lambda *_, seed: tiny._dense(pixels, 16, seed, (16,), "tanh"))
    monkeypatch.setattr(
        protect, "build_decoder",
        lambda *_, seed: tiny._dense((16,), small.SIZE * small.SIZE * 3, seed, pixels, "sigmoid"),
    )
    config = small._config(steps=200, lambda1=0.01, lambda2=0.0)
    train = dataclasses.replace(
        config.train, log_every=20, checkpoint_every=200, batch_size=16, adversary_learning_rate=0.01
    )
    config = dataclasses.replace(config, train=train)
    data = protect.GameData(_spots(96, 1), _spots(40, 2), _spots(96, 3))
    trained = protect.train_encoder(one_replica, config, config.game, small.NotCalled(), data, 0, tmp_path, "a game")
    assert warnings_of(trained.history) == [] and "warning" not in capsys.readouterr().err
    assert trained.history[-1]["health/decoder_gain"] > 0.05 and trained.history[-1]["health/one_class"] == 0.0


def _spots(count: int, seed: int) -> Photographs:
    """Both attributes tell whether the upper half is the brighter one."""
    images = smooth_images(count, seed)
    half = small.SIZE // 2
    upper = (images[:, :half].mean((1, 2, 3)) > images[:, half:].mean((1, 2, 3))).astype(np.int8)
    return dataclasses.replace(small._photographs(count, seed), images=images, labels=np.stack([upper] * 2, 1))
