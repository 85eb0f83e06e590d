"""Recognisers by name."""

from __future__ import annotations

from typing import Callable, Sequence

from numpy.typing import NDArray

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.dlib_faces import DlibRecogniser
from tfprivacy_rep.evaluation.eigenfaces import EigenfaceRecogniser
from tfprivacy_rep.evaluation.identity import Recogniser
from tfprivacy_rep.jobs import AUDIT_RECOGNISERS

NONE = "none"

#: Two independent ones by source, the main one first; see `default_recognisers`.
DEFAULTS: dict[str, tuple[str, ...]] = {
    "orl": ("dlib", "eigenfaces"),
    "rendered": ("rendered", "rendered_second"),
}


def default_recognisers(source: str) -> tuple[str, ...]:
    """Returns who judges the faces of a source where the user names nobody: those of photographs if it is unknown."""
    return DEFAULTS.get(source, ("dlib", "eigenfaces"))


def build_recognisers(
    names: Sequence[str], face_square: tuple[float, ...], public_images: Callable[[], NDArray],
    facenet_weights: str = "",
) -> tuple[Recogniser, ...]:
    """Builds the recognisers that judge faces in an audit.

    Args:
        names: some of `config.AUDIT_RECOGNISERS`, the main one first; `none` alone, or none at all, for nobody.
        face_square: where `dlib` and `facenet` find the face (`DlibRecogniser`).
        public_images: gives X2's training part, `[N, S, S, 3]` float32 in [0, 1]; called only if `eigenfaces` are
            among them, which are fitted on it.
        facenet_weights: a file, or `download` (`FacenetRecogniser`).

    Returns:
        As many, in the order of the names.

    Raises:
        UserError: for another name, one that is given twice, or where a package or file is missing.
    """
    if tuple(names) == (NONE,):
        return ()
    unknown = [name for name in names if name not in AUDIT_RECOGNISERS]
    if unknown or len(set(names)) < len(names):
        raise UserError(
            f"Invalid `recognisers`: expected some of {', '.join(AUDIT_RECOGNISERS)}, each once, or none alone. "
            f"Received: recognisers={','.join(names)}. Leave out what is {'unknown' if unknown else 'repeated'}."
        )
    return tuple(_build(name, face_square, public_images, facenet_weights) for name in names)


def _build(
    name: str, face_square: tuple[float, ...], public_images: Callable[[], NDArray], facenet_weights: str
) -> Recogniser:
    """Builds one of `config.AUDIT_RECOGNISERS`."""
    if name == "eigenfaces":
        return EigenfaceRecogniser(public_images())
    if name == "facenet":
        from tfprivacy_rep.evaluation.facenet_faces import FacenetRecogniser

        x, y, side = face_square
        return FacenetRecogniser(facenet_weights, (x, y, side))
    return _ready(name, face_square)


def _ready(name: str, face_square: tuple[float, ...]) -> Recogniser:
    """Builds a recogniser that needs nothing but its own data."""
    if name == "dlib":
        x, y, side = face_square
        return DlibRecogniser((x, y, side))
    from tfprivacy_rep.evaluation.rendered_faces import SECOND_WEIGHTS, RenderedRecogniser

    return RenderedRecogniser() if name == "rendered" else RenderedRecogniser(SECOND_WEIGHTS, name)


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
    if name in ("dlib", "rendered"):
        return _ready(name, face_square)
    raise UserError(f"Invalid `recogniser`: expected dlib, rendered or none. Received: recogniser={name!r}. "
                    "Use none to measure without a judge of faces.")
