"""What an encoder is good for and how far fresh attackers get, photograph by photograph."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Sequence

import numpy as np
from numpy.typing import NDArray

from tfprivacy_rep.attacks.attacker import AttackOutcome
from tfprivacy_rep.attacks.frozen import FrozenEncoder
from tfprivacy_rep.attacks.linkage import Known, link
from tfprivacy_rep.data.images import take
from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.data.rehearsal import rehearsal
from tfprivacy_rep.data.summary import mean_image
from tfprivacy_rep.evaluation.identity import Recogniser
from tfprivacy_rep.metrics.image_similarity import psnr, ssim
from tfprivacy_rep.metrics.ranking import rank1_hits
from tfprivacy_rep.metrics.similarity import cosine, cosine_matrix, unit_rows
from tfprivacy_rep.models.inference import BatchedModel

Columns = dict[str, np.ndarray]
HEADLINE_OF_IMAGES = ("psnr", "ssim", "rank1")
_CHUNK = 512  # photographs at a time
LINKAGE = ("rank1", "rank1_cosine", "rank1_lda", "rank1_answer")


@dataclass(frozen=True)
class Subject:
    """Who is audited, and on what.

    Attributes:
        encode: the frozen encoder.
        classify: its classifier.
        photographs: all of them.
        partition: who has which.
    """

    encode: FrozenEncoder
    classify: BatchedModel
    photographs: Photographs
    partition: Partition

    @cached_property
    def people(self) -> np.ndarray:
        """int64 `[N]`: who is on each photograph; where nobody knows, everybody is somebody else."""
        people = self.photographs.people
        return np.arange(len(self.photographs)) if people is None else people

    @cached_property
    def public_mean(self) -> np.ndarray:
        """Mean Z of X2's training part, a vector."""
        return self.encode(take(self.photographs.images, self.partition.x2_train)).mean(0).ravel()

    def rehearsal(self) -> tuple[np.ndarray, np.ndarray]:
        """Probes and gallery out of X2, to choose between attackers."""
        return rehearsal(self.partition, self.photographs.people)

    def known(self, indices: np.ndarray) -> Known:
        """A set as linkage sees it: representations, predicted bits, people.

        Args:
            indices: of its photographs, at least one.
        """
        z = self.encode(take(self.photographs.images, indices))
        return Known(z, (self.classify(z) > 0).astype(np.int8), self.people[indices])


class Judge:
    """Looks at faces: one recogniser and the photographs that it compares with.

    What it can't tell is not-a-number: everything without a recogniser, and who somebody is where nobody knows who is
    who or the gallery has no other photograph of that person.

    Args:
        recogniser: describes faces; None where nobody judges.
        photographs: all of them.
    """

    def __init__(self, recogniser: Recogniser | None, photographs: Photographs) -> None:
        self._recogniser, self._photographs = recogniser, photographs
        self._described: dict[bytes, NDArray[np.float32]] = {}

    def originals(self, indices: np.ndarray, gallery_indices: np.ndarray) -> Columns:
        """For each original photograph: rank-1 hit, mean cosine to the same and to other people of the gallery."""
        people = self._photographs.people
        columns = {f"originals/{name}": _unknown(indices) for name in ("rank1", "same_person", "other_people")}
        if self._recogniser is None or people is None or not len(gallery_indices):
            return columns
        faces, gallery = self._describe(indices), self._describe(gallery_indices)
        columns["originals/rank1"] = self._hits(faces, indices, gallery_indices)
        same, other = [], []
        for start in range(0, len(indices), _CHUNK):
            part = slice(start, start + _CHUNK)
            similar = cosine_matrix(faces[part], gallery)
            mates = people[indices[part]][:, None] == people[gallery_indices][None, :]
            with np.errstate(invalid="ignore"):  # a probe that the gallery has no other photograph of
                same.append((similar * mates).sum(1) / mates.sum(1))
                other.append((similar * ~mates).sum(1) / (~mates).sum(1))
        columns["originals/same_person"], columns["originals/other_people"] = map(np.concatenate, (same, other))
        return columns

    def reconstructions(self, indices: np.ndarray, images: np.ndarray, gallery_indices: np.ndarray) -> Columns:
        """For each reconstruction: cosine to its original and rank-1 hit against the gallery.

        Args:
            indices: of the originals.
            images: `[N, S, S, 3]` float32 in [0, 1], the reconstructions.
            gallery_indices: of the photographs of known people that each is compared with.
        """
        if self._recogniser is None:
            return {"face_similarity": _unknown(indices), "rank1": _unknown(indices)}
        faces = self._recogniser.describe(images)
        return {
            "face_similarity": cosine(faces, self._describe(indices)),
            "rank1": self._hits(faces, indices, gallery_indices),
        }

    def _hits(self, faces: NDArray, indices: np.ndarray, gallery_indices: np.ndarray) -> NDArray[np.float64]:
        people = self._photographs.people
        if people is None or not len(gallery_indices):
            return _unknown(indices)
        return named(faces, people[indices], self._describe(gallery_indices), people[gallery_indices])

    def _describe(self, indices: np.ndarray) -> NDArray[np.float32]:
        assert self._recogniser is not None
        key = indices.tobytes()
        if key not in self._described:
            self._described[key] = np.concatenate([
                self._recogniser.describe(as_float(self._photographs.images[chunk])) for chunk in _chunks(indices)
            ])
        return self._described[key]


