"""Requests that TensorFlow Serving runs on a model before it answers anybody: the first caller does not wait."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np
import tensorflow as tf

from tfprivacy_rep.errors import missing_extra

#: Where TensorFlow Serving looks for them, within the folder of a version.
WARMUP = "assets.extra/tf_serving_warmup_requests"

Request = tuple[str, Mapping[str, Any]]


def write_warmup(folder: Path, model: str, requests: Sequence[Request]) -> None:
    """Writes `assets.extra/tf_serving_warmup_requests`, a TFRecord of PredictionLog.

    Args:
        folder: of the model's version.
        model: its name at the server.
        requests: signature, and arrays by name of input.

    Raises:
        UserError: if tensorflow-serving-api is not installed.
    """
    require_serving_api()
    from tensorflow_serving.apis import model_pb2, predict_pb2, prediction_log_pb2

    path = folder / WARMUP
    path.parent.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in requests:
            request = predict_pb2.PredictRequest(
                model_spec=model_pb2.ModelSpec(name=model, signature_name=signature),
                inputs={name: tf.make_tensor_proto(value) for name, value in inputs.items()},
            )
            log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
            writer.write(log.SerializeToString())


def require_serving_api() -> None:
    """Raises a UserError unless tensorflow-serving-api is installed."""
    if importlib.util.find_spec("tensorflow_serving") is None:
        raise missing_extra("tensorflow-serving-api", "serving", "the warm-up requests of an export")


def encoder_requests(image_size: int, batch_sizes: Sequence[int]) -> list[Request]:
    """Both signatures of an encoder with batches of a drawn picture: nobody's photograph is given away with a model."""
    ramp = np.linspace(0.0, 1.0, image_size, dtype=np.float32)
    columns = np.broadcast_to(ramp, (image_size, image_size))
    image = np.stack([columns, columns.T, np.full_like(columns, 0.5)], -1)
    encoded = tf.io.encode_jpeg(tf.cast(tf.round(image * 255.0), tf.uint8)).numpy()
    return [
        request
        for count in batch_sizes
        for request in (
            ("serving_default", {"images": np.repeat(image[None], count, 0)}),
            ("serving_bytes", {"image_bytes": np.array([encoded] * count, object)}),
        )
    ]


def head_requests(
    representation_shape: Sequence[int], attributes: int, batch_sizes: Sequence[int]
) -> list[Request]:
    """Both signatures of a head."""
    zeros = [("serving_default", {"representation": np.zeros((count, *representation_shape), np.float32)})
             for count in batch_sizes]
    return [*zeros, ("attribute_names", {"index": np.arange(attributes, dtype=np.int64)})]
