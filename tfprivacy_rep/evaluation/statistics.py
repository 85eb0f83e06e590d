"""Intervals of any statistic from repeated runs: resample people, then seeds.

Photographs of one person are alike, so they must not be resampled one by one: the interval would
come out too short. People are drawn with replacement, each with all photographs (the cluster
bootstrap: A. C. Davison, D. V. Hinkley, "Bootstrap Methods and their Application", 1997, sections
2.4 and 3.8). Runs of different seeds see the same people, so one replicate uses one draw of people
for all seeds and then draws the seeds with replacement (two crossed factors: A. B. Owen, "The
pigeonhole bootstrap", 2007).

One table (`PersonValues`) holds the values of every photograph of one seed; the folds of a seed are
pooled before. A statistic is a function of the columns of such a table:

    runs = [PersonValues(people, {"psnr": values}) for people, values in seeds]
    bootstrap_interval(runs, mean_of("psnr"), seed=0)

    runs = [PersonValues(people, {"labels": y, "predictions": z}) for people, y, z in seeds]
    bootstrap_interval(runs, mean_mcc_of(), seed=0)

    both = joined({"ours": ours, "plain": plain})  # two encoders on the same photographs
    bootstrap_interval(both, difference(mean_mcc_of(), "ours", "plain"), seed=0)

Limits: the gallery and the attacker's training data are taken as given. With one seed the interval
covers the choice of people only; with three, resampling understates the spread between seeds by
about a third of its variance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.metrics.mcc import mcc, mean_mcc

#: Columns of a table, by name, each `[N, ...]`.
Columns = Mapping[str, NDArray]

#: A figure of one seed, computed from the columns of (resampled) photographs; nan if undefined.
Statistic = Callable[[Columns], float]

Key = TypeVar("Key")

#: Largest share of replicates that may be undefined; above it the ends of the interval are nan.
MAX_UNDEFINED = 0.05


@dataclass(frozen=True)
class PersonValues:
    """The values of every photograph of one seed.

    Attributes:
        people: the person's id of each photograph, `[N]`, integers, N >= 1.
        columns: values by name, each `[N, ...]`, e.g. `{"psnr": [N]}` or
            `{"labels": [N, A], "predictions": [N, A]}`.

    Raises:
        UserError: at construction, if a column does not have N rows or there is none.
    """

    people: NDArray
    columns: Columns

    def __post_init__(self) -> None:
        people = np.asarray(self.people)
        columns = {name: np.asarray(column) for name, column in self.columns.items()}
        if people.ndim != 1 or not len(people) or not np.issubdtype(people.dtype, np.integer):
            raise UserError(
                "Invalid `people`: expected integers of shape [N], N >= 1. "
                f"Received: {people.dtype} of shape {people.shape}. Pass one id a photograph."
            )
        shapes = {name: column.shape for name, column in columns.items()}
        if not columns or any(shape[:1] != people.shape for shape in shapes.values()):
            raise UserError(
                f"Invalid `columns`: expected at least one, each with {len(people)} rows. "
                f"Received: {shapes}. Pass one row a photograph."
            )
        object.__setattr__(self, "people", people)
        object.__setattr__(self, "columns", columns)


class Interval(NamedTuple):
    """A figure and its interval.

    Attributes:
        value: mean over the seeds of the statistic of all photographs.
        low: lower end of the interval.
        high: upper end of the interval.
    """

    value: float
    low: float
    high: float


def bootstrap_interval(
    runs: Sequence[PersonValues],
    statistic: Statistic,
    *,
    seed: int,
    replicates: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Computes a statistic and its percentile interval by resampling people, then seeds.

    Args:
        runs: one table a seed, at least one. A person may be missing in some of them.
        statistic: figure of one seed, called with the columns of the photographs drawn.
        seed: of the draws. The same seed, people and number of runs give the same draws.
        replicates: number of draws, at least 1.
        level: share of the replicates inside the interval, in (0, 1).

    Returns:
        The value and the interval. A replicate's figure is the mean of the defined statistics of
        the seeds drawn. Undefined replicates (nan) are left out; if there are more than 5 % of
        them, or the value is undefined, the ends are nan. For a biased statistic (the mean MCC of
        rare attributes) the interval may lie off the value.

    Raises:
        UserError: no run, fewer than two people, or `replicates` or `level` out of range.
    """
    return bootstrap_intervals(runs, {"": statistic}, seed=seed, replicates=replicates, level=level)[""]


