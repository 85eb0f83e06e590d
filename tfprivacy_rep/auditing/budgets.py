"""How much is spent on an audit: options of `Config` and of `AuditConfig` that take the place of their defaults.

What the user gives on the command line wins over all of them, except what the training of a checkpoint has fixed.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Mapping

from tfprivacy_rep.checkpoint_run import checkpoint_run
from tfprivacy_rep.config import sections
from tfprivacy_rep.jobs import ATTACKERS, AuditConfig

#: Strengths of the baselines, from the weakest protection to the strongest: noise in standard deviations of each
#: number, numbers kept, pixels of a side, quality.
Strengths = Mapping[str, tuple[float, ...]]
_ALL: Strengths = {
    "noise": (0.25, 0.5, 1.0, 2.0), "pca": (64, 32, 16, 8, 4), "low_resolution": (32, 16, 8), "jpeg": (50, 20, 10, 5),
}
STRENGTHS: dict[str, Strengths] = {
    "smoke": {"noise": (1.0,), "pca": (8,), "low_resolution": (8,), "jpeg": (10,)}, "small": _ALL, "full": _ALL,
}
FAMILIES = tuple(_ALL)
#: Sources with as few photographs as ORL: attackers soon know them by heart.
_FEW = ("orl",)
_FIVE = ("linear", "decoder", "decoder_2x", "decoder_perceptual", "decoder_gan")

#: Options of the attackers.
OPTIONS: dict[str, dict[str, Any]] = {
    # To see that everything works; the figures mean nothing.
    "smoke": dict(attack_steps=20, attack_check_every=10, attack_patience=5, attack_batch_size=16),
    # Two cores, no GPU.
    "small": dict(attack_steps=1500, attack_check_every=100, attack_patience=3, attack_batch_size=16),
    # GPUs.
    "full": dict(attack_steps=40_000, attack_check_every=500, attack_patience=10, attack_batch_size=128),
}
#: Options of photographs and networks, for encoders that are no checkpoint of ours.
FOREIGN: dict[str, dict[str, Any]] = {
    "smoke": dict(widths=(8, 8, 16, 16), perceptual_size=16),
    "small": dict(widths=(16, 32, 64, 128), perceptual_size=32),
    "full": dict(widths=(64, 128, 256, 512), perceptual_size=64),
}
#: Options of `AuditConfig`.
JOBS: dict[str, dict[str, Any]] = {
    "smoke": dict(headline_seeds=1, white_box_probes=8),
    "small": dict(headline_seeds=3, white_box_probes=1000),
    "full": dict(headline_seeds=3, white_box_probes=512),
}


def attackers(job: AuditConfig, dataset: str) -> tuple[str, ...]:
    """The attackers that are tried: those that the user names, or the budget's."""
    if job.attackers:
        return tuple(name for name in ATTACKERS if name in job.attackers)
    if job.budget == "smoke":
        return ("linear", "decoder")
    return _FIVE if job.budget == "small" and dataset in _FEW else ATTACKERS


def defaults(job: AuditConfig, dataset: str) -> dict[str, Any]:
    """The options that take the place of defaults: the budget's, and those that a checkpoint was trained with.

    Args:
        job: the encoder and the budget.
        dataset: the source that the flags name; a checkpoint knows its own.

    Raises:
        UserError: if the encoder is a folder of a training that is not supported.
    """
    run = checkpoint_run(job.encoder)
    if run is not None:
        dataset = run.config["data"]["dataset"]
        found = trained_with(run.config) | {"seed": run.seed, "fold": run.fold}
    else:
        found = dict(FOREIGN[job.budget])
        if dataset == "rendered":
            found |= {"rendered_images": 5_000, "data_dir": "runs/rendered"}
        if dataset in _FEW and job.budget != "smoke":
            found["augment"] = 32
    found |= OPTIONS[job.budget] | JOBS[job.budget]
    if job.budget == "small" and dataset in _FEW:
        found |= {"headline_seeds": 1, "attack_steps": 1000}
    return found | {"output_dir": f"runs/audit-{Path(job.encoder).resolve().stem}-{job.budget}"}


def trained_with(config: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The options of a finished training by name, without those of its attackers and of its own run."""
    found: dict[str, Any] = {}
    for name, section in sections().items():
        if name in ("attack", "run"):
            continue
        for option in dataclasses.fields(section):
            if option.name in config.get(name, {}):
                value = config[name][option.name]
                found[option.name] = tuple(value) if isinstance(value, list) else value
    return found
