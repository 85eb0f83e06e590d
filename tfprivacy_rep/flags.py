"""Command-line flags, made from the fields of `config`: the only module that sees absl."""

from __future__ import annotations

import dataclasses
import os
import sys
import typing
from typing import Callable, Sequence

from absl import app, flags, logging

from tfprivacy_rep import config as configuration
from tfprivacy_rep.errors import UserError

EXIT_USER_ERROR = 2
_DEFINERS: dict[type, Callable] = {
    bool: flags.DEFINE_boolean,
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    str: flags.DEFINE_string,
}


def define(values: flags.FlagValues | None = None) -> flags.FlagValues:
    """Defines one flag for each configuration field: same name, same default, same help.

    Args:
        values: where to define them; default the process-wide `flags.FLAGS`.
    """
    values = flags.FLAGS if values is None else values
    for section in configuration.sections().values():
        hints = typing.get_type_hints(section)
        for option in dataclasses.fields(section):
            kind, default = hints[option.name], typing.cast(typing.Any, option.default)
            definer = _DEFINERS.get(kind, flags.DEFINE_list)
            if isinstance(default, tuple):
                default = [str(item) for item in default]
            definer(option.name, default, option.metadata["help"], flag_values=values)
            values.register_key_flag_for_module(sys.argv[0], values[option.name])
    return values


def to_config(values: flags.FlagValues) -> configuration.Config:
    """Builds the validated configuration from parsed flags.

    Raises:
        UserError: if a value is out of its range; the text names the flag.
    """
    built = {}
    for name, section in configuration.sections().items():
        hints = typing.get_type_hints(section)
        built[name] = section(
            **{option.name: _value(values[option.name].value, option.name, hints[option.name])
               for option in dataclasses.fields(section)}
        )
    return configuration.Config(**built)


def _value(value: typing.Any, name: str, hint: typing.Any) -> typing.Any:
    if not isinstance(value, list):
        return value
    item = typing.get_args(hint)[0]
    try:
        return tuple(item(part) for part in value if part != "")
    except ValueError as error:
        raise UserError(
            f"Invalid `{name}`: expected comma-separated {item.__name__} values. Received: {','.join(value)!r}. "
            f"Write for example --{name}=32,64,128,256."
        ) from error


def run(main: Callable[[configuration.Config], None], description: str) -> None:
    """Runs a script: parses the flags, then calls `main(config)`. Ends with exit code 2 and one paragraph on a user's
    error.

    Nothing here imports TensorFlow, so that `--help` answers at once and with exit code 0.
    """
    define()
    if any(argument in ("--help", "-h", "-help") for argument in sys.argv[1:]):
        print(f"{description}\n\nflags:\n{_help(flags.FLAGS)}")
        return
    logging.set_verbosity(logging.WARNING)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # start-up chatter of the libraries under TensorFlow
    app.run(lambda argv: _guarded(main, argv))


def _help(values: flags.FlagValues) -> str:
    lines = ["  --flagfile=FILE: read flags from a file, one a line; later flags on the command line win"]
    for name, section in configuration.sections().items():
        lines.append(f"\n{name}: {(section.__doc__ or '').splitlines()[0]}")
        for option in dataclasses.fields(section):
            flag = values[option.name]
            spelled = f"--[no]{option.name}" if isinstance(flag.value, bool) else f"--{option.name}"
            default = ",".join(flag.value) if isinstance(flag.value, list) else flag.value
            lines.append(f"  {spelled}: {option.metadata['help']} (default: {default})")
    return "\n".join(lines)


def _guarded(main: Callable[[configuration.Config], None], argv: Sequence[str]) -> None:
    try:
        if len(argv) > 1:
            raise UserError(
                f"Unknown argument: expected flags like --seed=1 only. Received: {argv[1:]}. See --help."
            )
        main(to_config(flags.FLAGS))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(EXIT_USER_ERROR)
