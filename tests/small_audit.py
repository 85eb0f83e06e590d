"""An audit of seconds: invented photographs, a judge of blocks, short attackers, and encoders whose leaks are known."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import keras
import numpy as np
import small_run
import synthetic_sets
from keras import layers

from tfprivacy_rep import files, laboratory
from tfprivacy_rep.attacks.frozen import FrozenEncoder
from tfprivacy_rep.auditing import results
from tfprivacy_rep.auditing.play import Play, Rivals
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.jobs import AuditConfig
from tfprivacy_rep.laboratory import Laboratory
from tfprivacy_rep.trials.judges import Judges
from tfprivacy_rep.trials.releases import Release
from tfprivacy_rep.trials.sets import Sets

ATTACKERS = ("linear", "decoder")
SIZE = synthetic_sets.SIZE


def audit(
    model: keras.Model, folder: Path, photographs: Photographs | None = None, partition: str = "shared_people",
    steps: int = 120, **job: Any,
) -> dict[str, Any]:
    """Audits a Keras encoder on invented photographs and returns the contents of results.json.

    Args:
        model: images `[B, 32, 32, 3]` in [0, 1] to Z.
        folder: where attackers and records are kept.
        photographs: default those of `synthetic_sets`.
        partition: who shares people.
        steps: of each attacker.
        job: options of `AuditConfig`.
    """
    found = photographs or synthetic_sets.photographs()
    config = small_run.config(
        folder, partition=partition, attributes=(), recogniser="none", attack_steps=steps, attack_check_every=40,
        attack_batch_size=16, attack_patience=3, attack_learning_rate=3e-3,
    )
    files.write_json(folder / "config.json", config.to_dict())
    setting = laboratory.prepare(config, lambda _: found)
    drawn = laboratory.partition_of(setting, 0, 0)
    made = Laboratory(setting, drawn)
    sets = Sets(found, (), np.zeros((len(found), 0), np.int8), drawn, made.public, 1)
    judges = Judges([small_run.BlockRecogniser()], sets)
    options = AuditConfig(**{"encoder": "model", "budget": "smoke", "white_box_probes": 0, **job})
    audited = Release("audited", FrozenEncoder(model), sets)
    names = options.attackers or ATTACKERS
    play = Play(made, judges, audited, Rivals("not had here", "not had here"), model, options, names, folder,
                "not trained here")
    described = {"config": {"job": dataclasses.asdict(options)}, "cautions": [],
                 "budget": {"name": options.budget}}
    return results.contents(play.play(), sets, described, ["blocks"], names, options.headline_seeds)


def blocks() -> keras.Model:
    """Means of 4x4 blocks, 192 numbers: the photographs of `synthetic_sets` have no more detail than that, so it is the
    identity."""
    images = keras.Input((SIZE, SIZE, 3))
    return keras.Model(images, layers.Flatten()(layers.AveragePooling2D(4)(images)))


def constant(numbers: int = 8) -> keras.Model:
    """Whatever the photograph, the same numbers."""
    images = keras.Input((SIZE, SIZE, 3))
    x = layers.Dense(numbers, kernel_initializer="zeros", bias_initializer="ones")(layers.Flatten()(images))
    return keras.Model(images, x)


def one_hot_of_person(photographs: Photographs) -> keras.Model:
    """An oracle: a 1 at the number of the person who is on the photograph, found among all photographs by their
    pixels."""
    known = photographs.images.reshape(len(photographs), -1).astype(np.float64) / 255.0
    images = keras.Input((SIZE, SIZE, 3))
    # |x - k|^2 is least where x.k - |k|^2 / 2 is greatest.
    nearest = layers.Dense(len(known), name="nearest")
    scores = nearest(layers.Flatten()(images))
    chosen = keras.ops.one_hot(keras.ops.argmax(scores, axis=-1), len(known))
    person = layers.Dense(int(photographs.people.max()) + 1, use_bias=False, name="person")
    model = keras.Model(images, person(chosen))
    nearest.set_weights([known.T.astype(np.float32), (-0.5 * (known**2).sum(1)).astype(np.float32)])
    person.set_weights([np.eye(int(photographs.people.max()) + 1, dtype=np.float32)[photographs.people]])
    return model
