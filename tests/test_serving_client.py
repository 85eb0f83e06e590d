"""What a client makes of answers that no server of ours gives."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.serving import client


@pytest.mark.parametrize("value", [np.array([1e300]), np.array([np.nan])])
def test_numbers_beyond_float32_are_refused(value):
    with pytest.raises(UserError, match="expected `z`, finite numbers"):
        client.output({"z": value}, "z", (1,))


def test_complex_numbers_are_refused():
    with pytest.raises(UserError, match="expected `z`, numbers of shape"):
        client.output({"z": np.array([1j])}, "z", (1,))


def test_a_host_that_can_be_none_is_nobody():
    asked = client.RestClient(client.Address("a..b", 1, timeout=1, retries=0))
    with pytest.raises(UserError, match="No answer from `a..b:1`.*Received: LocationParseError"):
        asked.predict("m", "s", {"x": np.zeros(1)})


@pytest.mark.parametrize("text, reason", [
    (b"[" * 100_000, "status 200 and no JSON"), (b" " * 2001, "status 200 and more than 0 MiB")])
def test_nested_and_endless_answers_are_refused(text, reason, monkeypatch):
    monkeypatch.setattr(client, "MOST_BYTES", 2000 if b" " in text else 10**6)
    asked = client.RestClient(client.Address("localhost", 1))
    monkeypatch.setattr(asked, "_read", lambda url, body: (200, text))
    with pytest.raises(UserError, match=reason):
        asked.predict("m", "s", {"x": np.zeros(1)})


def test_a_tensor_of_few_bytes_and_a_great_shape_is_refused():
    tensor = tf.make_tensor_proto(1.0)
    tensor.tensor_shape.dim.add(size=2**40)
    with pytest.raises(ValueError, match="the shape"):
        client._array(tensor)
    np.testing.assert_array_equal(client._array(tf.make_tensor_proto([1.0, 2.0])), [1, 2])
