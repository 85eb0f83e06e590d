"""Answers of any server: the numbers that were sent, or an error that says what came."""

from __future__ import annotations

import json

import grpc
import numpy as np
import pytest
import requests
import tensorflow as tf
from fuzzing import JSON, answered, cases, holds
from hypothesis import strategies as st
from tensorflow_serving.apis import predict_pb2

from tfprivacy_rep.serving import client

ADDRESS = client.Address("localhost", 1, retries=1)
BODIES = st.sampled_from([b"", b"{", b"[" * 100_000, b'{"outputs": ' + b"[" * 3000 + b"]" * 3000 + b"}",
                          b"\xff\xfe{", b"9" * 5000,
                          b'{"outputs": [NaN]}', b'{"outputs": [1e999]}', b'{"error": "Serving signature name"}'])
NUMBERS = st.floats(width=32) | st.integers(-5, 5) | st.sampled_from([1e300, 10**400, -1e39])
ROWS = st.integers(0, 3).flatmap(lambda wide: st.lists(st.lists(NUMBERS, min_size=wide, max_size=wide), max_size=3))


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(client, "BACKOFF", 0.0)


class _Raw:
    """The stream of a response."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, size: int, decode_content: bool = True):
        yield from (self._body[i : i + size] for i in range(0, len(self._body), size))

    def read(self, size: int = -1, decode_content: bool = True) -> bytes:
        taken, self._body = self._body, b""
        return taken

    def close(self) -> None:
        """Nothing to close."""

    release_conn = close


def _response(status: int, body: bytes) -> requests.Response:
    made = requests.Response()
    made.status_code, made.raw = status, _Raw(body)
    return made


def _require_numbers(outputs: dict, shape: tuple[int | None, ...]) -> np.ndarray | None:
    found = answered(lambda: client.output(outputs, "z", shape))
    if found is not None:
        assert found.dtype == np.float32 and np.isfinite(found).all() and found.ndim == len(shape)
        assert all(wanted in (None, size) for wanted, size in zip(shape, found.shape))
    return found


@cases(40, 900)
def test_any_answer_by_rest_is_numbers_or_an_error(cases, monkeypatch):
    one = client.RestClient(ADDRESS)

    def check(status, body, value, shape, named):
        text = body if body is not None else json.dumps(
            {"outputs": {"z": value} if named else value} if named is not None else value).encode()
        monkeypatch.setattr(one._session, "request", lambda *_, **__: _response(status, text))
        found = answered(lambda: one.predict("m", "s", {"x": np.zeros(1)}), "localhost:1")
        if found is not None:
            assert status == 200
            numbers = _require_numbers(found, shape)
            if numbers is not None and body is None:
                np.testing.assert_allclose(numbers, np.array(value, np.float64), rtol=1e-6, atol=1e-37)

    statuses = st.sampled_from([200] * 6 + [400, 404, 429, 500, 503, 204, 302])
    holds(check, cases, status=statuses, body=st.none() | BODIES,
          value=ROWS | JSON, shape=st.sampled_from([(None, None), (1, None), (None,), ()]),
          named=st.sampled_from([True, False, None]))


@cases(20, 400)
def test_any_array_is_finite_numbers_of_the_shape_or_an_error(cases):
    kinds = st.sampled_from("float64 float32 float16 int64 uint8 bool complex64 U3 object".split())

    def check(values, kind, shape, name):
        with np.errstate(all="ignore"):
            array = np.array(values, dtype="float64").astype(kind)
        found = _require_numbers({name: array}, shape)
        if found is not None:
            assert array.dtype.kind in "fiu" and name in ("z", "")
            np.testing.assert_allclose(found, array.astype(np.float64), rtol=1e-6, atol=1e-37)

    values = st.lists(st.floats(), max_size=4)
    holds(check, cases, values=values, kind=kinds, shape=st.sampled_from([(None,), (2,), (None, 1), ()]),
          name=st.sampled_from(["z", "", "y"]))


@cases(30, 500)
def test_any_answer_by_grpc_is_numbers_or_an_error(cases):
    one = client.GrpcClient(ADDRESS)
    whole = tf.make_tensor_proto(np.arange(6, dtype=np.float32).reshape(2, 3)).SerializeToString()

    def check(dtype, dims, content, floats, status):
        tensor = tf.make_tensor_proto(0.0).FromString(whole)
        if dtype is not None:
            tensor.dtype = dtype
            tensor.tensor_content = content
            tensor.float_val.extend(floats)
            del tensor.tensor_shape.dim[:]
            for size in dims:
                tensor.tensor_shape.dim.add(size=size)

        def answer(request, timeout):
            if status:
                raise _failure(status)
            return predict_pb2.PredictResponse(outputs={"z": tensor})

        one._predict = answer
        found = answered(lambda: one.predict("m", "s", {"x": np.zeros(1)}), "localhost:1")
        if found is not None:
            numbers = _require_numbers(found, (None, None))
            if dtype is None:
                np.testing.assert_array_equal(numbers, np.arange(6).reshape(2, 3))

    kinds = st.none() | st.sampled_from([0, 1, 2, 3, 7, 8, 9, 10, 14, 19, 20, 23, 101, 9999])
    sizes = st.lists(st.sampled_from([0, 1, 2, 3, -1, 2**20, 2**40, 2**62]), max_size=4)
    holds(check, cases, dtype=kinds, dims=sizes, content=st.binary(max_size=24),
          floats=st.lists(st.floats(width=32), max_size=3), status=st.sampled_from([None] * 8 + list(grpc.StatusCode)))


def _failure(status: grpc.StatusCode) -> grpc.RpcError:
    class Failure(grpc.RpcError):
        def code(self) -> grpc.StatusCode:
            return status

        def details(self) -> str | None:
            return None

    return Failure()


@cases(15, 200)
def test_a_host_of_any_text_is_nobody_or_an_error(cases):
    hosts = st.sampled_from(["a..b", ".", "", "[", "[::1", "x" * 70 + ".y", "ü", "a b", "127.0.0.1", "@", "/", "#",
                             "a:b", "%00"])

    def check(host, timeout):
        one = client.RestClient(client.Address(host, 1, timeout=timeout, retries=0))
        assert answered(lambda: one.predict("m", "s", {"x": np.zeros(1)})) is None

    holds(check, cases, host=hosts, timeout=st.sampled_from([0.5, 1e-3]))
