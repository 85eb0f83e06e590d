"""The query job: photographs to a served encoder, its answers to the served head, both compared with local models."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from typing import Any, Callable

import numpy as np
import tensorflow as tf
from PIL import Image

from tfprivacy_rep import files
from tfprivacy_rep.data import sources
from tfprivacy_rep.data.alignment import FaceAligner, NoFaceError
from tfprivacy_rep.data.preprocessing import read_rgb
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.jobs import QueryConfig
from tfprivacy_rep.serving.client import Address, Client, GrpcClient, RestClient, output
from tfprivacy_rep.serving.manifest import ENCODER, HEAD, dataset_of, newest_pairs, read_manifest

EXIT_DIFFERS = 4
PERCENTILES = (50, 90, 99)
_SUFFIXES = (".jpg", ".jpeg", ".png")
_PORTS = {"rest": 8501, "grpc": 8500}


def run(job: QueryConfig) -> dict[str, Any]:
    """Asks, prints and returns what was found.

    Returns:
        `photographs`: for each its `file`, `representation` and `probabilities` by attribute; `milliseconds`:
        percentiles by model; `versions`: that answered, by model; `local_version` of the pair that it is compared
        with, and `differences`: the largest one from it, by model, or None; `same`: whether encoder and head are of
        one version and all differences within the tolerance.

    Raises:
        UserError: if a file can't be read, or the server does not answer as TensorFlow Serving with these models does.
    """
    local = _Local(Path(job.model_dir), job.name) if job.model_dir else None
    sent = _photographs(job, local)
    client: Client = (RestClient if job.protocol == "rest" else GrpcClient)(
        Address(job.host, job.port or _PORTS[job.protocol], job.timeout, job.retries)
    )
    versions = {model: client.version(f"{job.name}_{model}") for model in (ENCODER, HEAD)}
    seconds: dict[str, list[float]] = {ENCODER: [], HEAD: []}
    compared = (HEAD,) if local is not None and local.stochastic else (ENCODER, HEAD)
    shown, differences = [], dict.fromkeys(compared, 0.0)
    names: list[str] = []
    for path, encoded in sent.items():
        z = _ask(job, seconds[ENCODER], lambda: _representation(client, job.name, path, encoded))
        probabilities = _ask(job, seconds[HEAD], lambda: _probabilities(client, job.name, z))
        names = names or _names(client, job.name, probabilities.shape[1])
        if local is not None:
            pairs = [(HEAD, probabilities, local.answer(z))]
            if not local.stochastic:
                pairs.append((ENCODER, z, local.encode(encoded)))
            for model, served, expected in pairs:
                differences[model] = max(differences[model], _difference(served, expected))
        answer = dict(zip(names, map(float, probabilities[0])))
        shown.append({"file": path, "representation": z[0].ravel().tolist(), "probabilities": answer})
        _print(path, z[0], answer)
    same = versions[ENCODER] == versions[HEAD] and (local is None or max(differences.values()) <= job.tolerance)
    times = {model: {f"p{p}": round(1000 * float(np.percentile(values, p)), 3) for p in PERCENTILES}
             for model, values in seconds.items()}
    found = {"photographs": shown, "milliseconds": times, "versions": versions,
             "local_version": local.version if local else None, "differences": differences if local else None,
             "same": same}
    _print_summary(found, job)
    if job.json:
        files.write_json(job.json, found)
    return found


def _photographs(job: QueryConfig, local: _Local | None) -> dict[str, bytes]:
    """What is sent, by the path of the file it comes from."""
    paths = [path for name in job.photographs for path in _paths(name)]
    if job.align == "none":
        return {path: _read(path) for path in paths}
    assert local is not None  # the options demand it
    align = FaceAligner(local.image_size, sources.face_square(local.dataset, job.face_square))
    return {path: _aligned(path, align) for path in paths}


def _paths(name: str) -> list[str]:
    if not Path(name).is_dir():
        return [name]
    found = sorted(str(path) for path in Path(name).rglob("*") if path.suffix.lower() in _SUFFIXES)
    if not found:
        raise UserError(
            f"Invalid `photographs`: expected JPEG or PNG files ({', '.join(_SUFFIXES)}). Received: the folder {name}, "
            "which has none. Check the path."
        )
    return found


def _aligned(path: str, align: FaceAligner) -> bytes:
    """The face as a PNG file of the encoder's size, of which the server's graph keeps every pixel."""
    try:
        face = align(read_rgb(path))
    except NoFaceError as error:
        raise UserError(f"{path}: {error}") from error
    encoded = io.BytesIO()
    Image.fromarray(face).save(encoded, "PNG")
    return encoded.getvalue()


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(
            f"Invalid `photographs`: expected files that can be read. Received: {path}: {error.strerror}. "
            "Check the path."
        ) from error


def _ask(job: QueryConfig, seconds: list[float], ask: Callable[[], np.ndarray]) -> np.ndarray:
    for _ in range(job.repeats):
        started = time.perf_counter()
        answer = ask()
        seconds.append(time.perf_counter() - started)
    return answer


def _representation(client: Client, name: str, path: str, encoded: bytes) -> np.ndarray:
    try:
        answer = client.predict(f"{name}_{ENCODER}", "serving_bytes", {"image_bytes": [encoded]})
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    value = answer.get("representation", answer.get("", np.empty(0)))
    return output(answer, "representation", (1, *[None] * (max(2, value.ndim) - 1)))


def _probabilities(client: Client, name: str, z: np.ndarray) -> np.ndarray:
    answer = client.predict(f"{name}_{HEAD}", "serving_default", {"representation": z})
    return output(answer, "probabilities", (1, None))


def _names(client: Client, name: str, count: int) -> list[str]:
    answer = client.predict(f"{name}_{HEAD}", "attribute_names", {"index": np.arange(count)})
    values = answer.get("names", answer.get("", np.empty(0)))
    if values.shape != (count,):
        raise UserError(
            f"Invalid answer: expected the names of {count} attributes. Received: shape {list(values.shape)}. The "
            "server serves another model: look at its models.config."
        )
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values.tolist()]


def _difference(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, relative to numbers above 1; where shapes differ, a difference as large as can be."""
    if found.shape != expected.shape:
        return sys.float_info.max
    return float(np.abs(found - expected).max() / max(1.0, float(np.abs(expected).max())))


