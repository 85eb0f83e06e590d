"""A small server that speaks TensorFlow Serving's two protocols on loopback and runs models through the C++ loader."""

from __future__ import annotations

import base64
import json
import threading
import time
from concurrent import futures
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Iterator

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)


class NoSignature(Exception):
    """Of another class than a missing model, because the server says it by other codes."""


class Models:
    """SavedModels by name, in Sessions on the C++ loader; and what the server is to do wrong.

    Args:
        folders: of versions, by name.
        slow: seconds before each answer.
        unavailable: so many of the first requests are answered with "not ready".
        body: what REST answers to everything, in place of an answer.
        redirect: port that REST sends its clients to.
    """

    def __init__(
        self, folders: dict[str, Path], slow: float = 0, unavailable: int = 0, body: str = "", redirect: int = 0
    ) -> None:
        self.slow, self.unavailable, self.body, self.redirect = slow, unavailable, body, redirect
        self.requests: list[tuple[str, str]] = []
        self._versions = {name: int(folder.name) for name, folder in folders.items()}
        self._loaded = {name: self._load(folder) for name, folder in folders.items()}

    @staticmethod
    def _load(folder: Path):
        session = tf.compat.v1.Session(graph=tf.Graph())
        with session.graph.as_default():
            return session, tf.compat.v1.saved_model.loader.load(session, ["serve"], str(folder)).signature_def

    def ask(self, name: str, signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Raises LookupError for what is not there and tf.errors.OpError for what the model refuses."""
        self.requests.append((name, signature))
        time.sleep(self.slow)
        if self.unavailable > 0:
            self.unavailable -= 1
            raise ConnectionError("Servable not yet available")
        if name not in self._loaded:
            raise LookupError(f"Servable not found for request: Latest({name})")
        session, signatures = self._loaded[name]
        if signature not in signatures:
            raise NoSignature(signature)
        chosen = signatures[signature]
        feeds = {chosen.inputs[key].name: value for key, value in inputs.items()}
        return session.run({key: one.name for key, one in chosen.outputs.items()}, feeds)

    def versions(self, name: str) -> list[int]:
        """Versions that are ready; raises as `ask` does."""
        if name not in self._loaded:
            raise LookupError(f"Could not find any versions of model {name}")
        return [self._versions[name]]

    def array(self, name: str, signature: str, key: str, value):
        """What JSON holds, in the type that the signature wants, as the server makes it."""
        kind = tf.float32
        if name in self._loaded and signature in self._loaded[name][1]:
            kind = tf.as_dtype(self._loaded[name][1][signature].inputs[key].dtype)
        if kind == tf.string:
            return np.array([base64.b64decode(one["b64"]) for one in value], object)
        return np.array(value, kind.as_numpy_dtype)


class _Rest(BaseHTTPRequestHandler):
    models: Models

    def do_GET(self) -> None:  # noqa: N802, as the library calls it
        try:
            ready = self.models.versions(self.path.removeprefix("/v1/models/"))
            states = [(n, "AVAILABLE") for n in ready] + [(99, "LOADING")]
            listed = [{"version": str(number), "state": state} for number, state in states]
            status, answer = 200, {"model_version_status": listed}
        except LookupError as error:
            status, answer = 404, {"error": str(error)}
        self._answer(status, self.models.body or json.dumps(answer))

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self) -> None:  # noqa: N802, as the library calls it
        if self.models.redirect:
            self.send_response(307)
            self.send_header("Location", f"http://127.0.0.1:{self.models.redirect}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name, signature = self.path.removeprefix("/v1/models/").removesuffix(":predict"), request["signature_name"]
        try:
            inputs = {key: self.models.array(name, signature, key, value) for key, value in request["inputs"].items()}
            found = {key: value.tolist() for key, value in self.models.ask(name, signature, inputs).items()}
            status, answer = 200, {"outputs": found if len(found) > 1 else next(iter(found.values()))}
        except ConnectionError as error:
            status, answer = 503, {"error": str(error)}
        except LookupError as error:
            status, answer = 404, {"error": str(error)}
        except NoSignature as error:
            status, answer = 400, {"error": f"Serving signature name: \"{error}\" not found in signature def"}
        except (tf.errors.OpError, ValueError) as error:
            status, answer = 400, {"error": getattr(error, "message", str(error))}
        self._answer(status, self.models.body or json.dumps(answer, default=lambda value: value.decode()))

    def log_message(self, *_) -> None:
        """Says nothing."""


class _Grpc(prediction_service_pb2_grpc.PredictionServiceServicer, model_service_pb2_grpc.ModelServiceServicer):
    def __init__(self, models: Models) -> None:
        self._models = models

    def Predict(self, request, context):  # noqa: N802, as the protocol calls it
        again = predict_pb2.PredictRequest.FromString(request.SerializeToString())
        spec = again.model_spec
        inputs = {key: tf.make_ndarray(value) for key, value in again.inputs.items()}
        try:
            found = self._models.ask(spec.name, spec.signature_name, inputs)
        except ConnectionError as error:
            context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        except LookupError as error:
            context.abort(grpc.StatusCode.NOT_FOUND, str(error))
        except NoSignature as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"Serving signature key \"{error}\" not found.")
        except (tf.errors.OpError, ValueError) as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, getattr(error, "message", str(error)))
        answer = predict_pb2.PredictResponse(
            outputs={key: tf.make_tensor_proto(value) for key, value in found.items()}
        )
        return answer

    def GetModelStatus(self, request, context):  # noqa: N802, as the protocol calls it
        states = get_model_status_pb2.ModelVersionStatus
        try:
            ready = self._models.versions(request.model_spec.name)
        except LookupError as error:
            context.abort(grpc.StatusCode.NOT_FOUND, str(error))
        return get_model_status_pb2.GetModelStatusResponse(model_version_status=[
            states(version=99, state=states.LOADING), *(states(version=n, state=states.AVAILABLE) for n in ready)
        ])


@contextmanager
def serve(protocol: str, models: Models) -> Iterator[int]:
    """Runs the server and gives its port."""
    if protocol == "rest":
        handler = type("Handler", (_Rest,), {"models": models})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            server.server_close()
    else:
        rpc = grpc.server(futures.ThreadPoolExecutor(2))
        servicer = _Grpc(models)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(servicer, rpc)
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(servicer, rpc)
        port = rpc.add_insecure_port("127.0.0.1:0")
        rpc.start()
        try:
            yield port
        finally:
            rpc.stop(0).wait()
