"""Attackers let loose on a release: trained, solved or optimised, and what they make of the probes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from tfprivacy_rep.attacks import ladder
from tfprivacy_rep.attacks.attacker import AttackerSpec, Pairs
from tfprivacy_rep.attacks.closed_form import fit_linear_decoder
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.evaluation.audit import as_photographs
from tfprivacy_rep.laboratory import Laboratory
from tfprivacy_rep.metrics.image_similarity import psnr, ssim
from tfprivacy_rep.metrics.similarity import cosine
from tfprivacy_rep.training.health_warnings import written
from tfprivacy_rep.trials.judges import Columns, Histogram, Judges
from tfprivacy_rep.trials.releases import Release

#: Least photographs that an attacker with a share of the data learns from.
LEAST_PHOTOGRAPHS = 10
_CHUNK = 512


@dataclass(frozen=True)
class Attempt:
    """One attacker on one release.

    Attributes:
        name: of the attacker.
        decode: representations to images, float32 in [0, 1].
        facts: JSON: `mu1`, `mu2`, `steps`, `converged`, `parameters`, `photographs`, `seconds`, `history`,
            `warnings` of its health.
    """

    name: str
    decode: Callable[[np.ndarray], np.ndarray]
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lesson:
    """What attackers of a release learn from.

    They see each number of Z less its mean and over its spread on X2's training part: a scale, which says nothing, must
    not decide how well an attacker learns.

    Attributes:
        training, validation: pairs of X2's training and validation part.
        mean, scale: of each number.
    """

    training: Pairs
    validation: Pairs
    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, release: Release, features: tuple[np.ndarray, ...] | None) -> "Lesson":
        """The lesson of a release.

        Args:
            release: what leaves.
            features: g(X) of X2's training part with its variants, or None where it is computed as needed.
        """
        images, z, copies = release.lesson()
        mean, spread = z.mean(0, dtype=np.float64), z.std(0, dtype=np.float64)
        # What varies by no more than its rounding is a constant.
        scale = np.where(spread > 1e-6 * np.abs(z).max(0), spread, np.inf)
        mean, scale = mean.astype(np.float32), scale.astype(np.float32)
        validation = (release.z["validation"] - mean) / scale
        if copies != release.sets.copies:
            features = None
        return cls(
            Pairs(images, (z - mean) / scale, features, copies),
            Pairs(release.sets.images("validation"), validation), mean, scale,
        )

    def decoder(self, decode: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
        """A decoder of the numbers as the attacker sees them, as one of the numbers as they leave."""
        return lambda z: decode((z - self.mean) / self.scale)


def too_few(spec: AttackerSpec, pairs: Pairs) -> str | None:
    """Why an attacker can't be tried with so few photographs; None where it can."""
    count = round(spec.share * pairs.originals)
    if spec.share < 1 and count < LEAST_PHOTOGRAPHS:
        return f"a share of {spec.share:g} of {pairs.originals} photographs is fewer than {LEAST_PHOTOGRAPHS}"
    return None


def solve(lesson: Lesson) -> Attempt:
    """Fits the closed-form attacker."""
    started = time.monotonic()
    fitted = fit_linear_decoder(lesson.training, lesson.validation)
    return Attempt(ladder.LINEAR, lesson.decoder(fitted.decode), {
        "mu1": 0.0, "mu2": 0.0, "steps": 0, "converged": True, "parameters": fitted.parameters,
        "photographs": lesson.training.originals, "seconds": round(time.monotonic() - started, 1), "history": [],
        "warnings": None,
    })


def train(laboratory: Laboratory, lesson: Lesson, spec: AttackerSpec, folder: Path, title: str) -> Attempt:
    """Trains one attacker, resuming an earlier start in the folder."""
    started = time.monotonic()
    outcome = laboratory.attack((lesson.training, lesson.validation), spec, folder, title)
    history = [{"step": int(row["step"]), "validation_loss": row["validation_loss"]} for row in outcome.history]
    return Attempt(spec.name, lesson.decoder(outcome.decode), {
        "mu1": spec.mu1, "mu2": spec.mu2, "steps": outcome.steps, "converged": outcome.converged,
        "parameters": int(outcome.decode.model.count_params()),
        "photographs": max(1, round(spec.share * lesson.training.originals)),
        "seconds": round(time.monotonic() - started, 1), "history": history,
        "warnings": written(outcome.history, attacker=True),
    })


