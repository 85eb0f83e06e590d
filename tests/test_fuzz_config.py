"""Options of any value: a configuration that goes through JSON and back, or an error that names the option."""

from __future__ import annotations

import dataclasses
import json
import math
import typing

import pytest
from absl import flags as absl_flags
from fuzzing import JSON, answered, cases, holds
from hypothesis import strategies as st

from tfprivacy_rep import flags, jobs
from tfprivacy_rep.auditing import gate
from tfprivacy_rep.config import Config, sections
from tfprivacy_rep.reproduction import rows

JOBS = (jobs.ReproduceConfig, jobs.AuditConfig, jobs.ExportConfig, jobs.QueryConfig, jobs.EncodeConfig)
WORDS = st.sampled_from(
    ["", "orl", "folder", "rest", "small", "unit", "skip", "error", "lambda2", "none", "dlib", "runs/x", "z.npz",
     "x.tflite", "decoder", "linear", "training", "middle", "12", "1" * 5000, "²", "saturating", "disjoint_people"]
)
ITEMS = {
    bool: st.booleans(),
    int: st.integers(-3, 40) | st.sampled_from([64, 128, 256]) | st.integers(),
    float: st.floats(0, 1) | st.floats() | st.integers(-2, 2),
    str: WORDS | st.text(max_size=6),
}


def _value(hint: typing.Any) -> st.SearchStrategy:
    return ITEMS[hint] if hint in ITEMS else st.lists(ITEMS[typing.get_args(hint)[0]], max_size=4).map(tuple)


def _options(kind: type) -> st.SearchStrategy:
    """Values of the right type for some of the options of a dataclass."""
    hints = {option.name: typing.get_type_hints(kind)[option.name] for option in dataclasses.fields(kind)}
    return st.dictionaries(st.sampled_from(sorted(hints)), st.none(), max_size=3).flatmap(
        lambda chosen: st.fixed_dictionaries({name: _value(hints[name]) for name in chosen})
    )


KINDS = {kind.__name__: kind for kind in (*sections().values(), *JOBS)}
NEEDED = {"RunConfig": {"output_dir": "o"}, "AuditConfig": {"encoder": "e"}, "QueryConfig": {"photographs": ("p",)},
          "ExportConfig": {"encoder": "e", "name": "n"},
          "EncodeConfig": {"encoder": "e", "photographs": "p", "output": "z.npz"}}


@cases(30, 350)
@pytest.mark.parametrize("name", KINDS)
def test_a_value_of_the_right_type_is_taken_or_named(name, cases):
    kind = KINDS[name]

    def check(values):
        made = answered(lambda: kind(**NEEDED.get(name, {}) | values))
        if made is None:
            # One of the options that were given is to blame: without them all is well.
            assert values and kind(**NEEDED.get(name, {}))
            return
        held = dataclasses.asdict(made)
        # What is written beside the results has to be JSON that other programs read.
        again = json.loads(json.dumps(held, allow_nan=False))
        assert {k: tuple(v) if isinstance(v, list) else v for k, v in again.items()} == held
        assert all(math.isfinite(v) for v in held.values() if isinstance(v, float))

    holds(check, cases, values=_options(kind))


@cases(50, 1200)
def test_any_json_is_a_configuration_that_goes_round_or_an_error(cases):
    names = sorted(sections())
    fields = sorted(option.name for section in sections().values() for option in dataclasses.fields(section))
    held = st.dictionaries(st.sampled_from(names), st.dictionaries(st.sampled_from(fields), JSON, max_size=3) | JSON)

    def check(held):
        made = answered(lambda: Config.from_dict(held))
        if made is not None:
            assert Config.from_dict(json.loads(json.dumps(made.to_dict(), allow_nan=False))) == made
            for name, options in held.items():
                for option, value in (options.items() if isinstance(options, dict) else ()):
                    if option in made.to_dict().get(name, {}):
                        assert made.to_dict()[name][option] == value

    holds(check, cases, held=held | JSON)


@cases(30, 900)
def test_any_flags_give_their_values_or_an_error(cases):
    options = [option for section in sections().values() for option in dataclasses.fields(section)]
    texts = st.text(max_size=6) | WORDS | st.sampled_from(["1", "64", "0.5", "nan", "inf", "1e400", "32,64,128,256",
                                                           "a,a", '"', "1,,2", "true", "0x20", "٣"])

    def check(given):
        values = flags.define(absl_flags.FlagValues())
        try:
            values(["train.py", "--output_dir=o", *(f"--{name}={text}" for name, text in given.items())])
        except absl_flags.Error as error:  # of another type: absl says so, with the flag
            assert any(f"--{name}" in str(error) for name in given), str(error)
            return
        made = answered(lambda: flags.to_config(values))
        if made is not None:
            flat = {name: value for section in made.to_dict().values() for name, value in section.items()}
            for name, text in given.items():
                if isinstance(flat[name], str):
                    assert flat[name] == text
                elif isinstance(flat[name], list):
                    assert len(flat[name]) <= text.count(",") + 1
                elif not isinstance(flat[name], bool):
                    assert flat[name] == float(int(text, 0)) if isinstance(flat[name], int) else float(text)

    given = st.dictionaries(st.sampled_from([option.name for option in options]), texts, max_size=3)
    holds(check, cases, given=given)


@cases(30, 500)
def test_any_text_is_rows_of_the_table_or_an_error(cases):
    parts = st.text("0123456789-, ²", max_size=7) | st.text(max_size=6) | st.just("9" * 5000)

    def check(text):
        found = answered(lambda: rows.parse_rows(text), "`rows`")
        if found is not None:
            numbers = [row.number for row in found]
            assert numbers == sorted(set(numbers)) and set(numbers) <= set(range(1, 11)) and numbers

    holds(check, cases, text=parts)


@cases(30, 500)
def test_any_text_is_conditions_that_can_be_judged_or_an_error(cases):
    names = ["rank1", "a.b", "headline", "", ".", "0", "rows.0", "a..b"]
    condition = st.tuples(st.sampled_from(names) | st.text(max_size=5), st.sampled_from([">", "<", ">=", "=", ""]),
                          st.sampled_from(["1", "nan", "1e999", "-2.5", "x"]) | st.text(max_size=4)).map(" ".join)

    def check(text, contents):
        found = answered(lambda: gate.parse(text), "`fail_if`")
        for one in found or ():
            assert math.isfinite(one.threshold) and one.operator in (">", "<", ">=", "<=")
        sentences = answered(lambda: gate.evaluate(found or (), contents), "`fail_if`")
        assert sentences is None or len(sentences) <= len(found or ())

    contents = st.dictionaries(st.sampled_from(["headline", "a", "rows"]), JSON | st.dictionaries(
        st.sampled_from(["rank1", "b", "0", ""]), JSON))
    holds(check, cases, text=st.lists(condition, max_size=3).map(",".join) | st.text(max_size=9), contents=contents)
