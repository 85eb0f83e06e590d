"""The Pareto set of invented points, told by hand."""

from __future__ import annotations

from tfprivacy_rep.evaluation.pareto import unbeaten


def test_a_point_is_beaten_by_one_that_is_as_good_in_both_and_better_in_one():
    # Use up, told down. (0.8, 0.5) is beaten by (0.8, 0.4) and by (0.9, 0.5); (0.7, 0.4) by (0.8, 0.4); the two others
    # trade use for what is told.
    points = [(0.9, 0.5), (0.8, 0.4), (0.8, 0.5), (0.7, 0.4), (0.2, 0.1)]
    assert unbeaten(points) == [True, True, False, False, True]


def test_equal_points_do_not_beat_each_other():
    assert unbeaten([(0.5, 0.5), (0.5, 0.5), (0.4, 0.5)]) == [True, True, False]


def test_a_point_without_a_figure_beats_none_and_is_beaten_by_none():
    assert unbeaten([(0.9, None), (None, 0.0), (0.5, 0.5)]) == [True, True, True]
    assert unbeaten([]) == []
