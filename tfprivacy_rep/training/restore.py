"""From a folder of checkpoints back to the encoder and the classifier that training left there."""

from __future__ import annotations

from pathlib import Path

from tfprivacy_rep.config import Config, GameConfig
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.players import Protector
from tfprivacy_rep.training.checkpoint import read_variables
from tfprivacy_rep.training.protect import build_protector


def restore_protector(config: Config, game: GameConfig, attributes: int, seed: int, folder: Path) -> Protector:
    """Builds the protector anew and gives it the weights of the newest checkpoint that can be read.

    Nothing else of the game is built or read, and nothing is written into the folder.

    Args:
        config: sizes that it was trained with.
        game: that it was trained by.
        attributes: number of the classifier's logits.
        seed: that it was trained with; of no effect on what is returned.
        folder: that `train_encoder` got.

    Returns:
        Encoder and classifier, equal bit for bit to what `train_encoder` returned, and their release.

    Raises:
        UserError: if there is no checkpoint that can be read.
    """
    protector = build_protector(config, attributes, seed, game)
    _read(protector, ("encoder", "classifier"), folder, f" and a classifier of {attributes} attributes")
    return protector


def restore_encoder(config: Config, game: GameConfig, seed: int, folder: Path) -> Protector:
    """`restore_protector` for the encoder alone, for which the number of attributes need not be known.

    Args:
        config, game, seed, folder: as of `restore_protector`.

    Raises:
        UserError: if there is no checkpoint that can be read.
    """
    protector = build_protector(config, 1, seed, game)  # its classifier is of no use here, whatever it answers
    _read(protector, ("encoder",), folder)
    return protector


def _read(protector: Protector, names: tuple[str, ...], folder: Path, more: str = "") -> None:
    """Reads the variables of those names."""
    stateful = protector.stateful()
    if read_variables(folder / "checkpoints", {name: stateful[name] for name in names}) is None:
        raise UserError(
            f"Invalid `encoder`: expected a checkpoint that can be read, of an encoder{more}. Received: "
            f"{folder / 'checkpoints'}, which has none. Train it again, or leave out options that it was not trained "
            "with."
        )
