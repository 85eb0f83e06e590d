"""A made-up audit for the tests of the report: records of runs, and the contents of results.json made from them."""

from __future__ import annotations

import copy
import functools
from typing import Any

import numpy as np

from tfprivacy_rep.config import Config
from tfprivacy_rep.evaluation.results import RunRecord, results
from tfprivacy_rep.report.comparisons import Compared, Comparisons

PEOPLE, EACH, SIDE = 6, 2, 16
ATTRIBUTES = ["Eyeglasses", "5_o_Clock_Shadow"]
ATTACKERS = ["decoder", "decoder_gan"]
ENCODERS = ["unprotected", "paper"]
_SETS = ("x1_train", "x1_val", "x2_train", "x2_val", "gallery", "probes")


def record(seed: int) -> RunRecord:
    """One run of 6 people with 2 probes each, with figures drawn from `seed`."""
    rng = np.random.default_rng(seed)
    people = np.repeat(np.arange(1, PEOPLE + 1), EACH)
    size = len(people)
    columns: dict[str, dict[str, np.ndarray]] = {"reference": _reference(rng, size)}
    pictures = {"originals": rng.integers(0, 256, (size, SIDE, SIDE, 3), dtype=np.uint8)}
    for name in ENCODERS:
        columns[name] = _encoder_columns(rng, size)
        for attacker in ATTACKERS:
            pictures[f"{name}/{attacker}"] = rng.integers(0, 256, (size, SIDE, SIDE, 3), dtype=np.uint8)
    return RunRecord(_facts(seed), people, columns, pictures)


def _reference(rng: np.random.Generator, size: int) -> dict[str, np.ndarray]:
    means = {
        "originals/rank1": 1.0, "originals/same_person": 0.96, "originals/other_people": 0.86, "mean_image/psnr": 14.0,
        "mean_image/ssim": 0.3, "mean_image/face_similarity": 0.87, "mean_image/rank1": 0.1,
    }
    return {name: mean + 0.001 * rng.standard_normal(size) for name, mean in means.items()}


