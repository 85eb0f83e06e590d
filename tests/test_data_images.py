"""Stores of images: one conformance test for all of them, and what only some of them do."""

from __future__ import annotations

import itertools

import numpy as np
import photograph_files as samples
import pytest
import tensorflow as tf
import tiny_game
from PIL import Image

from tfprivacy_rep.data import indexing, pipeline
from tfprivacy_rep.data.array_file import ArrayFile
from tfprivacy_rep.data.augmented_images import AugmentedImages, Variants
from tfprivacy_rep.data.image_files import ImageFiles
from tfprivacy_rep.data.images import ImageStore, in_memory
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError

COUNT, SIZE = 6, 16


def image_files(folder) -> ImageFiles:
    """Four JPEGs, a PNG, and a JPEG that Pillow has to turn."""
    files = samples.jpegs(4) | {"x.png": samples.encoded(samples.picture(4), "PNG")}
    files["y.jpg"] = samples.rotated(samples.picture(5))
    samples.write(folder, files)
    return ImageFiles(folder, sorted(files), indexing.index(folder, sorted(files), "error").odd, SIZE)


def array_file(folder) -> ArrayFile:
    """Random pixels."""
    np.save(folder / "a.npy", np.random.default_rng(0).integers(0, 256, (COUNT, SIZE, SIZE, 3), dtype=np.uint8))
    return ArrayFile(folder / "a.npy")


def augmented_images(folder) -> AugmentedImages:
    """Two variants of each of three."""
    shifts = np.array([0, 0, 0, 1, -2, 0], np.int16)
    return AugmentedImages(
        array_file(folder).take(np.arange(3)), Variants(shifts, -shifts, np.array([0, 0, 0, 1, 0, 1], bool))
    )


@pytest.fixture(name="store", params=[image_files, array_file, augmented_images], scope="module")
def _store(request, tmp_path_factory) -> ImageStore:
    return request.param(tmp_path_factory.mktemp("store"))


def test_a_store_looks_like_an_array_of_photographs(store):
    assert isinstance(store, ImageStore) and len(store) == COUNT
    assert store.shape == (COUNT, SIZE, SIZE, 3) and store.dtype == np.uint8
    whole = in_memory(store)
    assert isinstance(whole, np.ndarray) and whole.shape == store.shape and whole.dtype == np.uint8
    assert len({image.tobytes() for image in whole}) == COUNT


@pytest.mark.parametrize(
    "key", [0, -1, np.int64(3), slice(2, 5), slice(4, 99), slice(2, 2), [5, 0, 5], np.array([], np.int64),
            np.array([True, False] * 3)], ids=str,
)
def test_it_is_indexed_as_an_array_is(store, key):
    np.testing.assert_array_equal(store[key], in_memory(store)[key])


def test_what_is_read_belongs_to_the_caller(store):
    before = store[1]
    store[1][:] = 7
    store[[1]][:] = 7
    np.testing.assert_array_equal(store[1], before)


def test_an_index_out_of_range_is_refused(store):
    with pytest.raises(IndexError):
        store[COUNT]


def test_taking_from_what_was_taken_keeps_the_order(store):
    taken = store.take(np.array([4, 0, 3, 2])).take(np.array([3, 1]))
    assert isinstance(taken, ImageStore) and taken.shape == (2, SIZE, SIZE, 3)
    np.testing.assert_array_equal(taken[:], in_memory(store)[[2, 0]])


def test_rows_in_a_graph_are_the_same_bit_for_bit_after_taking_too(store):
    for selection in (store, store.take(np.array([5, 3, 0]))):
        rows = tf.data.Dataset.range(len(selection)).map(selection.row)
        assert rows.element_spec.shape == (SIZE, SIZE, 3) and rows.element_spec.dtype == tf.uint8
        np.testing.assert_array_equal(np.stack(list(rows.as_numpy_iterator())), selection[:])
        taken = selection.take(np.array([1]))  # after tensors of the selection were made
        np.testing.assert_array_equal(next(tf.data.Dataset.range(1).map(taken.row).as_numpy_iterator()), selection[1])


@pytest.mark.parametrize("first_batch, replica, replicas", [(0, 0, 1), (3, 0, 1), (1, 1, 2)])
def test_batches_are_those_of_the_array(store, first_batch, replica, replicas):
    """The same order, resumed and shared among replicas alike, and the same bits."""
    batches = [
        itertools.islice(
            pipeline.batches({"images": images, "number": np.arange(COUNT)}, 4, 9, first_batch, replica, replicas), 5
        )
        for images in (store, in_memory(store))
    ]
    for of_store, of_array in zip(*batches, strict=True):
        np.testing.assert_array_equal(of_store["number"], of_array["number"])
        assert of_store["images"].dtype == tf.float32
        np.testing.assert_array_equal(of_store["images"], of_array["images"])


