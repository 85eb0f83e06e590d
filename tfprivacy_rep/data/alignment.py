"""Puts a person's face where the faces are on the photographs that an encoder was trained on."""

from __future__ import annotations

import importlib.util
import threading
from pathlib import Path

import numpy as np
from PIL import Image

from tfprivacy_rep.errors import UserError, missing_extra

LANDMARKS_FILE = "shape_predictor_5_face_landmarks.dat"
#: The longer side of a photograph while faces are searched, in pixels, and by how much it may be enlarged for that.
#: dlib's detector finds faces of 80 pixels and more: those of an eighth of the longer side and more.
SEARCH_SIDE, MOST_ENLARGED = 640, 4.0

# dlib's five landmarks of a mean face (in `get_face_chip`), as fractions of one square: outer and inner corner of the
# eye on the right of the picture, the same on the left, and the base of the nose.
_MEAN_FACE = np.array([0.85957 + 0.21350j, 0.64606 + 0.22897j, 0.12058 + 0.21373j, 0.33409 + 0.22906j,
                       0.49011 + 0.62780j])
# Medians over 58 photographs of ORL: the detector's square is 2.25 times the distance of the eyes wide, and its middle
# is 0.43 of that distance below them (see `sources`).
_SQUARE_TO_EYES, _MIDDLE_BELOW_EYES = 2.25, 0.43


class NoFaceError(UserError):
    """There is no face on a photograph, as far as the detector can see."""


class FaceAligner:
    """Cuts the largest face out of a photograph, upright, at a given place and of a given size.

    dlib's detector (histograms of gradients) finds the face and its five landmarks; turning, shifting and scaling by
    one factor, with the least squared error, brings them to where those of a mean face would be. What lies beyond the
    photograph's edge is filled with the pixels of its edge. Threads may share one object.

    Args:
        size: side S of the photographs returned, in pixels.
        face_square: centre x, centre y and side of the square that dlib's detector would find on them, as fractions of
            their side: `data.sources.Source.face_square`.

    Raises:
        UserError: if dlib or its landmarks are not installed, or an argument is out of range.
    """

    def __init__(self, size: int, face_square: tuple[float, float, float]) -> None:
        require_face_square(face_square)
        if size < 1:
            raise UserError(f"Invalid `size`: expected at least 1. Received: size={size}. Use the encoder's.")
        file = find_landmarks()
        import dlib  # optional

        self._size = size
        self._detect, self._landmarks = dlib.get_frontal_face_detector(), dlib.shape_predictor(str(file))
        self._lock = threading.Lock()  # the detector keeps its working memory
        self._target = _place(face_square, size)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Returns the aligned face, uint8 `[S, S, 3]`, of a photograph uint8 `[H, W, 3]`.

        Raises:
            NoFaceError: if no face is found, which is a UserError.
            UserError: if `image` is no such photograph.
        """
        found = self.landmarks(image)
        scale = abs(_similarity(found, self._target)[0])
        if scale < 1:  # first made smaller without aliasing, then turned and shifted
            image, found = _scaled(image, scale, found)
        return _resampled(image, *_similarity(found, self._target), self._size)

    def landmarks(self, image: np.ndarray) -> np.ndarray:
        """The five landmarks of the largest face, complex `[5]`, x + iy in pixels: corners of the eyes (right, left;
        outer, inner), base of the nose. The middle of the first pixel is 0.

        Raises:
            NoFaceError, UserError: as for a call.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise UserError(
                f"Invalid `image`: expected uint8 [H, W, 3]. Received: {image.dtype} {list(image.shape)}. Read it with "
                "tfprivacy_rep.data.preprocessing.read_rgb."
            )
        factor = min(SEARCH_SIDE / max(image.shape[:2]), MOST_ENLARGED)
        searched, _ = _scaled(image, factor, np.zeros(0, complex))
        with self._lock:
            faces = self._detect(searched, 0)
            if not faces:
                raise NoFaceError(
                    f"No face: expected a photograph of a face that looks at the camera. Received: {image.shape[1]} x "
                    f"{image.shape[0]} pixels without one that dlib finds. Choose another photograph."
                )
            largest = max(faces, key=lambda face: (face.area(), -face.left(), -face.top()))
            parts = self._landmarks(searched, largest).parts()
        stretch = np.array(image.shape[1::-1]) / np.array(searched.shape[1::-1])
        return np.array([complex((p.x + 0.5) * stretch[0] - 0.5, (p.y + 0.5) * stretch[1] - 0.5) for p in parts])


def require_face_square(face_square: tuple[float, ...]) -> None:
    """Raises a UserError unless a square is three fractions within reason."""
    if len(face_square) != 3 or not (all(0 <= f <= 1 for f in face_square[:2]) and 0 < face_square[2] <= 2):
        raise UserError(
            "Invalid `face_square`: expected centre x, centre y, both in [0, 1], and side in (0, 2], as fractions of "
            f"the photograph's side. Received: face_square={tuple(face_square)}. ORL has 0.49,0.6,0.81."
        )


def find_landmarks() -> Path:
    """The file of dlib's five landmarks.

    Raises:
        UserError: if dlib or the package that has the file is not installed.
    """
    purpose = "the alignment of faces"
    if importlib.util.find_spec("dlib") is None:
        raise missing_extra("dlib-bin", "identity", purpose)
    # Found, not imported: importing it needs `pkg_resources`, gone from current setuptools.
    spec = importlib.util.find_spec("face_recognition_models")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        file = Path(location) / "models" / LANDMARKS_FILE
        if file.is_file():
            return file
    raise missing_extra("face-recognition-models", "identity", purpose)


def _place(face_square: tuple[float, float, float], size: int) -> np.ndarray:
    """Where the landmarks of a mean face are on a photograph with that square, complex `[5]` in pixels."""
    x, y, side = face_square
    right, left = _MEAN_FACE[:2].mean(), _MEAN_FACE[2:4].mean()
    distance = side / _SQUARE_TO_EYES
    between = complex(x, y - _MIDDLE_BELOW_EYES * distance)
    fractions = between + (_MEAN_FACE - (right + left) / 2) * distance / abs(right - left)
    return fractions * size - (0.5 + 0.5j)


def _similarity(source: np.ndarray, target: np.ndarray) -> tuple[complex, complex]:
    """The a and b for which a * source + b is nearest to target: turning, scaling and shifting of points x + iy."""
    centred, wanted = source - source.mean(), target - target.mean()
    a = (centred.conj() * wanted).sum() / (abs(centred) ** 2).sum()
    return a, target.mean() - a * source.mean()


def _scaled(image: np.ndarray, factor: float, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A photograph scaled without aliasing, and points on it."""
    height, width = image.shape[:2]
    new = (max(1, round(width * factor)), max(1, round(height * factor)))
    resized = np.asarray(Image.fromarray(image).resize(new, Image.Resampling.LANCZOS))
    moved = (points.real + 0.5) * new[0] / width - 0.5 + 1j * ((points.imag + 0.5) * new[1] / height - 0.5)
    return resized, moved


def _resampled(image: np.ndarray, a: complex, b: complex, size: int) -> np.ndarray:
    """The photograph after a * point + b, cubic, uint8 `[size, size, 3]`."""
    from skimage.transform import warp  # takes half a second to import

    inverse, shift = 1 / a, -b / a
    matrix = np.array([[inverse.real, -inverse.imag, shift.real], [inverse.imag, inverse.real, shift.imag], [0, 0, 1]])
    moved = warp(image.astype(np.float32), matrix, output_shape=(size, size), order=3, mode="edge", preserve_range=True)
    return np.rint(moved).clip(0, 255).astype(np.uint8)
