"""Photographs of no faces: handwritten digits with labels of our own, an encoder with protection and one without.

The three questions that the service wants answered are "even?", "greater than four?" and "has a loop?"; what shall not
be rebuilt is the handwriting. Both encoders meet a fresh attacker who has never seen the private digits. Whether a game
this short and small protects anything is for the figures to say: look at them before you use a lambda1.

    python examples/not_faces.py --steps=600
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

from tfprivacy_rep.attacks import AttackerSpec, FrozenEncoder, Pairs, attack, build_attacker
from tfprivacy_rep.config import AttackConfig
from tfprivacy_rep.metrics import mcc, mean_mcc, psnr
from tfprivacy_rep.models import Adversary, BatchedModel, Protector, build_classifier, build_decoder, build_encoder
from tfprivacy_rep.objectives import decoder_terms, protector_terms
from tfprivacy_rep.training import Game, GameTrainer, Schedule

SIZE, NUMBERS, WIDTHS = 32, 16, (8, 16, 32)
PRIVATE, PUBLIC, VALIDATION, PROBES = slice(0, 700), slice(700, 1300), slice(1300, 1400), slice(1400, None)


def digits() -> tuple[np.ndarray, np.ndarray]:
    """1,797 digits as uint8 `[N, 32, 32, 3]`, in a fixed random order, and their labels, int8 `[N, 3]`."""
    held = load_digits()
    order = np.random.default_rng(0).permutation(len(held.target))
    grey = np.round(held.images[order] * (255 / 16)).astype(np.uint8)
    large = grey.repeat(SIZE // 8, axis=1).repeat(SIZE // 8, axis=2)
    digit = held.target[order]
    labels = np.stack([digit % 2 == 0, digit > 4, np.isin(digit, (0, 6, 8, 9))], axis=1)
    return np.repeat(large[..., None], 3, axis=-1), labels.astype(np.int8)


def train(images: np.ndarray, labels: np.ndarray, lambda1: float, steps: int) -> Protector:
    """Plays the game on private and public digits; without `lambda1` there is no opponent, and it is plain training."""
    strategy = tf.distribute.get_strategy()
    encoder = build_encoder(SIZE, NUMBERS, WIDTHS, seed=1)
    protector = Protector.create(encoder, build_classifier((NUMBERS,), labels.shape[1], seed=2), learning_rate=1e-3)
    adversary = None
    if lambda1 > 0:
        adversary = Adversary.create(build_decoder((NUMBERS,), SIZE, WIDTHS[::-1], seed=3), None, learning_rate=1e-3)
    game = Game(
        protector, adversary, perceptual=None, protector_terms=protector_terms(lambda1, 0.0),
        decoder_terms=decoder_terms(0.0, 0.0), gan_loss="saturating", schedule=Schedule(1 if adversary else 0),
    )
    private = {"images": images[PRIVATE], "labels": labels[PRIVATE]}
    trainer = GameTrainer(strategy, game, private, {"images": images[PUBLIC]}, batch_size=32, seed=0)
    trainer.train_steps(steps)
    return protector


def rebuild(encoder: FrozenEncoder, images: np.ndarray, steps: int) -> np.ndarray:
    """What a fresh attacker, who learnt on the public digits, makes of the probes' Z: `[N, 32, 32, 3]` in [0, 1]."""
    spec = AttackerSpec("decoder", mu1=0.0, mu2=0.0, seed=99)
    config = AttackConfig(attack_steps=steps, attack_check_every=min(steps, 50))
    training, validation = (Pairs(images[part], encoder(images[part])) for part in (PUBLIC, VALIDATION))
    with tempfile.TemporaryDirectory() as folder:  # of its checkpoints
        outcome = attack(
            tf.distribute.get_strategy(), build_attacker(spec, (NUMBERS,), SIZE, WIDTHS, 1e-3), spec, config, None,
            training, validation, Path(folder), "attacker", progress=False, tensorboard=False,
        )
    encoder.require_unchanged()
    return outcome.decode(encoder(images[PROBES]))


def main(steps: int = 120) -> dict[str, tuple[float, float]]:
    """Trains and attacks both encoders.

    Args:
        steps: of each game; an attacker has three times as many at most.

    Returns:
        For each encoder the mean MCC of the three labels (higher is more useful) and the attacker's mean PSNR in dB
        (lower is better protected), both on probes that nobody has trained on.
    """
    images, labels = digits()
    found = {}
    for name, lambda1 in {"unprotected": 0.0, "protected": 5.0}.items():
        protector = train(images, labels, lambda1, steps)
        frozen = FrozenEncoder(protector.encoder)
        logits = BatchedModel(protector.classifier)(frozen(images[PROBES]))
        utility = mean_mcc(mcc(labels[PROBES], logits > 0)).value
        quality = psnr(rebuild(frozen, images, 3 * steps), images[PROBES].astype(np.float32) / 255)
        found[name] = (float(utility), float(quality.mean()))
        print(f"{name}: mean MCC {utility:.3f}, PSNR of the attacker {quality.mean():.2f} dB", flush=True)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=120, help="steps of each game; attackers have three times as many")
    main(parser.parse_args().steps)
