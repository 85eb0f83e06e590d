"""The rehearsal: named from X2 alone, with a mate in its gallery for every probe, and not too large."""

from __future__ import annotations

import numpy as np

from tfprivacy_rep.data import rehearsal as rehearsals
from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.data.rehearsal import rehearsal, spaced

NOTHING = np.zeros(0, np.int64)


def partition(x2_train: list[int], x2_val: list[int]) -> Partition:
    return Partition("paper", 0, 0, NOTHING, NOTHING, np.array(x2_train), np.array(x2_val), NOTHING, NOTHING)


def test_known_people_are_probes_and_strangers_introduce_themselves_first():
    people = np.array([1, 1, 2, 1, 2, 3, 3, 3, 4])
    probes, gallery = rehearsal(partition([0, 1, 2], [3, 4, 5, 6, 7, 8]), people)
    assert probes.tolist() == [3, 4, 6, 7], "3's first photograph and 4's only one are in the gallery"
    assert gallery.tolist() == [0, 1, 2, 5, 8]
    assert np.isin(people[probes], people[gallery]).all()


def test_where_nobody_knows_who_is_who_or_has_a_second_photograph_nobody_is_left_out():
    probes, gallery = rehearsal(partition([0, 1], [2, 3]), None)
    assert probes.tolist() == [2, 3] and gallery.tolist() == [0, 1]
    probes, gallery = rehearsal(partition([0, 1], [2, 3]), np.arange(4))
    assert probes.tolist() == [2, 3] and gallery.tolist() == [0, 1]


def test_of_many_photographs_some_are_taken_but_none_that_a_probe_needs(monkeypatch):
    monkeypatch.setattr(rehearsals, "MAX_PROBES", 5)
    monkeypatch.setattr(rehearsals, "MAX_GALLERY", 7)
    people = np.repeat(np.arange(50), 4)
    indices = np.arange(200).reshape(50, 4)
    probes, gallery = rehearsal(partition(indices[:, :3].ravel().tolist(), indices[:, 3].tolist()), people)
    assert len(probes) == 5 and len(gallery) == 5 * 3 + 7
    assert np.isin(people[probes], people[gallery]).all() and len(set(gallery)) == len(gallery)


def test_spaced_keeps_the_ends_and_the_order():
    assert spaced(np.arange(10) * 2, 4).tolist() == [0, 6, 12, 18]
    assert spaced(np.arange(3), 4).tolist() == [0, 1, 2]
