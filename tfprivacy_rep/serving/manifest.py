"""The manifest beside a model: what it is, what made it, which other model belongs to it, and what an audit found."""

from __future__ import annotations

import datetime
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from tfprivacy_rep import files
from tfprivacy_rep.errors import UserError

MANIFEST = "manifest.json"
FORMAT = 1
ENCODER, HEAD = "encoder", "head"
#: Options that tell of the machine or its folders and nothing of the model.
_PRIVATE = {"data_dir", "attributes_file", "output_dir", "use_progress", "use_tensorboard", "use_export",
            "logical_cpus"}

_Z = {"dtype": "float32", "shape": "[batch, *representation_shape]"}
SIGNATURES: dict[str, dict[str, Any]] = {
    ENCODER: {
        "serving_default": {
            "inputs": {"images": {"dtype": "float32", "shape": "[batch, image_size, image_size, 3]", "range": [0, 1]}},
            "outputs": {"representation": _Z},
        },
        "serving_bytes": {
            "inputs": {"image_bytes": {"dtype": "string", "shape": "[batch]", "content": "whole JPEG or PNG files"}},
            "outputs": {"representation": _Z},
        },
    },
    HEAD: {
        "serving_default": {
            "inputs": {"representation": _Z},
            "outputs": {
                "logits": {"dtype": "float32", "shape": "[batch, attributes]"},
                "probabilities": {"dtype": "float32", "shape": "[batch, attributes]", "range": [0, 1]},
            },
        },
        "attribute_names": {
            "inputs": {"index": {"dtype": "int64", "shape": "[batch]", "content": "0 to attributes - 1"}},
            "outputs": {"names": {"dtype": "string", "shape": "[batch]"}},
        },
    },
}

MEAN = {"mean": SIGNATURES[ENCODER]["serving_default"]}


@dataclass(frozen=True)
class Pair:
    """An encoder and the head that reads its representations, exported together.

    Attributes:
        name: of both; at the server they are `<name>_encoder` and `<name>_head`.
        version: of both.
        image_size: side S of the images.
        representation_shape: of one representation.
        attributes: A names, in the order of the logits.
        weights: SHA-256 of the weights, by `encoder` and `head`.
        configuration: of the training, by section and option.
        audit: what an audit found, or None.
        stochastic: whether representations are drawn, other ones in each call.
        with_mean: whether the encoder also gives their mean, by a signature of its own.
    """

    name: str
    version: int
    image_size: int
    representation_shape: tuple[int, ...]
    attributes: tuple[str, ...]
    weights: Mapping[str, str]
    configuration: Mapping[str, Mapping[str, Any]]
    audit: Mapping[str, Any] | None
    stochastic: bool = False
    with_mean: bool = False

    def served_as(self, model: str) -> str:
        """The name of one of the two at the server, and of its folder."""
        return f"{self.name}_{model}"


def manifest(pair: Pair, model: str) -> dict[str, Any]:
    """The contents of manifest.json of the `encoder` or the `head` of a pair."""
    partner = HEAD if model == ENCODER else ENCODER
    packages = ("tensorflow", "keras", "numpy", "tfprivacy_rep")
    return {
        "format": FORMAT,
        "name": pair.served_as(model),
        "model": model,
        "version": pair.version,
        "created": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "image_size": pair.image_size,
        "representation_shape": list(pair.representation_shape),
        "attributes": list(pair.attributes),
        "weights_sha256": pair.weights[model],
        "partner": {
            "name": pair.served_as(partner), "version": pair.version, "weights_sha256": pair.weights[partner]
        },
        "signatures": SIGNATURES[model] | (MEAN if pair.with_mean and model == ENCODER else {}),
        "stochastic": pair.stochastic and model == ENCODER,
        "packages": {name: importlib.metadata.version(name) for name in packages},
        "configuration": {
            section: {name: value for name, value in options.items() if name not in _PRIVATE}
            for section, options in pair.configuration.items()
        },
        "audit": None if pair.audit is None else dict(pair.audit),
    }


def read_manifest(version: Path) -> dict[str, Any] | None:
    """The manifest in the folder of a version; None if there is none, or one of another program.

    Raises:
        UserError: if it is damaged.
    """
    path = version / MANIFEST
    if not path.is_file():
        return None
    held = files.read_json(path)
    if not isinstance(held, dict) or held.get("format") != FORMAT:
        return None
    size, partner, options = held.get("image_size"), held.get("partner"), held.get("configuration")
    fits = {
        "image_size": isinstance(size, int) and not isinstance(size, bool) and size >= 1,
        "weights_sha256": isinstance(held.get("weights_sha256"), str),
        "partner": isinstance(partner, dict) and isinstance(partner.get("weights_sha256"), str),
        "configuration": isinstance(options, dict) and isinstance(options.get("data", {}), dict),
    }
    wrong = [name for name, fit in fits.items() if not fit]
    if wrong:
        raise UserError(f"Invalid file `{path}`: expected a manifest as scripts/export.py writes it. Received: another "
                        f"kind of value, or none, for {', '.join(wrong)}. Export the model again.")
    return held


def dataset_of(manifest: Mapping[str, Any]) -> str | None:
    """The source of the photographs that a model was trained on; None where its manifest does not say."""
    return ((manifest.get("configuration") or {}).get("data") or {}).get("dataset")


def newest_pairs(export_dir: Path) -> dict[str, int]:
    """The newest version of each pair of which both models are there and belong together, by name."""
    found: dict[str, int] = {}
    for folder in sorted(export_dir.glob(f"*_{ENCODER}")):
        name = folder.name.removesuffix(f"_{ENCODER}")
        for version in folder.iterdir() if folder.is_dir() else ():
            numbered = version.name.isascii() and version.name.isdecimal()
            encoder = read_manifest(version) if numbered else None
            head = read_manifest(export_dir / f"{name}_{HEAD}" / version.name)
            if encoder and head and head["partner"]["weights_sha256"] == encoder["weights_sha256"]:
                found[name] = max(found.get(name, 0), int(version.name))
    return found
