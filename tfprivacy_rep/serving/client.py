"""Clients of TensorFlow Serving, by REST and by gRPC, with one interface and errors that say what to do."""

from __future__ import annotations

import base64
import importlib.util
import json
import math
import re
import time
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Protocol, Sequence

import numpy as np

from tfprivacy_rep.errors import UserError, missing_extra

#: Seconds before the first further try; doubled for each after it.
BACKOFF = 0.2
#: Bytes of one answer; no representation of a batch comes near.
MOST_BYTES = 256 * 2**20
_QUOTED = 1000  # characters of a message of the server
_BUSY = (429, 502, 503, 504)
_NO_SIGNATURE = re.compile(r"signature (name|key)", re.IGNORECASE)
Inputs = Mapping[str, "np.ndarray | Sequence[bytes]"]


class Client(Protocol):
    """Asks a server for the outputs of a signature, and which version of a model it has."""

    def predict(self, model: str, signature: str, inputs: Inputs) -> dict[str, np.ndarray]:
        """Returns the outputs by name; of REST, a single output has the name "".

        Args:
            model: its name at the server.
            signature: its name.
            inputs: arrays, or files as bytes, by name.

        Raises:
            UserError: if nobody answers in time, there is no such model or signature, or the server refuses the inputs.
        """

    def version(self, model: str) -> int | None:
        """Returns the newest version that is ready, which is what `predict` asks; None if none is.

        Args:
            model: its name at the server.

        Raises:
            UserError: if nobody answers in time, or there is no such model.
        """


@dataclass(frozen=True)
class Address:
    """Where a server is, and how long it is waited for.

    Attributes:
        host, port: of the server.
        timeout: seconds for one try.
        retries: further tries where nobody answers or the server says that it is not ready.
    """

    host: str
    port: int
    timeout: float = 10.0
    retries: int = 2

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class _Again(Exception):
    """A failure that another try may mend."""

    def __init__(self, error: UserError) -> None:
        super().__init__(str(error))
        self.error = error


def _with_retries(address: Address, ask: Callable[[], Any]) -> Any:
    for attempt in range(address.retries + 1):
        try:
            return ask()
        except _Again as again:
            if attempt == address.retries:
                raise again.error from again
            time.sleep(BACKOFF * 2**attempt)
    raise AssertionError("unreachable")


