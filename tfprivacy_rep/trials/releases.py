"""Releases: what leaves the device in place of the photographs, and what could leave it instead.

The representation of the audited encoder is one. Others are made from it, or from the unprotected encoder's, after the
fact: with noise, with fewer numbers, of a photograph of less detail, or the answer alone. All of them meet the same
attackers.
"""

from __future__ import annotations

import io
import zlib
from functools import cached_property
from typing import Callable, Mapping

import numpy as np
from PIL import Image
from sklearn.decomposition import PCA

from tfprivacy_rep.attacks.frozen import Encoder, FrozenEncoder
from tfprivacy_rep.attacks.linear_head import LinearHead
from tfprivacy_rep.attacks.linkage import Known
from tfprivacy_rep.data.images import Images, in_memory, take
from tfprivacy_rep.trials.sets import Sets

Encode = Callable[[Images], np.ndarray]
#: Changes representations, `[N, ...]` to `[N, ...]`; the text says of which photographs, so that noise can differ.
Change = Callable[[np.ndarray, str], np.ndarray]

#: Releases of each public photograph that an attacker of a random release learns from, variants included.
DRAWS = 16
_CHUNK = 512


def _of_every_set(sets: Sets, z: Callable[[str], np.ndarray]) -> dict[str, np.ndarray]:
    """What leaves of every set; of an empty one nothing, in the right shape."""
    found = {name: z(name) for name in sets.names if len(sets.images(name))}
    nothing = np.zeros((0, *found["public"].shape[1:]), np.float32)
    return {name: found.get(name, nothing) for name in sets.names}


class Release:
    """What leaves the device, of every set, computed once.

    Args:
        name: for reports and folders.
        encode: photographs, uint8 or float32 in [0, 1], to what leaves, float32 `[N, ...]`.
        sets: the photographs.
        z: what leaves, by set, where it is known already.
        classify: what leaves to logits `[N, A]`; None: a linear head fitted on X1 answers.
        draws: how often each public photograph is in `z["public"]`: more than once where releases are random.
        drawn: encodes with a draw of its own, where releases are random and an attacker may see several.
    """

    def __init__(
        self, name: str, encode: Encode, sets: Sets, z: Mapping[str, np.ndarray] | None = None,
        classify: Callable[[np.ndarray], np.ndarray] | None = None, draws: int = 1,
        drawn: FrozenEncoder | None = None,
    ) -> None:
        self.name, self.encode, self.sets = name, encode, sets
        self.z = dict(z) if z is not None else _of_every_set(sets, lambda name: encode(sets.images(name)))
        self._classify, self.draws, self.drawn = classify, draws, drawn

    @property
    def has_classifier(self) -> bool:
        """Whether it came with a classifier of its own."""
        return self._classify is not None

    @cached_property
    def head(self) -> LinearHead:
        """A linear head fitted on X1's training part: what a service could make of the release."""
        return LinearHead.fit(self.z["x1_train"], self.sets.labels("x1_train"))

    def logits(self, z: np.ndarray) -> np.ndarray:
        """The task's logits, `[N, A]`: of its classifier, or of the linear head where it has none."""
        return self._logits(self._classify or self.head.decision, z)

    def _logits(self, classify: Callable[[np.ndarray], np.ndarray], z: np.ndarray) -> np.ndarray:
        return classify(z) if len(z) else np.zeros((0, len(self.sets.photographs.attributes)))

    def lesson(self) -> tuple[Images, np.ndarray, int]:
        """X2's training part with its variants, once for each draw: images, what leaves, and copies of each."""
        count = len(self.z["public"]) // self.draws
        images = self.sets.public if self.draws == 1 else take(
            self.sets.public, np.tile(np.arange(count), self.draws))
        return images, self.z["public"], self.sets.copies * self.draws

    @cached_property
    def public_head(self) -> LinearHead:
        """A linear head fitted on X2's training part: what an attacker makes of the release who has no classifier."""
        return LinearHead.fit(self.z["x2_train"], self.sets.labels("x2_train"))

    def known(self, name: str) -> Known:
        """A set as linkage sees it; the private photographs have no part in it."""
        return self._known(name, self.z[name])

    def means(self, name: str) -> Known:
        """A set of the attacker's own photographs, each as the mean of all its releases; only where those are random.
        """
        assert self.drawn is not None
        return self._known(name, self.drawn.mean(self.sets.images(name)))

    def averaged(self, name: str, releases: int) -> Known:
        """A set as the mean of several releases of each photograph; only where releases are random."""
        assert self.drawn is not None
        return self._known(name, np.mean(self.drawn.releases(self.sets.images(name), releases), axis=0))

    def _known(self, name: str, z: np.ndarray) -> Known:
        logits = self._logits(self._classify or self.public_head.decision, z)
        return Known(z, (logits > 0).astype(np.int8), self.sets.people(name), logits)

    @cached_property
    def public_mean(self) -> np.ndarray:
        """Mean of X2's training part, a vector."""
        return self.z["x2_train"].reshape(len(self.z["x2_train"]), -1).mean(0, dtype=np.float64)

    @cached_property
    def is_constant(self) -> bool:
        """Whether (nearly) the same leaves whatever the photograph."""
        z = self.z["x2_train"].reshape(len(self.z["x2_train"]), -1).astype(np.float64)
        return bool(z.std(0).max() <= 1e-6 * max(1.0, float(np.abs(z).max())))

    def changed(
        self, name: str, change: Change, classify: Callable[[np.ndarray], np.ndarray] | None = None
    ) -> "Release":
        """The release after a change of what leaves; no photograph is encoded again, and its classifier fits no more.

        Args:
            name: for reports and folders.
            change: of what leaves.
            classify: what leaves then to logits `[N, A]`; None: a linear head fitted on X1 answers.
        """
        return Release(
            name, lambda images: change(self.encode(images), "further"), self.sets,
            _of_every_set(self.sets, lambda part: change(self.z[part], part)), classify, self.draws,
        )


