"""dlib's face recogniser, for photographs and for what is rebuilt of them.

Measured on the 400 ORL photographs of 40 people at 64 px: rank-1 with one photograph a person as
the gallery (mean over the ten choices), the same for probes blurred by 1.5 px, and d', the
difference of the mean cosines of the same and of other people in standard deviations:

    dlib, fixed square, then landmarks (used here)             0.992   blurred 0.940   d' 4.7
    dlib, face detector, then landmarks                        0.997   blurred 0.946   d' 4.8
    dlib, the whole photograph without alignment               0.750   blurred 0.520   d' 2.2

A detector is not used although it is no worse: it missed 5 of the 400 photographs and 33 of the
blurred ones, and what happens after a miss would be counted as privacy. The mean cosines of the
procedure used are 0.972 for the same and 0.856 for other people.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tfprivacy_rep.errors import UserError, missing_extra
from tfprivacy_rep.evaluation.identity import check_images

#: Where the landmarks of a face are searched: centre x, centre y and side of a square, as fractions
#: of the side of the photograph: about the median square that dlib's detector finds on ORL.
FACE_SQUARE = (0.49, 0.6, 0.81)

#: Side of the enlarged photograph in which the landmarks are searched, in pixels.
SEARCH_SIZE = 256

#: Side of the aligned face that dlib's network expects, in pixels.
CHIP_SIZE = 150

#: Fewest images a process gets; starting one costs about as much as describing ten.
MIN_IMAGES_PER_PROCESS = 16

LANDMARKS_FILE = "shape_predictor_5_face_landmarks.dat"
NETWORK_FILE = "dlib_face_recognition_resnet_model_v1.dat"


class DlibRecogniser:
    """dlib's face recognition network (ResNet, 128 numbers; D. E. King, 2017).

    Each photograph is enlarged to 256 px, five landmarks are searched in a fixed square, the face
    is aligned by them to 150 px and described. The same is done for originals and reconstructions;
    no step can fail. The result is deterministic and does not depend on the batch or on the number
    of processes. One photograph costs about 80 ms of one core. dlib holds the interpreter's lock,
    so several processes are used, not threads. Vectors are kept in memory by the SHA-256 of the
    photograph, because the originals are described again for every attacker.

    The 68-point landmarks are left alone: their training data excludes commercial use.
    """

    name = "dlib"

    def __init__(
        self,
        face_square: tuple[float, float, float] = FACE_SQUARE,
        processes: int | None = None,
    ) -> None:
        """Finds the data; it is loaded at the first use.

        Args:
            face_square: centre x, centre y and side of the square where the landmarks are searched,
                as fractions of the photograph's side. Change it for photographs cropped otherwise.
            processes: number of processes, at least 1; None for the number of usable cores.

        Raises:
            UserError: dlib or its data is not installed, or an argument is out of range.
        """
        if len(face_square) != 3 or not (
            all(0.0 <= centre <= 1.0 for centre in face_square[:2]) and 0.0 < face_square[2] <= 2.0
        ):
            raise UserError(
                "Invalid `face_square`: expected (x, y, side), x and y in [0, 1], side in (0, 2]. "
                f"Received: face_square={face_square}. Give fractions of the photograph's side."
            )
        usable = _usable_cores() if processes is None else processes
        if usable < 1:
            raise UserError(
                "Invalid `processes`: expected at least 1. "
                f"Received: processes={processes}. Use None for the number of usable cores."
            )
        self._folder = find_dlib_models()
        self._face_square = tuple(float(fraction) for fraction in face_square)
        self._processes = usable
        self._cache: dict[bytes, NDArray[np.float32]] = {}
        self._models: tuple[Any, Any, Any] | None = None

    def describe(self, images: NDArray) -> NDArray[np.float32]:
        """Describes photographs, rounded to 8 bits, by `[N, 128]` float32; see `Recogniser`."""
        pixels = np.rint(check_images(images) * 255.0).astype(np.uint8)
        keys = [hashlib.sha256(repr(image.shape).encode() + image.tobytes()) for image in pixels]
        digests = [key.digest() for key in keys]
        new = {key: i for i, key in enumerate(digests) if key not in self._cache}
        if new:
            vectors = self._describe_all(pixels[list(new.values())])
            self._cache.update(zip(new, vectors))
        return np.stack([self._cache[key] for key in digests])

    def describe_here(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Describes uint8 photographs `[N, S, S, 3]` in this process, without the cache."""
        if self._models is None:
            import dlib  # Optional, and its data takes half a second to load.

            self._models = (
                dlib,
                dlib.shape_predictor(str(self._folder / LANDMARKS_FILE)),
                dlib.face_recognition_model_v1(str(self._folder / NETWORK_FILE)),
            )
        dlib, landmarks, network = self._models
        x, y, side = (fraction * SEARCH_SIZE for fraction in self._face_square)
        square = dlib.rectangle(
            *(round(v) for v in (x - side / 2, y - side / 2, x + side / 2, y + side / 2))
        )
        vectors = []
        for image in pixels:
            size = (SEARCH_SIZE, SEARCH_SIZE)
            large = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))
            chip = dlib.get_face_chip(large, landmarks(large, square), CHIP_SIZE)
            vectors.append(network.compute_face_descriptor(chip, 0))
        return np.asarray(vectors, dtype=np.float32)

    def _describe_all(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Describes uint8 photographs, shared out among this process and new ones."""
        count = min(self._processes, max(1, len(pixels) // MIN_IMAGES_PER_PROCESS))
        own, *others = np.array_split(pixels, count)
        if not others:
            return self.describe_here(own)
        # Plain processes of their own, not `multiprocessing`: forking after TensorFlow has started
        # its threads may hang, and spawning would import the caller's script, TensorFlow included.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p or "." for p in sys.path)}
        with tempfile.TemporaryDirectory(prefix="tfprivacy_rep_") as folder:
            children: list[tuple[subprocess.Popen, Path]] = []
            try:
                for number, part in enumerate(others):
                    path = Path(folder) / f"{number}.npy"
                    np.save(path, part)
                    command = [sys.executable, "-c", _CHILD, str(path), repr(self._face_square)]
                    children.append((subprocess.Popen(command, env=environment), path))
                vectors = [self.describe_here(own)]
                for child, path in children:
                    if child.wait():
                        raise UserError(
                            "Describing faces failed: expected the processes that share it to end well. Received: exit "
                            f"code {child.returncode} of one of them. Start the same command again, with more memory "
                            "free; what had been trained is kept. Or judge without dlib, by another `recogniser`."
                        )
                    vectors.append(np.load(path))
            finally:
                for child, _ in children:
                    child.kill()
                    child.wait()
        return np.concatenate(vectors)


_CHILD = """
import ast, sys
import numpy as np
from tfprivacy_rep.evaluation.dlib_faces import DlibRecogniser
path, square = sys.argv[1:]
recogniser = DlibRecogniser(ast.literal_eval(square), processes=1)
np.save(path, recogniser.describe_here(np.load(path)))
"""


def find_dlib_models() -> Path:
    """Returns the folder of dlib's data files, or raises a UserError that says what is missing."""
    purpose = "the dlib face recogniser"
    if importlib.util.find_spec("dlib") is None:
        raise missing_extra("dlib-bin", "identity", purpose)
    # Found, not imported: importing it needs `pkg_resources`, gone from current setuptools.
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise missing_extra("face-recognition-models", "identity", purpose)
    folder = Path(spec.submodule_search_locations[0]) / "models"
    for name in (LANDMARKS_FILE, NETWORK_FILE):
        if not (folder / name).is_file():
            raise UserError(
                f"Missing file `{folder / name}`: expected it in face-recognition-models 0.3.0. "
                "Received: no such file. Reinstall face-recognition-models."
            )
    return folder


def _usable_cores() -> int:
    """Returns the number of cores this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):  # Linux only; it knows the limits of a container's cores.
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
