"""Measures the renderer: images a second, how near its attributes are to CelebA's shares, and what a linear probe tells
from 8x8 pixels alone, which an encoder has to beat.

  python scripts/measure_rendered.py --images=26600 --seeds=3 --data_dir=runs/rendered"""

from __future__ import annotations

import argparse
import time

import numpy as np

from tfprivacy_rep.attacks.linear_head import linear_head_predictions
from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import partition, sources
from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.data.rendered.joint import PREVALENCE
from tfprivacy_rep.data.rendered.renderer import render
from tfprivacy_rep.metrics.mcc import mcc, mean_mcc

TIMED, BLOCKS = 1024, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=26_600, help="photographs drawn, 20 of each person")
    parser.add_argument("--image_size", type=int, default=64, help="side in pixels")
    parser.add_argument("--seeds", type=int, default=3, help="partition seeds of the probe, from 0 on")
    parser.add_argument("--x1_photographs", type=int, default=1_995, help="private photographs that the probe learns")
    parser.add_argument("--data_dir", default="", help="folder that keeps what is drawn")
    arguments = parser.parse_args()
    print(f"images a second, three times {TIMED}: {', '.join(f'{rate:.0f}' for rate in _rates(arguments.image_size))}")
    photographs = sources.load(DataConfig(
        dataset="rendered", rendered_images=arguments.images, image_size=arguments.image_size,
        data_dir=arguments.data_dir))
    off = np.abs(photographs.labels.mean(0) - [PREVALENCE[name] for name in photographs.attributes])
    print(f"share of each attribute less CelebA's, over {len(photographs)} photographs: mean {off.mean():.4f}, largest "
          f"{off.max():.4f} ({CELEBA_ATTRIBUTES[int(off.argmax())]})")
    found = [_probe(photographs, seed, arguments.x1_photographs) for seed in range(arguments.seeds)]
    print(f"mean MCC of a linear probe on {BLOCKS}x{BLOCKS} pixels: {', '.join(f'{value:.3f}' for value in found)}")


def _rates(image_size: int) -> list[float]:
    render(np.arange(64), image_size)
    rates = []
    for _ in range(3):
        started = time.perf_counter()
        render(np.arange(TIMED), image_size)
        rates.append(TIMED / (time.perf_counter() - started))
    return rates


def _probe(photographs: Photographs, seed: int, count: int) -> float:
    """Fitted on X1's training part, tested on T; both as in a run of that seed."""
    drawn = partition.make(photographs, "disjoint_people", seed)
    private = drawn.reduced(min(1.0, count / len(drawn.x1_train))).x1_train
    pixels, asked = (_shrunk(as_float(photographs.images[part])) for part in (private, drawn.probes))
    predicted = linear_head_predictions(pixels, photographs.labels[private], asked)
    return mean_mcc(mcc(photographs.labels[drawn.probes], predicted)).value


def _shrunk(images: np.ndarray) -> np.ndarray:
    """Means of 8x8 blocks."""
    side = images.shape[1] // BLOCKS
    return images.reshape(len(images), BLOCKS, side, BLOCKS, side, 3).mean((2, 4))


if __name__ == "__main__":
    main()