def bootstrap_intervals(
    runs: Sequence[PersonValues],
    statistics: Mapping[Key, Statistic],
    *,
    seed: int,
    replicates: int = 1000,
    level: float = 0.95,
) -> dict[Key, Interval]:
    """Computes many statistics and their intervals from the same draws; see `bootstrap_interval`.

    Each interval is the one that `bootstrap_interval` gives for the statistic alone; drawing once for all of them is
    several times sooner.
    """
    people = _check(runs, replicates, level)
    values = {key: _defined_mean([statistic(run.columns) for run in runs]) for key, statistic in statistics.items()}
    resamplers = [_Resampler(run, people) for run in runs]
    generator = np.random.default_rng(seed)
    figures = np.empty((len(statistics), replicates))
    for replicate in range(replicates):
        drawn_people = generator.integers(len(people), size=len(people))
        drawn_seeds = generator.integers(len(runs), size=len(runs))
        drawn = {run: resamplers[run].draw(drawn_people) for run in np.unique(drawn_seeds)}
        for place, statistic in enumerate(statistics.values()):
            single = {run: statistic(columns) for run, columns in drawn.items() if columns is not None}
            figures[place, replicate] = _defined_mean([single.get(run, np.nan) for run in drawn_seeds])
    return {key: _interval(values[key], row, level) for key, row in zip(statistics, figures)}


def _interval(value: float, figures: NDArray, level: float) -> Interval:
    undefined = np.isnan(figures)
    if np.isnan(value) or undefined.mean() > MAX_UNDEFINED:
        return Interval(value, float("nan"), float("nan"))
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(figures[~undefined], [tail, 1.0 - tail])
    return Interval(value, float(low), float(high))


def mean_of(column: str) -> Statistic:
    """Returns the statistic "mean over the photographs of `column`", which has shape `[N]`."""
    return lambda columns: float(np.mean(columns[column]))


def mean_of_defined(column: str) -> Statistic:
    """Returns the statistic "mean over the photographs that `column`, `[N]`, is defined for"; nan if there is none."""

    def mean(columns: Columns) -> float:
        values = columns[column]
        defined = values[~np.isnan(values)]
        return float(defined.mean()) if len(defined) else float("nan")

    return mean


def mean_mcc_of(labels: str = "labels", predictions: str = "predictions") -> Statistic:
    """Returns the statistic "mean MCC over the attributes", from two columns `[N, A]` in {0, 1}.

    Attributes that are undefined in a draw are left out of its mean.
    """
    return lambda columns: mean_mcc(mcc(columns[labels], columns[predictions])).value


def restricted(statistic: Statistic, name: str) -> Statistic:
    """Returns `statistic` of the part `name` of a table made by `joined`."""
    return lambda columns: statistic(_Part(columns, f"{name}/"))


def difference(statistic: Statistic, first: str, second: str) -> Statistic:
    """Returns the paired difference "`statistic` of `first` minus that of `second`".

    Args:
        statistic: figure of the columns of one part.
        first: name of a part of the table made by `joined`.
        second: name of another part.
    """
    minuend, subtrahend = restricted(statistic, first), restricted(statistic, second)
    return lambda columns: minuend(columns) - subtrahend(columns)


def ratio(statistic: Statistic, first: str, second: str) -> Statistic:
    """Returns the paired ratio "`statistic` of `first` over that of `second`"; nan where the second is 0.

    Args:
        statistic: figure of the columns of one part.
        first, second: names of parts of the table made by `joined`.
    """
    numerator, denominator = restricted(statistic, first), restricted(statistic, second)

    def figure(columns: Columns) -> float:
        below = denominator(columns)
        return numerator(columns) / below if below else float("nan")

    return figure


def pooled(folds: Sequence[PersonValues]) -> PersonValues:
    """Joins the folds of one seed into one table, one below the other.

    Args:
        folds: tables with the same columns, at least one.

    Raises:
        UserError: no fold, or the columns differ.
    """
    names = [sorted(fold.columns) for fold in folds]
    if not folds or any(other != names[0] for other in names):
        raise UserError(
            "Invalid `folds`: expected at least one table, all with the same columns. "
            f"Received: {names}. Compute the same figures for each fold."
        )
    return PersonValues(
        np.concatenate([fold.people for fold in folds]),
        {name: np.concatenate([fold.columns[name] for fold in folds]) for name in names[0]},
    )


