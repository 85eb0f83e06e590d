"""Files that are either whole or not there: written to a temporary name, then renamed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Any, Iterator

from tfprivacy_rep.errors import UserError


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
    target = Path(path)
    temporary = target.parent / f".{target.name}.tmp-{os.getpid()}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove(temporary)
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        raise UserError(
            f"Can't write `{target}`: expected a folder with room that can be written to. "
            f"Received: {error}. Choose another `{option}` or mend its permissions."
        ) from error
    finally:
        _remove(temporary)


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
