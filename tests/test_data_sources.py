"""Sources: the attributes asked for or their default, images in memory if asked for, and a registry."""

from __future__ import annotations

import numpy as np
import pytest

from tfprivacy_rep import config as configuration
from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import sources
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError


class Store:
    """Two photographs, the second white, that are read on demand."""

    shape, dtype = (2, 32, 32, 3), np.dtype(np.uint8)

    def __len__(self):
        return 2

    def __getitem__(self, key):
        return np.stack([np.zeros((32, 32, 3), np.uint8), np.full((32, 32, 3), 255, np.uint8)])[key]

    def take(self, indices):
        raise NotImplementedError

    def row(self, index):
        raise NotImplementedError


def register(monkeypatch, load, default_attributes=()) -> None:
    """Puts another source in the place of ORL's."""
    source = sources.Source(load, lambda p: "paper" if p.people is None else "official", "none", default_attributes)
    monkeypatch.setitem(sources.SOURCES, "orl", source)


@pytest.fixture(name="photographs")
def _photographs() -> Photographs:
    labels = np.array([[0, 1], [1, 0]], np.int8)
    return Photographs(Store(), labels, ("Hat", "Male"), None, ("a", "b"), "test")


def test_every_dataset_of_the_configuration_is_registered_and_judged_by_somebody():
    assert set(sources.SOURCES) == set(configuration.DATASETS)
    assert {source.recogniser for source in sources.SOURCES.values()} <= set(configuration.RECOGNISERS)
    assert sources.get("rendered").recogniser == "rendered"


def test_orl_gives_the_attributes_asked_for_or_its_default():
    default = sources.load(DataConfig(image_size=32))
    assert default.attributes == sources.get("orl").default_attributes and len(default) == 400
    assert sources.default_partition(DataConfig(), default) == "shared_people"
    chosen = sources.load(DataConfig(image_size=32, attributes=("Smiling",)))
    assert chosen.attributes == ("Smiling",)
    np.testing.assert_array_equal(chosen.labels[:, 0], default.labels[:, default.attributes.index("Smiling")])


def test_unknown_names_are_listed_with_those_that_are_known():
    with pytest.raises(UserError, match="expected one of orl, celeba.*Received: dataset='lfw'"):
        sources.get("lfw")
    with pytest.raises(UserError, match="Received: Young. Available: Eyeglasses, Smiling"):
        sources.load(DataConfig(image_size=32, attributes=("Young",)))


def test_without_a_default_all_attributes_are_used(photographs, monkeypatch):
    register(monkeypatch, lambda config: photographs)
    assert sources.load(DataConfig()).attributes == ("Hat", "Male")
    register(monkeypatch, lambda config: photographs, ("Male",))
    assert sources.load(DataConfig()).attributes == ("Male",)
    assert sources.load(DataConfig(attributes=("Hat",))).labels.tolist() == [[0], [1]]


def test_a_source_gets_the_whole_configuration_and_sees_the_photographs_for_its_partition(photographs, monkeypatch):
    received = []
    register(monkeypatch, lambda config: received.append(config) or photographs)
    config = DataConfig(data_dir="photos", on_bad_image="skip")
    assert sources.default_partition(config, sources.load(config)) == "paper"
    assert received == [config]


def test_images_are_kept_in_memory_only_if_asked_for(photographs, monkeypatch):
    register(monkeypatch, lambda config: photographs)
    assert isinstance(sources.load(DataConfig()).images, Store)
    cached = sources.load(DataConfig(cache_images=True)).images
    assert isinstance(cached, np.ndarray) and cached[:, 3, 4, 1].tolist() == [0, 255]
