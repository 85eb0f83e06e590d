"""Trains the recogniser of drawn faces, writes its weights and prints what it reaches on people it has not seen.

Examples:
    python scripts/train_recogniser.py
    python scripts/train_recogniser.py --output second.npz --seed 1 --widths 24 48 64 96 128
    python scripts/train_recogniser.py --measure_only --output tfprivacy_rep/evaluation/rendered_faces.npz
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.evaluation.rendered_people import draw_people

TRAINING_SEED, VALIDATION_SEED, TEST_SEED, EXPERIMENT_SEED = 1, 2, 3, 0


def parse() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("tfprivacy_rep/evaluation/rendered_faces.npz"))
    parser.add_argument("--people", type=int, default=2000, help="training people")
    parser.add_argument("--photographs", type=int, default=20, help="photographs of each, at most 20")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--batch_size", type=int, default=128)
    parser.add_argument("--learning_rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=0, help="of the weights, the order and the changes of the pictures")
    parser.add_argument("--people_seed", type=int, default=TRAINING_SEED, help="of the training people, not 0, 2 or 3")
    parser.add_argument("--widths", type=int, nargs="+", default=[24, 48, 96, 120], help="filters of each convolution")
    parser.add_argument("--embedding_size", type=int, default=80, help="numbers that describe a face")
    parser.add_argument("--test_people", type=int, default=500, help="people of each measured population")
    parser.add_argument("--validate", action="store_true", help=f"measure on people of seed {VALIDATION_SEED} only")
    parser.add_argument("--measure_only", action="store_true", help="train nothing, measure the weights in --output")
    flags = parser.parse_args()
    if flags.people_seed in (VALIDATION_SEED, TEST_SEED, EXPERIMENT_SEED):
        parser.error("--people_seed: expected another seed than 0, 2 and 3, whose people are measured. Use 1.")
    return flags


def train(flags: argparse.Namespace) -> None:
    """Draws the training people, trains and writes the weights."""
    started = time.monotonic()
    photographs = draw_people(flags.people, flags.photographs, flags.people_seed)
    import tensorflow as tf  # after drawing, whose processes do without it

    from tfprivacy_rep.evaluation.identity_network import Architecture, save_identity_network
    from tfprivacy_rep.evaluation.recogniser_training import Training, train_recogniser

    tf.config.experimental.enable_op_determinism()
    architecture = Architecture(tuple(flags.widths), flags.embedding_size)
    training = Training(
        epochs=flags.epochs, batch_size=flags.batch_size, learning_rate=flags.learning_rate, seed=flags.seed
    )
    network = train_recogniser(photographs, architecture, training)
    save_identity_network(flags.output, architecture, network)
    size, minutes = flags.output.stat().st_size / 1e6, (time.monotonic() - started) / 60
    print(f"{flags.output}: {network.count_params():,} weights, {size:.2f} MB, {minutes:.1f} minutes\n")


def measure(flags: argparse.Namespace) -> None:
    """Prints a Markdown table of what the weights reach on people of other seeds."""
    from tfprivacy_rep.evaluation.recogniser_quality import measure_quality
    from tfprivacy_rep.evaluation.rendered_faces import RenderedRecogniser

    recogniser = RenderedRecogniser(flags.output)
    print("| people of seed | photographs | AUC | rank-1 | cosine, same | cosine, other | images/s |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for seed in [VALIDATION_SEED] if flags.validate else [TEST_SEED, EXPERIMENT_SEED]:
        drawn = draw_people(flags.test_people, 20, seed)
        images = _as_float(drawn.images)
        small = _as_float(draw_people(flags.test_people, 20, seed, image_size=32).images)
        sharp = drawn.labels[:, CELEBA_ATTRIBUTES.index("Blurry")] == 0
        everyone = np.ones(len(sharp), bool)
        originals = recogniser.describe(images)
        for name, looked_at, rows in (
            ("64 px", images, everyone),
            ("64 px, none labelled Blurry", images, sharp),
            ("64 px, blurred by 1.5 px", _vague(images), everyone),
            ("32 px", small, everyone),
        ):
            started = time.monotonic()
            vectors = recogniser.describe(looked_at[rows])
            speed = rows.sum() / (time.monotonic() - started)
            q = measure_quality(vectors, drawn.people[rows], originals[rows])
            print(f"| {seed} | {name} | {q.auc:.4f} | {q.rank1:.3f} | {q.same:.3f} | {q.other:.3f} | {speed:.0f} |")


def _as_float(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return images.astype(np.float32) / np.float32(255)


def _vague(images: NDArray[np.float32]) -> NDArray[np.float32]:
    from tfprivacy_rep.evaluation.picture_changes import blurred

    parts = [blurred(images[start : start + 500], 1.5).numpy() for start in range(0, len(images), 500)]
    return np.clip(np.concatenate(parts), 0.0, 1.0)


def main() -> None:
    """Trains, then measures."""
    flags = parse()
    if not flags.measure_only:
        train(flags)
    measure(flags)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
