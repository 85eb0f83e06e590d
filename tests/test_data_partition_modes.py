"""Shares in proportion: by largest remainder, with one for everybody."""

from __future__ import annotations

import pytest

from tfprivacy_rep.data import partition_modes
from tfprivacy_rep.errors import UserError


@pytest.mark.parametrize(
    "count, weights, expected",
    [
        (10, (4, 1, 2, 3), (4, 1, 2, 3)),
        (8, (3, 1, 2, 1, 1), (3, 1, 2, 1, 1)),
        (4, (4, 1, 2, 3), (1, 1, 1, 1)),
        # Quotas 4.4, 1.1, 2.2, 3.3: the one left over goes to 4.4.
        (11, (4, 1, 2, 3), (5, 1, 2, 3)),
        # Quotas 2.4, 0.6, 1.2, 1.8: one each at least, the one left over goes to 1.8.
        (6, (4, 1, 2, 3), (2, 1, 1, 2)),
        # Quotas 3.92, 0.04, 0.04: two get one each at the cost of the first.
        (4, (98, 1, 1), (2, 1, 1)),
        # Quotas 3.6, 2.28, 0.06, 0.06: of 3, 2, 1, 1 the 2 is nearer to its quota, so it gives one.
        (6, (60, 38, 1, 1), (3, 1, 1, 1)),
        (16, (3, 1), (12, 4)),
        (40, (4, 3, 3), (16, 12, 12)),
    ],
)
def test_shares_by_largest_remainder(count, weights, expected):
    assert partition_modes.shares(count, weights) == expected


def test_shares_needs_one_each():
    with pytest.raises(UserError, match="at least 4, one for each weight. Received: count=3"):
        partition_modes.shares(3, (4, 1, 2, 3))
