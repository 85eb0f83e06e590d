"""An encoder that is known by a signature of a SavedModel alone: it answers, and shows no weights and no gradients."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfprivacy_rep.attacks.frozen import require_finite, require_same
from tfprivacy_rep.attacks.image_input import require_fitting, scaled
from tfprivacy_rep.data.images import Images
from tfprivacy_rep.errors import UserError

_CHUNK = 1 << 20
_SAVED = "saved_model.pb"


class SavedModelEncoder:
    """One signature of a SavedModel as an encoder, with the protocol of `attacks.frozen.Encoder`.

    The signature takes one batch of images, float32 or uint8 `[B, S, S, 3]`. Where B is fixed, the last batch is filled
    up with copies of its last image, which are cut off again.

    Args:
        folder: of the SavedModel, the one that holds `saved_model.pb`.
        image_size: side S of the photographs.
        signature: that is asked.
        output: which of its outputs is the representation; may be empty if there is one only.
        input_range: scale of float images: `unit` [0, 1], `byte` [0, 255], `symmetric` [-1, 1].
        batch_size: images at a time, where the signature does not say.

    Raises:
        UserError: if it can't be loaded, has no such signature or output, or takes something else than such images.
    """

    def __init__(
        self, folder: str | Path, image_size: int, signature: str = "serving_default", output: str = "",
        input_range: str = "unit", batch_size: int = 64,
    ) -> None:
        self._folder, self._input_range = Path(folder), input_range
        self._model = _loaded(self._folder)  # kept: its variables live no longer than it does
        self._signature = _signature(self._model, signature)
        self._input_name, self._spec = _image_input(self._signature, signature, image_size)
        self._output = _output(self._signature, signature, output)
        fixed = self._spec.shape[0] if self._spec.shape.rank else None
        self._batch_size, self._is_fixed = fixed or batch_size, fixed is not None
        self._before = self.fingerprint()
        #: Shape of one representation.
        self.representation_shape = self._answer(np.zeros((1, image_size, image_size, 3), np.uint8)).shape[1:]

    def __call__(self, images: Images) -> np.ndarray:
        """Returns the representations of images, `[N, ...]` float32.

        Args:
            images: `[N, S, S, 3]`, uint8 or float32 in [0, 1].

        Raises:
            UserError: if the encoder answers with infinite values or not-a-numbers.
        """
        starts = range(0, len(images), self._batch_size)
        z = np.concatenate([self._answer(images[start : start + self._batch_size]) for start in starts])
        return require_finite(z, "Check --input_range and --signature, or retrain it with lower learning rates.")

    def fingerprint(self) -> str:
        """SHA-256 of the SavedModel's files: their names and what they hold."""
        digest = hashlib.sha256()
        for path in sorted(path for path in self._folder.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(self._folder).as_posix()}\0{path.stat().st_size}\0".encode())
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
        return digest.hexdigest()

    def require_unchanged(self) -> str:
        """Returns the fingerprint.

        Raises:
            UserError: if a file has changed since this object was made.
        """
        return require_same(self.fingerprint(), self._before)

    def _answer(self, images: np.ndarray) -> np.ndarray:
        """Representations of one batch, or of less than one."""
        count = len(images)
        batch = scaled(images, self._spec.dtype.as_numpy_dtype, self._input_range)
        if self._is_fixed and count < self._batch_size:
            batch = np.concatenate([batch, np.repeat(batch[-1:], self._batch_size - count, axis=0)])
        try:
            z = np.asarray(self._signature(**{self._input_name: tf.constant(batch)})[self._output])
        except (tf.errors.OpError, ValueError) as error:
            raise UserError(
                f"Invalid `encoder`: expected a signature that takes images of shape {batch.shape}. Received: "
                f"{self._folder}, which fails on them: {str(error).splitlines()[0]}. Check --signature and "
                "--image_size."
            ) from error
        if z.ndim < 2 or len(z) != len(batch):
            raise UserError(
                f"Invalid `encoder`: expected one representation for each of {len(batch)} images. Received: an output "
                f"{self._output!r} of shape {z.shape}. Name another one by --output_name."
            )
        return z[:count].astype(np.float32)


def _loaded(folder: Path) -> Any:
    try:
        return tf.saved_model.load(str(folder))
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        raise UserError(
            "Invalid `encoder`: expected a SavedModel that TensorFlow can load. Received: "
            f"{folder}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}. Export it again."
        ) from error


def _signature(model: Any, name: str) -> Any:
    known = dict(getattr(model, "signatures", {}))
    if name not in known:
        usual = "serving_default" if "serving_default" in known else min(known, default="")
        raise UserError(
            f"Invalid `signature`: expected one of {', '.join(sorted(known)) or 'none: the model has no signature'}. "
            f"Received: signature={name!r}. "
            + (f"Add --signature={usual}." if known else "Export it with a signature that takes images.")
        )
    return known[name]


def _image_input(signature: Any, name: str, image_size: int) -> tuple[str, tf.TensorSpec]:
    inputs = signature.structured_input_signature[1]
    described = ", ".join(f"{key}: {spec.dtype.name} {spec.shape}" for key, spec in sorted(inputs.items())) or "nothing"
    spec = next(iter(inputs.values()), None)
    if spec is None or len(inputs) > 1 or spec.dtype not in (tf.float32, tf.uint8):
        hint = " Encoded files are read by --data_dir and go in as images." if spec and spec.dtype == tf.string else ""
        raise UserError(
            f"Invalid `encoder`: expected a signature of one input, images as float32 or uint8 [B, S, S, 3]. Received: "
            f"signature {name!r} of {described}. Choose another --signature, or export one that takes images.{hint}"
        )
    if spec.shape.rank is not None:
        require_fitting(tuple(spec.shape.as_list()), image_size)
    return next(iter(inputs)), spec


def _output(signature: Any, name: str, wanted: str) -> str:
    outputs = signature.structured_outputs
    if wanted not in outputs and (wanted or len(outputs) != 1):
        raise UserError(
            f"Invalid `output_name`: expected one of the outputs of signature {name!r}: {', '.join(sorted(outputs))}. "
            f"Received: output_name={wanted!r}. Add --output_name={sorted(outputs)[0]}, or the one that leaves the "
            "device."
        )
    chosen = wanted or next(iter(outputs))
    dtype = outputs[chosen].dtype
    if not (dtype.is_floating or dtype.is_integer or dtype.is_bool):
        raise UserError(
            f"Invalid `output_name`: expected an output of numbers. Received: {chosen!r} of {dtype.name}. Name another "
            "output by --output_name."
        )
    return chosen


def newest_saved_model(place: Path) -> Path | None:
    """The folder itself if it is a SavedModel, else the version of the highest number in it; None if there is none."""
    if (place / _SAVED).is_file():
        return place
    versions = [folder for folder in place.glob("*") if folder.name.isdecimal() and (folder / _SAVED).is_file()]
    return max(versions, key=lambda folder: int(folder.name), default=None)
