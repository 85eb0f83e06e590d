"""The demonstration models that come with a clone."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from small_run import ROOT

from tfprivacy_rep import files
from tfprivacy_rep.data.orl import loader
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.metrics.mcc import mcc, mean_mcc
from tfprivacy_rep.serving.deployment import write_deployment

MODELS = ROOT / "saved_models"


def test_they_are_small_and_whole():
    kept = [MODELS / "demo_encoder" / "1", MODELS / "demo_head" / "1"]
    encoder, head = (files.read_json(folder / "manifest.json") for folder in kept)
    assert encoder["partner"]["weights_sha256"] == head["weights_sha256"]
    audit = encoder["audit"]
    assert encoder["stochastic"] and "mean" not in encoder["signatures"] and audit["rate"]["upper_limit_bits"] > 33
    assert audit["headline"]["linkage_rank1"] > 0.5, "the README says that they name most people"
    assert sum(path.stat().st_size for folder in kept for path in folder.rglob("*") if path.is_file()) < 5e6
    assert "## Quantitative analyses" in (kept[0] / "MODEL_CARD.md").read_text()


def test_they_tell_attributes_of_photographs():
    photographs = loader.load(64).with_attributes(files.read_json(MODELS / "demo_head/1/manifest.json")["attributes"])
    images = tf.constant(as_float(photographs.images))
    z, other = (_signature("demo_encoder")(images=images)["representation"] for _ in range(2))
    assert (z != other).numpy().any(1).all(), "each call draws another"
    logits = _signature("demo_head")(representation=z)["logits"].numpy()
    # Most of these photographs were trained on: this tells that the two belong together, not how good they are.
    assert mean_mcc(mcc(photographs.labels, logits > 0)).value > 0.8
    assert np.isfinite(z).all()


def _signature(name):
    loaded = tf.saved_model.load(str(MODELS / name / "1"))
    _signature.kept = [*getattr(_signature, "kept", []), loaded]  # a signature does not keep its variables alive
    return loaded.signatures["serving_default"]


def test_the_server_files_are_what_an_export_writes(tmp_path):
    for model in ("demo_encoder", "demo_head"):
        (tmp_path / model).symlink_to(MODELS / model)
    write_deployment(tmp_path)
    for path in (tmp_path / "serving").iterdir():
        assert path.read_text() == (MODELS / "serving" / path.name).read_text(), path.name
