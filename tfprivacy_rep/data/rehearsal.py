"""A re-identification played on public data alone, to choose between attackers without a look at T."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data.partition import Partition

#: Most probes and most photographs of the gallery: enough to choose between attackers.
MAX_PROBES, MAX_GALLERY = 500, 5000


def rehearsal(partition: Partition, people: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Returns probes and gallery out of X2, int64 indices.

    The gallery is X2's training part and the probes are X2's validation photographs. Where the gallery has no
    photograph of a validation person, the first one of that person joins it instead of the probes. Of many photographs
    some are taken, evenly spaced.

    Args:
        partition: who has which photograph.
        people: int64 `[N]`, the person of each photograph, or None where nobody knows: then nobody can be named.
    """
    held, known = partition.x2_val, partition.x2_train
    if people is None:
        return spaced(held, MAX_PROBES), spaced(known, MAX_GALLERY)
    strangers = np.flatnonzero(~np.isin(people[held], people[known]))
    _, first = np.unique(people[held[strangers]], return_index=True)
    introduced = strangers[first]
    probes = np.delete(held, introduced)
    if not len(probes):  # nobody has a second photograph, so nobody can be named
        return spaced(held, MAX_PROBES), spaced(known, MAX_GALLERY)
    probes = spaced(probes, MAX_PROBES)
    asked = np.isin(people[known], people[probes])
    gallery = np.concatenate([known[asked], spaced(known[~asked], MAX_GALLERY)])
    return probes, np.concatenate([np.sort(gallery), held[introduced]])


def spaced(indices: np.ndarray, most: int) -> np.ndarray:
    """At most `most` of the indices, evenly spaced."""
    if len(indices) <= most:
        return indices
    return indices[np.linspace(0, len(indices) - 1, most).round().astype(np.int64)]
