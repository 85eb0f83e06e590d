"""Photographs: shapes are checked, subsets keep rows together, attributes are picked by name."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError


@pytest.fixture
def photographs() -> Photographs:
    """Five photographs whose pixels all equal the row number."""
    return Photographs(
        images=np.broadcast_to(np.arange(5, dtype=np.uint8)[:, None, None, None], (5, 4, 4, 3)),
        labels=np.array([[0, 1], [1, 1], [0, 0], [1, 0], [0, 1]], dtype=np.int8),
        attributes=("Smiling", "Male"),
        people=np.array([7, 7, 8, 8, 9], dtype=np.int64),
        names=("a", "b", "c", "d", "e"),
        source="test",
    )


def test_celeba_has_40_different_attributes_in_alphabetical_order_of_the_list():
    assert len(CELEBA_ATTRIBUTES) == len(set(CELEBA_ATTRIBUTES)) == 40
    # The original list happens to be sorted without regard to case.
    assert list(CELEBA_ATTRIBUTES) == sorted(CELEBA_ATTRIBUTES, key=str.lower)
    assert CELEBA_ATTRIBUTES[20] == "Male" and CELEBA_ATTRIBUTES[31] == "Smiling"


def test_subset_keeps_rows_together_in_the_order_given(photographs):
    subset = photographs.subset([3, 0])
    assert len(subset) == 2 and subset.image_size == 4
    assert subset.images[:, 0, 0, 0].tolist() == [3, 0]
    assert subset.labels.tolist() == [[1, 0], [0, 1]]
    assert subset.people.tolist() == [8, 7]
    assert subset.names == ("d", "a") and subset.attributes == photographs.attributes


def test_subset_keeps_the_official_parts_and_what_was_skipped(photographs):
    official = np.array([0, 1, 2, 0, 1], np.int8)
    subset = dataclasses.replace(photographs, official=official, skipped=("f: no bytes",)).subset([2, 3, 1])
    assert subset.official.tolist() == [2, 0, 1] and subset.official.dtype == np.int8
    assert subset.skipped == ("f: no bytes",)
    assert photographs.subset([1]).official is None


def test_subset_may_be_empty_and_people_unknown(photographs):
    unknown = dataclasses.replace(photographs, people=None)
    assert len(unknown.subset([])) == 0
    assert unknown.subset([1]).people is None


@pytest.mark.parametrize(
    "indices, text",
    [
        ([5], r"values in 0\.\.4\. Received: \[5\]"),
        ([-1], r"values in 0\.\.4\. Received: \[-1\]"),
        ([True] * 5, "list of integers. Received: bool"),
        ([0.5], "list of integers. Received: float64"),
        ([1, 1], "`names`: expected different names. Received: more than once: b"),
    ],
)
def test_subset_refuses_wrong_indices(photographs, indices, text):
    with pytest.raises(UserError, match=text):
        photographs.subset(indices)


def test_attributes_are_picked_by_name_in_the_order_given(photographs):
    picked = photographs.with_attributes(["Male", "Smiling"])
    assert picked.attributes == ("Male", "Smiling")
    np.testing.assert_array_equal(picked.labels, photographs.labels[:, ::-1])


def test_unknown_attributes_are_named_with_those_available(photographs):
    text = r"Received: Hat, Beard\. Available: Smiling, Male\."
    with pytest.raises(UserError, match=text):
        photographs.with_attributes(["Male", "Hat", "Beard"])


@pytest.mark.parametrize(
    "change, text",
    [
        ({"images": np.zeros((5, 4, 4, 3), np.float32)}, r"`images`.*Received: float32"),
        ({"images": np.zeros((5, 4, 5, 3), np.uint8)}, r"`images`.*\[5, 4, 5, 3\]"),
        ({"images": np.zeros((4, 4, 4, 3), np.uint8)}, r"`images`.*\[4, 4, 4, 3\]"),
        ({"labels": np.zeros((5, 3), np.int8)}, r"`labels`: expected int8 \[5, 2\]"),
        ({"labels": np.zeros((5, 2), np.int64)}, r"`labels`.*Received: int64"),
        ({"labels": np.full((5, 2), -1, np.int8)}, r"0 \(absent\).*values \[-1\]"),
        ({"people": np.zeros(4, np.int64)}, r"`people`: expected int64 \[5\]"),
        ({"people": np.zeros(5, np.int32)}, r"`people`.*Received: int32"),
        ({"official": np.zeros(4, np.int8)}, r"`official`: expected int8 \[5\]"),
        ({"official": np.zeros(5, np.int64)}, r"`official`.*Received: int64"),
        ({"official": np.full(5, 3, np.int8)}, r"`official`: expected 0 \(train\).*Received: \[3\]"),
        ({"attributes": ("Male", "Male")}, "`attributes`: expected different names.*Male"),
    ],
)
def test_fields_that_do_not_fit_are_refused(photographs, change, text):
    with pytest.raises(UserError, match=text):
        dataclasses.replace(photographs, **change)