def _encoder_columns(rng: np.random.Generator, size: int) -> dict[str, np.ndarray]:
    columns = {}
    for attacker in ATTACKERS:
        for metric, mean in (("psnr", 18.0), ("ssim", 0.5), ("face_similarity", 0.9), ("rank1", 0.3),
                             ("feature_similarity", 0.8), ("feature_similarity_centered", 0.4)):
            columns[f"attacks/{attacker}/{metric}"] = mean + 0.05 * rng.standard_normal(size)
    for metric in ("psnr", "ssim", "rank1"):
        columns[f"headline/{metric}"] = columns[f"attacks/decoder/{metric}"]
    for name, mean in (("rank1", 0.9), ("rank1_cosine", 0.9), ("rank1_lda", 0.8), ("rank1_answer", 0.3)):
        columns[f"linkage/{name}"] = mean + 0.01 * rng.standard_normal(size)
    for name in ("raw", "centered"):
        columns[f"random_pairs/{name}"] = 0.6 + 0.01 * rng.standard_normal(size)
    columns["labels"] = np.tile([[0, 1], [1, 0]], (size // 2, 1)).astype(np.int8)
    columns["predictions"] = columns["labels"] ^ (rng.random((size, 2)) < 0.2).astype(np.int8)
    return columns


def _facts(seed: int) -> dict[str, Any]:
    partition = {
        "mode": "shared_people", "seed": seed, "fold": 0, "counts": {name: 12 for name in _SETS},
        "people": {name: PEOPLE for name in _SETS},
        "shared_people": {pair: PEOPLE for pair in ("x1_x2", "x1_g", "x1_t", "x2_g", "x2_t", "g_t")},
    }
    return {
        "seed": seed, "fold": 0, "partition": partition, "attributes": ATTRIBUTES, "recogniser": "dlib", "seconds": 1.5,
        "skipped_images": 0,
        "names": [f"s{index}" for index in range(PEOPLE * EACH)],
        "encoders": {name: _encoder_facts(name) for name in ENCODERS},
    }


def _encoder_facts(name: str) -> dict[str, Any]:
    weight = 0.0 if name == "unprotected" else 1.0
    steps = range(10, 60, 10)
    game = [
        {"step": s, "protector/L_u": 1.0 / s, "validation/L_u": 2.0 / s, "validation/mean_mcc": 0.01 * s, "done": 0.0}
        for s in steps
    ]
    attack = [{"step": s, "L_p": 1.0 / s, "validation_loss": 1.0 / s, "done": 0.0} for s in steps]
    return {
        "weights": {"lambda1": weight, "lambda2": weight / 10, "mu1": 0.0, "mu2": 0.0}, "options": {},
        "fingerprint": "0123abcd" * 8, "headline_attackers": {key: "decoder" for key in ("psnr", "ssim", "rank1")},
        "strongest_linkage": "cosine", "history": {"game": game, "decoder": attack, "decoder_gan": attack},
        "attacks": [
            {"name": "decoder", "mu1": 0.0, "mu2": 0.0, "steps": 50, "converged": True},
            {"name": "decoder_gan", "mu1": 0.01, "mu2": 0.05, "steps": 50, "converged": True},
        ],
    }


@functools.cache
def _made(count: int) -> tuple[dict[str, Any], tuple[RunRecord, ...]]:
    records = tuple(record(seed) for seed in range(count))
    return results(records, Config().to_dict(), "scripts/train.py --output_dir=runs/example", 3.0), records


def example(runs: int) -> tuple[dict[str, Any], tuple[RunRecord, ...]]:
    """Contents of results.json, free to be changed, and the records, of so many seeds."""
    contents, records = _made(runs)
    return copy.deepcopy(contents), records


def collapse(record: RunRecord) -> None:
    """Lets the protected game's decoder ignore Z, and a fresh attacker's discriminator win until it recovers."""
    histories = record.facts["encoders"]["paper"]["history"]
    histories["game"] = [
        row | {"health/decoder_gain": 0.004, "health/decoder_spread": 0.07} for row in histories["game"]
    ]
    figures = {"real": 0.998, "fake": 0.0008, "accuracy": 1.0, "spread": 0.499}
    won = {f"health/discriminator_{name}": value for name, value in figures.items()}
    lost = won | {"health/discriminator_accuracy": 0.7}
    histories["decoder_gan"] = [{"step": 10 * place} | (won if place < 4 else lost) for place in range(1, 7)]


def collapsed(runs: int) -> tuple[dict[str, Any], tuple[RunRecord, ...]]:
    """The example with a collapse in its first run, and nothing noticed without protection."""
    records = tuple(copy.deepcopy(record(seed)) for seed in range(runs))
    collapse(records[0])
    for one in records:
        for row in one.facts["encoders"]["unprotected"]["history"]["game"]:
            row["health/one_class"] = 0.0
    return results(records, Config().to_dict(), "scripts/train.py --output_dir=runs/example", 3.0), records


def comparisons(repeated: bool, blind: float = 3.0, answer: float = 0.6) -> Comparisons:
    """Every encoder's distance to the blind floor, and of Z to the answer, with intervals of ±10 % where repeated."""

    def compared(value: float) -> Compared:
        low, high = sorted((0.9 * value, 1.1 * value)) if value else (-0.1, 0.1)
        return Compared(value, low, high, True) if repeated else Compared(value)

    return Comparisons(
        {name: {figure: compared(blind) for figure in ("psnr", "ssim", "rank1")} for name in ENCODERS},
        {name: compared(answer) for name in ENCODERS},
    )


def set_difference(contents: dict[str, Any], figure: str, value: float, low: float, high: float) -> None:
    """Puts a paired difference into the contents; a single run keeps the value only."""
    ends = {"low": low, "high": high} if len(contents["runs"]) > 1 else {}
    contents["differences"]["paper"][figure] = {"value": value, **ends}
