"""What is written down: a record for each run, and results.json for all of them.

A run is one seed and one fold. Its record has plain facts (`record.json`) and one value for each probe photograph
(`columns.npz`), from which every figure and interval is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import numpy as np

from tfprivacy_rep import files
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.figures import encoder_statistics, measure, nest, plain, reference_statistics
from tfprivacy_rep.evaluation.rate import rate_figures
from tfprivacy_rep.evaluation.statistics import PersonValues, bootstrap_interval, difference, joined, pooled
from tfprivacy_rep.training.health_warnings import warnings_of, was_looked_at

SCHEMA = "tfprivacy_rep/results/1"
NO_GUARANTEE = "no formal guarantee"
#: Keys, at any depth of results.json and of records, of what differs from one start of the same job to the next.
TIMING_FIELDS = ("command", "seconds")


@dataclass(frozen=True)
class RunRecord:
    """One seed and one fold.

    Attributes:
        facts: JSON: `seed`, `fold`, `partition`, `attributes`, `encoders` {name: `weights`, `options`, `fingerprint`,
            `attacks` [{`name`, `mu1`, `mu2`, `steps`, `converged`}], `headline_attackers`, `strongest_linkage`,
            `history`}, `seconds`.
        people: `[N]` int64, the person of each probe; where nobody knows who is who, a number for each photograph, so
            that intervals resample photographs.
        columns: for each encoder, and for `reference`, values by name, `[N, ...]`.
        pictures: for the grid, uint8 `[N, S, S, 3]`: `originals` and `<encoder>/<attacker>`.
    """

    facts: dict[str, Any]
    people: np.ndarray
    columns: dict[str, dict[str, np.ndarray]]
    pictures: dict[str, np.ndarray]

    @property
    def run(self) -> tuple[int, int]:
        """Seed and fold."""
        return self.facts["seed"], self.facts["fold"]

    def save(self, folder: Path) -> None:
        """Writes the record; `record.json` comes last, so where it is, everything is."""
        flat = {f"{part}|{name}": v for part, columns in self.columns.items() for name, v in columns.items()}
        stored: dict[str, dict[str, Any]] = {"columns": {"people": self.people, **flat}, "pictures": self.pictures}
        for name, arrays in stored.items():
            with files.atomic_path(folder / f"{name}.npz") as temporary, open(temporary, "wb") as file:
                np.savez_compressed(file, **arrays)
        files.write_json(folder / "record.json", self.facts)

    @classmethod
    def load(cls, folder: Path) -> "RunRecord | None":
        """Reads a record; None where the run has not ended.

        Raises:
            UserError: if a file of it is damaged, or the columns don't belong together.
        """
        if not (folder / "record.json").exists():
            return None
        facts, path = files.read_json(folder / "record.json"), folder / "columns.npz"
        flat, pictures = _arrays(path), _arrays(folder / "pictures.npz")
        people = flat.pop("people", np.array(None))
        _require(isinstance(facts, dict), folder / "record.json", "facts by name", type(facts).__name__)
        _require(people.ndim == 1 and people.dtype == np.int64, path, "people as int64 [N]",
                 f"{people.dtype} {list(people.shape)}")
        columns: dict[str, dict[str, np.ndarray]] = {}
        for key, values in flat.items():
            part, divider, name = key.partition("|")
            _require(bool(divider), path, "columns named <encoder>|<value>", repr(key))
            _require(values.shape[:1] == people.shape, path, f"a value for each of {len(people)} photographs",
                     f"{key} of shape {list(values.shape)}")
            _require(values.dtype.kind in "biuf", path, "columns of numbers", f"{key} of {values.dtype}")
            columns.setdefault(part, {})[name] = values
        for key, images in pictures.items():
            _require(images.dtype == np.uint8 and images.ndim == 4, folder / "pictures.npz", "uint8 [N, S, S, 3]",
                     f"{key}: {images.dtype} {list(images.shape)}")
        return cls(facts, people, columns, pictures)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}
    except Exception as error:  # a damaged archive raises errors of many kinds
        raise _damaged(path, "the arrays of a run", f"{type(error).__name__}: {str(error)[:200]}") from error


def _require(holds: bool, path: Path, expected: str, received: str) -> None:
    if not holds:
        raise _damaged(path, expected, received)


def _damaged(path: Path, expected: str, received: str) -> UserError:
    return UserError(f"Invalid file `{path}`: expected {expected}. Received: {received}. Remove the folder "
                     f"{path.parent} and start the script again, which makes what is missing.")


def without_timing(contents: Any) -> Any:
    """JSON values without `TIMING_FIELDS`: equal for two starts of the same job on one machine, interrupted or not."""
    if isinstance(contents, dict):
        return {key: without_timing(value) for key, value in contents.items() if key not in TIMING_FIELDS}
    return [without_timing(value) for value in contents] if isinstance(contents, list) else contents


def by_seed(records: Sequence[RunRecord], part: str) -> list[PersonValues]:
    """A table for each seed, in their order, with the folds of that seed pooled, in theirs."""
    by_run, seeds = sorted(records, key=lambda r: r.run), sorted({record.facts["seed"] for record in records})
    return [
        pooled([PersonValues(r.people, r.columns[part] | r.columns.get("reference", {})) for r in by_run
                if r.facts["seed"] == seed])
        for seed in seeds
    ]


def results(records: Sequence[RunRecord], config: dict[str, Any], command: str, seconds: float) -> dict[str, Any]:
    """Builds the contents of results.json.

    Args:
        records: of all runs.
        config: `Config.to_dict()`.
        command: the command line.
        seconds: of this start of the program.

    Returns:
        Nested plain values; `docs/results.md` describes them.
    """
    first = records[0].facts
    several, known = len(records) > 1, bool(first["partition"]["people"])
    encoders = {name: _encoder(records, name, several) for name in first["encoders"]}
    reference, reference_intervals = measure(reference_statistics(), by_seed(records, "reference"), several)
    written: dict[str, Any] = {
        "schema": SCHEMA,
        "command": command,
        "config": config,
        "runs": [{"seed": r.facts["seed"], "fold": r.facts["fold"], "seconds": r.facts["seconds"]} for r in records],
        "data": {
            "source": config["data"]["dataset"],
            "attributes": first["attributes"],
            "prevalence": _prevalence(records, first["attributes"]),
            "partition": first["partition"]["mode"],
            "counts": first["partition"]["counts"],
            "people": first["partition"]["people"],
            "shared_people": first["partition"]["shared_people"],
            "tested_photographs": len({name for r in records for name in r.facts["names"]}),
            "tested_people": int(len(np.unique(np.concatenate([r.people for r in records])))) if known else None,
            "skipped_images": first["skipped_images"],
        },
        "recogniser": {"name": first["recogniser"], **reference["recogniser"]},
        "chance_rank1": _chance(first["partition"]),
        "mean_image": reference["mean_image"],
        "encoders": encoders,
        "differences": _differences(records, several),
        "guarantee": NO_GUARANTEE,
        "seconds": seconds,
    }
    if several:
        written["intervals"] = {name: part.pop("intervals") for name, part in encoders.items()}
        written["reference_intervals"] = reference_intervals
    return written


def _chance(partition: dict[str, Any]) -> float | None:
    """Rank-1 of guessing among the people of the gallery; None where nobody is known there."""
    people = partition["people"].get("gallery", 0)
    return 1.0 / people if people else None


def _encoder(records: Sequence[RunRecord], name: str, several: bool) -> dict[str, Any]:
    facts = [record.facts["encoders"][name] for record in records]
    attributes, attackers = records[0].facts["attributes"], [a["name"] for a in facts[0]["attacks"]]
    figures, intervals = measure(encoder_statistics(attributes, attackers), by_seed(records, name), several)
    for place, attack in enumerate(figures["attacks"]):
        of_runs = [fact["attacks"][place] for fact in facts]
        shared = {key: of_runs[0][key] for key in ("name", "mu1", "mu2")}
        shared["steps"] = int(np.mean([one["steps"] for one in of_runs]))
        shared["converged"] = all(one["converged"] for one in of_runs)
        shared["converged_runs"] = sum(one["converged"] for one in of_runs)
        figures["attacks"][place] = shared | attack
    mcc = figures["utility"]["mcc"]
    figures["utility"]["undefined"] = sum(value is None for value in mcc.values())
    written = {
        "weights": facts[0]["weights"],
        "options": facts[0]["options"],
        "noise": facts[0].get("noise", {}),
        "rate": rate_figures(by_seed(records, name)),
        "fingerprints": [fact["fingerprint"] for fact in facts],
        "headline": figures.pop("headline"),
        "headline_attackers": [fact["headline_attackers"] for fact in facts],
        "strongest_linkage": [fact["strongest_linkage"] for fact in facts],
        "warnings": _warnings(records, name),
        **figures,
    }
    return written | ({"intervals": intervals} if several else {})


def _warnings(records: Sequence[RunRecord], name: str) -> list[dict[str, Any]] | None:
    """What was noticed in the training of an encoder and of its attackers; None where nobody could look."""
    histories = [
        (record.facts, player, history)
        for record in records for player, history in record.facts["encoders"][name]["history"].items()
    ]
    if not any(was_looked_at(history) for *_, history in histories):
        return None
    return [
        {"seed": facts["seed"], "fold": facts["fold"], "player": player, **warning.to_dict()}
        for facts, player, history in histories for warning in warnings_of(history, attacker=player != "game")
    ]


def _prevalence(records: Sequence[RunRecord], attributes: Sequence[str]) -> dict[str, float]:
    first = next(iter(records[0].facts["encoders"]))
    labels = np.concatenate([record.columns[first]["labels"] for record in records])
    return {name: float(value) for name, value in zip(attributes, labels.mean(0))}


def _differences(records: Sequence[RunRecord], several: bool) -> dict[str, Any]:
    """Each protected encoder minus the unprotected one, paired by photograph, for the figures of the headline."""
    names = list(records[0].facts["encoders"])
    if names[:1] != ["unprotected"] or len(names) < 2:
        return {}
    attributes = records[0].facts["attributes"]
    headline = {place: s for place, s in encoder_statistics(attributes, ()).items() if place[0] == "headline"}
    both = joined({name: by_seed(records, name) for name in names})
    written: dict[str, Any] = {}
    for name in names[1:]:
        items = []
        for place, statistic in headline.items():
            paired = difference(statistic, name, "unprotected")
            if several:
                interval = bootstrap_interval(both, paired, seed=0)
                items.append((place[1:], {key: plain(end) for key, end in interval._asdict().items()}))
            else:
                items.append((place[1:], {"value": plain(float(np.mean([paired(run.columns) for run in both])))}))
        written[name] = nest(items)
    return written
