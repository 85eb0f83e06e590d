"""Records as runs leave them, with made-up columns, for tests of what is computed from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfprivacy_rep.evaluation.figures import ATTACK_METRICS
from tfprivacy_rep.evaluation.results import RunRecord

ATTRIBUTES = ("Eyeglasses", "Smiling", "Male")
ATTACKERS = ("decoder", "decoder_gan")
PEOPLE, PHOTOGRAPHS = 12, 2


def encoder_columns(draws: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    """Columns of one encoder, by the names that the audit gives them."""
    labels = draws.integers(0, 2, (count, len(ATTRIBUTES))).astype(np.int8)
    labels[0], labels[1] = 0, 1  # both values of each
    columns: dict[str, np.ndarray] = {
        "labels": labels,
        "predictions": draws.integers(0, 2, labels.shape).astype(np.int8),
    }
    for attacker in ATTACKERS:
        columns |= {f"attacks/{attacker}/{metric}": draws.random(count) for metric in ATTACK_METRICS}
    columns |= {f"headline/{metric}": draws.random(count) for metric in ("psnr", "ssim", "rank1")}
    columns |= {
        f"linkage/{name}": draws.random(count) for name in ("rank1", "rank1_cosine", "rank1_lda", "rank1_answer")
    }
    return columns | {f"random_pairs/{name}": draws.random(count) for name in ("raw", "centered")}


def record(seed: int = 0, fold: int = 0, **facts: Any) -> RunRecord:
    """A run of two encoders that saw the same photographs."""
    draws = np.random.default_rng([seed, fold])
    count = PEOPLE * PHOTOGRAPHS
    columns = {name: encoder_columns(draws, count) for name in ("unprotected", "paper")}
    columns["paper"]["labels"] = columns["unprotected"]["labels"]
    columns["reference"] = {
        f"{group}/{name}": draws.random(count)
        for group, names in {
            "originals": ("rank1", "same_person", "other_people"),
            "mean_image": ("psnr", "ssim", "rank1", "face_similarity"),
        }.items()
        for name in names
    }
    pictures = {
        name: draws.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
        for name in ["originals"]
        + [f"{encoder}/{attacker}" for encoder in ("unprotected", "paper") for attacker in ATTACKERS]
    }
    return RunRecord(_facts(seed, fold, count) | facts, np.repeat(np.arange(PEOPLE), PHOTOGRAPHS), columns, pictures)


def _facts(seed: int, fold: int, count: int) -> dict[str, Any]:
    sets = {"x1_train": 60, "x1_val": 12, "x2_train": 36, "x2_val": 12, "gallery": 12, "probes": count}
    weights = {"unprotected": (0.0, 0.0, 0.0, 0.0), "paper": (1.0, 0.1, 0.2, 0.3)}
    return {
        "seed": seed,
        "fold": fold,
        "partition": {
            "mode": "shared_people",
            "seed": seed,
            "fold": fold,
            "counts": sets,
            "people": {name: PEOPLE for name in sets},
            "shared_people": {pair: PEOPLE for pair in ("x1_x2", "x1_g", "x1_t", "x2_g", "x2_t", "g_t")},
        },
        "attributes": list(ATTRIBUTES),
        "recogniser": "made up",
        "skipped_images": 0,
        "names": [f"s{index // PHOTOGRAPHS}/{index % PHOTOGRAPHS}.pgm" for index in range(count)],
        "encoders": {
            name: {
                "weights": dict(zip(("lambda1", "lambda2", "mu1", "mu2"), values)),
                "options": {},
                "fingerprint": f"{name}{seed}",
                "headline_attackers": {"psnr": "decoder", "ssim": "decoder_gan", "rank1": "decoder"},
                "strongest_linkage": "lda",
                "attacks": [
                    {"name": "decoder", "mu1": 0.0, "mu2": 0.0, "steps": 100 + 10 * seed, "converged": True},
                    {"name": "decoder_gan", "mu1": 0.01, "mu2": 0.05, "steps": 200, "converged": seed > 0},
                ],
                "history": {"game": [{"step": 1, "protector/L_u": 0.5}], "decoder": [], "decoder_gan": []},
            }
            for name, values in weights.items()
        },
        "seconds": 1.5,
    }
