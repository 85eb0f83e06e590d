"""A made-up audit: the whole contents of results.json of an audit."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfprivacy_rep.config import Config

TASK = ["Smiling", "Eyeglasses", "Wearing_Hat"]
OTHERS = ["Male", "Young", "Bald"]
FAMILIES = {"noise": [0.25, 0.5, 1.0], "pca": [32, 8, 2], "low_resolution": [32, 16], "jpeg": [30, 10]}
_SETS = ("x1_train", "x1_val", "x2_train", "x2_val", "gallery", "probes")
_PAIRS = ("x1_x2", "x1_g", "x1_t", "x2_g", "x2_t", "g_t")


def difference(value: float, half: float = 0.05) -> dict[str, float]:
    """A paired difference."""
    return {"value": value, "low": value - half, "high": value + half}


def identity(rank1: float) -> dict[str, Any]:
    """The figures of telling people; too few impostors for the least rate of false acceptance."""
    return {"rank1": rank1, "rank5": 0.6 * rank1 + 0.391, "auc": 0.4 * rank1 + 0.583,
            "tar_far1e-1": 0.5 * rank1 + 0.452, "tar_far1e-2": 0.9 * rank1 + 0.014, "tar_far1e-3": None}


def _attacker(name: str, factor: str, what: str, psnr: float, **more: Any) -> dict[str, Any]:
    history = [{"step": step, "validation_loss": 0.9 / step**0.5 + 0.3 / psnr} for step in range(100, 1600, 100)]
    rank1 = (psnr - 12.0) / 20.0
    made = {
        "name": name, "factor": factor, "what": what, "parameters": 1_234_567, "photographs": 200, "mu1": 0.0,
        "mu2": 0.0, "steps": 1500, "converged": True, "seeds": 1, "seconds": 21.7, "not_applicable": None,
        "tested": 80, "validation": {"psnr": psnr + 0.41, "ssim": 0.533, "rank1": rank1 + 0.017},
        "psnr": psnr, "ssim": psnr / 32.0, "feature_similarity": 0.951, "feature_similarity_centered": 0.612,
        "face_similarity": 0.927, "face_similarity_rescaled": 0.314, **identity(rank1),
        "second": {"face_similarity": 0.431, "rank1": rank1 - 0.043, "rank5": rank1 + 0.072, "auc": rank1 + 0.101},
        "history": history, "warnings": [],
    }
    return made | more


def _attackers() -> list[dict[str, Any]]:
    return [
        _attacker("linear", "closed form", "ridge regression from Z to pixels", 16.2, steps=0, history=[]),
        _attacker("decoder", "base", "the decoder that the others vary", 17.6),
        _attacker("decoder_wide", "capacity", "four times as wide", 18.4, seeds=3, parameters=16_543_210),
        _attacker("decoder_deep", "capacity", "residual blocks", 18.1, converged=False),
        _attacker("decoder_tenth", "data", "a tenth of the photographs", 15.9, photographs=20),
        _attacker("decoder_perceptual", "loss", "with a perceptual loss", 17.2, mu2=0.05),
        _attacker("decoder_gan", "loss", "with a perceptual and a GAN loss", 16.9, mu1=0.01, mu2=0.05),
        _attacker("decoder_long", "steps", "four times the steps", 18.2, steps=6000),
        _attacker("image_search", "white box", "the image whose Z is nearest", 18.0, tested=16, parameters=0),
        {"name": "latent_search", "factor": "white box", "what": "the same in a generator's latent space",
         "not_applicable": "the generator did not learn in this budget"},
    ]


def _row(name: str, role: str, what: str, mcc: float | None, psnr: float, rank1: float, link: float) -> dict[str, Any]:
    return {"name": name, "what": what, "role": role, "not_applicable": None, "attackers": ["linear", "decoder"],
            "mean_mcc": mcc, "head_mcc": mcc, "psnr": psnr, "ssim": psnr / 32.0, "face_similarity": 0.871,
            "rank1": rank1, "linkage_rank1": link}


def _rows() -> list[dict[str, Any]]:
    return [
        _row("audited", "subject", "the encoder that is audited", 0.621, 17.6, 0.28, 0.754),
        _row("unprotected", "ceiling", "the same network trained without protection", 0.668, 20.3, 0.512, 0.921),
        _row("random_weights", "ceiling", "the same network with random weights", 0.338, 19.4, 0.447, 0.866),
        _row("shuffled_pairs", "floor", "attackers trained on pairs of strangers", None, 13.9, 0.027, 0.025),
        _row("mean_image", "floor", "the mean public photograph as every reconstruction", None, 14.1, 0.025, 0.025),
        _row("answer_bits", "limit", "the predicted attributes alone", 0.62, 14.9, 0.061, 0.462),
        _row("answer_probabilities", "limit", "their probabilities", 0.622, 15.3, 0.094, 0.583),
    ]


def _frontier() -> dict[str, Any]:
    points = [
        {"name": "audited", "family": "audited", "strength": None, "label": "the audited encoder", "mean_mcc": 0.617,
         "validation_mcc": 0.633, "linkage_rank1": 0.754, "psnr": 17.6, "pareto": False},
        {"name": "unprotected", "family": "unprotected", "strength": None, "label": "the unprotected encoder",
         "mean_mcc": 0.664, "validation_mcc": 0.671, "linkage_rank1": 0.921, "psnr": 20.3, "pareto": True},
        {"name": "answer", "family": "answer", "strength": None, "label": "the answer alone", "mean_mcc": 0.615,
         "validation_mcc": 0.63, "linkage_rank1": 0.462, "psnr": 14.9, "pareto": True},
    ]
    for place, (family, strengths) in enumerate(FAMILIES.items()):
        for step, strength in enumerate(strengths):
            points.append({
                "name": f"{family}-{strength}", "family": family, "strength": float(strength),
                "label": f"{family.replace('_', ' ')}, {strength:g}", "mean_mcc": 0.655 - 0.07 * step - 0.01 * place,
                "validation_mcc": 0.66 - 0.07 * step, "linkage_rank1": 0.9 - 0.2 * step + 0.02 * place,
                "psnr": 20.1 - 1.2 * step - 0.2 * place, "pareto": family == "noise",
            })
    return {"base": "unprotected", "points": points}


def _distributions() -> dict[str, Any]:
    edges = np.linspace(-0.2, 1.0, 25)
    centres = (edges[1:] + edges[:-1]) / 2

    def density(mean: float, width: float) -> list[float]:
        values = np.exp(-0.5 * ((centres - mean) / width) ** 2)
        return [float(value) for value in values / (values.sum() * (edges[1] - edges[0]))]

    made = {}
    for key, same in (("originals/dlib", 0.85), ("originals/eigenfaces", 0.7), ("reconstructions/dlib", 0.55),
                      ("reconstructions/eigenfaces", 0.45), ("z/cosine", 0.7), ("z/lda", 0.75), ("z/task", 0.5)):
        made[key] = {"edges": list(edges), "same": density(same, 0.1), "other": density(0.35, 0.12)}
    return made


def _verdict() -> dict[str, Any]:
    baseline = {"matched": True, "psnr": difference(-0.4, 0.2), "mean_mcc": difference(0.003, 0.02)}
    return {
        "grade": "condemned",
        "questions": [
            {"question": "identity_from_z", "level": "beyond_answer", "figure": "linkage_rank1", "value": 0.754,
             "blind": 0.025, "answer": 0.462, "over_blind": difference(0.729), "over_answer": difference(0.292)},
            {"question": "identity_from_images", "level": "beyond_answer", "figure": "rank1", "value": 0.31,
             "blind": 0.025, "answer": 0.061, "over_blind": difference(0.285), "over_answer": difference(0.219)},
            {"question": "appearance", "level": "beyond_answer", "figure": "psnr", "value": 18.4, "blind": 14.1,
             "answer": 14.9, "over_blind": difference(4.3, 0.3), "over_answer": difference(2.7, 0.3)},
        ],
        "baselines": [
            {"family": "noise", "label": "noise, 0.5 standard deviations", "wins": True,
             "linkage_rank1": difference(-0.131), **baseline},
            {"family": "pca", "label": "PCA, 8 numbers", "wins": None, "linkage_rank1": difference(-0.02), **baseline},
            {"family": "low_resolution", "label": "low resolution, 32 pixels", "wins": False,
             **baseline, "linkage_rank1": difference(0.11), "psnr": difference(1.3, 0.3)},
            {"family": "jpeg", "label": "JPEG, quality 10", "wins": None, "matched": False, "linkage_rank1": None,
             "psnr": None, "mean_mcc": None},
        ],
    }


def _worst() -> dict[str, Any]:
    def group(rank1: float, people: int) -> dict[str, Any]:
        return {"photographs": 2 * people, "people": people, "rank1": rank1, "linkage_rank1": rank1 + 0.4,
                "psnr": 17.1 + rank1}

    return {
        "images": [{"name": f"s{place}/1", "person": place, "psnr": 23.4 - 0.31 * place,
                    "face_similarity": 0.981 - 0.013 * place, "rank1": 1.0} for place in range(10)],
        "people": [{"person": place, "photographs": 2, "rank1": 1.0 - 0.05 * place, "linkage_rank1": 1.0,
                    "psnr": 20.7 - 0.23 * place} for place in range(10)],
        "groups": [{"attribute": name, "with": group(0.31 + 0.02 * place, 9), "without": group(0.24, 31),
                    "difference": {"linkage_rank1": difference(0.07 + 0.02 * place), "psnr": difference(0.4, 0.6)}}
                   for place, name in enumerate(["Eyeglasses", "Male"])],
    }


def _data() -> dict[str, Any]:
    return {
        "source": "orl", "attributes": TASK, "other_attributes": OTHERS,
        "prevalence": {"Smiling": 0.413, "Eyeglasses": 0.302, "Wearing_Hat": 0.0, "Male": 0.901, "Young": 0.555,
                       "Bald": 0.011},
        "partition": "shared_people", "counts": dict(zip(_SETS, (128, 32, 96, 24, 40, 80))),
        "people": {name: 40 for name in _SETS}, "shared_people": {pair: 40 for pair in _PAIRS},
        "tested_photographs": 80, "tested_people": 40, "skipped_images": 0,
    }


def _probes() -> dict[str, Any]:
    found = {"Male": (0.712, 0.734), "Young": (0.231, 0.198), "Bald": (None, None)}
    return {name: {"linear": linear, "mlp": mlp, "majority": 0.913,
                   "linear_accuracy": None if linear is None else 0.942}
            for name, (linear, mlp) in found.items()}


def bare() -> dict[str, Any]:
    """All but the intervals."""
    rows, methods = _rows(), {"cosine": identity(0.754), "lda": identity(0.721), "task": identity(0.449)}
    recognisers = [{"name": name, **identity(rank1), "same_person": 0.957, "other_people": 0.861}
                   for name, rank1 in (("dlib", 0.853), ("eigenfaces", 0.771))]
    return {
        "schema": "tfprivacy_rep/audit/1", "command": "scripts/evaluate.py --encoder=runs/example", "seconds": 512.3,
        "config": Config().to_dict() | {"job": {"budget": "small"}},
        "encoder": {
            "path": "runs/example/checkpoint", "kind": "checkpoint", "access": "white box", "name": "paper",
            "fingerprint": "0123abcd" * 8, "representation_shape": [128],
            "weights": {"lambda1": 1.0, "lambda2": 0.1, "mu1": 0.0, "mu2": 0.0}, "options": {}, "seed": 0, "fold": 0,
            "constant": False, "stochastic": False, "trained_on_x1": True,
        },
        "data": _data(), "budget": {"name": "small", "attack_steps": 1500, "headline_seeds": 3}, "verdict": _verdict(),
        "recognisers": recognisers, "impostor_pairs": 780, "chance_rank1": 0.025,
        "headline": {"mean_mcc": 0.621, "psnr": 18.4, "ssim": 0.575, "face_similarity": 0.927,
                     "face_similarity_rescaled": 0.314, "rank1": 0.31, "rank1_second": 0.267, "rank5": 0.577,
                     "auc": 0.707,
                     "linkage_rank1": 0.754, "linkage_rank5": 0.875, "linkage_auc": 0.906, "attribute_mcc": 0.483,
                     "membership_auc": 0.611},
        "headline_attackers": {"psnr": "decoder_wide", "ssim": "decoder_wide", "rank1": "decoder_long"},
        "normalised": {"psnr": 0.565, "ssim": 0.564, "rank1": 0.524, "linkage_rank1": 0.814},
        "attackers": _attackers(), "linkage": {"strongest": "cosine", "methods": methods}, "rows": rows,
        "frontier": _frontier(),
        "attributes": {"task": {"Smiling": 0.633, "Eyeglasses": 0.609, "Wearing_Hat": None}, "undefined": 1,
                       "probes": _probes()},
        "membership": {"auc": 0.611, "loss_auc": 0.611, "trained_auc": 0.588, "strongest": "loss", "members": 128,
                       "others": 120, "not_applicable": None},
        "percentiles": {"psnr": {"p50": 18.32, "p90": 20.71, "p99": 23.12},
                        "ssim": {"p50": 0.571, "p90": 0.683, "p99": 0.774},
                        "face_similarity": {"p50": 0.929, "p90": 0.957, "p99": 0.979}},
        "worst": _worst(), "distributions": _distributions(),
        "random_pairs": {"feature_similarity_raw": 0.917, "feature_similarity_centered": 0.004},
        "mean_image": {"psnr": 14.1, "ssim": 0.441, "rank1": 0.025, "face_similarity": 0.871},
        "cautions": ["The checkpoint was trained with another version of the package."],
        "guarantee": "no formal guarantee",
    }


def example() -> dict[str, Any]:
    """An audit of our own checkpoint with everything measured."""
    contents = bare()
    contents["intervals"] = intervals(contents)
    return contents


def intervals(contents: dict[str, Any]) -> dict[str, Any]:
    """An interval for every figure, in the same nesting."""
    return {key: _mirrored(contents[key]) for key in ("headline", "attackers", "linkage", "rows", "frontier",
                                                      "attributes", "membership", "recognisers")}


def _mirrored(value: Any) -> Any:
    """The same nesting with intervals in place of floats; figures that are None have none."""
    if isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if isinstance(inner, (dict, list, float))}
        return {key: _mirrored(inner) for key, inner in kept.items() if key not in ("history", "strength")}
    if isinstance(value, list):
        return [_mirrored(inner) for inner in value]
    half = 0.31 if isinstance(value, float) and value > 2.0 else 0.043
    return {"low": value - half, "high": value + half} if isinstance(value, float) else None
