"""CelebA by tensorflow-datasets: the real builder on six photographs, its conversion, and what can go wrong."""

from __future__ import annotations

import contextlib
import zipfile
from unittest import mock

import numpy as np
import photograph_files as samples
import pytest
import small_run

from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import celeba_tfds, sources
from tfprivacy_rep.data.array_file import ArrayFile
from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.errors import UserError

tfds = pytest.importorskip("tensorflow_datasets")

COUNT = 8
LANDMARKS = ("lefteye", "righteye", "nose", "leftmouth", "rightmouth")


def config(folder, **options) -> DataConfig:
    """The folder at 32 pixels."""
    return DataConfig(dataset="celeba_tfds", data_dir=str(folder), image_size=32, **options)


@contextlib.contextmanager
def downloads(folder, spoil: str = ""):
    """Stands in for Google Drive; `spoil` names a photograph that has no pixels."""
    texts = samples.celeba_texts(COUNT)
    header = " ".join(f"{part}_{axis}" for part in LANDMARKS for axis in "xy")
    landmarks = "\n".join([str(COUNT), header, *(f"{i + 1:06d}.jpg " + "1 " * 10 for i in range(COUNT)), ""])
    samples.write(folder, {name: text.encode() for name, text in texts.items()} | {"landmarks": landmarks.encode()})
    with zipfile.ZipFile(folder / "img_align_celeba.zip", "w") as archive:
        for name, data in samples.jpegs(COUNT).items():
            archive.writestr(f"img_align_celeba/{name}", data[:700] if name == spoil else data)
    files = {"img_align_celeba": "img_align_celeba.zip", "landmarks_celeba": "landmarks",
             "list_eval_partition": "list_eval_partition.txt", "list_attr_celeba": "list_attr_celeba.txt",
             "identity_celeba": "identity_CelebA.txt"}

    def download(self, urls):
        return {name: folder / files[name] for name in urls}

    def iter_archive(self, path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield name, archive.open(name)

    manager = tfds.download.DownloadManager
    with mock.patch.object(manager, "download", download), mock.patch.object(manager, "iter_archive", iter_archive):
        yield


@pytest.fixture(name="prepared", scope="module")
def _prepared(tmp_path_factory):
    """A folder in which the real builder has prepared the photographs."""
    folder = tmp_path_factory.mktemp("tfds")
    with downloads(tmp_path_factory.mktemp("raw")):
        tfds.builder("celeb_a", data_dir=folder).download_and_prepare()
    return folder


def test_everything_the_builder_knows_is_there(prepared):
    photographs = sources.load(config(prepared))
    assert isinstance(photographs.images, ArrayFile) and photographs.images.shape == (COUNT, 32, 32, 3)
    order = _original_numbers(photographs)
    assert sorted(order) == list(range(COUNT))
    np.testing.assert_array_equal(photographs.labels, samples.celeba_labels(COUNT)[order])
    assert photographs.attributes == CELEBA_ATTRIBUTES and photographs.source == "celeba_tfds"
    assert photographs.people.tolist() == [100 + i // 2 for i in order]
    assert photographs.official.tolist() == [0] * 4 + [1] * 2 + [2] * 2
    assert {i for i, part in zip(order, photographs.official) if part == 2} == {6, 7}
    assert photographs.names[0] == "train/000000" and photographs.names[-1] == "test/000001"


def _original_numbers(photographs) -> list[int]:
    """Which of the sample pictures each photograph shows, by the nearest pixels."""
    squares = np.stack([np.asarray(samples.picture(i).crop((0, 20, 178, 198)).resize((32, 32))) for i in range(COUNT)])
    distances = np.abs(photographs.images[:][:, None].astype(float) - squares[None]).mean((2, 3, 4))
    return distances.argmin(1).tolist()


def test_the_pixels_are_those_of_the_files(prepared, tmp_path):
    photographs = sources.load(config(prepared))
    files = sources.load(DataConfig(dataset="celeba", data_dir=str(samples.celeba(tmp_path, COUNT)), image_size=32))
    np.testing.assert_array_equal(photographs.images[:], files.images[_original_numbers(photographs)])


def test_the_file_is_made_once_and_for_each_size(prepared, monkeypatch):
    sources.load(config(prepared))
    monkeypatch.setattr(celeba_tfds, "_convert", lambda *args: pytest.fail("converted again"))
    sources.load(config(prepared))
    with pytest.raises(BaseException, match="converted again"):
        sources.load(DataConfig(dataset="celeba_tfds", data_dir=str(prepared), image_size=48))
    assert [p.name for p in (prepared / celeba_tfds.CACHE).iterdir()] == ["celeb_a-2.1.0-32px"]


def test_what_is_not_prepared_is_announced_and_prepared(tmp_path, capsys):
    with downloads(tmp_path / "raw"):
        photographs = sources.load(config(tmp_path / "data"))
    assert len(photographs) == COUNT
    assert f"CelebA is not prepared in {tmp_path / 'data'}: tensorflow-datasets downloads 1.4 GB" in (
        capsys.readouterr().out
    )


def test_google_drives_quota_is_explained(tmp_path):
    from tensorflow_datasets.core.download.download_manager import NonMatchingChecksumError

    def refuse(self, urls):
        raise NonMatchingChecksumError("Artifact https://drive.google.com/..., has wrong checksum.")

    with mock.patch.object(tfds.download.DownloadManager, "download", refuse), pytest.raises(UserError) as error:
        sources.load(config(tmp_path))
    text = str(error.value)
    assert "quota" in text and "Received: NonMatchingChecksumError: Artifact" in text
    assert f"`{tmp_path}/downloads/manual`" in text and "--dataset=celeba" in text
    assert not (tmp_path / celeba_tfds.CACHE).exists()


def test_files_put_there_by_hand_are_taken_instead_of_downloads(tmp_path):
    """The remedy that the error names: the builder looks at our files, which are not CelebA's, and at no network."""
    manual = tmp_path / "downloads" / "manual"
    with downloads(manual):
        pass
    (manual / "landmarks").rename(manual / "list_landmarks_align_celeba.txt")
    with mock.patch("tensorflow_datasets.core.download.downloader._Downloader.download",
                    side_effect=AssertionError("fetched")):
        with pytest.raises(UserError, match="Received: NonMatchingChecksumError: Artifact .*manual"):
            sources.load(config(tmp_path))


def test_a_photograph_that_cannot_be_decoded_is_named_or_skipped(tmp_path):
    with downloads(tmp_path / "raw", spoil="000002.jpg"):
        with pytest.raises(UserError, match="expected 8 whole.*Received: 1 that can't be read: train/00000.: can't be "
                           "decoded.*--on_bad_image=skip"):
            sources.load(config(tmp_path / "data"))
        photographs = sources.load(config(tmp_path / "data", on_bad_image="skip"))
    assert len(photographs) == COUNT - 1 and 1 not in _original_numbers(photographs)
    assert len(photographs.skipped) == 1 and photographs.official.tolist() == [0] * 3 + [1] * 2 + [2] * 2


@pytest.mark.parametrize("package", ["tensorflow_datasets", "importlib_resources"])
def test_a_missing_package_is_named_with_its_extra(package, tmp_path, monkeypatch):
    small_run.hide_packages(monkeypatch, package)
    with pytest.raises(UserError, match=rf"`{package.replace('tensorflow_', 'tensorflow-')}`.*tfprivacy_rep\[tfds\]"):
        sources.load(config(tmp_path))
