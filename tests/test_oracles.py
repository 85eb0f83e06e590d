"""Metrics and layers against TensorFlow Addons, live, in an environment of its own.

Run with `-m oracle`; tests/oracles/README.md says how to make the environment.
"""

from __future__ import annotations

import json
import re
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from oracle_environment import FOLDER, VARIABLE, ask, python_of_oracles, run
from oracles._cases import Arrays
from sklearn.metrics import matthews_corrcoef

from tfprivacy_rep.metrics.mcc import mcc
from tfprivacy_rep.models.encoder import GROUPS, build_encoder

SIZE, NUMBERS = 32, 12

oracle = pytest.mark.oracle


@pytest.mark.parametrize("value", [None, "", "/nowhere/bin/python"])
def test_without_the_environment_the_oracles_fail(value, monkeypatch):
    """A skip would be green where nothing was compared."""
    monkeypatch.delenv(VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(pytest.fail.Exception, match=f"Invalid `{VARIABLE}`: expected the path of the Python .*README"):
        python_of_oracles()


@oracle
def test_the_environment_is_the_one_that_is_pinned(tmp_path):
    pins = dict(re.findall(r"^([\w-]+)==(\S+)$", (FOLDER / "requirements.txt").read_text(), flags=re.M))
    assert pins["tensorflow"] == pins["tensorflow-serving-api"] == "2.15.1" and pins["tensorflow-addons"] == "0.23.0"
    run("versions.py", tmp_path / "versions.json", *pins)
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
    found = ask("mcc.py", cases, tmp_path)
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
    found = ask("mcc.py", {"constant": case}, tmp_path)["constant"]
    np.testing.assert_array_equal(found["float64"], np.zeros(4))
    np.testing.assert_array_equal(mcc(case["labels"], case["predictions"]), np.full(4, np.nan))


@oracle
def test_mcc_of_a_rare_attribute_in_many_photographs_needs_float64(tmp_path):
    """Of as many photographs as CelebA has, TensorFlow Addons' default float32 squares counts that it can't hold."""
    labels = np.zeros((200_000, 1), np.int64)
    predictions = labels.copy()
    labels[:4], predictions[2:6] = 1, 1
    found = ask("mcc.py", {"rare": {"labels": labels, "predictions": predictions}}, tmp_path)["rare"]
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
    found = ask("normalisation.py", cases, tmp_path)
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
    for name, result in ask("normalisation.py", cases, tmp_path).items():
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
    found = ask("spectral.py", cases, tmp_path)
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
    assert np.isnan(ask("spectral.py", {"zeros": case}, tmp_path)["zeros"]["kernel"]).all()
    layer = _spectral_layer(case)
    layer(case["inputs"][0], training=True)
    np.testing.assert_array_equal(layer.kernel, case["kernel"])
