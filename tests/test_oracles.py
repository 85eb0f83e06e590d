"""References that live in an environment of their own: TensorFlow Addons, TensorFlow 2.15.1, and the server's protos.

Run with `-m oracle`; tests/oracles/README.md says how to make the environment.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from oracles._cases import Arrays, flat, grouped
from sklearn.metrics import matthews_corrcoef
from small_run import ROOT

from tfprivacy_rep.metrics.mcc import mcc
from tfprivacy_rep.models.classifier import build_classifier
from tfprivacy_rep.models.encoder import GROUPS, build_encoder
from tfprivacy_rep.serving import warmup
from tfprivacy_rep.serving.export import export_encoder, export_head
from tfprivacy_rep.serving.image_bytes import photographs

VARIABLE = "TFPRIVACY_ORACLES"
FOLDER = ROOT / "tests" / "oracles"
SIZE, NUMBERS = 32, 12
NAMES = ["Eyeglasses", "Smiling", "Müde"]  # not ASCII alone

oracle = pytest.mark.oracle


def _python() -> str:
    """The interpreter of the oracles' environment; without one the tests fail, for who asks for them wants them run."""
    python = os.environ.get(VARIABLE, "")
    if not (python and os.access(python, os.X_OK)):
        pytest.fail(
            f"Invalid `{VARIABLE}`: expected the path of the Python of the oracles' environment. "
            f"Received: {python!r}. Make it from tests/oracles/requirements.txt, as tests/oracles/README.md says.",
            pytrace=False,
        )
    return python


def _run(script: str, *arguments: object) -> None:
    """Runs a script of the oracles in their environment, which sees nothing of this one's packages."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [_python(), str(FOLDER / script), *map(str, arguments)],
        capture_output=True, text=True, timeout=300, cwd=FOLDER, env={**clean, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr[-3000:]


def _ask(script: str, cases: dict[str, Arrays], folder: Path, *before: object) -> dict[str, Arrays]:
    np.savez(folder / "in.npz", **flat(cases))
    _run(script, *before, folder / "in.npz", folder / "out.npz")
    with np.load(folder / "out.npz") as file:
        return grouped(dict(file))


@pytest.mark.parametrize("value", [None, "", "/nowhere/bin/python"])
def test_without_the_environment_the_oracles_fail(value, monkeypatch):
    """A skip would be green where nothing was compared."""
    monkeypatch.delenv(VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(pytest.fail.Exception, match=f"Invalid `{VARIABLE}`: expected the path of the Python .*README"):
        _python()


@oracle
def test_the_environment_is_the_one_that_is_pinned(tmp_path):
    pins = dict(re.findall(r"^([\w-]+)==(\S+)$", (FOLDER / "requirements.txt").read_text(), flags=re.M))
    assert pins["tensorflow"] == pins["tensorflow-serving-api"] == "2.15.1" and pins["tensorflow-addons"] == "0.23.0"
    _run("versions.py", tmp_path / "versions.json", *pins)
    found = json.loads((tmp_path / "versions.json").read_text())
    assert found.pop("imported") == {"tensorflow": "2.15.1", "tensorflow-addons": "0.23.0"}
    assert found == pins


def _bits(seed: int, count: int, rates: Any) -> np.ndarray:
    return (np.random.default_rng(seed).random((count, len(rates))) < rates).astype(np.int64)


@oracle
def test_mcc_is_the_one_of_tensorflow_addons(tmp_path):
    """Where the labels vary. Constant predictions are 0 in both, here by definition, there as what is left of 0 / 0."""
    rates = np.array([0.5, 0.05, 0.9, 0.3])
    cases = {f"random{n}": {"labels": _bits(n, 40 * 3**n, rates), "predictions": _bits(n + 9, 40 * 3**n, rates)}
             for n in range(4)}
    labels = np.array([0, 1, 1, 0, 1])
    columns = {"right": labels, "wrong": 1 - labels, "no": 0 * labels, "yes": 0 * labels + 1}
    guesses = np.stack(list(columns.values()), 1)
    cases["edges"] = {"labels": np.repeat(labels[:, None], len(columns), 1), "predictions": guesses}
    found = _ask("mcc.py", cases, tmp_path)
    for name, case in cases.items():
        ours = mcc(case["labels"], case["predictions"])
        np.testing.assert_allclose(ours, found[name]["float64"], rtol=0, atol=1e-12, err_msg=name)
        np.testing.assert_allclose(ours, found[name]["float32"], rtol=0, atol=1e-5, err_msg=name)
    np.testing.assert_array_equal(found["edges"]["float64"], [1.0, -1.0, 0.0, 0.0])
    assert min(np.abs(found[f"random{n}"]["float64"]).max() for n in range(4)) > 0.01, "or zeros were compared"


@oracle
def test_mcc_of_constant_labels_is_undefined_here_and_0_in_tensorflow_addons(tmp_path):
    """The documented difference: a 0 would enter the mean over attributes."""
    constant = np.repeat([[0, 1]], 6, 0)
    guesses = np.concatenate([constant, _bits(0, 6, np.array([0.5, 0.5]))], 1)
    case = {"labels": np.concatenate([constant, constant], 1), "predictions": guesses}
    found = _ask("mcc.py", {"constant": case}, tmp_path)["constant"]
    np.testing.assert_array_equal(found["float64"], np.zeros(4))
    np.testing.assert_array_equal(mcc(case["labels"], case["predictions"]), np.full(4, np.nan))


@oracle
def test_mcc_of_a_rare_attribute_in_many_photographs_needs_float64(tmp_path):
    """Of as many photographs as CelebA has, TensorFlow Addons' default float32 squares counts that it can't hold."""
    labels = np.zeros((200_000, 1), np.int64)
    predictions = labels.copy()
    labels[:4], predictions[2:6] = 1, 1
    found = _ask("mcc.py", {"rare": {"labels": labels, "predictions": predictions}}, tmp_path)["rare"]
    ours = mcc(labels, predictions)
    np.testing.assert_allclose(ours, found["float64"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(ours, matthews_corrcoef(labels[:, 0], predictions[:, 0]), rtol=0, atol=1e-10)
    assert abs(found["float32"][0] - ours[0]) > 5e-4, "0.0013 was seen"


@oracle
def test_normalisation_by_groups_and_of_instances_is_the_one_of_tensorflow_addons(tmp_path):
    """`groups=-1` against InstanceNormalization, which a copy of the poster's networks would have taken from there."""
    cases = {}
    maps = (3, 6, 5, 16)
    kinds = [(maps, -1), (maps, GROUPS), ((2, 4, 4, GROUPS), GROUPS), ((4, 7, 24), GROUPS), ((2, 4, 4, 6), 1)]
    for number, (shape, groups) in enumerate(kinds):
        draws = np.random.default_rng(number)
        cases[f"{number}"] = {
            "inputs": draws.normal(3.0, 2.0, shape).astype(np.float32),
            "gamma": draws.normal(1.0, 0.5, shape[-1]).astype(np.float32),
            "beta": draws.normal(0.0, 0.5, shape[-1]).astype(np.float32),
            "groups": np.array(groups), "epsilon": np.array(1e-3),
        }
    found = _ask("normalisation.py", cases, tmp_path)
    for name, case in cases.items():
        layer = keras.layers.GroupNormalization(int(case["groups"]), epsilon=1e-3)
        layer.build(case["inputs"].shape)
        layer.set_weights([case["gamma"], case["beta"]])
        inputs = tf.constant(case["inputs"])
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
            loss = tf.reduce_sum(outputs**3)
        np.testing.assert_allclose(outputs, found[name]["outputs"], rtol=0, atol=1e-5, err_msg=name)
        gradient = tape.gradient(loss, inputs).numpy()
        np.testing.assert_allclose(gradient, found[name]["gradient"], rtol=1e-4, atol=1e-4, err_msg=name)
        assert np.abs(gradient).max() > 1.0


