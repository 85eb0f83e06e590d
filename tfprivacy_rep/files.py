"""Files that are either whole or not there: written to a temporary name, then renamed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
from pathlib import Path
from typing import Any, Iterator

from tfprivacy_rep.errors import UserError

_HOST = socket.gethostname()
#: Temporary paths that this process is writing to now.
_IN_USE: set[Path] = set()


@contextlib.contextmanager
def temporary_beside(path: str | os.PathLike, option: str = "output_dir") -> Iterator[Path]:
    """Gives a temporary path beside `path`, for a file or a folder, and removes what is left there when the block ends.

    What killed processes left in the folder is removed first. The name ends with the machine and the number of this
    process, so what a living process, or one on another machine, is writing is left alone.

    Args:
        path: that is going to be written.
        option: what the user chose the place with; named where it can't be written to.

    Raises:
        UserError: if the folder of `path` can't be written to, or the block raises an `OSError`.
    """
    target = Path(path)
    temporary = target.parent / f".{target.name}.tmp-{_HOST}-{os.getpid()}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for left in target.parent.glob(".*.tmp-*"):
            if _is_stale(left):
                _remove(left)
        _IN_USE.add(temporary)
        yield temporary
    except OSError as error:
        raise UserError(
            f"Can't write `{target}`: expected a folder with room that can be written to. "
            f"Received: {error}. Choose another `{option}`, or make room or mend its permissions and start the same "
            "command again."
        ) from error
    finally:
        _remove(temporary)
        _IN_USE.discard(temporary)


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike, option: str = "output_dir") -> Iterator[Path]:
    """Gives a temporary path beside `path` that is renamed to `path` when the block ends without an error.

    The block may make a file or a folder. `path` must not be a folder that has something in it.

    Args:
        path: to write.
        option: what the user chose the place with; named where it can't be written to.

    Raises:
        UserError: if the folder of `path` can't be written to.
    """
    with temporary_beside(path, option) as temporary:
        yield temporary
        os.replace(temporary, path)


def _is_stale(path: Path) -> bool:
    """Whether a temporary path belongs to no living process of this machine."""
    host, _, process = path.name.rpartition(".tmp-")[2].rpartition("-")
    if host not in ("", _HOST) or not process.isdecimal() or path in _IN_USE:
        return False
    if int(process) == os.getpid():  # an earlier process had this number, as the first one of every container has
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):  # somebody else's process, or no number of a process
        return False
    return False


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def write_text(path: str | os.PathLike, text: str) -> None:
    """Writes `text` (UTF-8) to `path` as a whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike, value: Any) -> None:
    """Writes `value` as JSON. Not-a-number is refused, because other readers of JSON refuse it."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json(path: str | os.PathLike) -> Any:
    """Reads a JSON file.

    Raises:
        UserError: if it can't be read or holds something else.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"Invalid file `{path}`: expected a JSON file. Received: {type(error).__name__}: "
                        f"{str(error)[:200]}. Restore it, or remove it if it can be made again.") from error
