"""What every kind of reproduction does first and last: load, divide, claim the folder; report what it holds."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from tfprivacy_rep import files, laboratory
from tfprivacy_rep.config import Config
from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.laboratory import Setting
from tfprivacy_rep.reproduction.results import load_records

Records = Mapping[str, Sequence[RunRecord]]


@dataclass(frozen=True)
class Opened:
    """A job that can begin.

    Attributes:
        options: of the whole by section, those of the job under `job`.
        setting: what all runs share.
        partitions: of each seed and fold.
        output: the folder, claimed by its `config.json`.
    """

    options: dict[str, Any]
    setting: Setting
    partitions: tuple[Partition, ...]
    output: Path

    def play(self, of_run: Callable[[Partition, Path], dict[str, str]]) -> dict[str, dict[str, str]]:
        """Does every fold of every seed.

        Args:
            of_run: with the partition of a fold and its folder; returns why points failed, by name.

        Returns:
            The same by name of the partition, of those where something failed.
        """
        failed = {p.name: of_run(p, self.output / p.name) for p in self.partitions}
        return {run: reasons for run, reasons in failed.items() if reasons}


def opened(config: Config, job: ReproduceConfig, others: str) -> Opened:
    """Loads the photographs, divides them, and claims the output folder.

    Args:
        config: of the whole.
        job: what is done.
        others: folder of the records of another kind of job, which must not be in the output folder.

    Raises:
        UserError: if anything is missing, or the folder holds the work of another configuration or kind of job.
    """
    output = Path(config.run.output_dir)
    lists = {"sweep_values": list(job.sweep_values), "points": list(job.points)}
    options = config.to_dict() | {"job": dataclasses.asdict(job) | lists}
    laboratory.require_same_configuration(output, options)
    if any(output.glob(f"seed*-fold*/{others}")):
        raise UserError(
            f"Invalid `output_dir`: expected a folder of its own for sweep={job.sweep!r}. Received: {output}, which "
            f"holds the {others} of another kind of job. Choose another --output_dir."
        )
    setting = laboratory.prepare(config)
    if not job.is_frontier:  # whose task is all attributes
        _require_attribute(setting.photographs.attributes, job)
    partitions = laboratory.partitions_of(setting)
    # Only now, so that a mistake found above does not claim the folder.
    files.write_json(output / "config.json", options)
    return Opened(options, setting, partitions, output)


def _require_attribute(attributes: tuple[str, ...], job: ReproduceConfig) -> None:
    if job.single_attribute not in attributes:
        raise UserError(
            f"Invalid `single_attribute`: expected one of the attributes of these photographs. Received: "
            f"single_attribute={job.single_attribute!r}. Available: {', '.join(attributes)}. "
            "Use one of them, or add it to --attributes."
        )


def finished(
    begun: Opened, failed: Mapping[str, Mapping[str, str]], kind: str, started: float,
    build: Callable[[Records, float], dict[str, Any]], write: Callable[[dict[str, Any], Records, Path], None],
    say: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Reports all that the folder holds.

    Args:
        begun: the job.
        failed: for each run of this start why its points failed, by name.
        kind: folder of the records in that of a run.
        started: when this start began, by `time.monotonic`.
        build: makes the contents of results.json of the records of each point, and of the seconds of this start.
        write: writes the page of contents and records into a folder.
        say: prints what matters most.

    Returns:
        The contents.

    Raises:
        UserError: if there is nothing to report, or, after all is reported, if something failed.
    """
    laboratory.require_claimed(begun.output)
    records, report = load_records(begun.output, kind), begun.output / "report"
    if not records:
        raise UserError(f"No row ended: expected at least one. Received: {_listed(failed)}. Mend the cause "
                        "and start again.")
    written = build(records, round(time.monotonic() - started, 1))
    files.write_json(report / "results.json", written)
    write(written, records, report)
    say(written)
    print(f"report: {report / 'report.html'}")
    print(f"finished in {time.monotonic() - started:.0f} s")
    if failed:
        raise some_failed(failed)
    return written


def some_failed(failed: Mapping[str, Mapping[str, str]]) -> UserError:
    """The error where some points could not be had."""
    return UserError(f"Some rows failed: expected all to end; the others are reported. Received: {_listed(failed)}. "
                     "Mend the cause and start the same command again: what has ended is kept.")


def _listed(failed: Mapping[str, Mapping[str, str]]) -> str:
    told = [(name, run, text) for run, of_run in failed.items() for name, text in of_run.items()]
    return "; ".join(f"{name} of {run}: {text}" for name, run, text in told)