def joined(parts: Mapping[str, Sequence[PersonValues]]) -> list[PersonValues]:
    """Joins tables of the same photographs side by side, for statistics of pairs.

    Args:
        parts: by name (without `/`), one table a seed; the tables of one seed must hold the same
            photographs in the same order.

    Returns:
        One table a seed with the columns `"<part>/<column>"`.

    Raises:
        UserError: no part, or the seeds or the people of the photographs differ.
    """
    runs = list(parts.values())
    if not runs or any(len(run) != len(runs[0]) for run in runs):
        raise UserError(
            "Invalid `parts`: expected at least one part, all with the same number of seeds. "
            f"Received: { {name: len(run) for name, run in parts.items()} }. Pair the seeds."
        )
    tables = []
    for index, tables_of_seed in enumerate(zip(*runs)):
        people = tables_of_seed[0].people
        if any(not np.array_equal(table.people, people) for table in tables_of_seed):
            raise UserError(
                "Invalid `parts`: expected the same photographs in the same order in all parts. "
                f"Received: different people in run {index}. Evaluate on the same photographs."
            )
        columns = {
            f"{name}/{key}": column
            for name, table in zip(parts, tables_of_seed)
            for key, column in table.columns.items()
        }
        tables.append(PersonValues(people, columns))
    return tables


class _Rows(Mapping[str, NDArray]):
    """Columns at chosen rows; a column is copied when a statistic first asks for it, as most ask for few of many."""

    def __init__(self, columns: Columns, rows: NDArray) -> None:
        self._columns, self._rows = columns, rows
        self._copied: dict[str, NDArray] = {}

    def __getitem__(self, name: str) -> NDArray:
        if name not in self._copied:
            self._copied[name] = self._columns[name][self._rows]
        return self._copied[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


class _Part(Mapping[str, NDArray]):
    """The columns of one part of a joined table, under their own names."""

    def __init__(self, columns: Columns, prefix: str) -> None:
        self._columns, self._prefix = columns, prefix

    def __getitem__(self, name: str) -> NDArray:
        return self._columns[self._prefix + name]

    def __iter__(self) -> Iterator[str]:
        return (key.removeprefix(self._prefix) for key in self._columns if key.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Resampler:
    """Draws the photographs of drawn people from one table, without a loop over people."""

    def __init__(self, run: PersonValues, people: NDArray) -> None:
        codes = np.searchsorted(people, run.people)
        order = np.argsort(codes, kind="stable")
        # Sorted by person once, so that the photographs of a person are a range of rows.
        self._columns = {name: column[order] for name, column in run.columns.items()}
        self._counts = np.bincount(codes, minlength=len(people))
        self._starts = np.cumsum(self._counts) - self._counts

    def draw(self, drawn: NDArray) -> Columns | None:
        """Returns the columns of all photographs of the people `drawn`, or None if there is none.

        Args:
            drawn: indices into the sorted people, `[P]`; one that comes twice counts twice.
        """
        counts = self._counts[drawn]
        ends = np.cumsum(counts)
        if ends[-1] == 0:
            return None
        rows = np.arange(ends[-1]) + np.repeat(self._starts[drawn] - (ends - counts), counts)
        return _Rows(self._columns, rows)


def _defined_mean(figures: Sequence[float]) -> float:
    """Returns the mean of the figures that are not nan, or nan if there is none."""
    defined = [figure for figure in figures if not np.isnan(figure)]
    return float(np.mean(defined)) if defined else float("nan")


def _check(runs: Sequence[PersonValues], replicates: int, level: float) -> NDArray:
    """Returns the sorted ids of the people of all runs, or raises a UserError."""
    if not runs:
        raise UserError(
            "Invalid `runs`: expected at least one table, one a seed. Received: none. Add a run."
        )
    if replicates < 1 or not 0.0 < level < 1.0:
        raise UserError(
            "Invalid `replicates`, `level`: expected replicates >= 1 and 0 < level < 1. "
            f"Received: replicates={replicates}, level={level}. Use 1000 and 0.95."
        )
    people = np.unique(np.concatenate([run.people for run in runs]))
    if len(people) < 2:
        raise UserError(
            "Invalid `runs`: expected photographs of at least two people to resample. "
            f"Received: {len(people)} person. Evaluate on more people or report no interval."
        )
    return people
