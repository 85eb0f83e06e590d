"""Every option is a flag; scripts/train.py answers mistakes with one paragraph and without TensorFlow."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import pytest
from absl import flags as absl_flags
from small_run import ROOT

from tfprivacy_rep import config as configuration
from tfprivacy_rep import flags, jobs
from tfprivacy_rep.config import Config
from tfprivacy_rep.errors import UserError

_OPTIONS = [
    (name, section, o) for name, section in configuration.sections().items() for o in dataclasses.fields(section)
]
_IDS = [option.name for _, _, option in _OPTIONS]
# Values that a rule by type can't guess: text with choices, and numbers with neighbours to get on with.
_CHOICES = {
    "dataset": "rendered",
    "x1_fraction": 0.5,
    "x2_fraction": 0.25,
    "on_bad_image": "skip",
    "recogniser": "none",
    "face_square": (0.5, 0.6, 0.5),
    "budget": "smoke",
    "sweep": "lambda2",
    "sweep_values": (0.0, 0.5),
    "points": ("rate=8",),
    "less_data": 0.5,
    "partition": "disjoint_people",
    "workers": "alone",
    "gan_loss": "non_saturating",
    "attack_gan_loss": "saturating",
    "image_size": 96,
    "perceptual_size": 48,
    "precision": "mixed_bfloat16",
    "attributes": ("Male", "Smiling"),
    "encoders": ("unprotected",),
    "widths": (8, 16, 24, 40),
}


def parse(*arguments: str) -> Config:
    """The configuration of a command line."""
    values = absl_flags.FlagValues()
    flags.define(values)
    values(["train.py", *arguments])
    return flags.to_config(values)


def other_value(option: dataclasses.Field) -> Any:
    """A valid value that is not the default."""
    if option.name in _CHOICES:
        return _CHOICES[option.name]
    if isinstance(option.default, bool):
        return not option.default
    default: Any = option.default
    return "something/else" if isinstance(default, str) else default + 1


def spelled(option: dataclasses.Field, value: Any) -> str:
    """A flag as it is written on a command line."""
    if isinstance(value, bool):
        return f"--{option.name}" if value else f"--no{option.name}"
    return f"--{option.name}=" + (",".join(map(str, value)) if isinstance(value, tuple) else str(value))


@pytest.mark.parametrize("section_name, section, option", _OPTIONS, ids=_IDS)
def test_every_option_has_a_flag_that_reaches_it(section_name, section, option):
    default = parse("--output_dir=out")
    if option.name != "output_dir":
        assert getattr(getattr(default, section_name), option.name) == option.default
    value = other_value(option)
    assert value != option.default
    changed = parse("--output_dir=out", spelled(option, value))
    section_values = dataclasses.replace(getattr(default, section_name), **{option.name: value})
    assert changed == dataclasses.replace(default, **{section_name: section_values})
    kind = typing.get_type_hints(section)[option.name]
    assert type(getattr(getattr(changed, section_name), option.name)) is (typing.get_origin(kind) or kind)


def test_there_are_no_flags_beside_the_options():
    values = absl_flags.FlagValues()
    flags.define(values)
    assert sorted(values) == sorted(option.name for _, _, option in _OPTIONS)
    for _, _, option in _OPTIONS:
        assert values[option.name].help == option.metadata["help"]


def test_an_invalid_value_names_the_flag():
    with pytest.raises(UserError, match=r"`image_size`.*image_size=50.*Use 48 or 64"):
        parse("--output_dir=out", "--image_size=50")
    with pytest.raises(UserError, match=r"`output_dir`.*Add --output_dir=runs/mine"):
        parse()
    with pytest.raises(UserError, match=r"`widths`.*int values.*'8,wide,8,8'.*--widths=32,64,128,256"):
        parse("--output_dir=out", "--widths=8,wide,8,8")


def test_an_empty_list_is_the_default_of_attributes():
    assert parse("--output_dir=out", "--attributes=").data.attributes == ()


def test_a_list_may_have_spaces_and_a_comma_at_its_end():
    assert parse("--output_dir=out", "--attributes=Male, Smiling,").data.attributes == ("Male", "Smiling")


@pytest.mark.parametrize("path", sorted((ROOT / "scripts" / "flagfiles").glob("*.flags")), ids=lambda path: path.stem)
def test_a_flagfile_is_a_valid_configuration(path):
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    assert lines[0].startswith("# ")
    config = parse(f"--flagfile={path}")
    assert config.run.output_dir == f"runs/{path.stem}"
    assert parse(f"--flagfile={path}", "--output_dir=elsewhere", "--seed=5").run.seed == 5


def test_the_flagfiles_of_the_readme_exist():
    assert {"quickstart", "smoke"} <= {path.stem for path in (ROOT / "scripts" / "flagfiles").glob("*.flags")}


# A runner that says which modules the script had imported when it ended.
_RUNNER = """
import runpy, sys
sys.argv = sys.argv[1:]
code = 0
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as error:
    code = error.code if isinstance(error.code, int) else int(bool(error.code))
