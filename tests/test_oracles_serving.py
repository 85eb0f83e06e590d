"""Exports and their warm-up files in TensorFlow 2.15.1's runtime, which knows nothing of what wrote them.

Run with `-m oracle`; tests/oracles/README.md says how to make the environment.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from oracle_environment import ask, run
from oracles._cases import Arrays, grouped

from tfprivacy_rep.models.classifier import build_classifier
from tfprivacy_rep.models.encoder import build_encoder
from tfprivacy_rep.serving import warmup
from tfprivacy_rep.serving.export import export_encoder, export_head
from tfprivacy_rep.serving.image_bytes import photographs

SIZE, NUMBERS = 32, 12
NAMES = ["Eyeglasses", "Smiling", "Müde"]  # not ASCII alone

pytestmark = pytest.mark.oracle


def _files(images: np.ndarray) -> list[bytes]:
    """Some as PNG, some as JPEG, in sizes other than the encoder's."""
    encoders = (tf.io.encode_png, tf.io.encode_jpeg)
    return [encoders[n % 2](tf.cast(255.0 * image, tf.uint8)).numpy() for n, image in enumerate(images)]


def test_every_signature_of_an_encoder_runs_in_tensorflow_2_15(tmp_path):
    encoder = build_encoder(SIZE, NUMBERS, (8, 8, 16), seed=2)
    exported = export_encoder(encoder, tmp_path / "encoder")
    draws = np.random.default_rng(3)
    images = draws.random((5, SIZE, SIZE, 3), dtype=np.float32)
    smooth = tf.image.resize(draws.random((4, 5, 5, 3), dtype=np.float32), (70, 56)).numpy()
    encoded = _files(smooth)
    inputs = {
        "serving_default": {"images": images},
        "serving_bytes": {f"image_bytes/{n}": np.frombuffer(file, np.uint8) for n, file in enumerate(encoded)},
    }
    found = ask("signatures.py", inputs, tmp_path, exported)
    expected = {"serving_default": encoder(images), "serving_bytes": encoder(photographs(tf.constant(encoded), SIZE))}
    assert found.keys() == expected.keys()
    for name, z in expected.items():
        assert list(found[name]) == ["representation"] and found[name]["representation"].dtype == np.float32
        np.testing.assert_allclose(found[name]["representation"], z, rtol=0, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("shape", [(NUMBERS,), (4, 4, 3)], ids=["vectors", "maps"])
def test_every_signature_of_a_head_runs_in_tensorflow_2_15(shape, tmp_path):
    classifier = build_classifier(shape, len(NAMES), hidden=(6,), seed=5)
    exported = export_head(classifier, NAMES, tmp_path / "head", version=3)
    z = np.random.default_rng(1).normal(size=(4, *shape)).astype(np.float32)
    inputs = {"serving_default": {"representation": z}, "attribute_names": {"index": np.array([2, 0, 1, 2])}}
    found = ask("signatures.py", inputs, tmp_path, exported)
    logits = np.asarray(classifier(z))
    assert sorted(found["serving_default"]) == ["logits", "probabilities"]
    np.testing.assert_allclose(found["serving_default"]["logits"], logits, rtol=0, atol=1e-5)
    np.testing.assert_allclose(found["serving_default"]["probabilities"], 1 / (1 + np.exp(-logits)), rtol=0, atol=1e-5)
    assert found["attribute_names"]["names"].tolist() == [NAMES[n] for n in (2, 0, 1, 2)]


def _strings(arrays: Arrays) -> list[bytes]:
    return [arrays[str(n)].tobytes() for n in range(len(arrays))]


def _warm(exported: Path, folder: Path) -> list[Arrays]:
    """What the oracle finds in the warm-up file, request by request."""
    run("warmup.py", exported, folder / "warm.npz")
    with np.load(folder / "warm.npz") as file:
        requests = grouped(dict(file))
    return [requests[str(number)] for number in range(len(requests))]


def test_the_warm_up_of_an_encoder_is_read_and_executed_by_tensorflow_2_15(tmp_path):
    encoder = build_encoder(SIZE, NUMBERS, (8, 8, 16), seed=2)
    wanted = warmup.encoder_requests(SIZE, (1, 3))
    exported = export_encoder(
        encoder, tmp_path / "encoder",
        complete=lambda version: warmup.write_warmup(version, "faces_encoder", wanted),
    )
    found = _warm(exported, tmp_path)
    assert [str(request["signature"]) for request in found] == [signature for signature, _ in wanted]
    assert {signature for signature, _ in wanted} == {"serving_default", "serving_bytes"}, "every signature is warmed"
    for request, (signature, inputs) in zip(found, wanted):
        assert str(request["model"]) == "faces_encoder"
        if signature == "serving_default":
            images = request["in/images"]
            np.testing.assert_array_equal(images, inputs["images"])
        else:
            sent = _strings({n.split("/")[2]: v for n, v in request.items() if n.startswith("in/image_bytes/")})
            assert sent == list(inputs["image_bytes"])
            images = photographs(tf.constant(sent), SIZE)
        np.testing.assert_allclose(request["out/representation"], encoder(images), rtol=0, atol=1e-5)


def test_the_warm_up_of_a_head_is_read_and_executed_by_tensorflow_2_15(tmp_path):
    classifier = build_classifier((NUMBERS,), len(NAMES), seed=5)
    wanted = warmup.head_requests((NUMBERS,), len(NAMES), (1, 4))
    exported = export_head(
        classifier, NAMES, tmp_path / "head",
        complete=lambda version: warmup.write_warmup(version, "faces_head", wanted),
    )
    *answers, names = _warm(exported, tmp_path)
    assert [str(request["signature"]) for request in answers] == ["serving_default"] * 2
    for request, count in zip(answers, (1, 4)):
        assert str(request["model"]) == "faces_head" and request["in/representation"].shape == (count, NUMBERS)
        expected = classifier(request["in/representation"])
        np.testing.assert_allclose(request["out/logits"], expected, rtol=0, atol=1e-5)
    assert str(names["signature"]) == "attribute_names" and names["out/names"].tolist() == NAMES


def test_a_warm_up_that_the_model_can_not_answer_is_found(tmp_path):
    """Or the two tests above would pass with any file."""
    encoder = build_encoder(SIZE, NUMBERS, (8, 8, 16))
    wrong = [("serving_default", {"image": np.zeros((1, SIZE, SIZE, 3), np.float32)})]
    exported = export_encoder(
        encoder, tmp_path / "encoder", complete=lambda version: warmup.write_warmup(version, "faces_encoder", wrong)
    )
    with pytest.raises(AssertionError, match=r"serving_default: expected inputs \['images'\]. Received: \['image'\]"):
        run("warmup.py", exported, tmp_path / "warm.npz")
