"""Ends a job at one of its renames, as a kill would, and takes its room away."""

from __future__ import annotations

import contextlib
import os
import resource
from typing import Callable, Iterator, TypeVar

import pytest

from tfprivacy_rep import files

Result = TypeVar("Result")


class Killed(BaseException):
    """What nothing in the package catches."""


def end_at(monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    """Lets the rename number `place`, from 0, and all after it raise `Killed`; nothing is removed from then on."""
    replace, remove = os.replace, files._remove
    count = 0

    def counted(*paths: object) -> None:
        nonlocal count
        count += 1
        if count > place:
            raise Killed
        replace(*paths)

    monkeypatch.setattr(os, "replace", counted)
    monkeypatch.setattr(files, "_remove", lambda path: remove(path) if count <= place else None)


def started_until_it_ends(start: Callable[[], Result], places: list[int]) -> Result:
    """Starts a job once for each of the places, ending it there, and then until it has ended."""
    for place in places:
        with pytest.MonkeyPatch.context() as monkeypatch:
            end_at(monkeypatch, place)
            with pytest.raises(Killed):
                start()
    return start()


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Within it no file of this process can grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
