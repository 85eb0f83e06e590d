"""The job: photographs and an encoder in, one file out, or an error that says what to mend."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import photograph_files as made
import pyarrow.parquet as parquet
import pytest
import small_run
from encoders import keras_file, tiny

from tfprivacy_rep import experiment, files
from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import sources
from tfprivacy_rep.data.image_files import ImageFiles
from tfprivacy_rep.data.orl import loader
from tfprivacy_rep.encoding import job, lite
from tfprivacy_rep.encoding.opening import open_encoder
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.jobs import EncodeConfig


@pytest.fixture(name="folder")
def _folder(tmp_path):
    return made.write(tmp_path / "photographs", {f"d/{name}": data for name, data in made.jpegs(7).items()})


@pytest.fixture(name="given")
def _given(folder, tmp_path):
    return EncodeConfig(encoder=str(keras_file(tmp_path)), photographs=str(folder), output=str(tmp_path / "z.npz"),
                        batch_size=3, use_progress=False)


def expected(folder, names):
    images = ImageFiles(folder, names, np.zeros(len(names), bool), 32)[:].astype(np.float32) / np.float32(255)
    return tiny()(images, training=False).numpy()


def test_a_folder_becomes_one_file(given, folder, capsys):
    job.run(given)
    names = [f"d/{i:06d}.jpg" for i in range(1, 8)]
    with np.load(given.output) as held:
        assert held["names"].tolist() == names and held["skipped"].tolist() == []
        np.testing.assert_allclose(held["representations"], expected(folder, names), atol=1e-5)
        assert str(held["weights_sha256"]) == open_encoder(given.encoder).weights_sha256
        assert int(held["image_size"]) == 32 and str(held["encoder_kind"]) == "keras"
    assert "(7 photographs, representations of [12]," in capsys.readouterr().out


def test_parquet_and_npz_hold_the_same(given, tmp_path):
    job.run(given)
    path = str(tmp_path / "z.parquet")
    job.run(dataclasses.replace(given, output=path))
    table = parquet.read_table(path)
    with np.load(given.output) as held:
        assert table["name"].to_pylist() == held["names"].tolist()
        np.testing.assert_array_equal(np.array(table["representation"].to_pylist(), np.float32),
                                      held["representations"])


def test_bad_photographs_are_errors_or_named_in_summary_and_file(given, folder, capsys):
    (folder / "d" / "000002.jpg").write_bytes(b"")
    with pytest.raises(UserError, match=r"d/000002\.jpg: no bytes.*--on_bad_image=skip"):
        job.run(given)
    assert not (folder.parent / "z.npz").exists()
    job.run(dataclasses.replace(given, on_bad_image="skip"))
    with np.load(given.output) as held:
        assert len(held["names"]) == len(held["representations"]) == 6 and "d/000002.jpg" not in held["names"]
        assert held["skipped"].tolist() == ["d/000002.jpg: no bytes"]
    assert "skipped: 1 photographs: d/000002.jpg: no bytes" in capsys.readouterr().out


def test_a_photograph_that_fails_late_is_an_error_and_leaves_no_file(given, monkeypatch, folder):
    find = job.reading.find

    def found_then_lost(*arguments):
        found = find(*arguments)
        (folder / "d" / "000005.jpg").unlink()
        return found

    monkeypatch.setattr(job.reading, "find", found_then_lost)
    with pytest.raises(UserError, match=r"^Unreadable photograph `.*000005\.jpg`"):
        job.run(given)
    assert not (folder.parent / "z.npz").exists()


def test_an_existing_file_is_replaced_only_when_told(given, tmp_path):
    (tmp_path / "z.npz").write_bytes(b"precious")
    with pytest.raises(UserError, match="^Invalid `output`: expected a file that does not exist yet"):
        job.run(given)
    assert (tmp_path / "z.npz").read_bytes() == b"precious"
    assert job.run(dataclasses.replace(given, overwrite=True)) is not None
    assert len(np.load(given.output)["names"]) == 7


def test_a_tflite_file_alone_encodes_as_the_encoder_does(given, tmp_path, capsys):
    file = str(tmp_path / "e.tflite")
    assert job.run(dataclasses.replace(given, photographs="", output="", tflite=file)) is None
    assert "largest difference from the encoder" in capsys.readouterr().out
    first = job.run(given)
    second = job.run(dataclasses.replace(given, encoder=file, output=str(tmp_path / "lite.npz")))
    assert second.names == first.names and second.facts["weights_sha256"] == first.facts["weights_sha256"]
    np.testing.assert_allclose(second.representations, first.representations, atol=1e-5)
    with pytest.raises(UserError, match="^Invalid `tflite`: expected an encoder that is no TFLite file yet"):
        job.run(dataclasses.replace(given, encoder=file, photographs="", output="", tflite=str(tmp_path / "f.tflite")))


def test_infinite_representations_are_an_error_that_names_the_photograph(given, monkeypatch):
    opened = open_encoder(given.encoder)
    infinite = dataclasses.replace(opened, encode=lambda images: np.full((len(images), 12), np.inf, np.float32))
    monkeypatch.setattr(job, "open_encoder", lambda *_: infinite)
    with pytest.raises(UserError, match=r"^Invalid `encoder`: expected finite .* for d/000001\.jpg"):
        job.run(given)


def test_faces_are_aligned_and_photographs_without_one_left_out(given, folder, tmp_path):
    with pytest.raises(UserError, match="^Invalid `face_square`: .*dataset=None. Add --face_square"):
        job.run(dataclasses.replace(given, align="dlib"))
    (folder / "face.pgm").write_bytes((loader.find_folder() / "s1" / "1.pgm").read_bytes())
    aligned = dataclasses.replace(given, align="dlib", face_square=sources.get("orl").face_square)
    with pytest.raises(UserError, match=r"^Unusable photograph in .*Received: d/000001\.jpg: no face that dlib finds"):
        job.run(aligned)
    encoded = job.run(dataclasses.replace(aligned, on_bad_image="skip"))
    assert encoded.names == ("face.pgm",) and len(encoded.skipped) == 7 and encoded.facts["align"] == "dlib"
    (folder / "face.pgm").unlink()
    with pytest.raises(UserError, match="^Invalid `photographs`: expected at least one that can be encoded"):
        job.run(dataclasses.replace(aligned, on_bad_image="skip", overwrite=True))


@pytest.mark.slow
def test_a_trained_encoder_encodes_its_own_photographs_as_in_training(tmp_path):
    trained = tmp_path / "run"
    experiment.run(small_run.config(trained, recogniser="none", use_export=False))
    own = tmp_path / "own"
    for name in ("s1/1.pgm", "s2/3.pgm"):
        made.write(own, {name: (loader.find_folder() / name).read_bytes()})
    given = EncodeConfig(encoder=str(trained), photographs=str(own), output=str(tmp_path / "z.npz"),
                         use_progress=False, tflite=str(tmp_path / "e.tflite"))
    encoded = job.run(given)
    record = files.read_json(trained / "report" / "results.json")
    assert encoded.facts["weights_sha256"] == record["encoders"]["paper"]["fingerprints"][0]
    photographs = sources.load(DataConfig(image_size=32))
    places = [photographs.names.index(name) for name in encoded.names]
    z = open_encoder(str(trained)).encode(photographs.images[places].astype(np.float32) / np.float32(255))
    assert encoded.names == ("s1/1.pgm", "s2/3.pgm")
    # Pillow's and TensorFlow's scaling differ by one level of 256 at most.
    assert np.abs(encoded.representations - z).max() < 0.05 * np.abs(z).max()
    assert lite.LiteEncoder(tmp_path / "e.tflite").facts["dataset"] == "orl"


@pytest.mark.parametrize(
    "change, text",
    [
        ({"encoder": ""}, "Invalid `encoder`: expected an encoder"),
        ({"photographs": "", "output": ""}, "Invalid `photographs`: expected a folder, or --tflite"),
        ({"output": ""}, "Invalid `output`: expected a file if there are photographs"),
        ({"photographs": "", "tflite": "e.tflite"}, "Invalid `output`: expected a file if there are photographs"),
        ({"output": "z.csv"}, "Invalid `output`: expected a name that ends in .npz or .parquet"),
        ({"tflite": "e.bin"}, "Invalid `tflite`: expected a name that ends in .tflite"),
        ({"tflite_quantise": "int4", "tflite": "e.tflite"}, "Invalid `tflite_quantise`: expected one of none, dynamic"),
        ({"tflite_quantise": "dynamic"}, "Invalid `tflite_quantise`: expected none without --tflite"),
        ({"batch_size": 0}, "Invalid `batch_size`: expected at least 1"),
        ({"image_size": -1}, "Invalid `image_size`: expected 0 or more"),
        ({"crop_top": "-1"}, "Invalid `crop_top`: expected training, middle, or a row"),
        ({"crop_top": "3", "align": "dlib"}, "Invalid `crop_top`: expected training with --align"),
        ({"on_bad_image": "ignore"}, "Invalid `on_bad_image`: expected one of error, skip"),
        ({"align": "mtcnn"}, "Invalid `align`: expected one of none, dlib"),
        ({"face_square": (0.5, 0.5, 0.5)}, "Invalid `face_square`: expected nothing without --align"),
        ({"face_square": (0.5, 0.5), "align": "dlib"}, "Invalid `face_square`: expected centre x, centre y"),
    ],
)
def test_options_out_of_range_are_errors(change, text):
    with pytest.raises(UserError, match="^" + text):
        EncodeConfig(**({"encoder": "e", "photographs": "p", "output": "z.npz"} | change))


def test_the_script_ends_with_exit_code_2_on_a_missing_folder(given, tmp_path):
    done = subprocess.run(
        [sys.executable, "scripts/encode.py", f"--encoder={given.encoder}", f"--photographs={tmp_path / 'none'}",
         f"--output={given.output}"], cwd=small_run.ROOT, capture_output=True, text=True,
    )
    assert done.returncode == 2 and "error: Invalid `photographs`: expected a folder." in done.stderr
