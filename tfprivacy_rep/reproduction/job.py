"""The whole reproduction: plan, estimate or play, and report. What `scripts/reproduce.py` does."""

from __future__ import annotations

import dataclasses
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from tfprivacy_rep import files, laboratory
from tfprivacy_rep.config import Config
from tfprivacy_rep.data import sources
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.reproduction import estimate
from tfprivacy_rep.reproduction.page import write_page
from tfprivacy_rep.reproduction.plan import Point, points
from tfprivacy_rep.reproduction.play import SeedOfPoints
from tfprivacy_rep.reproduction.results import contents, load_records
from tfprivacy_rep.training import interruption


@interruption.handled()
def run(config: Config, job: ReproduceConfig) -> dict[str, Any]:
    """Does the rows, or the curve, of every seed that is not done yet, and reports all that the folder holds.

    Returns:
        What results.json holds; empty after a dry run.

    Raises:
        UserError: for anything the user can mend, and, after everything else was done and reported, for points that
            failed.
        Stopped: after SIGTERM or SIGINT.
    """
    started = time.monotonic()
    wanted = points(config, job)
    if job.dry_run:
        print_plan(config, job, wanted)
        return {}
    output = Path(config.run.output_dir)
    options = config.to_dict() | {"job": dataclasses.asdict(job) | {"sweep_values": list(job.sweep_values)}}
    laboratory.require_same_configuration(output, options, fixed=(("run", "fold"),))
    setting = laboratory.prepare(config)
    _require_attribute(setting.photographs.attributes, job)
    seeds = range(config.run.seed, config.run.seed + config.run.seeds)
    partitions = [laboratory.partition_of(setting, seed, config.run.fold) for seed in seeds]
    # Only now, so that a mistake found above does not claim the folder.
    files.write_json(output / "config.json", options)
    failed: dict[str, dict[str, str]] = {}
    for partition in partitions:
        of_seed = SeedOfPoints(setting, job, partition, output / f"seed{partition.seed}").play(wanted)
        failed |= {str(partition.seed): of_seed} if of_seed else {}
    laboratory.require_claimed(output)
    records = load_records(output)
    if not records:
        raise UserError(f"No row ended: expected at least one. Received: {_listed(failed)}. Mend the cause "
                        "and start again.")
    seconds = round(time.monotonic() - started, 1)
    written = contents(records, failed, options, shlex.join(sys.argv), seconds)
    files.write_json(output / "report" / "results.json", written)
    write_page(written, records, output / "report")
    print_claims(written)
    print(f"report: {output / 'report' / 'report.html'}")
    print(f"finished in {time.monotonic() - started:.0f} s")
    if failed:
        raise UserError(f"Some rows failed: expected all to end; the others are reported. Received: {_listed(failed)}. "
                        "Mend the cause and start the same command again: what has ended is kept.")
    return written


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
    attributes = len(config.data.attributes or sources.get(config.data.dataset).default_attributes) or 40
    found = estimate.costs(config, wanted, attributes)
    seeds = config.run.seeds
    print(f"{len(wanted)} points, {len(found)} trainings a seed, {seeds} seed{'s' * (seeds > 1)}; budget {job.budget}, "
          f"dataset {config.data.dataset}")
    for cost in found:
        print(f"  {cost.name:<44} {cost.steps:>6} steps {cost.gflop:>10.0f} GFLOP {cost.seconds:>7.0f} s")
    total = seeds * sum(cost.seconds for cost in found)
    print(f"estimated time: {total / 60:.0f} minutes, within a factor of two, at the speed that this machine just "
          "showed; attackers that converge end earlier; loading photographs and judging faces come on top")


def _require_attribute(attributes: tuple[str, ...], job: ReproduceConfig) -> None:
    if job.single_attribute not in attributes:
        raise UserError(
            f"Invalid `single_attribute`: expected one of the attributes of these photographs. Received: "
            f"single_attribute={job.single_attribute!r}. Available: {', '.join(attributes)}. "
            "Use one of them, or add it to --attributes."
        )


def _listed(failed: dict[str, dict[str, str]]) -> str:
    told = [(name, seed, text) for seed, of_seed in failed.items() for name, text in of_seed.items()]
    return "; ".join(f"{name} of seed {seed}: {text}" for name, seed, text in told)
