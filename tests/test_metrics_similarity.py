"""Cosine similarity, row by row and of all pairs."""

import numpy as np
import pytest

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.metrics.similarity import cosine, cosine_matrix


def test_angles_by_hand():
    a = [[1, 0], [1, 0], [1, 0], [2, 2], [3, 4]]
    b = [[5, 0], [0, 7], [-3, 0], [1, 0], [4, 3]]
    np.testing.assert_allclose(cosine(a, b), [1, 0, -1, np.sqrt(0.5), 24 / 25], atol=1e-15)


def test_zero_vectors_have_similarity_zero():
    np.testing.assert_array_equal(cosine([[0.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [0.0, 0.0]]), 0.0)


def test_length_does_not_matter_even_when_tiny():
    a = np.array([[3.0, 4.0]])
    np.testing.assert_allclose(cosine(a * 1e-200, a * 1e200), [1.0], rtol=1e-12)


def test_matrix_holds_all_pairs():
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(4, 5)), generator.normal(size=(3, 5))
    matrix = cosine_matrix(a, b)
    for i in range(4):
        np.testing.assert_allclose(matrix[i], cosine(np.tile(a[i], (3, 1)), b), rtol=1e-12)


@pytest.mark.parametrize("function", [cosine, cosine_matrix])
def test_refuses(function):
    with pytest.raises(UserError, match=r"\(2, 3\)"):
        function(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(UserError, match=r"\[N, D\]"):
        function(np.ones(3), np.ones(3))
    with pytest.raises(UserError, match="1 of 2 rows"):
        function(np.ones((2, 2)), [[1, 1], [1, np.nan]])


def test_pairs_need_as_many_rows():
    with pytest.raises(UserError, match="cosine_matrix"):
        cosine(np.ones((2, 3)), np.ones((4, 3)))