@oracle
def test_the_encoders_own_normalisation_is_the_one_of_tensorflow_addons(tmp_path):
    """The layer as the builder makes it, with its default epsilon, on what it really gets."""
    encoder = build_encoder(SIZE, NUMBERS, (16, 16, 32), seed=4)
    images = np.random.default_rng(0).random((3, SIZE, SIZE, 3), dtype=np.float32)
    cases, ours = {}, {}
    for layer in encoder.layers:
        if isinstance(layer, keras.layers.GroupNormalization):
            probe = keras.Model(encoder.inputs, [layer.input, layer.output])
            taken, given = probe([images])
            gamma, beta = layer.get_weights()
            cases[layer.name] = {"inputs": np.asarray(taken), "gamma": gamma, "beta": beta,
                                 "groups": np.array(GROUPS), "epsilon": np.array(layer.epsilon)}
            ours[layer.name] = np.asarray(given)
    assert list(ours) == ["norm0", "norm1", "norm2"]
    for name, result in _ask("normalisation.py", cases, tmp_path).items():
        np.testing.assert_allclose(ours[name], result["outputs"], rtol=0, atol=1e-5, err_msg=name)


def _spectral_case(seed: int, kernel: tuple[int, ...], inputs: tuple[int, ...]) -> Arrays:
    draws = np.random.default_rng(seed)
    shapes = {"kernel": kernel, "u": (1, kernel[-1]), "inputs": (6, *inputs)}
    return {name: draws.normal(0.0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}


def _spectral_layer(case: Arrays) -> keras.layers.SpectralNormalization:
    units = case["kernel"].shape[-1]
    dense = case["kernel"].ndim == 2
    inner = (keras.layers.Dense(units, use_bias=False) if dense
             else keras.layers.Conv2D(units, 4, 2, padding="same", use_bias=False))
    layer = keras.layers.SpectralNormalization(inner)
    layer.build(case["inputs"][0].shape)
    layer.kernel.assign(case["kernel"])
    layer.vector_u.assign(case["u"])
    return layer


@oracle
def test_spectral_normalisation_is_the_one_of_tensorflow_addons(tmp_path):
    """From the same vector, call by call: kernels, vectors and outputs, and without training after that."""
    cases = {"dense": _spectral_case(0, (20, 7), (5, 20)), "conv": _spectral_case(1, (4, 4, 3, 8), (2, 8, 8, 3))}
    found = _ask("spectral.py", cases, tmp_path)
    for name, case in cases.items():
        layer = _spectral_layer(case)
        for call, inputs in enumerate(case["inputs"]):
            outputs = layer(inputs, training=True)
            for part, value in {"outputs": outputs, "kernel": layer.kernel, "u": layer.vector_u}.items():
                where = f"{name}, call {call}, {part}"
                np.testing.assert_allclose(value, found[name][part][call], rtol=0, atol=1e-5, err_msg=where)
        inference = layer(case["inputs"][0], training=False)
        np.testing.assert_allclose(inference, found[name]["inference"], rtol=0, atol=1e-5, err_msg=name)
        assert np.abs(found[name]["kernel"][0] - case["kernel"]).max() > 0.05, "or nothing was divided"


@oracle
def test_a_kernel_of_zeros_stays_here_and_is_lost_in_tensorflow_addons(tmp_path):
    """Which divides 0 by 0; Keras leaves such a kernel alone."""
    case = _spectral_case(0, (5, 3), (2, 5)) | {"kernel": np.zeros((5, 3), np.float32)}
    assert np.isnan(_ask("spectral.py", {"zeros": case}, tmp_path)["zeros"]["kernel"]).all()
    layer = _spectral_layer(case)
    layer(case["inputs"][0], training=True)
    np.testing.assert_array_equal(layer.kernel, case["kernel"])


def _files(images: np.ndarray) -> list[bytes]:
    """Some as PNG, some as JPEG, in sizes other than the encoder's."""
    encoders = (tf.io.encode_png, tf.io.encode_jpeg)
    return [encoders[n % 2](tf.cast(255.0 * image, tf.uint8)).numpy() for n, image in enumerate(images)]


@oracle
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
    found = _ask("signatures.py", inputs, tmp_path, exported)
    expected = {"serving_default": encoder(images), "serving_bytes": encoder(photographs(tf.constant(encoded), SIZE))}
    assert found.keys() == expected.keys()
    for name, z in expected.items():
        assert list(found[name]) == ["representation"] and found[name]["representation"].dtype == np.float32
        np.testing.assert_allclose(found[name]["representation"], z, rtol=0, atol=1e-5, err_msg=name)


@oracle
@pytest.mark.parametrize("shape", [(NUMBERS,), (4, 4, 3)], ids=["vectors", "maps"])
def test_every_signature_of_a_head_runs_in_tensorflow_2_15(shape, tmp_path):
    classifier = build_classifier(shape, len(NAMES), hidden=(6,), seed=5)
    exported = export_head(classifier, NAMES, tmp_path / "head", version=3)
    z = np.random.default_rng(1).normal(size=(4, *shape)).astype(np.float32)
    inputs = {"serving_default": {"representation": z}, "attribute_names": {"index": np.array([2, 0, 1, 2])}}
    found = _ask("signatures.py", inputs, tmp_path, exported)
    logits = np.asarray(classifier(z))
    assert sorted(found["serving_default"]) == ["logits", "probabilities"]
    np.testing.assert_allclose(found["serving_default"]["logits"], logits, rtol=0, atol=1e-5)
    np.testing.assert_allclose(found["serving_default"]["probabilities"], 1 / (1 + np.exp(-logits)), rtol=0, atol=1e-5)
    assert found["attribute_names"]["names"].tolist() == [NAMES[n] for n in (2, 0, 1, 2)]


def _strings(arrays: Arrays) -> list[bytes]:
    return [arrays[str(n)].tobytes() for n in range(len(arrays))]


def _warm(exported: Path, folder: Path) -> list[Arrays]:
    """What the oracle finds in the warm-up file, request by request."""
    _run("warmup.py", exported, folder / "warm.npz")
    with np.load(folder / "warm.npz") as file:
        requests = grouped(dict(file))
    return [requests[str(number)] for number in range(len(requests))]


@oracle
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


@oracle
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


@oracle
def test_a_warm_up_that_the_model_can_not_answer_is_found(tmp_path):
    """Or the two tests above would pass with any file."""
    encoder = build_encoder(SIZE, NUMBERS, (8, 8, 16))
    wrong = [("serving_default", {"image": np.zeros((1, SIZE, SIZE, 3), np.float32)})]
    exported = export_encoder(
        encoder, tmp_path / "encoder", complete=lambda version: warmup.write_warmup(version, "faces_encoder", wrong)
    )
    with pytest.raises(AssertionError, match=r"serving_default: expected inputs \['images'\]. Received: \['image'\]"):
        _run("warmup.py", exported, tmp_path / "warm.npz")
