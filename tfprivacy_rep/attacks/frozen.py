"""The encoder as an attacker meets it: frozen, and open to as many queries as the attacker likes."""

from __future__ import annotations

from typing import Protocol

import keras
import numpy as np
import tensorflow as tf

from tfprivacy_rep.data.images import Images
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.models.inference import BatchedModel, weights_sha256
from tfprivacy_rep.models.release import NATS_PER_BIT, GaussianRelease


class Encoder(Protocol):
    """What an attacker may do with an encoder, whatever it is stored as."""

    def __call__(self, images: Images) -> np.ndarray:
        """Returns the representations of images, `[N, ...]` float32, of uint8 or float32 in [0, 1] `[N, S, S, 3]`."""

    def fingerprint(self) -> str:
        """SHA-256 of everything that decides what it answers."""

    def require_unchanged(self) -> str:
        """Returns the fingerprint, or raises a UserError if it is not what it was when this object was made."""


def require_finite(z: np.ndarray, remedy: str = "Retrain it with lower learning rates.") -> np.ndarray:
    """Returns representations `[N, ...]`.

    Raises:
        UserError: if there are infinite values or not-a-numbers.
    """
    if not np.isfinite(z).all():
        raise UserError(
            "Invalid `encoder`: expected finite representations. Received: infinite or not-a-number values for "
            f"{int((~np.isfinite(z)).reshape(len(z), -1).any(1).sum())} of {len(z)} photographs. {remedy}"
        )
    return z


def require_same(now: str, before: str) -> str:
    """Returns the fingerprint `now`.

    Raises:
        UserError: if it was another one `before`: then no figure of an attack means anything.
    """
    if now != before:
        raise UserError(
            f"Invalid attack: expected the encoder to stay frozen. Received: fingerprint {now[:12]} after "
            f"{before[:12]} before. Pass the attack a copy of the encoder."
        )
    return now


class FrozenEncoder:
    """Black-box access to an encoder in inference mode: what it releases, and never the mean of it.

    Args:
        encoder: images `[B, S, S, 3]` in [0, 1] to representations `[B, ...]`, or to the parameters of a release.
        batch_size: images at a time.
        release: what representations are drawn from; None where the encoder gives them.
        seed: of the draws.
    """

    def __init__(
        self, encoder: keras.Model, batch_size: int = 64, release: GaussianRelease | None = None, seed: int = 0
    ) -> None:
        self._model, self.release, self._seed = BatchedModel(encoder, batch_size), release, seed
        self._before = self.fingerprint()

    def __call__(self, images: Images, draw: int = 0) -> np.ndarray:
        """Returns the representations of images, `[N, ...]` float32.

        Args:
            images: `[N, S, S, 3]`, uint8 or float32 in [0, 1].
            draw: number of the release, from 0: the same images get other samples for another number, and the same for
                the same, so that a resumed run sees what it saw before.

        Raises:
            UserError: if the encoder answers with infinite values or not-a-numbers.
        """
        given = require_finite(self._model(images))
        if self.release is None:
            return given
        return self.release.drawn(given, self._seed, draw)

    def releases(self, images: Images, count: int) -> list[np.ndarray]:
        """Several releases of images, `[N, d]` float32 each: what calls with the draws 0 to `count - 1` return, sooner.

        Args:
            images: `[N, S, S, 3]`, uint8 or float32 in [0, 1].
            count: of releases, at least 1.
        """
        assert self.release is not None
        given = require_finite(self._model(images))
        return [self.release.drawn(given, self._seed, draw) for draw in range(count)]

    def mean(self, images: Images) -> np.ndarray:
        """What releases of images average to in the end, `[N, d]` float32: nothing that leaves, but what an attacker
        has of photographs of its own, which it may have released as often as it likes.

        Args:
            images: `[N, S, S, 3]`, uint8 or float32 in [0, 1].
        """
        assert self.release is not None
        return self.release.mean(self._model(images))

    def rate_bits(self, images: Images) -> np.ndarray:
        """The rate of each image in bits, `[N]` float64; of an encoder without a release there is none.

        Args:
            images: `[N, S, S, 3]`, uint8 or float32 in [0, 1].
        """
        assert self.release is not None
        return np.asarray(self.release.rate(tf.constant(self._model(images))), np.float64) / NATS_PER_BIT

    def fingerprint(self) -> str:
        """SHA-256 of all weights, normalisation statistics included.

        The state of random generators is no part of it: an encoder that adds noise moves it with every answer.
        """
        return weights_sha256(self._model.model)

    def require_unchanged(self) -> str:
        """Returns the fingerprint.

        Raises:
            UserError: if a variable has changed since this object was made: then no figure of an attack means anything.
        """
        return require_same(self.fingerprint(), self._before)
