"""The exported encoder runs where nothing of this package is: through TensorFlow's C++ loader."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from cpp_runtime import C_API, SESSION, answers, run
from image_bytes_samples import encoded, refused
from tensorflow.core.protobuf import saved_model_pb2

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.classifier import build_classifier
from tfprivacy_rep.models.encoder import build_encoder
from tfprivacy_rep.serving.export import export_encoder, export_head, next_version
from tfprivacy_rep.serving.image_bytes import photographs

SIZE, NUMBERS = 32, 12


@pytest.fixture(name="encoder", scope="module")
def _encoder() -> keras.Model:
    return build_encoder(SIZE, NUMBERS, (8, 8, 16, 16), seed=3)


@pytest.fixture(name="exported", scope="module")
def _exported(encoder, tmp_path_factory) -> Path:
    return export_encoder(encoder, tmp_path_factory.mktemp("models") / "encoder")


@pytest.fixture(name="images", scope="module")
def _images() -> np.ndarray:
    return np.random.default_rng(0).random((5, SIZE, SIZE, 3), dtype=np.float32)


def _metagraph(folder: Path):
    return saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes()).meta_graphs[0]


def test_the_folder_is_the_version(encoder, exported, tmp_path):
    assert exported.name == "1" and (exported / "saved_model.pb").is_file() and (exported / "variables").is_dir()
    assert export_encoder(encoder, tmp_path / "new" / "encoder", version=12) == tmp_path / "new" / "encoder" / "12"


def test_a_session_on_the_loader_gives_the_models_numbers_for_any_batch(encoder, exported, images, tmp_path):
    np.save(tmp_path / "x.npy", images)
    run(SESSION, tmp_path, str(exported), str(tmp_path / "x.npy"))
    results = np.load(tmp_path / "x.npy.out.npz")
    expected = encoder(images, training=False).numpy()
    assert set(results) == {"1", "3", "5"}
    for count in results:
        np.testing.assert_allclose(results[count], expected[: int(count)], rtol=0, atol=1e-5)


def test_a_c_program_gets_the_models_numbers(encoder, exported, images, tmp_path):
    library = Path(tf.__file__).parent / "libtensorflow_cc.so.2"
    if not library.is_file():
        pytest.skip(f"this TensorFlow has no {library.name}")
    signature = _metagraph(exported).signature_def["serving_default"]
    np.save(tmp_path / "x.npy", images)
    run(
        C_API,
        tmp_path,
        str(library),
        str(exported),
        str(tmp_path / "x.npy"),
        signature.inputs["images"].name,
        signature.outputs["representation"].name,
        str(NUMBERS),
    )
    expected = encoder(images, training=False).numpy()
    np.testing.assert_allclose(np.load(tmp_path / "x.npy.c.npy"), expected, rtol=0, atol=1e-5)


def test_an_encoder_of_two_replicas_is_exported_once(two_replicas, images, tmp_path):
    with two_replicas.scope():
        replicated = build_encoder(SIZE, NUMBERS, (8, 8, 16, 16), seed=4)
    exported = export_encoder(replicated, tmp_path / "encoder")
    np.save(tmp_path / "x.npy", images)
    run(SESSION, tmp_path, str(exported), str(tmp_path / "x.npy"))
    np.testing.assert_allclose(np.load(tmp_path / "x.npy.out.npz")["5"], replicated(images).numpy(), rtol=0, atol=1e-5)
    assert len(_stored(exported)) == len(replicated.variables)


def test_the_signature_says_what_goes_in_and_out(exported):
    signature = _metagraph(exported).signature_def["serving_default"]
    assert set(signature.inputs) == {"images"} and set(signature.outputs) == {"representation"}
    taken, given = signature.inputs["images"], signature.outputs["representation"]
    assert [d.size for d in taken.tensor_shape.dim] == [
        -1,
        SIZE,
        SIZE,
        3,
    ] and taken.dtype == tf.float32.as_datatype_enum
    assert [d.size for d in given.tensor_shape.dim] == [-1, NUMBERS] and given.dtype == tf.float32.as_datatype_enum


def _stored(folder: Path) -> dict[str, list[int]]:
    """Shapes of the variables in the file by their key, but for TensorFlow's own bookkeeping."""
    shapes = tf.train.load_checkpoint(str(folder / "variables" / "variables")).get_variable_to_shape_map()
    return {name: shape for name, shape in shapes.items() if name != "_CHECKPOINTABLE_OBJECT_GRAPH"}


