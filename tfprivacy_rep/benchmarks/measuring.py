"""What all benchmarks share: medians with their spread, memory, and who measured what where."""

from __future__ import annotations

import os
import platform
import shlex
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Callable, Iterable, NamedTuple, Sequence


def spread(values: Iterable[float], digits: int = 4) -> list[float]:
    """`[median, least, most]` of some measurements, rounded."""
    held = [float(value) for value in values]
    return [round(value, digits) for value in (statistics.median(held), min(held), max(held))]


def cell(values: Sequence[float], form: str = ".3g") -> str:
    """A spread as text: `median [least, most]`."""
    middle, least, most = (format(value, form) for value in values)
    return f"{middle} [{least}, {most}]"


class Seconds(NamedTuple):
    """How long a call takes: by the clock, and in seconds of all processors, which other processes do not lengthen."""

    wall: float
    processor: float


def timed(call: Callable[[], Any]) -> Seconds:
    """Times a call of this process."""
    wall, processor = time.perf_counter(), time.process_time()
    call()
    return Seconds(time.perf_counter() - wall, time.process_time() - processor)


def memory() -> tuple[int, int]:
    """Resident memory of this process now and at its highest, in MB; Linux alone."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    now, peak = (int(status[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))
    return round(now), round(peak)


def about() -> dict[str, Any]:
    """What made a measurement, for its file."""
    return {
        "command": shlex.join(["python", *sys.argv]), "cpus": os.cpu_count(),
        "machine": platform.processor() or platform.machine(), "load": os.getloadavg(),
    }
