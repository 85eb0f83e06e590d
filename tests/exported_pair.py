"""An exported pair of models of random weights that gives the same representation each time."""

from __future__ import annotations

from pathlib import Path

from tfprivacy_rep import exporting
from tfprivacy_rep.config import Config, DataConfig, ModelConfig, RunConfig
from tfprivacy_rep.data import sources
from tfprivacy_rep.jobs import ExportConfig
from tfprivacy_rep.models.inference import weights_sha256
from tfprivacy_rep.serving.manifest import ENCODER, HEAD, Pair
from tfprivacy_rep.training.protect import build_protector

SIZE, NUMBERS = 64, 128


def write(root: Path, name: str) -> dict[str, Path]:
    """Writes version 1 of `<name>_encoder` and `<name>_head`, for photographs as ORL's; returns folders by name."""
    config = Config(DataConfig(dataset="orl", image_size=SIZE), ModelConfig(representation_size=NUMBERS,
                                                                            widths=(8, 8, 8, 8)),
                    run=RunConfig(output_dir="unused"))
    attributes = sources.get("orl").default_attributes
    protector = build_protector(config, len(attributes), seed=3)
    weights = {ENCODER: weights_sha256(protector.encoder), HEAD: weights_sha256(protector.classifier)}
    pair = Pair(name, 1, SIZE, (NUMBERS,), attributes, weights, config.to_dict(), None)
    folders = {model: root / f"{name}_{model}" for model in (ENCODER, HEAD)}
    job = ExportConfig(encoder="unused", name=name, export_dir=str(root), warmup_batches=())
    written = exporting._export(pair, protector, folders, job)
    return {folder.parent.name: folder for folder in written}
