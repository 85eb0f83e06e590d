"""The white-box attacks of an audit, which need the encoder's gradients."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from tfprivacy_rep.attacks.attacker import GAIN
from tfprivacy_rep.attacks.inversion import Inverted, WhiteBox, invert_images, invert_latents
from tfprivacy_rep.data.rehearsal import spaced
from tfprivacy_rep.evaluation.audit import as_photographs
from tfprivacy_rep.trials import attempts
from tfprivacy_rep.trials.attempts import Attempt
from tfprivacy_rep.trials.judges import Columns, Histogram, Judges
from tfprivacy_rep.trials.releases import Release

_ATTACKS = {"white_box_image": invert_images, "white_box_latent": invert_latents}
NAMES = tuple(_ATTACKS)
#: Probes of the rehearsal that they are tried on, at most.
_REHEARSED = 128
WHAT = {
    "white_box_image": "optimises each image until the encoder gives its Z, from the best decoder's image",
    "white_box_latent": "optimises in the latent space of a generator trained on public photographs",
}


@dataclass(frozen=True)
class Tried:
    """A white-box attack on the probes.

    Attributes:
        attempt: its facts; it can't be asked again without its cost.
        pictures: uint8 `[N, S, S, 3]`; of probes that it was not tried on the best decoder's.
        columns: `[N]` each, not-a-number where it was not tried.
        distributions: by recogniser; empty where it was not tried on all probes.
        validation: PSNR, SSIM and rank-1 on the rehearsal; empty where it was not tried on all probes.
        everywhere: whether it was tried on all probes.
    """

    attempt: Attempt
    pictures: np.ndarray
    columns: Columns
    distributions: dict[str, Histogram]
    validation: dict[str, float | None]
    everywhere: bool


def attack(
    release: Release, best: Attempt, model: keras.Model, judges: Judges, most: int, seed: int
) -> dict[str, Tried]:
    """Tries both attacks.

    Args:
        release: of the audited encoder.
        best: the decoder that they start from.
        model: the encoder, photographs in [0, 1] to Z.
        judges: look at faces.
        most: probes, at most; of more some are tried, evenly spaced, and the attack can't be the headline's.
        seed: of everything random.
    """
    sets = release.sets
    setup = WhiteBox(
        model, best.decode, sets.public, release.z["public"], sets.images("validation"), release.z["validation"], seed
    )
    count = len(sets.indices["probes"])
    tried = spaced(np.arange(count), most)
    everywhere = len(tried) == count
    rehearsed = spaced(np.arange(len(sets.indices["rehearsal_probes"])), _REHEARSED)
    start = attempts.rebuilt(best, release.z["probes"])
    found = {}
    for name, invert in _ATTACKS.items():
        began = time.monotonic()
        z = release.z["probes"][tried]
        asked = release.z["rehearsal_probes"][rehearsed] if everywhere else z[:0]
        inverted: Inverted = invert(setup, np.concatenate([z, asked]))
        images = as_photographs(inverted.images)
        pictures = start.copy()
        pictures[tried] = images[: len(tried)]
        columns, distributions = _columns(release, pictures, tried, judges)
        facts: dict[str, Any] = {
            "mu1": 0.0, "mu2": 0.0, "steps": inverted.steps, "converged": _converged(inverted),
            "parameters": inverted.parameters, "photographs": len(sets.indices["x2_train"]),
            "seconds": round(time.monotonic() - began, 1),
            "history": inverted.history, "strength": inverted.strength, "tested": len(tried),
        }
        validation: dict[str, float | None] = {}
        if everywhere:
            validation = attempts.validated_pictures(release, images[len(tried) :], judges, rehearsed)
        found[name] = Tried(Attempt(name, best.decode, facts), pictures, columns, distributions,
                            validation, everywhere)
    return found


def _columns(
    release: Release, pictures: np.ndarray, tried: np.ndarray, judges: Judges
) -> tuple[Columns, dict[str, Histogram]]:
    columns = attempts.compared(release, pictures, "probes")
    named, distributions = judges.reconstructions(pictures, "probes", "gallery")
    columns |= named
    left = np.setdiff1d(np.arange(len(pictures)), tried)
    for values in columns.values():
        values[left] = np.nan
    return columns, distributions


def _converged(inverted: Inverted) -> bool:
    """Whether its last look brought no gain of 1 % on X2's validation part."""
    losses = [row["validation_loss"] for row in inverted.history]
    return losses[-1] > (1.0 - GAIN) * min(losses[:-1])
