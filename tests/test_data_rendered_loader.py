"""Drawn photographs as a source: what is asked for is drawn, and kept if asked to."""

from __future__ import annotations

import numpy as np
import pytest

from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import sources
from tfprivacy_rep.data.array_file import ArrayFile
from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.data.rendered import loader, renderer
from tfprivacy_rep.errors import UserError

COUNT = 200


def config(**options) -> DataConfig:
    """The fewest photographs, at 32 pixels."""
    return DataConfig(**{"dataset": "rendered", "rendered_images": COUNT, "image_size": 32} | options)


@pytest.fixture(name="drawn", scope="module")
def _drawn() -> renderer.Rendered:
    return renderer.render(np.arange(COUNT), 32)


def test_photographs_are_those_of_the_renderer(drawn):
    photographs = sources.load(config())
    np.testing.assert_array_equal(photographs.images, drawn.images)
    np.testing.assert_array_equal(photographs.labels, drawn.labels)
    np.testing.assert_array_equal(photographs.people, drawn.people)
    assert photographs.attributes == CELEBA_ATTRIBUTES and len(np.unique(photographs.people)) == COUNT // 20
    assert photographs.names[0] == "rendered-0000000" and len(photographs.names) == COUNT
    assert sources.default_partition(config(), photographs) == "disjoint_people"


def test_drawing_in_parts_gives_the_same(drawn, monkeypatch):
    monkeypatch.setattr(loader, "_CHUNK", 90)
    photographs = sources.load(config())
    np.testing.assert_array_equal(photographs.images, drawn.images)
    np.testing.assert_array_equal(photographs.labels, drawn.labels)


def test_a_folder_keeps_them(drawn, tmp_path, monkeypatch):
    first = sources.load(config(data_dir=str(tmp_path)))
    monkeypatch.setattr(loader, "render", lambda *args: pytest.fail("drawn again"))
    again = sources.load(config(data_dir=str(tmp_path)))
    for photographs in (first, again):
        assert isinstance(photographs.images, ArrayFile)
        np.testing.assert_array_equal(photographs.images[:], drawn.images)
        np.testing.assert_array_equal(photographs.labels, drawn.labels)
    assert [p.name for p in tmp_path.iterdir()] == [f"rendered-{COUNT}-32px-{loader.version()}"]


@pytest.mark.parametrize("change", [{"image_size": 48}, {"rendered_images": 220}, {}])
def test_another_size_number_or_renderer_is_drawn_anew(tmp_path, monkeypatch, change):
    sources.load(config(data_dir=str(tmp_path)))
    if not change:
        monkeypatch.setattr(loader, "version", lambda: "00000000")
    monkeypatch.setattr(loader, "render", lambda *args: pytest.fail("drawn anew"))
    with pytest.raises(BaseException, match="drawn anew"):
        sources.load(config(data_dir=str(tmp_path), **change))


def test_an_interrupted_drawing_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(np, "savez", lambda *args, **kwargs: pytest.fail("interrupted"))
    with pytest.raises(BaseException, match="interrupted"):
        sources.load(config(data_dir=str(tmp_path)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["images.npy", "facts.npz"])
def test_what_was_damaged_is_named(tmp_path, name):
    sources.load(config(data_dir=str(tmp_path)))
    path = next(tmp_path.iterdir()) / name
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(UserError, match=f"{path.parent}.*Remove the f"):
        sources.load(config(data_dir=str(tmp_path)))
