"""FaceNet: the real network with random weights in a file of the published kind, and everything that is refused."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import h5py
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation import facenet_faces
from tfprivacy_rep.evaluation.facenet_faces import (
    DOWNLOAD,
    VERSION,
    FacenetRecogniser,
    check_sha256,
    downloaded,
    face_crops,
    load_facenet,
    published,
)

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1: of "abc"


@pytest.fixture(name="weights", scope="module")
def _weights(tmp_path_factory):
    """A file of random weights in the format of keras-facenet's: Keras's old HDF5, under a name that does not tell."""
    from keras_facenet.inception_resnet_v1 import InceptionResNetV1

    network = InceptionResNetV1(classes=512)
    draws = np.random.default_rng(0)
    last = network.get_layer("Bottleneck_BatchNorm")
    last.set_weights([draws.normal(size=512), *last.get_weights()[1:]])
    path = tmp_path_factory.mktemp("facenet") / "weights.bin"
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
    return path, network


@pytest.fixture(name="images", scope="module")
def _images():
    return np.random.default_rng(1).random((5, 48, 48, 3), np.float32)


def test_faces_are_described_by_the_network_of_the_file(weights, images, monkeypatch):
    path, network = weights
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(facenet_faces, "published", lambda: ("https://nowhere", sha256))
    recogniser = FacenetRecogniser(str(path))
    vectors = recogniser.describe(images)
    assert recogniser.name == "facenet" and vectors.shape == (5, 512) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-4
    np.testing.assert_array_equal(recogniser.describe(images[2:4]), vectors[2:4])
    # A photograph of one colour is the same in any size: 0.75 is 0.5 of [-1, 1], as keras-facenet maps it.
    plain = network(np.full((1, 160, 160, 3), 0.5, np.float32), training=False)
    np.testing.assert_allclose(recogniser.describe(np.full((1, 32, 32, 3), 0.75, np.float32)), plain, atol=1e-5)
    with pytest.raises(UserError, match="Divide uint8 images by 255"):
        recogniser.describe(np.zeros((1, 48, 48, 3), np.uint8))


@pytest.mark.parametrize("square, rows, columns", [
    ((0.5, 0.5, 1.0), (0, 100), (0, 100)),  # the margin is not on the photograph
    ((0.5, 0.5, 0.4), (24, 76), (24, 76)),  # 1.3 * 0.4 = 0.52, so 0.24 to 0.76
    ((0.3, 0.6, 0.4), (34, 86), (4, 56)),
    ((0.1, 0.9, 0.4), (48, 100), (0, 52)),  # moved onto the photograph, still a square
])
def test_the_face_is_cut_out(square, rows, columns):
    grid = np.stack(np.meshgrid(np.arange(100), np.arange(100), indexing="ij"), -1)[None]
    crop = face_crops(grid, square)[0]
    assert (crop[0, 0].tolist(), crop[-1, -1].tolist()) == ([rows[0], columns[0]], [rows[1] - 1, columns[1] - 1])


def test_address_and_checksum_are_those_of_the_package():
    from keras_facenet.metadata import MODEL_METADATA

    url, sha256 = published()
    assert url.endswith(f"/{VERSION}-weights.h5") and len(sha256) == 64
    assert MODEL_METADATA[VERSION]["keras_weights_sha256"] == sha256
    assert MODEL_METADATA[VERSION]["dimensions"] == facenet_faces.DIMENSIONS
    assert MODEL_METADATA[VERSION]["image_size"] == facenet_faces.IMAGE_SIZE
    assert MODEL_METADATA[VERSION]["fixed_image_standardization"] is True


def test_without_weights_both_remedies_are_named():
    with pytest.raises(UserError, match=f"local file {VERSION}-weights.h5, or use facenet_weights=download"):
        FacenetRecogniser("")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="Missing file `.*none.h5`.* no such file. Name the file in facenet_weights"):
        FacenetRecogniser(str(tmp_path / "none.h5"))


def test_another_file_is_refused_unread(tmp_path):
    path = tmp_path / "abc.h5"
    path.write_bytes(b"abc")
    with pytest.raises(UserError, match=f"SHA-256 {published()[1]}. Received: .*abc.h5, SHA-256 {ABC}. Download"):
        FacenetRecogniser(str(path))
    with pytest.raises(UserError, match=f"SHA-256 {'0' * 64}. Received: .*, SHA-256 {ABC}"):
        load_facenet(path, "0" * 64)
    check_sha256(path, ABC)


@pytest.mark.parametrize("module, package", [("keras_facenet", "keras-facenet"), ("cv2", "opencv-python-headless")])
def test_a_missing_package_is_named_with_its_extra(module, package, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else find(name))
    with pytest.raises(UserError, match=rf"Missing package `{package}`.* pip install \"tfprivacy_rep\[facenet\]\""):
        FacenetRecogniser(DOWNLOAD)


def test_a_download_is_told_and_kept(tmp_path, capsys):
    origin = tmp_path / "origin"
    origin.write_bytes(b"abc")
    path = downloaded(origin.as_uri(), ABC, tmp_path / "kept")
    assert path.name == f"{VERSION}-weights.h5" and path.read_bytes() == b"abc"
    assert capsys.readouterr().out == f"Downloading FaceNet's weights (95 MB) from {origin.as_uri()} to {path}\n"
    origin.unlink()
    assert downloaded(origin.as_uri(), ABC, tmp_path / "kept") == path
    assert capsys.readouterr().out == ""


def test_a_download_that_fails_or_brings_something_else_leaves_nothing(tmp_path):
    folder = tmp_path / "kept"
    with pytest.raises(UserError, match="Can't download `file:.*/none`.* Download it on another machine and name"):
        downloaded((tmp_path / "none").as_uri(), ABC, folder)
    (tmp_path / "other").write_bytes(b"abd")
    with pytest.raises(UserError, match=f"SHA-256 {ABC}. Received: "):
        downloaded((tmp_path / "other").as_uri(), ABC, folder)
    assert list(folder.iterdir()) == []


def test_a_broken_file_in_the_cache_is_replaced(tmp_path):
    (tmp_path / f"{VERSION}-weights.h5").write_bytes(b"half")
    (tmp_path / "origin").write_bytes(b"abc")
    assert downloaded((tmp_path / "origin").as_uri(), ABC, tmp_path).read_bytes() == b"abc"


def test_download_asks_the_published_address(monkeypatch, tmp_path):
    asked = []

    def fetch(url: str, path: Path) -> None:
        asked.append(url)
        raise OSError("no route to host")

    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(facenet_faces.urllib.request, "urlretrieve", fetch)
    with pytest.raises(UserError, match="Received: no route to host"):
        FacenetRecogniser(DOWNLOAD)
    assert asked == [published()[0]]
