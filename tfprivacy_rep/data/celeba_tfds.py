"""CelebA as `tensorflow-datasets` prepares it, converted once to a file of squares.

Its records can only be read in order, and the game reads in a random one: hence the file.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfprivacy_rep import files
from tfprivacy_rep.config import DataConfig
from tfprivacy_rep.data import cache, decoding
from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.data.celeba import CROP_TOP
from tfprivacy_rep.data.indexing import bad_images
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.errors import UserError, missing_extra

SPLITS = ("train", "validation", "test")  # numbers 0, 1, 2 of CelebA's own partition
CACHE = "tfprivacy_rep-cache"


def load(config: DataConfig) -> Photographs:
    """Loads what `tfds` has prepared in `config.data_dir`, or in its own folder if that is empty.

    What is not prepared yet is downloaded by `tfds`, 1.4 GB from Google Drive, which says so.

    Returns:
        `Photographs` with all forty attributes, CelebA's own partition as `official`, and people where this version of
        the builder knows them; named `"train/000000"` and so on, as the builder does not tell file names.

    Raises:
        UserError: if `tensorflow-datasets` is missing, CelebA can't be prepared, or a photograph can't be decoded.
    """
    builder = _builder(config.data_dir)
    root = Path(builder.data_dir).parents[1]
    folder = root / CACHE / f"celeb_a-{builder.version}-{config.image_size}px"
    if not folder.exists():
        with files.atomic_path(folder) as temporary:
            _convert(builder, config.image_size, temporary)
    images, facts = cache.read(folder, ("labels", "people", "official", "readable"))
    people = facts["people"].ravel() if facts["people"].size else None
    names = [f"{split}/{i:06d}" for split, n in zip(SPLITS, np.bincount(facts["official"], minlength=3))
             for i in range(n)]
    bad = [f"{names[i]}: can't be decoded" for i in np.flatnonzero(~facts["readable"])]
    if bad and config.on_bad_image == "error":
        raise bad_images(root, bad, len(names))
    photographs = Photographs(
        images, facts["labels"], CELEBA_ATTRIBUTES, people, tuple(names), "celeba_tfds", facts["official"], tuple(bad)
    )
    return photographs.subset(np.flatnonzero(facts["readable"])) if bad else photographs


def _builder(data_dir: str) -> Any:
    """The builder of CelebA, prepared."""
    for package, name in (("tensorflow-datasets", "tensorflow_datasets"), ("importlib_resources",) * 2):
        if importlib.util.find_spec(name) is None:
            raise missing_extra(package, "tfds", "CelebA by TensorFlow Datasets")
    import tensorflow_datasets as tfds

    builder = tfds.builder("celeb_a", data_dir=data_dir or None)
    if builder.is_prepared():
        return builder
    root = Path(builder.data_dir).parents[1]
    print(f"CelebA is not prepared in {root}: tensorflow-datasets downloads 1.4 GB from Google Drive.")
    try:
        builder.download_and_prepare()
    except Exception as error:  # whatever the network, the disk and tfds may raise
        raise UserError(
            f"Can't prepare CelebA in `{root}`: expected tensorflow-datasets to download it from Google Drive, which "
            "sends a page about its quota instead when many ask for it (NonMatchingChecksumError). Received: "
            f"{type(error).__name__}: {str(error)[:300]}. Download img_align_celeba.zip, list_attr_celeba.txt, "
            "list_eval_partition.txt, list_landmarks_align_celeba.txt and identity_CelebA.txt with a browser from "
            f"https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html into `{root / 'downloads' / 'manual'}` and start "
            "again, or unpack them anywhere and use --dataset=celeba."
        ) from error
    return builder


def _convert(builder: Any, size: int, folder: Path) -> None:
    """Writes images.npy, uint8 `[N, size, size, 3]`, and facts.npz to `folder`."""
    import tensorflow_datasets as tfds

    counts = [builder.info.splits[split].num_examples for split in SPLITS]
    folder.mkdir()
    images = np.lib.format.open_memmap(folder / cache.IMAGES, "w+", np.uint8, (sum(counts), size, size, 3))
    facts: dict[str, list[np.ndarray]] = {"labels": [], "people": [], "readable": []}
    done = 0
    for split in SPLITS:
        examples = builder.as_dataset(split, shuffle_files=False, decoders={"image": tfds.decode.SkipDecoding()})
        for batch in examples.map(lambda e: _unpack(e, size), num_parallel_calls=2).batch(256).as_numpy_iterator():
            images[done : done + len(batch["labels"])] = batch.pop("images")
            done += len(batch["labels"])
            for name, values in batch.items():
                facts[name].append(values)
    images.flush()
    held: dict[str, Any] = {name: np.concatenate(parts) for name, parts in facts.items()}
    np.savez(folder / cache.FACTS, official=np.repeat(np.arange(3, dtype=np.int8), counts), **held)


def _unpack(example: dict[str, Any], size: int) -> dict[str, tf.Tensor]:
    # An image that can't be decoded becomes one without pixels.
    image = decoding.first_that_works(
        example["image"], decoding.pixels, lambda _: tf.zeros((0, 0, 3), tf.uint8)
    )
    readable = tf.size(image) > 0
    square = tf.cond(readable, lambda: decoding.square(image, size, CROP_TOP),
                     lambda: tf.zeros((size, size, 3), tf.uint8))
    person = example["identity"]["Identity_No"][None] if "identity" in example else tf.zeros((0,), tf.int64)
    labels = tf.stack([tf.cast(example["attributes"][name], tf.int8) for name in CELEBA_ATTRIBUTES])
    return {"images": square, "labels": labels, "people": person, "readable": readable}