def test_nothing_but_the_encoder_is_inside(encoder, exported):
    stored = _stored(exported)
    assert sorted(map(tuple, stored.values())) == sorted(tuple(v.shape) for v in encoder.variables)
    assert sum(int(np.prod(shape)) for shape in stored.values()) == encoder.count_params()
    graph = _metagraph(exported)
    nodes = [*graph.graph_def.node, *(n for f in graph.graph_def.library.function for n in f.node_def)]
    text = " ".join([*stored, *(n.name for n in nodes), *(n.attr["shared_name"].s.decode() for n in nodes)]).lower()
    for other in (
        "decoder",
        "discriminator",
        "classifier",
        "adam",
        "momentum",
        "iterations",
        "deconv",
        "conv2dbackpropinput",
    ):
        assert other not in text.replace("deconvolution", "").replace("decode_raw", "").replace("decoderaw", ""), other
    assert "conv0" in text, "or the search above looks at nothing"


def test_an_export_with_something_else_inside_would_be_found(encoder, exported, tmp_path):
    both = keras.Model(encoder.inputs, build_classifier((NUMBERS,), 3)(encoder.outputs[0]))
    wider = export_encoder(both, tmp_path / "both")
    assert len(_stored(wider)) == len(_stored(exported)) + 2


def test_an_existing_version_is_not_overwritten(encoder, exported):
    before = {p: p.stat().st_mtime_ns for p in exported.rglob("*")}
    with pytest.raises(
        UserError, match=r"Invalid `version`: expected one that does not exist yet.*encoder/1. Use the next number"
    ):
        export_encoder(encoder, exported.parent)
    assert {p: p.stat().st_mtime_ns for p in exported.rglob("*")} == before


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError("no space left")])
def test_an_interrupted_export_leaves_no_version(interruption, encoder, monkeypatch, tmp_path):
    real = tf.saved_model.save

    def interrupted(model, filepath, *arguments, **options):
        real(model, filepath, *arguments, **options)
        assert Path(filepath).is_dir() and not Path(filepath).name.isdigit()
        raise interruption

    monkeypatch.setattr(tf.saved_model, "save", interrupted)
    expected = KeyboardInterrupt if interruption is KeyboardInterrupt else UserError
    with pytest.raises(expected):
        export_encoder(encoder, tmp_path / "encoder")
    assert list((tmp_path / "encoder").iterdir()) == []
    monkeypatch.undo()
    assert export_encoder(encoder, tmp_path / "encoder").name == "1"


def test_a_folder_that_can_not_be_made_is_named(encoder, tmp_path):
    (tmp_path / "encoder").write_text("a file")
    with pytest.raises(UserError, match="Can't write `.*encoder/1`"):
        export_encoder(encoder, tmp_path / "encoder")


def test_normalisation_statistics_go_along_and_stay(tmp_path):
    images = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(images, keras.layers.Flatten()(keras.layers.BatchNormalization(momentum=0.5)(images)))
    model(np.random.default_rng(1).random((4, SIZE, SIZE, 3)), training=True)
    before = [np.array(v) for v in model.variables]
    loaded = tf.saved_model.load(str(export_encoder(model, tmp_path / "m")))
    some = np.random.default_rng(2).random((3, SIZE, SIZE, 3), dtype=np.float32)
    expected = model(some, training=False).numpy()
    for _ in range(2):
        given = loaded.signatures["serving_default"](images=tf.constant(some))["representation"].numpy()
        np.testing.assert_allclose(given, expected, rtol=0, atol=1e-5)
    for old, variable in zip(before, model.variables):
        np.testing.assert_array_equal(old, np.array(variable))
    assert list(_stored(tmp_path / "m" / "1").values()) == [[3]] * 4


