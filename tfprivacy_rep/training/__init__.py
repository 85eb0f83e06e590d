"""The game: moves, their schedule, the compiled loop and its checkpoints.

`loop` is the module: `loop.run(trainer, loop.LoopOptions(...))` drives a game or an attacker with checkpoints and logs.
"""

from tfprivacy_rep.training import loop
from tfprivacy_rep.training.checkpoint import CheckpointStore
from tfprivacy_rep.training.compiled import Measured, NonFiniteError
from tfprivacy_rep.training.health import AdversaryLook, classifier_figures
from tfprivacy_rep.training.health_warnings import HealthWarning, warnings_of
from tfprivacy_rep.training.loop import LoopOptions
from tfprivacy_rep.training.moves import View, decoder_move, protector_move
from tfprivacy_rep.training.protect import (
    GameData,
    TrainedEncoder,
    build_adversary,
    build_protector,
    features_of,
    mean_image_bounds,
    train_encoder,
)
from tfprivacy_rep.training.restore import restore_protector
from tfprivacy_rep.training.schedule import Schedule
from tfprivacy_rep.training.trainer import Game, GameTrainer

__all__ = [
    "AdversaryLook",
    "CheckpointStore",
    "Game",
    "GameData",
    "GameTrainer",
    "HealthWarning",
    "LoopOptions",
    "Measured",
    "NonFiniteError",
    "Schedule",
    "TrainedEncoder",
    "View",
    "build_adversary",
    "build_protector",
    "classifier_figures",
    "decoder_move",
    "features_of",
    "loop",
    "mean_image_bounds",
    "protector_move",
    "restore_protector",
    "train_encoder",
    "warnings_of",
]
