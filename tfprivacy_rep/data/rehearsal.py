"""A re-identification played on public data alone, to choose between attackers without a look at T."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data.partition import Partition


def rehearsal(partition: Partition, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns probes and gallery out of X2, int64 indices.

    The probes are X2's validation photographs and the gallery is X2's training part. Where the validation people are
    not among the training people, one photograph of each validation person joins the gallery instead of the probes.

    Args:
        partition: who has which photograph.
        people: int64 `[N]`, the person of each photograph.
    """
    probes, gallery = partition.x2_val, partition.x2_train
    if np.isin(people[probes], people[gallery]).all():
        return probes, gallery
    _, first = np.unique(people[probes], return_index=True)
    return np.delete(probes, first), np.concatenate([gallery, probes[first]])
