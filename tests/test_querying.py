"""The client and the query job against a server that runs a pair of models in the C++ runtime."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import exported_pair
import numpy as np
import pytest
import tensorflow as tf
from fake_serving import Models, serve
from image_bytes_samples import encoded
from PIL import Image
from small_run import ROOT, hide_packages

from tfprivacy_rep import querying
from tfprivacy_rep.data import sources
from tfprivacy_rep.data.alignment import FaceAligner
from tfprivacy_rep.data.orl import loader as orl_loader
from tfprivacy_rep.data.preprocessing import read_rgb
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.jobs import QueryConfig
from tfprivacy_rep.models.encoder import build_encoder
from tfprivacy_rep.serving import client as clients
from tfprivacy_rep.serving.client import Address, GrpcClient, RestClient
from tfprivacy_rep.serving.export import export_encoder

#: Written before the first test; the demonstration models of a clone draw another representation in each call.
MODELS = Path(tempfile.mkdtemp(prefix="tfprivacy_rep_"))
DEMO = {f"demo_{model}": MODELS / f"demo_{model}" / "1" for model in ("encoder", "head")}
PROTOCOLS = pytest.mark.parametrize("protocol", ["rest", "grpc"])


@pytest.fixture(scope="module", autouse=True)
def _pair():
    assert exported_pair.write(MODELS, "demo") == DEMO
    yield
    shutil.rmtree(MODELS)


@pytest.fixture(name="photograph")
def _photograph(tmp_path) -> str:
    (tmp_path / "a.jpg").write_bytes(encoded("JPEG"))
    return str(tmp_path / "a.jpg")


def job(protocol: str, port: int, *photographs: str, **changes) -> QueryConfig:
    return QueryConfig(**{"photographs": photographs, "host": "127.0.0.1", "port": port, "protocol": protocol,
                          "model_dir": str(MODELS), "retries": 0} | changes)


def client(protocol: str, port: int, **changes):
    address = Address("127.0.0.1", port, **{"timeout": 5.0, "retries": 0} | changes)
    return (RestClient if protocol == "rest" else GrpcClient)(address)


@PROTOCOLS
def test_a_photograph_is_answered_as_the_local_models_answer(protocol, photograph, tmp_path, capsys):
    models = Models(DEMO)
    with serve(protocol, models) as port:
        found = querying.run(job(protocol, port, photograph, repeats=3, json=str(tmp_path / "out.json")))
    assert found["same"] and max(found["differences"].values()) <= 1e-5
    answer = found["photographs"][0]
    assert list(answer["probabilities"])[:2] == ["Eyeglasses", "Smiling"] and len(answer["representation"]) == 128
    assert json.loads((tmp_path / "out.json").read_text()) == found
    assert models.requests.count(("demo_encoder", "serving_bytes")) == 3
    assert models.requests.count(("demo_head", "attribute_names")) == 1
    shown = capsys.readouterr().out
    assert "representation of 128 numbers" in shown and "Eyeglasses 0." in shown and "encoder: p50 " in shown
    assert "same as version 1 in" in shown and found["versions"] == {"encoder": 1, "head": 1}


@PROTOCOLS
def test_another_model_under_the_name_is_found_out(protocol, photograph, tmp_path, capsys):
    other = export_encoder(build_encoder(64, 128, (8, 8, 8, 8), seed=5), tmp_path / "other")
    with serve(protocol, Models(DEMO | {"demo_encoder": other})) as port:
        assert not querying.run(job(protocol, port, photograph))["same"]
    assert "NOT version 1 in" in capsys.readouterr().out


@PROTOCOLS
def test_versions_are_told_and_those_of_a_pair_are_the_same(protocol, photograph, tmp_path, capsys):
    shutil.copytree(DEMO["demo_head"], tmp_path / "head" / "3")
    with serve(protocol, Models(DEMO | {"demo_head": tmp_path / "head" / "3"})) as port:
        assert client(protocol, port).version("demo_head") == 3
        with pytest.raises(UserError, match="Unknown `nobody` at .*expected a served model with any version"):
            client(protocol, port).version("nobody")
        found = querying.run(job(protocol, port, photograph, model_dir=""))
    assert found["versions"] == {"encoder": 1, "head": 3} and not found["same"]
    assert "NOT a pair: 127.0.0.1 has version 1 of the encoder and 3 of the head" in capsys.readouterr().out


def test_a_folder_of_photographs_and_its_faces_can_be_sent(tmp_path):
    faces = orl_loader.load(64).subset(np.arange(0, 30, 10))
    (tmp_path / "deep").mkdir()
    for number, image in enumerate(faces.images):
        Image.fromarray(image).resize((256, 256)).save(tmp_path / "deep" / f"{number}.png")
    (tmp_path / "notes.txt").write_text("not sent")
    with serve("grpc", Models(DEMO)) as port:
        plain, aligned = (querying.run(job("grpc", port, str(tmp_path), align=align)) for align in ("none", "dlib"))
        (tmp_path / "deep" / "grey.png").write_bytes(encoded("PNG", side=64))
        with pytest.raises(UserError, match="grey.png: No face"):
            querying.run(job("grpc", port, str(tmp_path), align="dlib"))
    assert [Path(one["file"]).name for one in plain["photographs"]] == ["0.png", "1.png", "2.png"]
    assert plain["same"] and aligned["same"]
    local = querying._Local(MODELS, "demo")
    place = FaceAligner(64, sources.face_square("orl"))
    for path, answer in zip(sorted((tmp_path / "deep").glob("[012].png")), aligned["photographs"]):
        face = place(read_rgb(path))
        signature = local._models["encoder"].signatures["serving_default"]
        expected = signature(images=tf.constant(face[None] / np.float32(255)))["representation"]
        np.testing.assert_allclose(answer["representation"], expected[0], rtol=0, atol=1e-5)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="Invalid `photographs`: expected JPEG or PNG files.*which has none"):
        querying.run(job("grpc", 1, str(tmp_path / "empty")))
    with pytest.raises(UserError, match="Invalid `align`: expected none without --model_dir"):
        job("grpc", 1, "a", align="dlib", model_dir="")


@PROTOCOLS
def test_a_refused_photograph_is_named_with_the_servers_reason(protocol, photograph, tmp_path):
    (tmp_path / "b.jpg").write_bytes(b"no photograph at all")
    with serve(protocol, Models(DEMO)) as port:
        with pytest.raises(UserError, match="b.jpg: .*refused the request.*expected a whole JPEG or PNG file"):
            querying.run(job(protocol, port, photograph, str(tmp_path / "b.jpg")))


@PROTOCOLS
def test_nobody_there_is_said(protocol, photograph):
    with serve(protocol, Models({})) as port:
        pass
    with pytest.raises(UserError, match=f"No answer from `127.0.0.1:{port}`: expected TensorFlow Serving there"):
        querying.run(job(protocol, port, photograph, timeout=5.0))


@PROTOCOLS
def test_a_slow_server_is_not_waited_for(protocol):
    with serve(protocol, Models(DEMO, slow=1.5)) as port:
        with pytest.raises(UserError, match="in time: expected one within 0.2 s.*Raise --timeout"):
            client(protocol, port, timeout=0.2).predict("demo_head", "attribute_names", {"index": np.arange(2)})


@PROTOCOLS
def test_a_server_that_is_not_ready_is_asked_again(protocol, monkeypatch):
    monkeypatch.setattr(clients, "BACKOFF", 0.01)
    models = Models(DEMO, unavailable=2)
    with serve(protocol, models) as port:
        answer = client(protocol, port, retries=2).predict("demo_head", "attribute_names", {"index": np.arange(2)})
        assert len(models.requests) == 3 and len(next(iter(answer.values()))) == 2
        models.unavailable = 2
        with pytest.raises(UserError, match="No answer.*not yet available"):
            client(protocol, port, retries=1).predict("demo_head", "attribute_names", {"index": np.arange(2)})
    assert len(models.requests) == 5


@PROTOCOLS
@pytest.mark.parametrize("model, signature", [("nobody", "serving_default"), ("demo_head", "nothing")])
def test_what_is_not_served_is_named(protocol, model, signature):
    with serve(protocol, Models(DEMO)) as port:
        with pytest.raises(UserError, match=f"Unknown `{model}` at .*signature {signature}.*not found"):
            client(protocol, port).predict(model, signature, {"representation": np.zeros((1, 128), np.float32)})


@pytest.mark.parametrize("body, found", [("<html>", "no JSON"), ("[1]", "JSON of another kind"),
                                         ('{"a": 1}', "JSON of another kind")])
def test_another_program_on_the_port_is_no_server(body, found):
    with serve("rest", Models(DEMO, body=body)) as port:
        with pytest.raises(UserError, match=f"expected TensorFlow Serving there. Received: status 200 and {found}"):
            client("rest", port).predict("demo_head", "serving_default", {"representation": np.zeros((1, 128))})


def test_a_redirection_and_a_proxy_are_not_followed(monkeypatch):
    elsewhere = Models(DEMO)
    with serve("rest", elsewhere) as other, serve("rest", Models(DEMO, redirect=other)) as port:
        with pytest.raises(UserError, match="Received: status 307 and no JSON"):
            client("rest", port).predict("demo_head", "attribute_names", {"index": np.arange(2)})
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{other}")
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(UserError, match="status 307"):
            client("rest", port).predict("demo_head", "attribute_names", {"index": np.arange(2)})
    assert elsewhere.requests == []


@pytest.mark.parametrize("body, found", [('{"outputs": [[1], [1, 2]]}', "outputs of `demo_head` that are no arrays"),
                                         ('{"error": "odd"}', "status 200: odd")])
def test_odd_answers_are_said_to_be_odd(body, found):
    with serve("rest", Models(DEMO, body=body)) as port:
        with pytest.raises(UserError, match=found):
            client("rest", port).predict("demo_head", "serving_default", {"representation": np.zeros((1, 128))})
    with pytest.raises(UserError, match="No answer from `a b:1`"):
        RestClient(Address("a b", 1)).predict("demo_head", "serving_default", {})


def test_numbers_that_are_none_are_refused_and_other_shapes_differ():
    for bad in (np.nan, np.inf):
        with pytest.raises(UserError, match="expected `probabilities`, finite numbers"):
            clients.output({"probabilities": np.full((1, 3), bad)}, "probabilities", (1, None))
    assert querying._difference(np.zeros((1, 2)), np.zeros((1, 3))) > 1
    json.dumps(querying._difference(np.zeros((1, 2)), np.zeros((1, 3))), allow_nan=False)
    assert querying._difference(np.array([[2.0, 4.0]]), np.array([[2.0, 5.0]])) == 0.2


@pytest.mark.parametrize("answer", [{"probabilities": np.zeros((2, 3))}, {"other": np.zeros((1, 3)), "b": np.zeros(1)},
                                    {"": np.array([["text"]])}])
def test_an_answer_of_another_shape_or_kind_is_refused(answer):
    with pytest.raises(UserError, match="Invalid answer: expected `probabilities`, numbers of shape"):
        clients.output(answer, "probabilities", (1, None))


def test_numbers_survive_json():
    z = np.random.default_rng(0).normal(size=(3, 128)).astype(np.float32)
    np.testing.assert_array_equal(np.array(json.loads(json.dumps(clients._as_json(z))), np.float32), z)


def test_mistakes_are_found_before_anything_is_sent(photograph, tmp_path):
    with pytest.raises(UserError, match="Invalid `photographs`.*missing.jpg: No such file"):
        querying.run(job("rest", 1, str(tmp_path / "missing.jpg")))
    with pytest.raises(UserError, match="Invalid `model_dir`: expected demo_encoder and demo_head of one version"):
        querying.run(job("rest", 1, photograph, model_dir=str(tmp_path)))
    with pytest.raises(UserError, match="Invalid `protocol`: expected one of rest, grpc"):
        QueryConfig(photographs=("a",), protocol="soap")


@pytest.mark.parametrize("protocol, package", [("rest", "requests"), ("grpc", "tensorflow_serving")])
def test_a_missing_package_is_named_with_its_extra(protocol, package, monkeypatch):
    hide_packages(monkeypatch, package)
    with pytest.raises(UserError, match=r'pip install "tfprivacy_rep\[serving\]"'):
        client(protocol, 1)


def test_the_script_ends_with_four_where_models_differ(photograph, tmp_path):
    other = export_encoder(build_encoder(64, 128, (8, 8, 8, 8), seed=5), tmp_path / "other")
    with serve("rest", Models(DEMO | {"demo_encoder": other})) as port:
        done = subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "query_serving.py"), f"--photographs={photograph}",
             "--host=127.0.0.1", f"--port={port}", f"--model_dir={MODELS}"],
            capture_output=True, text=True, timeout=120,
        )
    assert done.returncode == querying.EXIT_DIFFERS and "NOT version 1" in done.stdout, done.stderr[-2000:]
