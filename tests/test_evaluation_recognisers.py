"""Recognisers by name, each with what its source knows of its photographs."""

from __future__ import annotations

import pytest

from tfprivacy_rep.config import RECOGNISERS, AttackConfig
from tfprivacy_rep.data.sources import SOURCES
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.dlib_faces import FACE_SQUARE
from tfprivacy_rep.evaluation.recognisers import build_recogniser


@pytest.mark.parametrize("name", RECOGNISERS)
def test_every_name_of_the_option_is_known(name):
    built = build_recogniser(name, (0.5, 0.5, 0.5))
    assert built is None if name == "none" else built.name == name


def test_another_name_is_refused_with_a_remedy():
    with pytest.raises(UserError, match="expected dlib, rendered or none. Received: recogniser='eyes'. Use none"):
        build_recogniser("eyes", FACE_SQUARE)


def test_dlib_looks_where_the_source_says_the_face_is():
    assert build_recogniser("dlib", (0.4, 0.5, 0.6))._face_square == (0.4, 0.5, 0.6)
    assert SOURCES["orl"].face_square == FACE_SQUARE
    assert all(source.recogniser in RECOGNISERS for source in SOURCES.values())


def test_celebas_square_follows_from_its_alignment():
    """Eyes 38 px apart around (88.5, 91) of 178; the square is 2.25 of that wide and its middle 0.43 below them."""
    expected = (88.5 / 178, (91 + 0.43 * 38) / 178, 2.25 * 38 / 178)
    assert SOURCES["celeba"].face_square == pytest.approx(expected, abs=5e-4)
    assert SOURCES["celeba_tfds"].face_square == SOURCES["celeba"].face_square


@pytest.mark.parametrize("square", [(0.5, 0.5), (0.5, 1.5, 0.5), (0.5, 0.5, 0.0)])
def test_a_square_that_is_none_is_refused(square):
    with pytest.raises(UserError, match="`face_square`: expected three numbers"):
        AttackConfig(face_square=square)
