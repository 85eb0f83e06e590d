"""Starts TensorFlow for all tests, quietly and with two CPU devices: one process can hold 1 and 2 replicas."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest  # noqa: E402
import tensorflow as tf  # noqa: E402

from tfprivacy_rep import distribution  # noqa: E402

_TWO_REPLICAS = distribution.mirrored(2)  # splits the CPU, which must come before TensorFlow's first operation


@pytest.fixture(scope="session")
def one_replica() -> tf.distribute.Strategy:
    """A strategy of one replica."""
    return distribution.mirrored(1)


@pytest.fixture(scope="session")
def two_replicas() -> tf.distribute.Strategy:
    """A strategy of two replicas on logical CPU devices."""
    return _TWO_REPLICAS


@pytest.fixture(params=[1, 2], ids=["1-replica", "2-replicas"])
def strategy(request: pytest.FixtureRequest) -> tf.distribute.Strategy:
    """Each number of replicas in turn."""
    return distribution.mirrored(request.param)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--kills`: see test_survival.py."""
    parser.addoption("--kills", type=int, default=5, help="a multiple of 5")
