"""Command-line flags, made from the fields of `config`: the only module that sees absl."""

from __future__ import annotations

import dataclasses
import os
import sys
import typing
from typing import Callable, Mapping, Sequence

from absl import app, flags, logging

from tfprivacy_rep import config as configuration
from tfprivacy_rep.errors import Stopped, UserError

EXIT_USER_ERROR = 2
_DEFINERS: dict[type, Callable] = {
    bool: flags.DEFINE_boolean,
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    str: flags.DEFINE_string,
}


def define(
    values: flags.FlagValues | None = None, job: type | None = None, alone: bool = False
) -> flags.FlagValues:
    """Defines one flag for each configuration field: same name, same default, same help.

    Args:
        values: where to define them; default the process-wide `flags.FLAGS`.
        job: a further dataclass of options, of one script alone.
        alone: whether the script has the options of `job` only, and none of `Config`.
    """
    values = flags.FLAGS if values is None else values
    for section in _sections(job, alone).values():
        hints = typing.get_type_hints(section)
        for option in _options(section, job):
            kind, default = hints[option.name], typing.cast(typing.Any, option.default)
            definer = _DEFINERS.get(kind, flags.DEFINE_list)
            if isinstance(default, tuple):
                default = [str(item) for item in default]
            definer(option.name, default, option.metadata["help"], flag_values=values)
            values.register_key_flag_for_module(sys.argv[0], values[option.name])
    return values


def _options(section: type, job: type | None) -> list[dataclasses.Field]:
    return [option for option in dataclasses.fields(section) if option.name not in getattr(job, "LEFT_OUT", ())]


def _sections(job: type | None, alone: bool) -> dict[str, type]:
    return ({} if alone else configuration.sections()) | ({} if job is None else {"job": job})


def to_config(values: flags.FlagValues, defaults: Mapping[str, typing.Any] | None = None) -> configuration.Config:
    """Builds the validated configuration from parsed flags.

    Args:
        values: parsed.
        defaults: values by option that take the place of a flag's default, where the user did not give the flag.

    Raises:
        UserError: if a value is out of its range; the text names the flag.
    """
    sections = configuration.sections().items()
    return configuration.Config(**{name: _section(values, part, defaults or {}) for name, part in sections})


def _section(values: flags.FlagValues, section: type, defaults: Mapping[str, typing.Any]) -> typing.Any:
    hints = typing.get_type_hints(section)
    given: dict[str, typing.Any] = {}
    for option in dataclasses.fields(section):
        if option.name not in values:  # not an option of this script
            given |= {option.name: defaults[option.name]} if option.name in defaults else {}
            continue
        flag = values[option.name]
        if option.name in defaults and not flag.present:
            given[option.name] = defaults[option.name]
        else:
            given[option.name] = _value(flag.value, option.name, hints[option.name])
    return section(**given)


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
    error, and with 130 or 143 and a sentence when SIGINT or SIGTERM has stopped the job.

    Nothing here imports TensorFlow, so that `--help` answers at once and with exit code 0.
    """
    _start(lambda: main(to_config(flags.FLAGS)), description, None)


def run_job(
    main: Callable[[configuration.Config, typing.Any], None],
    description: str,
    job: type,
    defaults: Callable[[typing.Any, typing.Any], Mapping[str, typing.Any]],
) -> None:
    """The same for a script with options of its own: calls `main(config, job)`.

    Args:
        main: does the job.
        description: first lines of the help.
        job: dataclass of the script's own options.
        defaults: called with the job and the value of `--dataset`, returns values that replace defaults of `Config` and
            of the job.
    """

    def start() -> None:
        found = defaults(_section(flags.FLAGS, job, {}), flags.FLAGS["dataset"].value)
        main(to_config(flags.FLAGS, found), _section(flags.FLAGS, job, found))

    _start(start, description, job)


def run_alone(main: Callable[[typing.Any], None], description: str, job: type) -> None:
    """The same for a script that has options of its own only: calls `main(job)`.

    Args:
        main: does the job.
        description: first lines of the help.
        job: dataclass of the script's options.
    """
    _start(lambda: main(_section(flags.FLAGS, job, {})), description, job, alone=True)


def _start(main: Callable[[], None], description: str, job: type | None, alone: bool = False) -> None:
    define(job=job, alone=alone)
    if any(argument in ("--help", "-h", "-help") for argument in sys.argv[1:]):
        print(f"{description}\n\nflags:\n{_help(flags.FLAGS, job, alone)}")
        return
    logging.set_verbosity(logging.WARNING)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # start-up chatter of the libraries under TensorFlow
    app.run(lambda argv: _guarded(main, argv))


def _help(values: flags.FlagValues, job: type | None, alone: bool) -> str:
    lines = ["  --flagfile=FILE: read flags from a file, one a line; later flags on the command line win"]
    for name, section in _sections(job, alone).items():
        lines.append(f"\n{name}: {(section.__doc__ or '').splitlines()[0]}")
        for option in _options(section, job):
            flag = values[option.name]
            spelled = f"--[no]{option.name}" if isinstance(flag.value, bool) else f"--{option.name}"
            default = ",".join(flag.value) if isinstance(flag.value, list) else flag.value
            lines.append(f"  {spelled}: {option.metadata['help']} (default: {default})")
    return "\n".join(lines)


def _guarded(main: Callable[[], None], argv: Sequence[str]) -> None:
    try:
        if len(argv) > 1:
            raise UserError(
                f"Unknown argument: expected flags like --seed=1 only. Received: {argv[1:]}. See --help."
            )
        main()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(EXIT_USER_ERROR)
    except Stopped as stop:
        print(stop, file=sys.stderr)
        sys.exit(stop.exit_code)