def test_a_game_fed_from_files_is_the_game_fed_from_memory(tmp_path, strategy):
    """The real trainer on one and on two replicas, entered at its fourth step; the batches' bits are compared above."""
    store, labels = image_files(tmp_path), tiny_game.private_fields(COUNT)["labels"]
    played = []
    for images in (store, in_memory(store)):
        private = {"images": images, "labels": labels}
        trainer = tiny_game.trainer_of(strategy, tiny_game.game(strategy, dense=True), private, {"images": images})
        trainer.seek(3)
        played.append(trainer.train_steps(4).means)
    assert played[0].keys() == played[1].keys() and len(played[0]) > 0
    for name in played[0]:  # the last bit of a sum over two replicas depends on timing
        assert played[0][name] == pytest.approx(played[1][name], rel=1e-6), name


def test_a_store_is_no_tensor_in_the_pipeline(store):
    fields = pipeline.as_tensors({"images": store, "both": (store, np.arange(COUNT))})
    assert fields["images"] is store and fields["both"][0] is store and tf.is_tensor(fields["both"][1])
    np.testing.assert_array_equal(pipeline.as_float(store), pipeline.as_float(in_memory(store)))


def test_a_graph_holds_no_copy_of_what_it_reads_from(store):
    """Else its size would grow with the number of photographs."""

    many = store.take(np.arange(COUNT).repeat(100))  # TensorFlow inlines tensors of up to 128 numbers

    @tf.function
    def read(index):
        return many.row(index)

    graph = read.get_concrete_function(tf.TensorSpec([], tf.int64)).graph
    assert len(graph.captures) > 0 or isinstance(store, ArrayFile)
    assert graph.as_graph_def().ByteSize() < 60_000
    shapes = [node.attr["value"].tensor.tensor_shape for node in graph.as_graph_def().node if node.op == "Const"]
    assert not [shape for shape in shapes if any(dim.size > 128 for dim in shape.dim)]


def test_a_subset_of_photographs_decodes_nothing(tmp_path):
    """The file is gone by then."""
    store = image_files(tmp_path)
    photographs = Photographs(store, np.zeros((COUNT, 1), np.int8), ("a",), None, tuple("abcdef"), "test")
    (tmp_path / "000002.jpg").unlink()
    subset = photographs.subset([1, 5])
    assert isinstance(subset.images, ImageFiles) and subset.images.shape == (2, SIZE, SIZE, 3)
    np.testing.assert_array_equal(subset.images[1], store[5])


def test_plain_files_never_touch_python(tmp_path, monkeypatch):
    store = image_files(tmp_path)
    monkeypatch.setattr("tfprivacy_rep.data.preprocessing.read_rgb", lambda path: pytest.fail("Pillow was called"))
    plain = store.take(np.arange(5))
    assert plain[:].shape == (5, SIZE, SIZE, 3)
    with pytest.raises(Exception, match="Pillow was called"):
        store[5]


def test_a_rotated_file_is_read_upright(tmp_path):
    upright = samples.write(tmp_path, {"upright.png": samples.encoded(samples.picture(5), "PNG")})
    expected = ImageFiles(upright, ["upright.png"], np.array([False]), SIZE)[0].astype(int)
    assert np.abs(image_files(tmp_path)[5] - expected).max() <= 12  # what JPEG loses


def _spoil(path, how: str) -> None:
    data = path.read_bytes()
    if how == "truncated":
        path.write_bytes(data[: len(data) // 2])
    elif how == "removed":
        path.unlink()
    elif how == "text":
        path.write_text("nothing like a photograph")
    elif how == "a second frame header in the middle":  # fatal for the decoder, though both ends are right
        path.write_bytes(data[:-200] + b"\xff\xc4\x00\x05\xff\xff\xff" * 20 + data[-60:])


@pytest.mark.parametrize("how", ["truncated", "removed", "text", "a second frame header in the middle"])
@pytest.mark.parametrize("name", ["000002.jpg", "x.png"])
def test_what_fails_after_it_was_checked_is_named(tmp_path, how, name):
    store = image_files(tmp_path)
    place = sorted(p.name for p in tmp_path.iterdir()).index(name)
    _spoil(tmp_path / name, how)
    text = f"Unreadable photograph `{tmp_path / name}`"
    with pytest.raises(UserError, match=text):
        store[[0, place]]
    with pytest.raises(tf.errors.OpError, match=text):
        list(itertools.islice(pipeline.batches({"images": store}, 2, 0), 3))


@pytest.mark.parametrize("what", ["missing", "text", "floats", "oblong", "truncated"])
def test_an_array_file_of_anything_else_is_refused(tmp_path, what):
    path = tmp_path / "a.npy"
    if what == "text":
        path.write_text("no array")
    elif what != "missing":
        shape = (2, 4, 5 if what == "oblong" else 4, 3)
        np.save(path, np.zeros(shape, np.float32 if what == "floats" else np.uint8))
    if what == "truncated":
        path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(UserError, match=f"Invalid file `{path}`: expected a whole .npy of uint8"):
        ArrayFile(path)


def test_files_of_other_languages_are_found(tmp_path):
    samples.write(tmp_path, {"Füße/π 1.png": samples.encoded(Image.new("RGB", (16, 16), (9, 8, 7)), "PNG")})
    store = ImageFiles(tmp_path, ["Füße/π 1.png"], np.array([False]), SIZE)
    assert store[0][3, 3].tolist() == [9, 8, 7]
