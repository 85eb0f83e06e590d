"""A backbone of `keras.applications` as the encoder: the first blocks of MobileNetV2, whose representation is a map.

Our classifier and decoder fit any shape of Z, so nothing else changes. The backbone's BatchNormalization needs care: in
training mode its answer depends on the other photographs of the batch, and the statistics that it uses afterwards lag
far behind (momentum 0.999), so that the encoder that is attacked would not be the one that was trained. Here the
statistics are those of the file of weights or, without one, of the public photographs, and then they stay.

    python examples/backbone.py --steps=100 --weights=mobilenet_v2_weights.h5
"""

from __future__ import annotations

import argparse

import keras
import numpy as np
import tensorflow as tf

from tfprivacy_rep.attacks import FrozenEncoder, Pairs, fit_linear_decoder
from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import partition, sources
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.metrics import mcc, mean_mcc, psnr
from tfprivacy_rep.models import Adversary, BatchedModel, Protector, build_classifier, build_decoder
from tfprivacy_rep.objectives import decoder_terms, protector_terms
from tfprivacy_rep.training import Game, GameTrainer, Schedule

SIZE = 32


def build_backbone(public: np.ndarray, weights: str | None) -> keras.Model:
    """Builds an encoder from images `[B, 32, 32, 3]` in [0, 1] to maps `[B, 4, 4, 16]`.

    Args:
        public: float32 `[N, 32, 32, 3]` in [0, 1], what the statistics are taken from if there are no weights.
        weights: a file of weights of MobileNetV2 without its top, alpha 0.35, or None for random ones.
    """
    keras.utils.set_random_seed(1)
    whole = keras.applications.MobileNetV2((SIZE, SIZE, 3), alpha=0.35, include_top=False, weights=weights)
    blocks = keras.Model(whole.input, whole.get_layer("block_5_add").output, name="blocks")
    if weights is None:
        normalisations = [la for la in blocks.layers if isinstance(la, keras.layers.BatchNormalization)]
        for layer in normalisations:
            layer.momentum = 0.0  # the statistics become those of this one batch
        blocks(2.0 * public - 1.0, training=True)
    images = keras.Input((SIZE, SIZE, 3), name="images")
    z = blocks(keras.layers.Rescaling(2.0, offset=-1.0)(images), training=False)  # normalisation by the statistics
    return keras.Model(images, z, name="backbone")


def main(steps: int = 60, weights: str | None = None) -> dict[str, float]:
    """Trains the protected backbone on ORL photographs and attacks it with ridge regression from Z to pixels.

    Args:
        steps: of the game.
        weights: as of `build_backbone`.

    Returns:
        `mean_mcc` of the attributes, `psnr` of the attack in dB, and `floor`, the PSNR of the mean public photograph.
    """
    photographs = sources.load(DataConfig(image_size=SIZE, attributes=("Male", "Eyeglasses", "Smiling")))
    drawn = partition.make(photographs, "shared_people", seed=0)
    private, public, validation, probes = (
        photographs.subset(part) for part in (drawn.x1_train, drawn.x2_train, drawn.x2_val, drawn.probes)
    )
    encoder = build_backbone(as_float(public.images), weights)
    shape = encoder.output_shape[1:]
    protector = Protector.create(encoder, build_classifier(shape, len(photographs.attributes), seed=2), 1e-3)
    adversary = Adversary.create(build_decoder(shape, SIZE, (64, 32, 16), seed=3), None, learning_rate=1e-3)
    game = Game(
        protector, adversary, perceptual=None, protector_terms=protector_terms(lambda1=1.0, lambda2=0.0),
        decoder_terms=decoder_terms(mu1=0.0, mu2=0.0), gan_loss="saturating", schedule=Schedule(adversary_moves=1),
    )
    trainer = GameTrainer(
        tf.distribute.get_strategy(), game, {"images": private.images, "labels": private.labels},
        {"images": public.images}, batch_size=32, seed=0,
    )
    for name, value in trainer.train_steps(steps).means.items():
        print(f"{name}: {value:.4f}, mean over {steps} steps")

    frozen = FrozenEncoder(encoder)
    z = frozen(probes.images)
    utility = mean_mcc(mcc(probes.labels, BatchedModel(protector.classifier)(z) > 0)).value
    pairs = (Pairs(part.images, frozen(part.images)) for part in (public, validation))
    rebuilt = fit_linear_decoder(*pairs).decode(z)
    truth, mean = as_float(probes.images), as_float(public.images).mean(0)
    found = {
        "mean_mcc": float(utility),
        "psnr": float(psnr(rebuilt, truth).mean()),
        "floor": float(psnr(np.broadcast_to(mean, truth.shape), truth).mean()),
    }
    print(f"Z is {shape}; mean MCC {found['mean_mcc']:.3f}; PSNR of ridge regression {found['psnr']:.2f} dB, "
          f"of the mean public photograph {found['floor']:.2f} dB")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60, help="steps of the game")
    parser.add_argument("--weights", help="file of MobileNetV2 weights without the top, alpha 0.35; random without")
    arguments = parser.parse_args()
    main(arguments.steps, arguments.weights)
