"""What an exported encoder costs in the C++ runtime that TensorFlow Serving uses, beside the compiled Keras model."""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Sequence

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from tfprivacy_rep.models.encoder import build_encoder
from tfprivacy_rep.serving.export import export_encoder
from tfprivacy_rep.serving.image_bytes import photographs

BATCH = 32
#: What is measured: the compiled Keras model, the two signatures, and decoding with resizing alone.
KERAS, IMAGES, BYTES, DECODING = "keras", "images", "bytes", "decoding"
ROWS = {
    "single_p50_ms": "one photograph, p50, ms",
    "batch_images_per_second": f"batches of {BATCH}, images/s",
}


def measure(image_size: int, widths: Sequence[int], repeats: int, chunk: int = 20) -> dict[str, Any]:
    """Times calls in turn, a few of each kind at a time, so that what slows the machine slows all.

    Args:
        image_size: side S in pixels.
        widths: of the encoder; its representation has 128 numbers and its weights are random.
        repeats: rounds; in each, `chunk` calls of every kind are timed with one photograph and a few with a batch.
        chunk: calls in a row.

    Returns:
        `single_p50_ms` and `batch_images_per_second` by kind, each `[median, least, most]` over the rounds; and the
        ratios `single_to_keras`, `batch_to_keras` (speed of the images signature over that of the Keras model) and
        `bytes_single`, `bytes_batch` (cost of the bytes signature over that of the images signature and decoding, each
        alone), each `[median, least, most]` of the rounds' ratios.
    """
    encoder = build_encoder(image_size, 128, widths, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        exported = export_encoder(encoder, Path(folder) / "encoder")
        session = tf.compat.v1.Session(graph=tf.Graph())
        with session.graph.as_default():
            loaded = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(exported))
        calls = _calls(encoder, session, loaded.signature_def, image_size)
        seconds: dict[tuple[str, int], list[float]] = {}
        for count, in_a_row in ((1, chunk), (BATCH, max(2, chunk // 8))):
            for call in calls.values():
                call(count)  # traces and allocates
            for _ in range(repeats):
                for kind, call in calls.items():
                    timed = [_seconds(call, count) for _ in range(in_a_row)]
                    seconds.setdefault((kind, count), []).append(statistics.median(timed))
    return _summary(seconds)


def _calls(
    encoder: keras.Model, session: tf.compat.v1.Session, signatures: Any, image_size: int
) -> dict[str, Callable[[int], Any]]:
    images = np.random.default_rng(0).random((BATCH, image_size, image_size, 3), np.float32)
    files = np.array([_jpeg(number) for number in range(BATCH)], object)
    compiled = tf.function(lambda x: encoder(x, training=False)).get_concrete_function(
        tf.TensorSpec((None, image_size, image_size, 3), tf.float32)
    )
    decode = tf.function(lambda x: photographs(x, image_size)).get_concrete_function(tf.TensorSpec((None,), tf.string))
    run = {}
    for name, key in (("serving_default", "images"), ("serving_bytes", "image_bytes")):
        with session.graph.as_default():
            run[key] = session.make_callable(
                signatures[name].outputs["representation"].name, feed_list=[signatures[name].inputs[key].name]
            )
    return {
        KERAS: lambda count: compiled(tf.constant(images[:count])).numpy(),
        IMAGES: lambda count: run["images"](images[:count]),
        BYTES: lambda count: run["image_bytes"](files[:count]),
        DECODING: lambda count: decode(tf.constant(files[:count])).numpy(),
    }


def _jpeg(seed: int) -> bytes:
    """A photograph's worth of a smooth texture, 178 x 218 pixels as CelebA's are."""
    coarse = np.random.default_rng(seed).integers(0, 256, (14, 11, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize((178, 218), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _seconds(call: Callable[[int], Any], count: int) -> float:
    started = time.perf_counter()
    call(count)
    return time.perf_counter() - started


def _summary(seconds: dict[tuple[str, int], list[float]]) -> dict[str, Any]:
    def spread(values: np.ndarray) -> list[float]:
        return [round(float(value), 4) for value in (np.median(values), np.min(values), np.max(values))]

    kinds = (KERAS, IMAGES, BYTES, DECODING)
    one, many = ({kind: np.array(seconds[kind, count]) for kind in kinds} for count in (1, BATCH))
    return {
        "single_p50_ms": {kind: spread(1000 * one[kind]) for kind in kinds},
        "batch_images_per_second": {kind: spread(BATCH / many[kind]) for kind in kinds},
        "single_to_keras": spread(one[KERAS] / one[IMAGES]),
        "batch_to_keras": spread(many[KERAS] / many[IMAGES]),
        "bytes_single": spread(one[BYTES] / (one[IMAGES] + one[DECODING])),
        "bytes_batch": spread(many[BYTES] / (many[IMAGES] + many[DECODING])),
    }


def table(found: dict[str, Any]) -> str:
    """The measurements as a Markdown table: median [least, most] over the rounds."""

    def cell(values: Sequence[float]) -> str:
        return "{:.3g} [{:.3g}, {:.3g}]".format(*values)

    kinds = (KERAS, IMAGES, BYTES, DECODING)
    lines = ["| | compiled Keras model | `images` in C++ | `image_bytes` in C++ | decoding and resizing |",
             "| --- " * 5 + "|"]
    lines += [f"| {label} | {' | '.join(cell(found[row][kind]) for kind in kinds)} |" for row, label in ROWS.items()]
    ratios = {
        "single_to_keras": "speed of `images` over Keras, one photograph",
        "batch_to_keras": f"the same, batches of {BATCH}",
        "bytes_single": "cost of `image_bytes` over `images` and decoding, one photograph",
        "bytes_batch": f"the same, batches of {BATCH}",
    }
    return "\n".join([*lines, "", *(f"- {label}: {cell(found[key])}" for key, label in ratios.items())])
