"""The whole reproduction: plan, estimate or play, and report. What `scripts/reproduce.py` does."""

from __future__ import annotations

import shlex
import sys
import time
from typing import Any

from tfprivacy_rep.config import Config
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.reproduction import estimate
from tfprivacy_rep.reproduction.frontier import job as frontier
from tfprivacy_rep.reproduction.frontier.play import RunOfWays
from tfprivacy_rep.reproduction.opening import Records, finished, opened
from tfprivacy_rep.reproduction.page import write_page
from tfprivacy_rep.reproduction.plan import Point, attacker_spec, points
from tfprivacy_rep.reproduction.play import RunOfPoints
from tfprivacy_rep.reproduction.results import contents
from tfprivacy_rep.training import interruption


@interruption.handled()
def run(config: Config, job: ReproduceConfig) -> dict[str, Any]:
    """Does what is not done yet of every seed, rows, curve or frontier, and reports all that the folder holds.

    Returns:
        What results.json holds; empty after a dry run.

    Raises:
        UserError: for anything the user can mend, and, after everything else was done and reported, for points that
            failed.
        Stopped: after SIGTERM or SIGINT.
    """
    if job.is_frontier:
        return frontier.run(config, job)
    started = time.monotonic()
    wanted = points(config, job)
    if job.dry_run:
        print_plan(config, job, wanted)
        return {}
    begun = opened(config, job, others=RunOfWays.RECORDS)
    failed = begun.play(lambda partition, folder: RunOfPoints(begun.setting, job, partition, folder).play(wanted))

    def build(records: Records, seconds: float) -> dict[str, Any]:
        return contents(records, failed, begun.options, shlex.join(sys.argv), seconds)

    return finished(begun, failed, RunOfPoints.RECORDS, started, build, write_page, print_claims)


def print_claims(written: dict[str, Any]) -> None:
    """Prints each claim with its verdict and the figures that it rests on."""
    for claim in written["claims"]:
        print(f"{claim['verdict']}: {claim['claim']}")
        for one in claim["evidence"]:
            found = one["difference"]
            told = "not measured"
            if found is not None:
                told = f"{found['mean']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}]"
            print(f"    {one['verdict']:>14}  {one['expected']}: {told}")


def print_plan(config: Config, job: ReproduceConfig, wanted: tuple[Point, ...]) -> None:
    """Prints what would be trained and how long it should take, without training anything."""
    found = estimate.costs(config, wanted, lambda point: [attacker_spec(config, point.attacker, 0)])
    estimate.announce(config, job, wanted, found)