def test_bytes_give_what_the_decoded_images_give(encoder, exported, tmp_path):
    files = [encoded("JPEG"), encoded("PNG", orientation=6), encoded("PNG", mode="L")]
    images = photographs(tf.constant(files), SIZE).numpy()
    by_bytes, by_images = answers(exported, tmp_path, [
        ("serving_bytes", {"image_bytes": np.array(files, object)}), ("serving_default", {"images": images}),
    ])
    np.testing.assert_allclose(by_bytes["representation"], encoder(images, training=False), rtol=0, atol=1e-5)
    np.testing.assert_allclose(by_bytes["representation"], by_images["representation"], rtol=0, atol=1e-6)


def test_the_runtime_refuses_what_is_no_photograph_and_lives_on(exported, tmp_path):
    bad = refused()
    requests = [("serving_bytes", {"image_bytes": np.array([encoded("JPEG"), file], object)})
                for file, _ in bad.values()]
    *refusals, last = answers(exported, tmp_path, [*requests, requests[0][:1] + ({"image_bytes": np.array(
        [encoded("JPEG")], object)},)])
    for (name, (_, message)), answer in zip(bad.items(), refusals):
        assert answer[0] == "InvalidArgumentError", (name, answer)
        assert message in answer[1].replace("] [", " "), name
    assert last["representation"].shape == (1, NUMBERS)


def test_wrong_shapes_and_types_are_refused(exported, tmp_path):
    refusals = answers(exported, tmp_path, [
        ("serving_default", {"images": np.zeros((2, SIZE + 1, SIZE, 3), np.float32)}),
        ("serving_default", {"images": np.zeros((SIZE, SIZE, 3), np.float32)}),
        ("serving_default", {"images": np.array([["text"]], object)}),
        ("serving_bytes", {"image_bytes": np.array(encoded("JPEG"), object)}),
    ])
    assert all(isinstance(answer, tuple) for answer in refusals), refusals


def test_a_head_answers_representations_and_names_its_attributes(tmp_path):
    classifier = build_classifier((NUMBERS,), 3, seed=1)
    folder = export_head(classifier, ["Male", "Smiling", "Bangs"], tmp_path / "head", version=4)
    z = np.random.default_rng(0).normal(size=(5, NUMBERS)).astype(np.float32)
    answer, names, outside = answers(folder, tmp_path, [
        ("serving_default", {"representation": z}), ("attribute_names", {"index": np.array([2, 0])}),
        ("attribute_names", {"index": np.array([3])}),
    ])
    logits = classifier(z, training=False).numpy()
    np.testing.assert_allclose(answer["logits"], logits, rtol=0, atol=1e-5)
    np.testing.assert_allclose(answer["probabilities"], 1 / (1 + np.exp(-logits)), rtol=0, atol=1e-5)
    assert list(names["names"]) == [b"Bangs", b"Male"] and outside[0] == "InvalidArgumentError"
    with pytest.raises(UserError, match="Invalid `attributes`: expected a name for each .*(3,).*Received: 2 names"):
        export_head(classifier, ["Male", "Smiling"], tmp_path / "other")


def test_only_core_operations_are_inside(exported):
    graph = _metagraph(exported).graph_def
    kinds = {n.op for n in [*graph.node, *(n for f in graph.library.function for n in f.node_def)]}
    assert "DecodeJpeg" in kinds and "Conv2D" in kinds
    assert not {kind for kind in kinds if "Py" in kind or kind.startswith(("XlaHost", "Custom"))}


def test_the_next_version_is_above_all_of_both_models(tmp_path):
    for path in ("a/1", "a/3", "b/2", "a/.4.tmp-7", "a/readme"):
        (tmp_path / path).mkdir(parents=True)
    assert next_version(tmp_path / "a", tmp_path / "b") == 4
    assert next_version(tmp_path / "nowhere") == 1


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "2"])
def test_a_version_is_a_positive_integer(encoder, version, tmp_path):
    with pytest.raises(UserError, match="Invalid `version`: expected a positive integer"):
        export_encoder(encoder, tmp_path / "encoder", version)
