"""The job of scripts/encode.py: an encoder and a folder in, a file of representations or a TFLite file out."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from tfprivacy_rep.data import sources
from tfprivacy_rep.data.alignment import FaceAligner
from tfprivacy_rep.data.image_files import as_user_error
from tfprivacy_rep.encoding import lite, reading, written
from tfprivacy_rep.encoding.opening import Opened, open_encoder
from tfprivacy_rep.encoding.reading import Found
from tfprivacy_rep.encoding.written import Encoded
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.jobs import EncodeConfig
from tfprivacy_rep.models.inference import BatchedModel

_SHOWN = 10  # skipped photographs that the summary names


def run(job: EncodeConfig) -> Encoded | None:
    """Encodes the photographs, converts the encoder, or both.

    Returns:
        What was written to `job.output`; None without photographs.

    Raises:
        UserError: if the encoder, a photograph, or the place of a file is not as it should be. Nothing is written then.
    """
    for path, option in ((job.output, "output"), (job.tflite, "tflite")):
        if path:
            written.require_writable(path, option, job.overwrite)
    opened = open_encoder(job.encoder, job.image_size, job.batch_size, job.output_name)
    if job.tflite:
        _convert(opened, job)
    if not job.photographs:
        return None
    aligner = None
    if job.align == "dlib":
        aligner = FaceAligner(opened.image_size, sources.face_square(opened.dataset, job.face_square))
    found = reading.find(job.photographs, job.on_bad_image, job.crop_top, opened.dataset)
    start = time.monotonic()
    encoded = _encode(opened, found, job, aligner)
    seconds = time.monotonic() - start
    written.write(encoded, job.output)
    print(f"encoded: {job.output} ({len(encoded.names)} photographs, representations of "
          f"{list(opened.representation_shape)}, {len(found.names) / seconds:.0f} photographs a second)")
    if encoded.skipped:
        more = f"; and {len(encoded.skipped) - _SHOWN} more" if len(encoded.skipped) > _SHOWN else ""
        print(f"skipped: {len(encoded.skipped)} photographs: {'; '.join(encoded.skipped[:_SHOWN])}{more}")
    return encoded


def _convert(opened: Opened, job: EncodeConfig) -> None:
    if opened.model is None:
        raise UserError("Invalid `tflite`: expected an encoder that is no TFLite file yet. Received: "
                        f"{job.encoder}. Convert what it was made from.")
    facts = {"image_size": opened.image_size, "representation_shape": list(opened.representation_shape),
             "weights_sha256": opened.weights_sha256, "dataset": opened.dataset}
    encode = opened.encode if opened.release is None else BatchedModel(opened.model)
    done = lite.convert(opened.model, encode, facts, Path(job.tflite), job.tflite_quantise, opened.release)
    print(f"converted: {job.tflite} ({done.size / 1e6:.2f} MB, weights: {job.tflite_quantise}; largest difference from "
          f"the encoder {done.difference:.2g}, of numbers up to {done.scale:.2g})")
    if opened.release is not None:
        print("It takes `noise` beside `images`, standard normal numbers that whoever runs it draws afresh for each "
              "image from a cryptographic generator: noise that is known or used again gives the mean away.")


def _encode(opened: Opened, found: Found, job: EncodeConfig, aligner: FaceAligner | None) -> Encoded:
    parts, names, skipped = [], [], list(found.skipped)
    batches = reading.batches(found, opened.image_size, job.batch_size, job.on_bad_image, aligner)
    place = 0
    with tqdm(total=len(found.names), unit="photograph", disable=not job.use_progress) as bar:
        try:
            for images, reasons in batches.as_numpy_iterator():
                here = found.names[place : place + len(images)]
                good = reasons == b""
                bad = [f"{name}: {reason.decode()}" for name, reason in zip(here, reasons) if reason]
                if bad and job.on_bad_image == "error":
                    raise _unusable(job.photographs, bad[0])
                skipped += bad
                if good.any():
                    parts.append(_finite(opened.encode(images[good]), [n for n, g in zip(here, good) if g]))
                    names += [name for name, usable in zip(here, good) if usable]
                place += len(images)
                bar.update(len(images))
        except tf.errors.OpError as error:
            raise (as_user_error(error) or error) from error
    if not parts:
        raise UserError("Invalid `photographs`: expected at least one that can be encoded. Received: "
                        f"{len(skipped)} in {job.photographs} that can't, the first {skipped[0]}. Choose others.")
    facts = {
        "encoder_kind": opened.kind, "weights_sha256": opened.weights_sha256, "image_size": opened.image_size,
        "representation_shape": list(opened.representation_shape), "align": job.align, "crop_top": job.crop_top,
    }
    return Encoded(np.concatenate(parts), tuple(names), tuple(sorted(skipped)), facts)


def _unusable(folder: str, reason: str) -> UserError:
    return UserError(f"Unusable photograph in `{folder}`: expected one that can be read and, with --align, has a face. "
                     f"Received: {reason}. Leave out such ones with --on_bad_image=skip.")


def _finite(z: np.ndarray, names: list[str]) -> np.ndarray:
    wrong = ~np.isfinite(z).reshape(len(z), -1).all(1)
    if wrong.any():
        raise UserError("Invalid `encoder`: expected finite representations. Received: infinite or not-a-number values "
                        f"for {names[int(np.argmax(wrong))]}. Retrain it with lower learning rates.")
    return z
