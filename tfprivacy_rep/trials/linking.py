"""Who is named from what leaves, without any reconstruction."""

from __future__ import annotations

from typing import Mapping, NamedTuple

import numpy as np

from tfprivacy_rep.attacks.linkage import Known, Linker, strongest
from tfprivacy_rep.trials.judges import COLUMNS, Columns, Histogram, named
from tfprivacy_rep.trials.releases import Release

#: Added to a method's name where the gallery holds the means of many releases in place of one.
MEANS = "_means"
#: Releases of one photograph that are averaged, where releases are random.
AVERAGED = (4, 16)


class Linked(NamedTuple):
    """Who is named from what leaves.

    Attributes:
        columns: `linkage/best/<figure>` of the method that a rehearsal on X2 puts first, `linkage/<method>/<figure>` of
            each that was tried, and `averaged/<releases>/<figure>`; what can't be told is not-a-number.
        distributions: by method.
        strongest: that method's name, empty where nobody can be named.
        rehearsed: its rank-1 in the rehearsal, None where nobody could be named there.
    """

    columns: Columns
    distributions: dict[str, Histogram]
    strongest: str
    rehearsed: float | None


def linkage(release: Release, every_method: bool = False) -> Linked:
    """Tries methods of linkage on the probes; all of them are fitted on X2's training part alone.

    The photographs that probes are compared with are the gallery's and, where the attacker's public photographs are of
    the same people, those too: it knows who is on them. Where releases are random, every method is tried against one
    release of each of them and against the mean of all, which their owner can have; and the method that is put first
    is tried again with several releases of each probe, averaged.

    Args:
        release: what leaves.
        every_method: whether the probes meet all methods, and averages of releases; otherwise, which is several times
            sooner, the one alone that the rehearsal puts first.
    """
    sets = release.sets
    if not sets.nameable:
        unknown = np.full(len(sets.indices["probes"]), np.nan)
        return Linked({f"linkage/best/{figure}": unknown for figure in COLUMNS}, {}, "", None)
    linker = Linker(release.known("x2_train"))
    kinds = {"": release.known} | ({MEANS: release.means} if release.drawn is not None else {})
    galleries = {suffix: _named_photographs(release, known("gallery"), known("x2_train"))
                 for suffix, known in kinds.items()}
    asked, rehearsed = release.known("rehearsal_probes"), {s: known("rehearsal_gallery") for s, known in kinds.items()}
    mates = np.isin(asked.people, rehearsed[""].people)
    best, reached = linker.methods[0], None
    if mates.any():
        best, reached = strongest(linker, _part(asked, mates), rehearsed)
    probes = release.known("probes")
    columns: Columns = {}
    distributions: dict[str, Histogram] = {}
    for suffix, gallery in galleries.items():
        for method in linker.methods:
            name = method + suffix
            if not every_method and name != best:
                continue
            found, distribution = named(linker.scores(method, probes, gallery), probes.people, gallery.people)
            columns |= {f"linkage/{name}/{figure}": values for figure, values in found.items()}
            if distribution is not None:
                distributions[name] = distribution
    columns |= {f"linkage/best/{figure}": columns[f"linkage/{best}/{figure}"] for figure in COLUMNS}
    if every_method and release.drawn is not None:
        columns |= _averaged(linker, release, best, galleries)
    return Linked(columns, distributions, best, reached)


def _averaged(linker: Linker, release: Release, best: str, galleries: Mapping[str, Known]) -> Columns:
    method, gallery = best.removesuffix(MEANS), galleries[MEANS if best.endswith(MEANS) else ""]
    columns: Columns = {}
    for count in AVERAGED:
        probes = release.averaged("probes", count)
        found, _ = named(linker.scores(method, probes, gallery), probes.people, gallery.people)
        columns |= {f"averaged/{count}/{figure}": values for figure, values in found.items()}
    return columns


def _named_photographs(release: Release, gallery: Known, public: Known) -> Known:
    # Photographs of people whom no probe shows would be distractors of the attacker's own making.
    helps = np.isin(release.sets.people("probes"), public.people).any()
    shared = np.isin(public.people, gallery.people) & helps
    parts = [gallery, _part(public, shared)]
    logits = [part.logits for part in parts if part.logits is not None]
    return Known(np.concatenate([part.z for part in parts]), np.concatenate([part.bits for part in parts]),
                 np.concatenate([part.people for part in parts]), np.concatenate(logits) if logits else None)


def _part(known: Known, rows: np.ndarray) -> Known:
    logits = None if known.logits is None else known.logits[rows]
    return Known(known.z[rows], known.bits[rows], known.people[rows], logits)