def named(
    probes: NDArray, probe_people: NDArray, gallery: NDArray, gallery_people: NDArray
) -> NDArray[np.float64]:
    """Rank-1 hits of the probes whose person is in the gallery, `[N]`; not-a-number for the others."""
    hits = np.full(len(probes), np.nan)
    mates = np.isin(probe_people, gallery_people)
    if mates.any():
        hits[mates] = rank1_hits(probes[mates], probe_people[mates], gallery, gallery_people)
    return hits


def _unknown(indices: np.ndarray) -> NDArray[np.float64]:
    return np.full(len(indices), np.nan)


def as_photographs(images: np.ndarray) -> np.ndarray:
    """Rounds images in [0, 1] to the 256 levels of a photograph, uint8."""
    return np.round(np.clip(images, 0.0, 1.0) * 255.0).astype(np.uint8)


def utility_columns(subject: Subject) -> Columns:
    """Labels and predictions of the probes, `[N, A]` each."""
    indices = subject.partition.probes
    return {
        "labels": subject.photographs.labels[indices],
        "predictions": subject.known(indices).bits,
    }


def rate_columns(subject: Subject) -> Columns:
    """Rate of each probe in bits, `[N]`; nothing for an encoder without a release."""
    if subject.encode.release is None:
        return {}
    images = subject.photographs.images
    return {"rate/bits": np.concatenate([
        subject.encode.rate_bits(images[chunk]) for chunk in _chunks(subject.partition.probes)
    ])}


def linkage_columns(subject: Subject) -> tuple[Columns, str]:
    """Rank-1 hits of the probes without any reconstruction, and the name of the strongest attack on Z, empty where
    nobody can be named."""
    parts, people = subject.partition, subject.photographs.people
    columns = {f"linkage/{name}": _unknown(parts.probes) for name in LINKAGE}
    mates = np.isin(subject.people[parts.probes], subject.people[parts.gallery])
    if people is None or not mates.any():
        return columns, ""
    asked, known = subject.rehearsal()
    asked = asked[np.isin(subject.people[asked], subject.people[known])]
    linked = link(
        subject.known(parts.x2_train),
        (subject.known(asked), subject.known(known)) if len(asked) else None,
        subject.known(parts.gallery),
        subject.known(parts.probes[mates]),
    )
    for name, hits in zip(LINKAGE, (linked.best, linked.cosine, linked.lda, linked.answer), strict=True):
        columns[f"linkage/{name}"][mates] = hits
    return columns, linked.strongest


