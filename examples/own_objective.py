"""An objective of our own: a term that keeps Z small, and a g that sees photographs out of focus.

A term is a name, a weight and a function from what the player sees of a batch (`training.View`) to one value for each
example. g is any Keras model of images; `calibrate` measures the scale of its features on public photographs.

    python examples/own_objective.py --steps=300
"""

from __future__ import annotations

import argparse

import keras
import numpy as np
import tensorflow as tf
from not_faces import PRIVATE, PROBES, PUBLIC, SIZE, VALIDATION, digits

from tfprivacy_rep.attacks import FrozenEncoder, Pairs, fit_linear_decoder
from tfprivacy_rep.metrics import mcc, mean_mcc, psnr
from tfprivacy_rep.models import (
    Adversary,
    BatchedModel,
    PerceptualNetwork,
    Protector,
    build_classifier,
    build_decoder,
    build_encoder,
    calibrate,
)
from tfprivacy_rep.objectives import Term, decoder_terms, protector_terms
from tfprivacy_rep.training import Game, GameTrainer, Schedule, View

NUMBERS, WIDTHS = 16, (8, 16, 32)


def size_of_z(view: View) -> tf.Tensor:
    """The mean square of the numbers of each representation, `[B]` float32."""
    return tf.reduce_mean(tf.square(view.z), axis=-1)


def out_of_focus(public: np.ndarray) -> PerceptualNetwork:
    """A g without weights: squares of 4 and of 8 pixels, averaged, calibrated on images `[N, S, S, 3]` in [0, 1]."""
    images = keras.Input((SIZE, SIZE, 3))
    squares = [keras.layers.AveragePooling2D(side)(images) for side in (4, 8)]
    return calibrate(keras.Model(images, squares, name="out_of_focus"), public)


def play(images: np.ndarray, labels: np.ndarray, lambda2: float, own_terms: tuple[Term, ...], steps: int) -> Protector:
    """Plays the game with L_p, with L_perc in our own g where `lambda2` > 0, and with terms of our own."""
    encoder = build_encoder(SIZE, NUMBERS, WIDTHS, seed=1)
    game = Game(
        Protector.create(encoder, build_classifier((NUMBERS,), labels.shape[1], seed=2), learning_rate=1e-3),
        Adversary.create(build_decoder((NUMBERS,), SIZE, WIDTHS[::-1], seed=3), None, learning_rate=1e-3),
        perceptual=out_of_focus(images[PUBLIC].astype(np.float32) / 255),
        protector_terms=[*protector_terms(lambda1=5.0, lambda2=lambda2), *own_terms],
        decoder_terms=decoder_terms(mu1=0.0, mu2=0.0),
        gan_loss="saturating",
        schedule=Schedule(adversary_moves=1),
    )
    private = {"images": images[PRIVATE], "labels": labels[PRIVATE]}
    trainer = GameTrainer(
        tf.distribute.get_strategy(), game, private, {"images": images[PUBLIC]}, batch_size=32, seed=0
    )
    print("  terms:", {name: round(value, 4) for name, value in trainer.train_steps(steps).means.items()})
    return game.protector


def main(steps: int = 120) -> dict[str, dict[str, float]]:
    """Trains with the paper's terms and with ours, and attacks both with ridge regression from Z to pixels.

    Args:
        steps: of each game.

    Returns:
        For each objective `mean_mcc` of the labels, `psnr` of the attack in dB, and `size`, the mean square of Z.
    """
    images, labels = digits()
    objectives: dict[str, tuple[float, tuple[Term, ...]]] = {
        "paper": (0.0, ()),
        "own": (0.2, (Term("L_size", 0.1, compute=size_of_z),)),
    }
    found = {}
    for name, (lambda2, own_terms) in objectives.items():
        protector = play(images, labels, lambda2, own_terms, steps)
        encode = FrozenEncoder(protector.encoder)
        z = encode(images[PROBES])
        linear = fit_linear_decoder(*(Pairs(images[part], encode(images[part])) for part in (PUBLIC, VALIDATION)))
        found[name] = {
            "mean_mcc": float(mean_mcc(mcc(labels[PROBES], BatchedModel(protector.classifier)(z) > 0)).value),
            "psnr": float(psnr(linear.decode(z), images[PROBES].astype(np.float32) / 255).mean()),
            "size": float(np.mean(z**2)),
        }
        print(f"{name}: mean MCC {found[name]['mean_mcc']:.3f}, PSNR of ridge regression {found[name]['psnr']:.2f} dB, "
              f"mean square of Z {found[name]['size']:.2f}", flush=True)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=120, help="steps of each game")
    main(parser.parse_args().steps)
