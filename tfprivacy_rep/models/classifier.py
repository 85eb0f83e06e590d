"""The classifier f: a representation becomes one logit for each attribute."""

from __future__ import annotations

from typing import Sequence

import keras
from keras import layers

from tfprivacy_rep.models.initialisation import seeded_initialisers


def build_classifier(
    representation_shape: Sequence[int], attributes: int, hidden: Sequence[int] = (), seed: int = 0
) -> keras.Model:
    """Builds the classifier: a linear layer on the flattened representation, after `hidden` layers if there are any.

    Args:
        representation_shape: shape of one representation, `(d,)` or `(h, w, c)`.
        attributes: number A of attributes.
        hidden: units of dense ReLU layers before the last.
        seed: of the weights.

    Returns:
        A model from representations `[B, ...]` float32 to logits `[B, A]` float32.
    """
    initialiser = seeded_initialisers(seed)
    x = representation = keras.Input(tuple(representation_shape), name="representation")
    if len(representation_shape) > 1:
        x = layers.Flatten(name="flatten")(x)
    for index, units in enumerate(hidden):
        x = layers.Dense(units, activation="relu", kernel_initializer=initialiser(), name=f"dense{index}")(x)
    logits = layers.Dense(attributes, kernel_initializer=initialiser(), dtype="float32", name="logits")(x)
    return keras.Model(representation, logits, name="classifier")
