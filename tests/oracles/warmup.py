"""Reads a version's warm-up file with the official protos and executes what it asks: warmup.py FOLDER OUT.

FOLDER is a version folder with `assets.extra/tf_serving_warmup_requests`, a TFRecord of PredictionLog. OUT gets for
each request, by its number, `n/model`, `n/version` (-1: none), `n/signature`, `n/in/<input>` and `n/out/<output>`; a
string that goes in is `n/in/<input>/0`, `n/in/<input>/1`, ..., its bytes as uint8.
"""

from __future__ import annotations

import os
import sys

import numpy as np
import tensorflow as tf
from _cases import Arrays, flat
from _session import Servable, savable
from tensorflow_serving.apis import prediction_log_pb2

_MOST_RECORDS = 1000  # of the server: a longer file is refused


def _requests(path: str) -> list:
    """The predict requests of the file.

    Raises:
        ValueError: if the file has no record or too many, or one of them is not a whole predict request.
    """
    records = [record.numpy() for record in tf.data.TFRecordDataset(path)]
    if not 0 < len(records) <= _MOST_RECORDS:
        raise ValueError(f"{path}: expected 1 to {_MOST_RECORDS} records. Received: {len(records)}.")
    requests = []
    for number, record in enumerate(records):
        log = prediction_log_pb2.PredictionLog.FromString(record)
        if log.WhichOneof("log_type") != "predict_log" or not log.predict_log.HasField("request"):
            raise ValueError(f"{path}: expected predict requests. Record {number}: {log.WhichOneof('log_type')}.")
        requests.append(log.predict_log.request)
    return requests


def _execute(servable: Servable, request) -> Arrays:
    spec = request.model_spec
    inputs = {name: tf.make_ndarray(proto) for name, proto in request.inputs.items()}
    # The server takes an empty name for this one.
    signature = spec.signature_name or "serving_default"
    outputs = servable.run(signature, inputs)
    version = spec.version.value if spec.HasField("version") else -1
    found = {"model": np.array(spec.name), "version": np.array(version), "signature": np.array(signature)}
    for name, value in inputs.items():
        if value.dtype == object:
            found.update({f"in/{name}/{n}": np.frombuffer(text, np.uint8) for n, text in enumerate(value.ravel())})
        else:
            found[f"in/{name}"] = value
    found.update({f"out/{name}": savable(value) for name, value in outputs.items()})
    return found


def main(folder: str, target: str) -> None:
    """Executes every request."""
    requests = _requests(os.path.join(folder, "assets.extra", "tf_serving_warmup_requests"))
    servable = Servable(folder)
    np.savez(target, **flat({str(n): _execute(servable, request) for n, request in enumerate(requests)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