print("HEAVY", sorted({"tensorflow", "keras", "numpy", "sklearn"} & set(sys.modules)))
sys.exit(code)
"""


def train(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    """Runs scripts/train.py in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", _RUNNER, str(ROOT / "scripts" / "train.py"), *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(cwd)},
        timeout=120,
    )


@pytest.mark.parametrize("spelling", ["--help", "-h"])
def test_help_lists_every_flag_at_once(spelling):
    done = train(spelling)
    assert done.returncode == 0, done.stderr
    for _, _, option in _OPTIONS:
        flag = f"--[no]{option.name}:" if isinstance(option.default, bool) else f"--{option.name}:"
        assert flag in done.stdout
        assert option.metadata["help"] in done.stdout
    assert "--flagfile" in done.stdout and "(default: 32,64,128,256)" in done.stdout
    assert "HEAVY []" in done.stdout and done.stderr == ""


@pytest.mark.parametrize(
    "arguments, parts",
    [
        (["--output_dir=out", "--image_size=50"], ["image_size=50", "Use 48 or 64."]),
        ([], ["`output_dir`", "Add --output_dir=runs/mine."]),
        (["--output_dir=out", "lambda1=3"], ["Unknown argument", "['lambda1=3']", "--help"]),
        (["--output_dir=out", "--widths=a"], ["`widths`", "'a'"]),
    ],
    ids=["value", "required", "stray", "list"],
)
def test_a_mistake_gets_one_line_and_exit_code_two(arguments, parts, tmp_path):
    done = train(*arguments, cwd=tmp_path)
    assert done.returncode == flags.EXIT_USER_ERROR == 2
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    for part in parts:
        assert part in done.stderr
    assert "HEAVY []" in done.stdout and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "argument, named",
    [("--lamda1=3", "lamda1"), ("--image_size=big", "big"), ("--flagfile=nowhere.flags", "nowhere.flags")],
)
def test_a_flag_that_can_not_be_parsed_is_named(argument, named, tmp_path):
    done = train("--output_dir=out", argument, cwd=tmp_path)
    assert done.returncode not in (0, None)
    assert named in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_jobs_defaults_give_way_to_what_the_user_gives():
    values = absl_flags.FlagValues()
    flags.define(values, jobs.ReproduceConfig)
    values(["reproduce.py", "--output_dir=out", "--steps=7", "--sweep=lambda2", "--sweep_values=0,0.5",
            "--budget=smoke"])
    config = flags.to_config(values, {"steps": 100, "batch_size": 8, "widths": (8, 8, 8, 8)})
    assert (config.train.steps, config.train.batch_size, config.models.widths) == (7, 8, (8, 8, 8, 8))
    assert config.run.output_dir == "out"
    job = flags._section(values, jobs.ReproduceConfig, {})
    assert job.sweep_values == (0.0, 0.5) and job.budget == "smoke" and job.rows == "1-10"


@pytest.mark.parametrize(
    "argument, text",
    [
        ("--rows=1-11", "`rows`: expected numbers from 1 to 10"),
        ("--budget=huge", "`budget`: expected one of smoke, small, full"),
        ("--sweep=mu1", "`sweep`: expected lambda2"),
        ("--less_data=0", "`less_data`: expected a number above 0"),
        ("--sweep_values=-1", "`sweep_values`: expected numbers that are not negative"),
        ("--sweep_values=1", "`sweep_values`: expected nothing without a sweep"),
    ],
)
def test_mistakes_in_a_reproduction_are_named(argument, text, tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "reproduce.py"), "--output_dir=out", argument], capture_output=True,
        text=True, cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        timeout=120,
    )
    assert done.returncode == flags.EXIT_USER_ERROR
    assert text in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_reproduction_takes_no_option_that_means_nothing_there():
    values = absl_flags.FlagValues()
    flags.define(values, jobs.ReproduceConfig)
    assert "use_export" not in values and {"fold", "folds"} <= set(values)
    values(["reproduce.py", "--output_dir=out", "--folds=5"])
    config = flags.to_config(values)
    assert config.run.use_export and config.run.folds == 5


def test_a_script_of_its_own_options_takes_no_others(tmp_path):
    def run(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-c", _RUNNER, str(ROOT / "scripts" / "export.py"), *arguments], capture_output=True,
            text=True, cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, timeout=120,
        )

    shown = run("--help")
    assert shown.returncode == 0 and "HEAVY []" in shown.stdout and "--lambda1" not in shown.stdout
    for option in dataclasses.fields(jobs.ExportConfig):
        assert f"{option.name}: {option.metadata['help']}" in " ".join(shown.stdout.split())
    wrong = run("--encoder=runs/quickstart", "--name=A b")
    assert wrong.returncode == flags.EXIT_USER_ERROR and "HEAVY []" in wrong.stdout
    assert "Invalid `name`: expected small letters" in wrong.stderr and wrong.stderr.count("\n") == 1
    assert run("--name=a", "--lambda1=3").returncode != 0