def _require(package: str, distribution: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise missing_extra(distribution, "serving", "asking a server")


def _nobody(address: Address, reason: str) -> UserError:
    return UserError(
        f"No answer from `{address}`: expected TensorFlow Serving there. Received: {reason[:_QUOTED]}. Start it (see "
        "the README in saved_models/serving), or give another --host and --port: REST is on 8501, gRPC on 8500."
    )


def _slow(address: Address) -> UserError:
    return UserError(
        f"No answer from `{address}` in time: expected one within {address.timeout:g} s. Received: nothing. Raise "
        "--timeout, or send fewer photographs at once."
    )


def _refused(address: Address, model: str, wanted: str, message: str) -> UserError:
    return UserError(
        f"`{address}` refused the request to `{model}`, {wanted}: expected inputs that it takes. "
        f"Received: {_readable(message)[:_QUOTED] or 'no reason'}. Send what the model takes."
    )


def _readable(message: str) -> str:
    """What a graph's error says, without the node that said it and the brackets around each piece."""
    return " ".join(message.partition("[[")[0].replace("] [", " ").split())


def _unknown(address: Address, model: str, wanted: str, message: str) -> UserError:
    return UserError(
        f"Unknown `{model}` at `{address}`: expected a served model with {wanted}. "
        f"Received: {message[:_QUOTED]}. Look at models.config, and at http://HOST:8501/v1/models/NAME for what is "
        "loaded."
    )


class RestClient:
    """By HTTP and JSON, files as base64. See `Client`."""

    def __init__(self, address: Address) -> None:
        _require("requests", "requests")
        import requests

        self._address, self._requests, self._session = address, requests, requests.Session()
        # Photographs go to the address that was given and to nobody else: no proxy of the environment.
        self._session.trust_env = False

    def predict(self, model: str, signature: str, inputs: Inputs) -> dict[str, np.ndarray]:
        """See `Client.predict`."""
        body = {"signature_name": signature, "inputs": {name: _as_json(value) for name, value in inputs.items()}}
        outputs = self._ask(f"{model}:predict", "outputs", model, f"signature {signature}", body)
        # One output comes without its name.
        named = outputs if isinstance(outputs, dict) else {"": outputs}
        try:
            return {name: np.asarray(value) for name, value in named.items()}
        except (ValueError, OverflowError, RecursionError) as error:
            raise _nobody(self._address, f"outputs of `{model}` that are no arrays") from error

    def version(self, model: str) -> int | None:
        """See `Client.version`."""
        states = self._ask(model, "model_version_status", model, "any version")
        try:
            return max((int(one["version"]) for one in states if one["state"] == "AVAILABLE"), default=None)
        except (KeyError, TypeError, ValueError) as error:
            raise _nobody(self._address, f"states of `{model}` of another kind") from error

    def _ask(self, path: str, key: str, model: str, wanted: str, body: dict[str, Any] | None = None) -> Any:
        """What an answer holds under a key; posts where there is a body."""
        return _with_retries(self._address, lambda: self._once(path, key, model, wanted, body))

    def _once(self, path: str, key: str, model: str, wanted: str, body: dict[str, Any] | None) -> Any:
        address, errors = self._address, self._requests.exceptions
        try:
            status, text = self._read(f"http://{address}/v1/models/{path}", body)
        except errors.Timeout as error:
            raise _slow(address) from error
        except errors.ConnectionError as error:
            raise _Again(_nobody(address, "no connection")) from error
        except (errors.RequestException, ValueError, OverflowError) as error:  # ValueError: a host that can be none
            raise _nobody(address, f"{type(error).__name__}: {error}") from error
        if len(text) > MOST_BYTES:
            raise _nobody(address, f"status {status} and more than {MOST_BYTES // 2**20} MiB")
        try:
            contents = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _nobody(address, f"status {status} and no JSON") from error
        if not isinstance(contents, dict) or not {key, "error"} & set(contents):
            raise _nobody(address, f"status {status} and JSON of another kind")
        message = str(contents.get("error", ""))
        if status in _BUSY:
            raise _Again(_nobody(address, f"status {status}: {message}"))
        if status == 404 or _NO_SIGNATURE.search(message):
            raise _unknown(address, model, wanted, message)
        if status == 400:
            raise _refused(address, model, wanted, message)
        if status != 200 or key not in contents:
            raise _nobody(address, f"status {status}: {message}")
        return contents[key]

    def _read(self, url: str, body: dict[str, Any] | None) -> tuple[int, bytes]:
        """The status of an answer and its text, of which no more is read than shows that it is too long."""
        started, text = time.monotonic(), bytearray()
        with self._session.request("GET" if body is None else "POST", url, json=body, timeout=self._address.timeout,
                                   allow_redirects=False, stream=True) as answer:
            for piece in answer.iter_content(2**16):
                text += piece
                if time.monotonic() - started > self._address.timeout:  # the library's is for each piece
                    raise self._requests.exceptions.Timeout
                if len(text) > MOST_BYTES:
                    break
            return answer.status_code, bytes(text)


def _as_json(value: np.ndarray | Sequence[bytes]) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [{"b64": base64.b64encode(one).decode()} for one in value]


class GrpcClient:
    """By gRPC. See `Client`."""

    def __init__(self, address: Address) -> None:
        _require("tensorflow_serving", "tensorflow-serving-api")
        import grpc
        from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

        self._address, self._grpc = address, grpc
        options = [
            ("grpc.max_receive_message_length", MOST_BYTES), ("grpc.max_send_message_length", MOST_BYTES),
            ("grpc.enable_http_proxy", 0),
            # Or a further try comes before the channel tries to connect again.
            ("grpc.initial_reconnect_backoff_ms", 100), ("grpc.min_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 100),
        ]
        channel = grpc.insecure_channel(str(address), options)
        self._predict = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict
        self._status = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus

    def predict(self, model: str, signature: str, inputs: Inputs) -> dict[str, np.ndarray]:
        """See `Client.predict`."""
        request = predict_request(model, signature, inputs)
        answer = self._ask(self._predict, request, model, f"signature {signature}")
        try:
            return {name: _array(value) for name, value in answer.outputs.items()}
        except (TypeError, ValueError, KeyError) as error:
            raise _nobody(self._address, f"outputs of `{model}` that are no arrays: {error}") from error

    def version(self, model: str) -> int | None:
        """See `Client.version`."""
        from tensorflow_serving.apis import get_model_status_pb2, model_pb2

        request = get_model_status_pb2.GetModelStatusRequest(model_spec=model_pb2.ModelSpec(name=model))
        answer = self._ask(self._status, request, model, "any version")
        ready = get_model_status_pb2.ModelVersionStatus.AVAILABLE
        return max((one.version for one in answer.model_version_status if one.state == ready), default=None)

    def _ask(self, call: Callable, request: Any, model: str, wanted: str) -> Any:
        return _with_retries(self._address, lambda: self._once(call, request, model, wanted))

    def _once(self, call: Callable, request: Any, model: str, wanted: str) -> Any:
        address, codes = self._address, self._grpc.StatusCode
        try:
            return call(request, timeout=address.timeout)
        except self._grpc.RpcError as error:
            code, details = error.code(), error.details() or ""
            if code == codes.DEADLINE_EXCEEDED:
                raise _slow(address) from error
            if code == codes.UNAVAILABLE:
                raise _Again(_nobody(address, details)) from error
            if code in (codes.NOT_FOUND, codes.FAILED_PRECONDITION) or _NO_SIGNATURE.search(details):
                raise _unknown(address, model, wanted, details) from error
            if code in (codes.UNIMPLEMENTED, codes.INTERNAL, codes.UNKNOWN):
                raise _nobody(address, f"{code.name} {details}") from error
            raise _refused(address, model, wanted, details) from error


def _array(tensor: Any) -> np.ndarray:
    import tensorflow as tf

    sizes = [one.size for one in tensor.tensor_shape.dim]
    # One number and a shape stand for as many equal ones, which few bytes can ask for.
    if min(sizes, default=0) < 0 or math.prod(sizes) * tf.as_dtype(tensor.dtype).size > MOST_BYTES:
        raise ValueError(f"the shape {sizes}")
    return tf.make_ndarray(tensor)


def predict_request(model: str, signature: str, inputs: Inputs) -> Any:
    """The official PredictRequest of arrays and files.

    Raises:
        UserError: if tensorflow-serving-api is not installed.
    """
    _require("tensorflow_serving", "tensorflow-serving-api")
    import tensorflow as tf
    from tensorflow_serving.apis import model_pb2, predict_pb2

    return predict_pb2.PredictRequest(
        model_spec=model_pb2.ModelSpec(name=model, signature_name=signature),
        inputs={name: tf.make_tensor_proto(value if isinstance(value, np.ndarray) else np.array(value, object))
                for name, value in inputs.items()},
    )


def output(answer: Mapping[str, np.ndarray], name: str, shape: Sequence[int | None]) -> np.ndarray:
    """One output of an answer as finite numbers of the shape that is expected.

    Args:
        answer: outputs by name; of REST, a single output has the name "".
        name: wanted.
        shape: wanted; None for any size.

    Raises:
        UserError: if the server answered with something else: it serves another model.
    """
    value = answer.get(name, answer.get(""))
    described = {key: f"{one.dtype} {list(one.shape)}" for key, one in answer.items()}
    fits = value is not None and len(value.shape) == len(shape) and all(
        wanted in (None, found) for wanted, found in zip(shape, value.shape)
    )
    if value is None or not fits or value.dtype.kind not in "fiu":
        raise UserError(
            f"Invalid answer: expected `{name}`, numbers of shape {list(shape)}. Received: {described}. The server "
            "serves another model: look at its models.config."
        )
    with np.errstate(over="ignore"):  # what float32 can't hold is infinite, and refused
        numbers = value.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise UserError(
            f"Invalid answer: expected `{name}`, finite numbers. Received: infinite values or not-a-numbers. The "
            "served model is broken: export it again."
        )
    return numbers
