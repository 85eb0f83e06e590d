"""The model card beside a model, in the sections of Mitchell et al., "Model cards for model reporting" (2019)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

from tfprivacy_rep import files
from tfprivacy_rep.serving.rendering import render

CARD = "MODEL_CARD.md"
#: What the figures of an audit's headline are called.
FIGURES = {
    "mean_mcc": "mean MCC of the attributes (utility, higher is better)",
    "linkage_rank1": "people named directly from the representation, rank-1",
    "rank1": "people named from the best reconstructions, rank-1",
    "rank1_second": "the same by a second recogniser",
    "psnr": "PSNR of the best reconstructions, dB",
    "ssim": "SSIM of the best reconstructions",
    "face_similarity": "face similarity of the best reconstructions",
    "membership_auc": "whether a photograph was in the private data, AUC",
}


def write_card(path: Path, manifest: Mapping[str, Any]) -> None:
    """Writes the card of the model that a manifest describes."""
    files.write_text(path, render(CARD, m=manifest, figures=FIGURES))
