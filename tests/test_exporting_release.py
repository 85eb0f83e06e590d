"""The export of a stochastic encoder: it draws in the graph, and the mean is served to those who ask for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import small_run
import tensorflow as tf
from cpp_runtime import answers
from fake_serving import Models, serve
from image_bytes_samples import encoded

from tfprivacy_rep import experiment, exporting, files, querying
from tfprivacy_rep.checkpoint_run import checkpoint_run
from tfprivacy_rep.encoding.opening import open_encoder
from tfprivacy_rep.jobs import ExportConfig, QueryConfig
from tfprivacy_rep.models.release import GaussianRelease

pytestmark = pytest.mark.slow


@pytest.fixture(name="trained", scope="module")
def _trained(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "trained"
    contents = experiment.run(small_run.config(
        folder, recogniser="none", use_export=False, lambda1=0.0, lambda2=0.0, mu1=0.0, mu2=0.0,
        target_rate_bits=20.0, release_size=8))
    assert list(contents["encoders"]) == ["unprotected", "rate"]
    assert contents["encoders"]["unprotected"]["rate"] is None
    assert contents["encoders"]["rate"]["rate"]["mean_bits"] > 0
    assert contents["encoders"]["rate"]["noise"] == {"target_rate_bits": 20.0}
    return folder


@pytest.fixture(name="exported", scope="module")
def _exported(trained, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("models")
    return exporting.run(ExportConfig(encoder=str(trained), name="noisy", export_dir=str(root), warmup_batches=()))[0]


def test_the_output_folder_stands_for_the_encoder_with_noise(trained):
    found = checkpoint_run(trained)
    assert found.name == "rate" and found.game.noise_options() == {"target_rate_bits": 20.0}
    assert found.reference == found.folder.parent / "unprotected"


def test_two_processes_and_two_calls_get_other_samples_of_one_distribution(trained, exported, tmp_path):
    images = np.random.default_rng(0).random((1, 32, 32, 3), np.float32)
    requests = [("serving_default", {"images": np.repeat(images, 500, 0)})] * 2
    runs = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        runs += [answer["representation"] for answer in answers(exported, tmp_path / name, requests)]
    assert len({run[0].tobytes() for run in runs}) == 4
    drawn = np.concatenate(runs)
    opened = open_encoder(str(trained))
    parameters = opened.model(images, training=False).numpy()
    mean, scale = parameters[0, 0], np.exp(parameters[0, 1])
    assert (np.abs(drawn.mean(0) - mean) < 5 * scale / len(drawn) ** 0.5).all()
    np.testing.assert_allclose(drawn.std(0), scale, rtol=0.1)


def test_the_mean_is_no_signature_unless_it_is_asked_for_with_a_warning(trained, exported, tmp_path, capsys):
    assert set(tf.saved_model.load(str(exported)).signatures) == {"serving_default", "serving_bytes"}
    assert "mean" not in files.read_json(exported / "manifest.json")["signatures"]
    capsys.readouterr()
    asked, _ = exporting.run(ExportConfig(encoder=str(trained), name="noisy", export_dir=str(tmp_path),
                                          warmup_batches=(), with_mean=True))
    assert "warning: --with_mean" in capsys.readouterr().err
    signature = tf.saved_model.load(str(asked)).signatures["mean"]
    images = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    opened = open_encoder(str(trained))
    expected = opened.release.mean(opened.model(images, training=False)).numpy()
    np.testing.assert_allclose(signature(images=tf.constant(images))["representation"], expected, atol=1e-5)
    assert "The signature `mean` gives what no noise protects." in (asked / "MODEL_CARD.md").read_text()


def test_manifest_and_card_say_that_it_is_stochastic(exported):
    assert files.read_json(exported / "manifest.json")["stochastic"] is True
    head = exported.parents[1] / "noisy_head" / "1"
    assert files.read_json(head / "manifest.json")["stochastic"] is False
    card = (exported / "MODEL_CARD.md").read_text()
    assert "more than one.\n\n## Intended use" in card
    assert "Stochastic: each call draws" in card and "not cryptographic" in card and "Deterministic" not in card


@pytest.mark.parametrize("broken", [lambda self, given: self.mean(given), lambda self, given: self.mean(given) + 1.0])
def test_a_model_of_another_distribution_is_not_published(trained, tmp_path, monkeypatch, broken):
    monkeypatch.setattr(GaussianRelease, "fresh_sample", broken)
    with pytest.raises(RuntimeError, match="standard deviations off .*not published"):
        exporting.run(ExportConfig(encoder=str(trained), name="noisy", export_dir=str(tmp_path), warmup_batches=()))
    assert not (tmp_path / "noisy_encoder" / "1").exists()


def test_the_client_compares_the_head_alone(exported, tmp_path, capsys):
    root = exported.parents[1]
    (tmp_path / "a.jpg").write_bytes(encoded("JPEG"))
    folders = {f"noisy_{model}": root / f"noisy_{model}" / "1" for model in ("encoder", "head")}
    with serve("grpc", Models(folders)) as port:
        found = querying.run(QueryConfig(name="noisy", photographs=(str(tmp_path / "a.jpg"),), host="127.0.0.1",
                                         port=port, protocol="grpc", model_dir=str(root)))
    assert found["same"] and set(found["differences"]) == {"head"}
    assert "the encoder is stochastic" in capsys.readouterr().out


def test_encoding_draws_anew_in_each_process_that_opens_it(trained):
    images = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    first, second = (open_encoder(str(trained)).encode(images) for _ in range(2))
    assert not np.array_equal(first, second)
