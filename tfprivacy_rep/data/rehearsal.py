"""A re-identification played on public data alone, to choose between attackers without a look at T."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data.partition import Partition


#: Most probes and most photographs of the gallery: enough to choose between attackers.
MAX_PROBES, MAX_GALLERY = 500, 5000


def rehearsal(partition: Partition, people: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Returns probes and gallery out of X2, int64 indices.

    The probes are X2's validation photographs and the gallery is X2's training part. Where not all validation people
    are among the training people, one photograph of each validation person joins the gallery instead of the probes. Of
    many photographs some are taken, evenly spaced.

    Args:
        partition: who has which photograph.
        people: int64 `[N]`, the person of each photograph, or None where nobody knows.
    """
    probes, gallery = partition.x2_val, partition.x2_train
    if people is None or np.isin(people[probes], people[gallery]).all():
        probes = spaced(probes, MAX_PROBES)
        if people is not None:
            asked = np.isin(people[gallery], people[probes])
            gallery = np.concatenate([gallery[asked], spaced(gallery[~asked], MAX_GALLERY)])
        return probes, np.sort(gallery)
    _, first = np.unique(people[probes], return_index=True)
    asked = np.delete(np.arange(len(probes)), first)
    if not len(asked):  # nobody has a second photograph there
        return spaced(probes, MAX_PROBES), gallery
    return spaced(probes[asked], MAX_PROBES), np.concatenate([spaced(gallery, MAX_GALLERY), probes[first]])


def spaced(indices: np.ndarray, most: int) -> np.ndarray:
    """At most `most` of the indices, evenly spaced."""
    if len(indices) <= most:
        return indices
    return indices[np.linspace(0, len(indices) - 1, most).round().astype(np.int64)]
