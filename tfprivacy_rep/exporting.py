"""The export job: a finished training in, two servable models with manifest, card, warm-up and server files out."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfprivacy_rep import files
from tfprivacy_rep.checkpoint_run import CheckpointRun, checkpoint_run
from tfprivacy_rep.config import Config
from tfprivacy_rep.data import sources
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.jobs import ExportConfig
from tfprivacy_rep.models.inference import weights_sha256
from tfprivacy_rep.models.players import Protector
from tfprivacy_rep.models.release import GaussianRelease
from tfprivacy_rep.serving import warmup
from tfprivacy_rep.serving.card import CARD, write_card
from tfprivacy_rep.serving.deployment import write_deployment
from tfprivacy_rep.serving.export import export_encoder, export_head, next_version
from tfprivacy_rep.serving.manifest import ENCODER, HEAD, MANIFEST, Pair, manifest
from tfprivacy_rep.training.restore import restore_protector

#: Figures of an audit that go along, by their key in `headline`.
_FIGURES = ("mean_mcc", "psnr", "ssim", "face_similarity", "rank1", "rank1_second", "linkage_rank1", "membership_auc")
#: Largest difference between an exported model and the Keras model, of numbers around 1.
TOLERANCE = 1e-5
#: Samples of each image that a stochastic model is checked by.
DRAWS = 200


def run(job: ExportConfig) -> tuple[Path, Path]:
    """Exports both models, compares them with the Keras models, and writes what a server is started with.

    Returns:
        The folders of the encoder's and of the head's version.

    Raises:
        UserError: if there is no finished training, the audit is of another encoder, a package is missing, or the
            folder can't be written.
    """
    found = checkpoint_run(job.encoder)
    if found is None:
        raise UserError(
            "Invalid `encoder`: expected an output folder of scripts/train.py, or the folder of one of its encoders. "
            f"Received: {job.encoder}. For other Keras models call tfprivacy_rep.serving.export.export_encoder."
        )
    if job.warmup_batches:
        warmup.require_serving_api()
    config, attributes = Config.from_dict(found.config), _attributes(found)
    protector = restore_protector(config, found.game, len(attributes), found.seed, found.folder / "game")
    encoder, head = protector.encoder, protector.classifier
    weights = {ENCODER: weights_sha256(encoder), HEAD: weights_sha256(head)}
    audit = _audit(Path(job.audit), weights[ENCODER]) if job.audit else None
    root = Path(job.export_dir)
    folders = {model: root / f"{job.name}_{model}" for model in (ENCODER, HEAD)}
    pair = Pair(job.name, next_version(*folders.values()), config.data.image_size, protector.representation_shape,
                attributes, weights, found.config, audit, protector.release is not None,
                job.with_mean and protector.release is not None)
    if pair.with_mean:
        print("warning: --with_mean: the signature `mean` gives what no noise protects; serve it to nobody who should "
              "not have it", file=sys.stderr)
    written = _export(pair, protector, folders, job)
    served = write_deployment(root)
    for folder in written:
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"exported: {folder} ({size / 1e6:.1f} MB)")
    print(f"served by {root / 'serving'}: {', '.join(served)}")
    return written


def _attributes(found: CheckpointRun) -> tuple[str, ...]:
    record = RunRecord.load(found.folder.parent)
    if record is not None:
        return tuple(record.facts["attributes"])
    data = found.config["data"]
    named = tuple(data["attributes"]) or sources.get(data["dataset"]).default_attributes
    if not named:
        raise UserError(
            "Invalid `encoder`: expected a run that has ended, which knows its attributes. Received: "
            f"{found.folder}, whose attacks have not. Start scripts/train.py with the same options again."
        )
    return named


def _audit(folder: Path, fingerprint: str) -> dict[str, Any]:
    path = folder / "report" / "results.json"
    held = files.read_json(path) if path.is_file() else {}
    if held.get("schema", "").partition("/audit/")[1] == "":
        raise UserError(
            "Invalid `audit`: expected an output folder of scripts/evaluate.py whose audit has ended. Received: "
            f"{folder}, without {path.name} of an audit. Audit the encoder first."
        )
    audited = held["encoder"].get("fingerprint")
    if audited != fingerprint:
        raise UserError(
            "Invalid `audit`: expected an audit of the encoder that is exported, of weights "
            f"{fingerprint[:12]}. Received: {folder}, of weights {str(audited)[:12]}. Audit this encoder."
        )
    return {
        "schema": held["schema"],
        "budget": held["budget"]["name"] if isinstance(held["budget"], dict) else held["budget"],
        "dataset": held["config"]["data"]["dataset"],
        "headline": {name: held["headline"].get(name) for name in _FIGURES},
        "intervals": {name: ends for name, ends in held["intervals"]["headline"].items() if name in _FIGURES},
        "chance_rank1": held["chance_rank1"],
        "guarantee": held["guarantee"],
        "rate": held.get("rate"),
        "verdict": held["verdict"],
    }


def _export(
    pair: Pair, protector: Protector, folders: dict[str, Path], job: ExportConfig
) -> tuple[Path, Path]:
    encoder, head, release, batches = protector.encoder, protector.classifier, protector.release, job.warmup_batches
    requests = {
        ENCODER: warmup.encoder_requests(pair.image_size, batches),
        HEAD: warmup.head_requests(pair.representation_shape, len(pair.attributes), batches) if batches else [],
    }
    images = tf.constant(np.random.default_rng(0).random((3, *encoder.input_shape[1:]), np.float32))
    given = encoder(images, training=False)
    z = given if release is None else release.mean(given)
    checks = {
        ENCODER: functools.partial(_require_parity, {"images": images}, "representation", z) if release is None
        else functools.partial(_require_statistics, images, given, release),
        HEAD: functools.partial(_require_parity, {"representation": z}, "logits", head(z, training=False)),
    }

    def complete(model: str, folder: Path) -> None:
        checks[model](tf.saved_model.load(str(folder)).signatures["serving_default"])
        if batches:
            warmup.write_warmup(folder, pair.served_as(model), requests[model])
        contents = manifest(pair, model)
        files.write_json(folder / MANIFEST, contents)
        write_card(folder / CARD, contents)

    cut = sources.get(pair.configuration["data"]["dataset"]).cut
    # The head first: a service may know an answer to representations that nobody sends yet, not the other way round.
    to_head = export_head(head, pair.attributes, folders[HEAD], pair.version, lambda f: complete(HEAD, f))
    to_encoder = export_encoder(encoder, folders[ENCODER], pair.version, lambda f: complete(ENCODER, f), cut, release,
                                pair.with_mean)
    return to_encoder, to_head


def _require_parity(inputs: dict[str, tf.Tensor], output: str, expected: tf.Tensor, signature: Any) -> None:
    """Raises before a model is published that would not give the Keras model's numbers."""
    found = signature(**inputs)[output]
    difference = float(np.abs(found - expected).max() / max(1.0, float(np.abs(expected).max())))
    if not difference <= TOLERANCE:  # not-a-number fails too
        raise RuntimeError(
            f"The exported model's {output} differ from the Keras model's by {difference}; not published"
        )


def _require_statistics(images: tf.Tensor, parameters: tf.Tensor, release: GaussianRelease, signature: Any) -> None:
    """Raises before a stochastic model is published whose samples are not of the Keras model's distribution."""
    z = signature(images=tf.repeat(images, DRAWS, axis=0))["representation"]
    noise = (z - tf.repeat(release.mean(parameters), DRAWS, axis=0)) / tf.repeat(
        tf.exp(parameters[:, 1]), DRAWS, axis=0)
    numbers = float(tf.size(noise))
    # A mean of standard normal numbers, and a mean of their squares, beyond six of their own standard deviations.
    mean, square = (float(tf.reduce_mean(value)) for value in (noise, noise**2))
    off = max(abs(mean) * numbers**0.5, abs(square - 1) * (numbers / 2) ** 0.5)
    again = signature(images=tf.repeat(images, DRAWS, axis=0))["representation"]
    if not off <= 6 or np.array_equal(z, again):
        raise RuntimeError(
            f"The exported model's samples are {off:.1f} standard deviations off the Keras model's distribution, "
            "or the same twice; not published"
        )
