"""The encoder comes back from its checkpoints as it was, and the folder stays as it was."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import small_run
import tiny_game as tiny

from tfprivacy_rep import distribution
from tfprivacy_rep.config import Config
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.training.protect import GameData, TrainedEncoder, train_encoder
from tfprivacy_rep.training.restore import restore_protector

SEED, ATTRIBUTES, SIZE = 3, ("one", "two"), 32


def _photographs(seed: int) -> Photographs:
    labels = np.random.default_rng(seed).integers(0, 2, (10, len(ATTRIBUTES))).astype(np.int8)
    names = tuple(f"{seed}-{i}" for i in range(10))
    return Photographs(images=tiny.images(10, seed, SIZE), labels=labels, attributes=ATTRIBUTES,
                       people=np.arange(10), names=names, source="test")


@pytest.fixture(name="config", scope="module")
def _config() -> Config:
    return small_run.config("unused", image_size=SIZE, adversary_moves=1)


@pytest.fixture(name="trained", scope="module")
def _trained(config, tmp_path_factory) -> tuple[TrainedEncoder, Path]:
    folder = tmp_path_factory.mktemp("game")
    data = GameData(_photographs(1), _photographs(2), _photographs(3))
    game, g = config.game, tiny.perceptual(SIZE)
    return train_encoder(distribution.mirrored(1), config, game, g, data, SEED, folder, "test"), folder


@pytest.fixture(name="copied")
def _copied(trained, tmp_path) -> Path:
    """The folder at another place."""
    return Path(shutil.copytree(trained[1], tmp_path / "copy"))


def _contents(folder: Path) -> dict[str, str]:
    found = sorted(path for path in folder.rglob("*"))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "" for path in found}


def _bytes(model: keras.Model) -> list[bytes]:
    return [np.asarray(variable).tobytes() for variable in model.variables]


def test_it_is_equal_bit_for_bit_to_what_training_returned_and_nothing_is_written(trained, config, copied):
    held = _contents(copied)
    protector = restore_protector(config, config.game, len(ATTRIBUTES), 99, copied)
    encoder, classifier = protector.encoder, protector.classifier
    assert protector.release is None
    assert _bytes(encoder) == _bytes(trained[0].encoder) and _bytes(classifier) == _bytes(trained[0].classifier)
    images = tiny.images(3, 7, SIZE).astype(np.float32) / 255
    expected = np.asarray(trained[0].classifier(trained[0].encoder(images, training=False)))
    np.testing.assert_array_equal(np.asarray(classifier(encoder(images, training=False))), expected)
    assert _contents(copied) == held


def test_a_damaged_newest_checkpoint_is_passed_over_with_a_warning(trained, config, copied, capsys):
    data = copied / "checkpoints" / "ckpt-4.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:1000])
    encoder = restore_protector(config, config.game, len(ATTRIBUTES), SEED, copied).encoder
    assert "ckpt-4 can't be read" in capsys.readouterr().err
    assert _bytes(encoder) != _bytes(trained[0].encoder)
    for path in (copied / "checkpoints").glob("ckpt-4.*"):
        path.unlink()
    assert _bytes(restore_protector(config, config.game, len(ATTRIBUTES), SEED, copied).encoder) == _bytes(encoder)


@pytest.mark.parametrize("attributes", [1, 3])
def test_a_classifier_of_other_attributes_is_refused(config, copied, attributes):
    with pytest.raises(UserError, match=f"expected a checkpoint that can be read, of an encoder and a classifier of "
                                        f"{attributes} attributes. Received: .*checkpoints, which has none. Train it"):
        restore_protector(config, config.game, attributes, SEED, copied)


def test_a_folder_without_checkpoints_is_refused_and_not_made(config, tmp_path):
    with pytest.raises(UserError, match="which has none"):
        restore_protector(config, config.game, 2, SEED, tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
