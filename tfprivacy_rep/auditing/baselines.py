"""The simple protections that an encoder has to beat: noise, fewer numbers, photographs of less detail."""

from __future__ import annotations

import functools
from typing import Callable, Mapping

import numpy as np

from tfprivacy_rep.auditing.budgets import Strengths
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.trials import releases
from tfprivacy_rep.trials.releases import Release
from tfprivacy_rep.trials.trials import SAME_UTILITY

_FAMILIES: dict[str, Callable[[Release, float, int], Release]] = {
    "noise": releases.with_noise,
    "pca": lambda base, strength, seed: releases.of_fewer_numbers(base, int(strength)),
    "low_resolution": lambda base, strength, seed: releases.of_low_resolution(base, int(strength)),
    "jpeg": lambda base, strength, seed: releases.of_jpeg(base, int(strength)),
}


def points(base: Release, strengths: Strengths, seed: int) -> dict[str, Callable[[], Release]]:
    """The baselines by name, such as `noise-0.5`, each made when it is called.

    Args:
        base: whose Z they are made from.
        strengths: by family, from the weakest protection to the strongest; what would be no change at all is left out.
        seed: of the noise.
    """
    numbers = int(np.prod(base.z["probes"].shape[1:]))
    limits = {"pca": min(numbers, len(base.z["x1_train"])), "low_resolution": base.sets.photographs.image_size}
    return {
        f"{family}-{strength:g}": functools.partial(_FAMILIES[family], base, strength, seed)
        for family, own in strengths.items() for strength in own
        if family not in limits or strength < limits[family]
    }


def matched(found: Mapping[str, RunRecord | str], strengths: Strengths) -> list[str]:
    """For each family of baselines, the strongest point that keeps the audited encoder's utility on X1's validation
    part."""
    def utility(name: str) -> float:
        record = found[f"frontier/{name}"]
        value = None if isinstance(record, str) else record.facts["validation_mcc"]
        return -np.inf if value is None else value

    wanted = utility("audited") - SAME_UTILITY
    if wanted == -np.inf:
        return []  # no attribute has a defined MCC there: nothing can be matched
    names = []
    for family, own in strengths.items():
        points = [f"{family}-{strength:g}" for strength in own]
        kept = [name for name in points if f"frontier/{name}" in found and utility(name) >= wanted]
        names += kept[-1:]  # strengths go from the weakest protection to the strongest
    return names
