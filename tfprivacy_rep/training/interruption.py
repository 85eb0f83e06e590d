"""SIGTERM and Ctrl-C: a training ends its chunk of steps and saves a checkpoint first, all else stops at once."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from types import FrameType
from typing import Callable, Iterator

from tfprivacy_rep.errors import Stopped

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Request:
    """The signal that came, and whether it has to wait."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.waits = False

    def receive(self, number: int, frame: FrameType | None) -> None:
        """The handler; a second signal does not wait."""
        if not self.waits or self.number is not None:
            raise Stopped(number, "checkpoints and what had been finished are kept")
        self.number = number
        # Not by `print`: the signal may have come within one.
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, (
            f"\n{signal.Signals(number).name}: a checkpoint is saved after this chunk of steps; once more to stop at "
            "once\n"
        ).encode())


_request = _Request()


@contextlib.contextmanager
def handled() -> Iterator[None]:
    """Lets SIGTERM and SIGINT raise `Stopped`: within `deferred` when the caller is ready, elsewhere at once.

    The handlers that were there before come back at the end. In another thread than the main one, where Python allows
    no handlers, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _request.receive) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def deferred() -> Iterator[Callable[[], int | None]]:
    """Within it the first signal waits. Gives a function that returns the number of the one that came, or None.

    Raises:
        Stopped: at the end, if one came and the caller has not raised it; in place of an error too, which is its cause.
    """
    _request.waits = True
    try:
        yield lambda: _request.number
        if _request.number is not None:
            raise Stopped(_request.number, "this training had ended, and its last checkpoint was saved")
    except Exception as error:
        if _request.number is None:
            raise
        raise Stopped(_request.number, str(error).rstrip(".")) from error
    finally:
        _request.waits, _request.number = False, None
