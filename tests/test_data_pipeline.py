"""Batches: each example once an epoch, an order for each epoch, and the same batches wherever one enters."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tfprivacy_rep.data import pipeline


def _numbers(count: int, batch_size: int, batches: int, seed: int = 0, first_batch: int = 0) -> list[int]:
    dataset = pipeline.batches({"number": np.arange(count)}, batch_size, seed, first_batch)
    taken = [batch["number"].numpy() for batch in itertools.islice(dataset, batches)]
    assert all(batch.shape == (batch_size,) for batch in taken)
    return np.concatenate(taken).tolist()


@pytest.mark.parametrize("count, batch_size", [(12, 4), (10, 4), (3, 8), (1, 2)])
def test_every_epoch_has_each_example_exactly_once(count, batch_size):
    """Three epochs; where N is no multiple of the batch, batches run across their ends and none is smaller."""
    numbers = _numbers(count, batch_size, batches=-(-3 * count // batch_size))
    for epoch in range(3):
        assert sorted(numbers[epoch * count : (epoch + 1) * count]) == list(range(count))


def test_every_epoch_and_every_seed_has_another_order():
    numbers = _numbers(20, 5, batches=16)
    orders = [tuple(numbers[start : start + 20]) for start in range(0, 80, 20)]
    orders.append(tuple(_numbers(20, 5, batches=4, seed=1)))
    assert len(set(orders)) == 5 and tuple(range(20)) not in orders


def test_equal_seeds_give_equal_orders():
    assert _numbers(10, 4, batches=6, seed=5) == _numbers(10, 4, batches=6, seed=5)


@pytest.mark.parametrize("first_batch", [1, 2, 3, 7])
def test_entering_at_a_batch_gives_what_an_uninterrupted_stream_has_there(first_batch):
    """10 examples in batches of 4: batch 2 crosses the end of the first epoch, batch 7 lies in the third."""
    whole = _numbers(10, 4, batches=12)
    assert _numbers(10, 4, batches=12 - first_batch, first_batch=first_batch) == whole[4 * first_batch :]


def test_shares_of_replicas_make_up_the_batches_of_one():
    """From batch 2 on, with 3 replicas and 10 examples: each batch of 6 is the shares of 2 one after the other."""
    number = {"number": np.arange(10)}
    shares = [
        [b["number"].numpy() for b in itertools.islice(pipeline.batches(number, 6, 0, 2, replica, 3), 5)]
        for replica in range(3)
    ]
    joined = [np.concatenate(batch).tolist() for batch in zip(*shares)]
    assert np.concatenate(joined).tolist() == _numbers(10, 6, batches=5, first_batch=2)


def test_all_fields_of_an_example_stay_together():
    """Each field is computed from the row number, so that a batch's fields must agree."""
    rows = np.arange(10)
    images = np.broadcast_to(rows.astype(np.uint8)[:, None, None, None], (10, 2, 2, 3))
    features = (np.float32(rows)[:, None] * 10, np.float32(rows)[:, None, None] * [[100.0, 200.0]])
    fields = {"images": images, "labels": rows.astype(np.int8), "features": features}
    for batch in itertools.islice(pipeline.batches(fields, 4, seed=3), 5):
        row = batch["labels"].numpy().astype(float)
        assert isinstance(batch["features"], tuple)
        np.testing.assert_allclose(batch["images"][:, 1, 0, 2] * 255.0, row, atol=1e-4)
        np.testing.assert_array_equal(batch["features"][0][:, 0], row * 10)
        np.testing.assert_array_equal(batch["features"][1][:, 0, 1], row * 200)


def test_only_bytes_become_floats_in_the_unit_interval():
    images, labels = np.array([[0, 51, 255]], np.uint8), np.array([[0, 1]], np.int8)
    fields = {"images": images, "labels": labels, "z": np.float32([[300]])}
    batch = next(iter(pipeline.batches(fields, 1, seed=0)))
    assert [batch[name].dtype.name for name in ("images", "labels", "z")] == ["float32", "int8", "float32"]
    np.testing.assert_allclose(batch["images"], [[0.0, 0.2, 1.0]], rtol=1e-6)
    assert batch["labels"].numpy().tolist() == [[0, 1]] and batch["z"].numpy().tolist() == [[300.0]]


def test_arrays_are_converted_as_batches_are():
    images = np.arange(256, dtype=np.uint8).reshape(1, -1)
    converted = pipeline.as_float(images)
    assert converted.dtype == np.float32
    np.testing.assert_array_equal(converted, next(iter(pipeline.batches({"images": images}, 1, seed=0)))["images"])
    z = np.float32([300.0])
    assert pipeline.as_float(z) is z