def of_encoder(
    name: str, encode: Encoder, sets: Sets, classify: Callable[[np.ndarray], np.ndarray] | None = None
) -> Release:
    """What an encoder releases; a stochastic one releases every public photograph `DRAWS` times, variants included.

    Args:
        name: for reports and folders.
        encode: the frozen encoder.
        sets: the photographs.
        classify: what leaves to logits `[N, A]`, or None.
    """
    if not isinstance(encode, FrozenEncoder) or encode.release is None:
        return Release(name, encode, sets, classify=classify)
    draws = max(1, DRAWS // sets.copies)

    def released(part: str) -> np.ndarray:
        return np.concatenate(encode.releases(sets.images(part), draws if part == "public" else 1))

    return Release(name, encode, sets, _of_every_set(sets, released), classify, draws, encode)


def with_noise(base: Release, strength: float, seed: int) -> Release:
    """Adds normal noise to each number, `strength` times its standard deviation over X1's training part."""
    scale = strength * base.z["x1_train"].std(0, keepdims=True)
    draws = max(1, DRAWS // (base.sets.copies * base.draws))

    def change(z: np.ndarray, part: str) -> np.ndarray:
        z = np.concatenate([z] * draws) if part == "public" else z
        noise = np.random.default_rng([seed, zlib.crc32(z.tobytes()), *part.encode()])
        return z + (scale * noise.standard_normal(z.shape)).astype(np.float32)

    noisy = base.changed(f"noise-{strength:g}", change)
    noisy.draws *= draws
    return noisy


def of_fewer_numbers(base: Release, numbers: int) -> Release:
    """Keeps the first principal components of X1's training part only: a bottleneck after the fact."""
    flat = base.z["x1_train"].reshape(len(base.z["x1_train"]), -1)
    pca = PCA(numbers, svd_solver="full" if flat.shape[1] <= 500 else "arpack", random_state=0).fit(flat)
    return base.changed(
        f"pca-{numbers}", lambda z, part: pca.transform(z.reshape(len(z), -1)).astype(np.float32)
    )


def of_low_resolution(base: Release, side: int) -> Release:
    """Encodes photographs that were shrunk to `side` pixels and enlarged again."""
    def degrade(image: np.ndarray) -> np.ndarray:
        picture = Image.fromarray(image)
        small = picture.resize((side, side), Image.Resampling.BOX)
        return np.asarray(small.resize(picture.size, Image.Resampling.BICUBIC))

    return Release(f"low_resolution-{side}", _of_degraded(base.encode, degrade), base.sets)


def of_jpeg(base: Release, quality: int) -> Release:
    """Encodes photographs that went through JPEG of a quality, 1 to 100."""
    def degrade(image: np.ndarray) -> np.ndarray:
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "JPEG", quality=quality)
        return np.asarray(Image.open(buffer))

    return Release(f"jpeg-{quality}", _of_degraded(base.encode, degrade), base.sets)


def _of_degraded(encode: Encode, degrade: Callable[[np.ndarray], np.ndarray]) -> Encode:
    def encode_degraded(images: Images) -> np.ndarray:
        parts = []
        for start in range(0, len(images), _CHUNK):
            chunk = in_memory(images[start : start + _CHUNK])
            if chunk.dtype != np.uint8:
                chunk = np.rint(255.0 * chunk).astype(np.uint8)
            parts.append(encode(np.stack([degrade(image) for image in chunk])))
        return np.concatenate(parts)

    return encode_degraded


def answer_bits(base: Release) -> Release:
    """The predicted attributes, 0 or 1: what anybody learns who is told the answer. They classify themselves."""
    return base.changed("answer_bits", lambda z, part: (base.logits(z) > 0).astype(np.float32), lambda z: z - 0.5)


def answer_probabilities(base: Release) -> Release:
    """The predicted probabilities of the attributes."""
    def change(z: np.ndarray, part: str) -> np.ndarray:
        return (1.0 / (1.0 + np.exp(-base.logits(z).astype(np.float64)))).astype(np.float32)

    return base.changed("answer_probabilities", change)


def shuffled(base: Release, seed: int) -> Release:
    """Public pairs that do not belong together: who learns from them learns nothing of what leaves."""
    def change(z: np.ndarray, part: str) -> np.ndarray:
        if part not in ("public", "validation"):
            return z
        return z[np.random.default_rng([seed, *part.encode()]).permutation(len(z))]

    return base.changed("shuffled_pairs", change)
