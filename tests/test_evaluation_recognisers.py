"""Recognisers by name, each with what its source knows of its photographs."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tfprivacy_rep.config import RECOGNISERS, AttackConfig
from tfprivacy_rep.data.sources import SOURCES
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.dlib_faces import FACE_SQUARE
from tfprivacy_rep.evaluation.recognisers import DEFAULTS, build_recogniser, build_recognisers, default_recognisers
from tfprivacy_rep.evaluation.rendered_faces import SECOND_WEIGHTS, WEIGHTS, RenderedRecogniser
from tfprivacy_rep.jobs import AUDIT_RECOGNISERS


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


def unasked() -> np.ndarray:
    raise AssertionError("only what is fitted on public photographs may ask for them")


def public_images() -> np.ndarray:
    return np.random.default_rng(0).random((12, 32, 32, 3), np.float32)


def test_recognisers_come_in_the_order_of_their_names():
    names = ("rendered_second", "eigenfaces", "dlib", "rendered")
    built = build_recognisers(names, (0.4, 0.5, 0.6), public_images)
    assert tuple(recogniser.name for recogniser in built) == names
    assert built[2]._face_square == (0.4, 0.5, 0.6)
    images = np.random.default_rng(1).random((2, 32, 32, 3), np.float32)
    np.testing.assert_array_equal(built[0].describe(images), RenderedRecogniser(SECOND_WEIGHTS).describe(images))
    np.testing.assert_array_equal(built[3].describe(images), RenderedRecogniser(WEIGHTS).describe(images))
    assert built[1].describe(images).shape == (2, 11), "as many components as 12 public photographs have"


@pytest.mark.parametrize("names", [(), ("none",)])
def test_nobody_may_judge(names):
    assert build_recognisers(names, FACE_SQUARE, unasked) == ()


def test_public_photographs_are_asked_for_only_if_needed():
    assert len(build_recognisers(("dlib", "rendered", "rendered_second"), FACE_SQUARE, unasked)) == 3
    with pytest.raises(AssertionError, match="only what is fitted"):
        build_recognisers(("dlib", "eigenfaces"), FACE_SQUARE, unasked)


@pytest.mark.parametrize("names, text", [
    (("dlib", "eyes"), "Received: recognisers=dlib,eyes. Leave out what is unknown."),
    (("dlib", "none"), "Received: recognisers=dlib,none. Leave out what is unknown."),
    (("dlib", "rendered", "dlib"), "each once, or none alone. Received: recognisers=dlib,rendered,dlib. Leave out what "
                                   "is repeated."),
])
def test_other_lists_are_refused(names, text):
    with pytest.raises(UserError, match=re.escape(text)):
        build_recognisers(names, FACE_SQUARE, unasked)


def test_facenet_gets_its_weights_and_the_square(monkeypatch):
    from tfprivacy_rep.evaluation import facenet_faces

    monkeypatch.setattr(facenet_faces, "FacenetRecogniser", lambda *arguments: arguments)
    assert build_recognisers(("facenet",), (0.4, 0.5, 0.6), unasked, "w.h5") == (("w.h5", (0.4, 0.5, 0.6)),)
    monkeypatch.undo()
    with pytest.raises(UserError, match="Invalid `facenet_weights`"):
        build_recognisers(("facenet",), FACE_SQUARE, unasked)


def test_every_source_has_two_judges_the_first_being_its_own():
    for name, source in SOURCES.items():
        judges = default_recognisers(name)
        assert judges[0] == source.recogniser and len(set(judges)) == 2 and set(judges) <= set(AUDIT_RECOGNISERS)
    assert set(DEFAULTS) <= set(SOURCES)
    assert default_recognisers("rendered") == ("rendered", "rendered_second")
    assert default_recognisers("celeba") == ("dlib", "eigenfaces")
