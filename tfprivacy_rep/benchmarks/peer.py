"""The same game in eager PyTorch, in a process of another environment that takes its turns with ours."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tfprivacy_rep.benchmarks.measuring import Seconds
from tfprivacy_rep.benchmarks.standard_game import Size
from tfprivacy_rep.errors import UserError

_SCRIPT = Path(__file__).with_name("torch_peer.py")


class Peer:
    """A running peer; it waits, without computing, between two calls.

    Its threads sleep while they wait for each other (`OMP_WAIT_POLICY=PASSIVE`): by default they wait by computing, and
    on a busy machine their seconds of the processors would mean nothing.

    Args:
        python: interpreter that has PyTorch.
        size: of the game.

    Raises:
        UserError: if it can't be started or ends.
    """

    def __init__(self, python: str, size: Size) -> None:
        self._python = python
        widths = ",".join(map(str, size.widths))
        arguments = [python, str(_SCRIPT), *map(str, (size.image_size, size.batch_size, size.attributes)), widths]
        try:
            self._process = subprocess.Popen(
                arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"},
            )
        except OSError as error:
            raise self._error(str(error)) from error

    def steps(self, count: int) -> Seconds:
        """Does `count` steps and returns the seconds they took."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(f"{count}\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise self._error((self._process.communicate()[1].strip().splitlines() or ["no answer"])[-1])
        wall, processor = map(float, line.split())
        return Seconds(wall, processor)

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()

    def _error(self, received: str) -> UserError:
        return UserError(
            f"Invalid `peer`: expected a Python interpreter with PyTorch. Received: peer={self._python!r}, which "
            f'failed with: {received}. Make an environment of its own and run in it: pip install "torch>=2.4,<3"'
        )
