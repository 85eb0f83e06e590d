"""Recognisers by name."""

from __future__ import annotations

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.dlib_faces import DlibRecogniser
from tfprivacy_rep.evaluation.identity import Recogniser

NONE = "none"


def build_recogniser(name: str, face_square: tuple[float, ...]) -> Recogniser | None:
    """Builds the recogniser that judges faces.

    Args:
        name: `dlib` for photographs, `rendered` for rendered faces, `none` for nobody: then who is on a photograph is
            not measured.
        face_square: where `dlib` finds the face (`DlibRecogniser`).

    Raises:
        UserError: for another name, or where its package is not installed.
    """
    if name == NONE:
        return None
    if name == "dlib":
        x, y, side = face_square
        return DlibRecogniser((x, y, side))
    if name == "rendered":
        from tfprivacy_rep.evaluation.rendered_faces import RenderedRecogniser

        return RenderedRecogniser()
    raise UserError(f"Invalid `recogniser`: expected dlib, rendered or none. Received: recogniser={name!r}. "
                    "Use none to measure without a judge of faces.")
