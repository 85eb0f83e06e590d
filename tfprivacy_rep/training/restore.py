"""From a folder of checkpoints back to the encoder and the classifier that training left there."""

from __future__ import annotations

from pathlib import Path

import keras

from tfprivacy_rep.config import Config
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.training.checkpoint import read_variables
from tfprivacy_rep.training.protect import build_protector


def restore_protector(config: Config, attributes: int, seed: int, folder: Path) -> tuple[keras.Model, keras.Model, int]:
    """Builds the protector anew and gives it the weights of the newest checkpoint that can be read.

    Nothing else of the game is built or read, and nothing is written into the folder.

    Args:
        config: sizes that it was trained with.
        attributes: number of the classifier's logits.
        seed: that it was trained with; of no effect on what is returned.
        folder: that `train_encoder` got.

    Returns:
        The encoder, the classifier, equal bit for bit to what `train_encoder` returned, and the checkpoint's step.

    Raises:
        UserError: if there is no checkpoint that can be read.
    """
    protector = build_protector(config, attributes, seed)
    stateful = protector.stateful()
    step = read_variables(folder / "checkpoints", {name: stateful[name] for name in ("encoder", "classifier")})
    if step is None:
        raise UserError(
            "Invalid `encoder`: expected a checkpoint that can be read, of an encoder and a classifier of "
            f"{attributes} attributes. Received: {folder / 'checkpoints'}, which has none. Train it again, or leave "
            "out options that it was not trained with."
        )
    return protector.encoder, protector.classifier, step
