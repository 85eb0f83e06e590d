"""Encoders with noise leave the device as samples of fresh noise, as a checkpoint and as a TFLite file."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import small_run
import tensorflow as tf
from encoders import NUMBERS, SIZE
from scipy import stats

from tfprivacy_rep.encoding import lite
from tfprivacy_rep.encoding.lite import LiteEncoder
from tfprivacy_rep.encoding.noise import system_noise
from tfprivacy_rep.models.encoder import build_encoder, build_trunk
from tfprivacy_rep.models.inference import BatchedModel
from tfprivacy_rep.models.release import fixed_release, learned_release

FACTS = {"image_size": SIZE, "representation_shape": [NUMBERS], "weights_sha256": "ab", "dataset": "orl"}
IMAGES = np.random.default_rng(1).random((5, SIZE, SIZE, 3), np.float32)


def parts(kind: str):
    """An encoder with learned or with fixed noise, and its release."""
    if kind == "learned":
        return learned_release(build_trunk(SIZE, (8, 8, 8, 8), seed=0), NUMBERS, seed=1)
    return fixed_release(build_encoder(SIZE, NUMBERS, (8, 8, 8, 8), seed=0), 0.5)


def test_the_systems_noise_is_standard_normal_and_never_the_same():
    drawn = system_noise((200, 500))
    assert drawn.dtype == np.float32 and drawn.shape == (200, 500)
    assert stats.kstest(drawn.ravel(), "norm").pvalue > 1e-4
    assert not np.array_equal(drawn, system_noise((200, 500)))
    assert system_noise((0, 3)).shape == (0, 3)


@pytest.mark.parametrize("byte, sign", [(b"\x00", -1), (b"\xff", 1)])
def test_no_number_is_infinite(monkeypatch, byte, sign):
    monkeypatch.setattr(os, "urandom", lambda count: byte * count)
    np.testing.assert_allclose(system_noise((2,)), sign * 8.2095, atol=1e-3)


@pytest.mark.parametrize("kind", ["learned", "fixed"])
def test_a_tflite_file_of_an_encoder_with_noise_takes_the_noise(kind, tmp_path):
    encoder, release = parts(kind)
    done = lite.convert(encoder, BatchedModel(encoder), FACTS, tmp_path / "e.tflite", release=release)
    assert done.difference <= 1e-4
    found = LiteEncoder(tmp_path / "e.tflite")
    parameters = encoder(IMAGES, training=False).numpy()
    for count in (5, 1, 3):
        noise = system_noise((count, NUMBERS))
        expected = parameters[:count, 0] + np.exp(parameters[:count, 1]) * noise
        np.testing.assert_allclose(found(IMAGES[:count], noise), expected, atol=1e-5)
    runner = tf.lite.Interpreter(model_path=str(tmp_path / "e.tflite")).get_signature_runner("serving_default")
    assert sorted(runner.get_input_details()) == ["images", "noise"] and found.is_stochastic


def test_without_noise_given_every_call_draws_its_own(tmp_path):
    encoder, release = parts("learned")
    lite.convert(encoder, BatchedModel(encoder), FACTS, tmp_path / "e.tflite", release=release)
    found, many = LiteEncoder(tmp_path / "e.tflite"), np.repeat(IMAGES[:1], 4000, 0)
    first, second = found(many), found(many)
    assert not np.array_equal(first, second) and len(np.unique(first, axis=0)) == len(first)
    mean, log_scale = encoder(IMAGES[:1], training=False).numpy()[0]
    np.testing.assert_allclose(first.mean(0), mean, atol=6 * np.exp(log_scale).max() / np.sqrt(len(many)))
    np.testing.assert_allclose(first.std(0), np.exp(log_scale), rtol=0.08)


@pytest.mark.slow
def test_a_trained_encoder_with_noise_is_converted_and_encodes_in_fresh_processes(tmp_path):
    from tfprivacy_rep import experiment
    from tfprivacy_rep.encoding import job
    from tfprivacy_rep.encoding.opening import open_encoder
    from tfprivacy_rep.jobs import EncodeConfig

    trained = tmp_path / "run"
    config = small_run.config(trained, recogniser="none", use_export=False, lambda1=0.0, lambda2=0.0,
                              target_rate_bits=20.0, release_size=8)
    experiment.run(config)
    opened = open_encoder(str(trained))
    assert opened.release is not None
    images = np.random.default_rng(0).random((2, opened.image_size, opened.image_size, 3), np.float32)
    assert not np.array_equal(opened.encode(images), opened.encode(images))
    given = EncodeConfig(encoder=str(trained), tflite=str(tmp_path / "e.tflite"), use_progress=False)
    assert job.run(given) is None
    assert open_encoder(given.tflite).representation_shape == (8,)
    program = ("import sys, numpy as np; from tfprivacy_rep.encoding.lite import LiteEncoder; from pathlib import Path;"
               "print(LiteEncoder(Path(sys.argv[1]))(np.zeros((1, 32, 32, 3), np.float32)).tolist())")
    said = {subprocess.run([sys.executable, "-c", program, given.tflite], capture_output=True, text=True, check=True,
                           env=dict(os.environ, PYTHONPATH=str(small_run.ROOT))).stdout for _ in range(2)}
    assert len(said) == 2, "noise differs between processes"
