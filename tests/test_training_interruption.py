"""Signals: they wait while a training ends its chunk, stop everything else at once, and the old handlers come back."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from tfprivacy_rep.errors import Stopped, UserError
from tfprivacy_rep.training import interruption


def send(number: int) -> None:
    """To this process; Python runs the handler before the next line."""
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number, code, name", [(signal.SIGTERM, 143, "SIGTERM"), (signal.SIGINT, 130, "SIGINT")])
def test_a_signal_stops_at_once_what_is_no_training(number, code, name):
    with interruption.handled(), pytest.raises(Stopped, match=f"^stopped by {name}: .*Start the same") as caught:
        send(number)
    assert caught.value.exit_code == code and not isinstance(caught.value, Exception)


def test_the_first_signal_waits_and_the_second_does_not(capfd):
    with interruption.handled():
        with pytest.raises(Stopped, match="by SIGTERM"):
            with interruption.deferred() as signalled:
                assert signalled() is None
                send(signal.SIGINT)
                assert signalled() == signal.SIGINT
                send(signal.SIGTERM)
                pytest.fail("not stopped")
        with interruption.deferred() as signalled:
            assert signalled() is None, "the next training knows nothing of it"
    assert "SIGINT: a checkpoint is saved after this chunk of steps" in capfd.readouterr().err


def test_a_signal_that_came_too_late_for_a_checkpoint_is_not_lost(capfd):
    with interruption.handled(), pytest.raises(Stopped, match="its last checkpoint was saved"):
        with interruption.deferred():
            send(signal.SIGTERM)


def test_a_failure_does_not_make_the_signal_forgotten(capfd):
    # A job goes on with its next point where one fails; who asked it to stop would see it run for hours.
    with interruption.handled():
        with pytest.raises(Stopped, match="^stopped by SIGTERM: no room for a checkpoint. Start") as caught:
            with interruption.deferred():
                send(signal.SIGTERM)
                raise UserError("no room for a checkpoint.")
        assert isinstance(caught.value.__cause__, UserError)
        with pytest.raises(UserError, match="another"), interruption.deferred():
            raise UserError("another failure, and no signal")


def test_the_old_handlers_come_back():
    before = [signal.getsignal(number) for number in interruption.SIGNALS]
    with pytest.raises(RuntimeError), interruption.handled():
        assert [signal.getsignal(number) for number in interruption.SIGNALS] != before
        raise RuntimeError
    assert [signal.getsignal(number) for number in interruption.SIGNALS] == before


def test_in_another_thread_nothing_is_installed():
    seen = []

    def job() -> None:
        with interruption.handled():
            seen.append([signal.getsignal(number) for number in interruption.SIGNALS])

    before = [signal.getsignal(number) for number in interruption.SIGNALS]
    thread = threading.Thread(target=job)
    thread.start()
    thread.join()
    assert seen == [before]
