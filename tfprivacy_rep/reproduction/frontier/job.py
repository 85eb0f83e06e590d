"""The whole frontier: plan, estimate, choose or play, and report."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import Any, Sequence

from tfprivacy_rep import files
from tfprivacy_rep.attacks import ladder
from tfprivacy_rep.config import Config
from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.report.wording import number
from tfprivacy_rep.reproduction import estimate
from tfprivacy_rep.reproduction.frontier import choice
from tfprivacy_rep.reproduction.frontier.page import write_page
from tfprivacy_rep.reproduction.frontier.plan import Variant, ordered, points
from tfprivacy_rep.reproduction.frontier.play import RunOfWays
from tfprivacy_rep.reproduction.frontier.results import chosen, contents
from tfprivacy_rep.reproduction.frontier.ways import ANSWER, WAYS
from tfprivacy_rep.reproduction.frontier.words import lead
from tfprivacy_rep.reproduction.opening import Opened, Records, finished, opened, some_failed
from tfprivacy_rep.reproduction.play import RunOfPoints
from tfprivacy_rep.reproduction.results import load_records


def run(config: Config, job: ReproduceConfig) -> dict[str, Any]:
    """Does the points of every seed that are not done yet, and reports all that the folder holds; or chooses.

    Returns:
        What results.json holds, or choice.json; empty after a dry run.

    Raises:
        UserError: for anything the user can mend, and, after everything else was done and reported, for points that
            failed.
        Stopped: after SIGTERM or SIGINT.
    """
    started, wanted = time.monotonic(), points(config, job)
    if job.dry_run:
        found = estimate.costs(config, wanted, lambda point: [] if job.choose else list(
            ladder.specs(point.attackers, config.attack, 0).values()))
        estimate.announce(config, job, wanted, found)
        return {}
    begun = opened(config, job, others=RunOfPoints.RECORDS)
    if job.choose:
        return _choose(begun, config, job, wanted)

    def play(tried: Sequence[Variant]) -> dict[str, dict[str, str]]:
        return begun.play(lambda partition, folder: RunOfWays(begun.setting, job, partition, folder).play(tried))

    failed = play(wanted)

    def build(records: Records, seconds: float) -> dict[str, Any]:
        return contents(records, failed, config, begun.options, shlex.join(sys.argv), seconds)

    if job.all_attackers and (records := load_records(begun.output, RunOfWays.RECORDS)):
        free = [(one["way"], one["strength"]) for one in build(records, 0.0)["points"] if any(one["pareto"].values())]
        for place, reasons in play([point.hard() for point in ordered(config, free)]).items():
            failed[place] = failed.get(place, {}) | reasons
    return finished(begun, failed, RunOfWays.RECORDS, started, build, write_page, lambda written: print(lead(written)))


def _choose(begun: Opened, config: Config, job: ReproduceConfig, wanted: Sequence[Variant]) -> dict[str, Any]:
    """Trains what is not trained, and picks weights by X1's validation part; writes choice.json."""
    trained = [point for point in wanted if point.way != ANSWER]
    uses: list[choice.Use] = []

    def look(partition: Partition, folder: Path) -> dict[str, str]:
        use, failed = RunOfWays(begun.setting, job, partition, folder).utilities(trained)
        uses.append(use)
        return failed

    failed = begun.play(look)
    use = choice.averaged(uses)
    written = {"command": shlex.join(sys.argv), "validation_mcc": use, **chosen(config, trained, use, job.keep_mcc)}
    files.write_json(begun.output / "choice.json", written)
    print(f"mean MCC to keep on X1's validation part: {number(written['least'])}; without protection "
          f"{number(written['unprotected'])}")
    for way, one in written["weights"].items():
        told = "none keeps it" if one is None else f"{one['label']} ({number(one['validation_mcc'])}): {one['options']}"
        print(f"  {WAYS[way].words}: {told}")
    print(f"choice: {begun.output / 'choice.json'}")
    if failed:
        raise some_failed(failed)
    return written
