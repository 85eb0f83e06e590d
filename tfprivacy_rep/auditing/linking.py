"""Who is named from what leaves, without any reconstruction."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.attacks.linkage import Known, Linker, strongest
from tfprivacy_rep.auditing.judges import COLUMNS, Columns, Histogram, named
from tfprivacy_rep.auditing.releases import Release


def linkage(release: Release) -> tuple[Columns, dict[str, Histogram], str]:
    """Tries every method of linkage on the probes; all of them are fitted on X2's training part alone.

    The photographs that probes are compared with are the gallery's and, where the attacker's public photographs are of
    the same people, those too: it knows who is on them.

    Returns:
        Columns `linkage/<method>/<figure>`, and `linkage/best/<figure>` of the method that a rehearsal on X2 puts
        first; distributions by method; and that method's name, empty where nobody can be named. What can't be told is
        not-a-number.
    """
    sets = release.sets
    if not sets.nameable:
        unknown = np.full(len(sets.indices["probes"]), np.nan)
        return {f"linkage/best/{figure}": unknown for figure in COLUMNS}, {}, ""
    linker = Linker(release.known("x2_train"))
    asked, known = release.known("rehearsal_probes"), release.known("rehearsal_gallery")
    mates = np.isin(asked.people, known.people)
    best = strongest(linker, (_part(asked, mates), known)) if mates.any() else linker.methods[0]
    probes, gallery = release.known("probes"), _named_photographs(release)
    columns: Columns = {}
    distributions: dict[str, Histogram] = {}
    for method in linker.methods:
        found, distribution = named(linker.scores(method, probes, gallery), probes.people, gallery.people)
        columns |= {f"linkage/{method}/{figure}": values for figure, values in found.items()}
        if distribution is not None:
            distributions[method] = distribution
    columns |= {f"linkage/best/{figure}": columns[f"linkage/{best}/{figure}"] for figure in COLUMNS}
    return columns, distributions, best


def _named_photographs(release: Release) -> Known:
    gallery, public = release.known("gallery"), release.known("x2_train")
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