def attack_columns(
    subject: Subject, judge: Judge, outcomes: Sequence[AttackOutcome]
) -> tuple[Columns, dict[str, str], dict[str, np.ndarray]]:
    """What the attackers' reconstructions of the probes show.

    Returns:
        Columns by `attacks/<name>/<metric>` and `headline/<metric>`; the attacker chosen for each headline metric on
        X2's validation part, never on T; and the reconstructions of T by attacker, uint8 `[N, S, S, 3]`.
    """
    columns: Columns = {}
    validation: dict[str, Columns] = {}
    pictures = {}
    for outcome in outcomes:
        name = outcome.spec.name
        _, validation[name] = attacked(subject, judge, outcome, *subject.rehearsal())
        parts = subject.partition
        pictures[name], on_probes = attacked(subject, judge, outcome, parts.probes, parts.gallery)
        columns |= {f"attacks/{name}/{metric}": values for metric, values in on_probes.items()}
    chosen: dict[str, str] = {}
    for metric in HEADLINE_OF_IMAGES:
        means = {name: float(values[metric].mean()) for name, values in validation.items()}
        # Where the metric can't be told, the attacker that is best by the first metric stands for it.
        chosen[metric] = chosen["psnr"] if np.isnan(list(means.values())).any() else max(means, key=means.__getitem__)
    columns |= {f"headline/{metric}": columns[f"attacks/{name}/{metric}"] for metric, name in chosen.items()}
    return columns, chosen, pictures


def attacked(
    subject: Subject, judge: Judge, outcome: AttackOutcome, indices: np.ndarray, gallery: np.ndarray
) -> tuple[np.ndarray, Columns]:
    """Rebuilds the photographs at `indices` from their representations, and compares.

    Args:
        subject, judge: who is audited, and who looks at faces.
        outcome: the attacker.
        indices: of the photographs.
        gallery: of the photographs of known people that each reconstruction is compared with.

    Returns:
        The reconstructions, uint8 `[N, S, S, 3]`, and values by metric, `[N]` each.
    """
    pictures, parts = [], []
    for chunk in _chunks(indices):
        photographs = subject.photographs.images[chunk]
        z, original = subject.encode(photographs), as_float(photographs)
        rebuilt = as_photographs(outcome.decode(z))
        images = as_float(rebuilt)
        columns = {"psnr": psnr(images, original), "ssim": ssim(images, original)}
        columns |= judge.reconstructions(chunk, images, gallery)
        parts.append(columns | _feature_similarity(subject, z, subject.encode(rebuilt)))
        pictures.append(rebuilt)
    return np.concatenate(pictures), _joined(parts)


def _chunks(indices: np.ndarray) -> list[np.ndarray]:
    """The indices in parts, so that memory does not grow with the number of probes."""
    return [indices[start : start + _CHUNK] for start in range(0, len(indices), _CHUNK)]


def _joined(parts: Sequence[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _feature_similarity(subject: Subject, z: np.ndarray, z_reconstructed: np.ndarray) -> Columns:
    flat, rebuilt = (part.reshape(len(part), -1) for part in (z, z_reconstructed))
    mean = subject.public_mean
    return {
        "feature_similarity": cosine(flat, rebuilt),
        "feature_similarity_centered": cosine(flat - mean, rebuilt - mean),
    }


def random_pair_columns(subject: Subject) -> Columns:
    """Mean cosine of each probe's Z to those of other people's probes, raw and centred: what feature similarity means
    nothing below."""
    known = subject.known(subject.partition.probes)
    _, person = np.unique(known.people, return_inverse=True)
    others = len(person) - np.bincount(person)[person]
    columns = {}
    for name, z in (("raw", known.flat), ("centered", known.flat - subject.public_mean)):
        directions = unit_rows(z)
        # The sum over all others is one product with the sum of their directions: no [N, N] matrix is needed.
        of_person = np.zeros((person.max() + 1, z.shape[1]))
        np.add.at(of_person, person, directions)
        with np.errstate(invalid="ignore"):
            columns[f"random_pairs/{name}"] = np.einsum(
                "nd,nd->n", directions, directions.sum(0) - of_person[person]) / others
    return columns


def mean_image_columns(photographs: Photographs, partition: Partition, judge: Judge) -> Columns:
    """The blind floor: X2's mean image, given as the reconstruction of every probe by an attacker who sees no Z."""
    mean = as_float(as_photographs(mean_image(photographs.subset(partition.x2_train).images)))
    parts = []
    for chunk in _chunks(partition.probes):
        original = as_float(photographs.images[chunk])
        images = np.repeat(mean[None], len(chunk), axis=0)
        columns = {"psnr": psnr(images, original), "ssim": ssim(images, original)}
        parts.append(columns | judge.reconstructions(chunk, images, partition.gallery))
    return {f"mean_image/{name}": values for name, values in _joined(parts).items()}