def rebuilt(attempt: Attempt, z: np.ndarray) -> np.ndarray:
    """Reconstructions as uint8 `[N, S, S, 3]`."""
    starts = range(0, len(z), _CHUNK)
    return np.concatenate([as_photographs(attempt.decode(z[start : start + _CHUNK])) for start in starts])


def compared(release: Release, pictures: np.ndarray, name: str) -> Columns:
    """PSNR, SSIM and feature similarity of reconstructions of a set, `[N]` each.

    Args:
        release: whose encoder is asked again, for the reconstructions.
        pictures: uint8 `[N, S, S, 3]`.
        name: of the set.
    """
    images, z, mean = release.sets.images(name), release.z[name], release.public_mean
    parts: dict[str, list[np.ndarray]] = {}
    for start in range(0, len(pictures), _CHUNK):
        part = slice(start, start + _CHUNK)
        original, rebuilt_ = as_float(images[part]), as_float(pictures[part])
        flat = z[part].reshape(len(original), -1)
        again = release.encode(pictures[part]).reshape(len(original), -1)
        found = {
            "psnr": psnr(rebuilt_, original), "ssim": ssim(rebuilt_, original),
            "feature_similarity": cosine(flat, again), "feature_similarity_centered": cosine(flat - mean, again - mean),
        }
        for figure, values in found.items():
            parts.setdefault(figure, []).append(values)
    return {figure: np.concatenate(values) for figure, values in parts.items()}


def validated(release: Release, attempt: Attempt, judges: Judges) -> dict[str, float | None]:
    """What an attacker reaches on probes out of X2, by which it is chosen: PSNR, SSIM and rank-1."""
    pictures = rebuilt(attempt, release.z["rehearsal_probes"])
    return validated_pictures(release, pictures, judges, np.arange(len(pictures)))


def validated_pictures(
    release: Release, pictures: np.ndarray, judges: Judges, rows: np.ndarray
) -> dict[str, float | None]:
    """The same of reconstructions of some of the rehearsal's probes.

    Args:
        release: what leaves.
        pictures: uint8 `[N, S, S, 3]`.
        judges: look at faces.
        rows: which probes of the rehearsal they are of, `[N]`.
    """
    images, rebuilt_ = as_float(release.sets.images("rehearsal_probes"))[rows], as_float(pictures)
    columns, _ = judges.reconstructions(pictures, "rehearsal_probes", "rehearsal_gallery", rows)
    defined = columns["rank1"][~np.isnan(columns["rank1"])]
    return {
        "psnr": float(psnr(rebuilt_, images).mean()), "ssim": float(ssim(rebuilt_, images).mean()),
        "rank1": float(defined.mean()) if len(defined) else None,
    }


def chosen(validation: Mapping[str, Mapping[str, float | None]], figures: Sequence[str]) -> dict[str, str]:
    """The best attacker of each figure on X2's validation part, never on T; the best by PSNR where a figure can't be
    told."""
    found: dict[str, str] = {}
    for figure in figures:
        values = {name: of_one[figure] for name, of_one in validation.items()}
        known = {name: value for name, value in values.items() if value is not None}
        found[figure] = max(known, key=known.__getitem__) if known else found["psnr"]
    return found


def on_probes(
    release: Release, attempt: Attempt, judges: Judges | None
) -> tuple[np.ndarray, Columns, dict[str, Histogram]]:
    """Reconstructions of the probes, and what they show; without judges no figures of identity."""
    pictures = rebuilt(attempt, release.z["probes"])
    columns = compared(release, pictures, "probes")
    if judges is None:
        return pictures, columns, {}
    found, distributions = judges.reconstructions(pictures, "probes", "gallery")
    return pictures, columns | found, distributions