class _Local:
    """The newest exported pair of a name, run in this process.

    Attributes:
        version: of both.
        image_size: side of the encoder's images.
        dataset: source of the photographs that it was trained on; None where the manifest does not say.
        stochastic: whether each call draws another representation, so that two can't be compared.
    """

    def __init__(self, root: Path, name: str) -> None:
        newest = newest_pairs(root).get(name)
        if newest is None:
            raise UserError(
                f"Invalid `model_dir`: expected {name}_{ENCODER} and {name}_{HEAD} of one version in it, as scripts/"
                f"export.py writes them. Received: {root}, without such a pair. Check --model_dir and --name."
            )
        self.version = newest
        folders = {model: root / f"{name}_{model}" / str(newest) for model in (ENCODER, HEAD)}
        manifest = read_manifest(folders[ENCODER]) or {}
        self.image_size, self.dataset = manifest["image_size"], dataset_of(manifest)
        self.stochastic = bool(manifest.get("stochastic"))
        self._models = {model: tf.saved_model.load(str(folder)) for model, folder in folders.items()}

    def encode(self, encoded: bytes) -> np.ndarray:
        signature = self._models[ENCODER].signatures["serving_bytes"]
        return signature(image_bytes=tf.constant([encoded]))["representation"].numpy()

    def answer(self, z: np.ndarray) -> np.ndarray:
        signature = self._models[HEAD].signatures["serving_default"]
        return signature(representation=tf.constant(z))["probabilities"].numpy()


def _print(path: str, z: np.ndarray, answer: dict[str, float]) -> None:
    first = ", ".join(f"{value:+.3f}" for value in z.ravel()[:6])
    print(f"{path}\n  representation of {z.size} numbers, norm {np.linalg.norm(z):.3f}: {first}, ...")
    print("  " + ", ".join(f"{name} {probability:.2f}" for name, probability in answer.items()))


def _print_summary(found: dict[str, Any], job: QueryConfig) -> None:
    for model, times in found["milliseconds"].items():
        print(f"{model}: " + ", ".join(f"{key} {value:.1f} ms" for key, value in times.items()))
    served = found["versions"]
    if served[ENCODER] != served[HEAD]:
        print(f"NOT a pair: {job.host} has version {served[ENCODER]} of the encoder and {served[HEAD]} of the head, "
              "which does not read its representations. Look at the server's models.config.")
    if found["differences"] is None:
        return
    largest = ", ".join(f"{model} {value:.1e}" for model, value in found["differences"].items())
    if ENCODER not in found["differences"]:
        print("the encoder is stochastic: its representations are new in each call and are not compared")
    if max(found["differences"].values()) <= job.tolerance:
        print(f"same as version {found['local_version']} in {job.model_dir}: largest differences {largest}")
    else:
        print(f"NOT version {found['local_version']} in {job.model_dir}: largest differences {largest}, more than "
              f"{job.tolerance:g}. The server has version {served[ENCODER]}, or other weights: look at its "
              "models.config.")
