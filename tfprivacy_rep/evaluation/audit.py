"""What an encoder is good for and how far fresh attackers get, photograph by photograph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

import numpy as np

from tfprivacy_rep.attacks.attacker import AttackOutcome
from tfprivacy_rep.attacks.frozen import FrozenEncoder
from tfprivacy_rep.attacks.linkage import Known, link
from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.data.rehearsal import rehearsal
from tfprivacy_rep.evaluation.identity import Recogniser
from tfprivacy_rep.metrics.image_similarity import psnr, ssim
from tfprivacy_rep.metrics.ranking import rank1_hits
from tfprivacy_rep.metrics.similarity import cosine, cosine_matrix
from tfprivacy_rep.models.inference import BatchedModel

Columns = dict[str, np.ndarray]
HEADLINE_OF_IMAGES = ("psnr", "ssim", "rank1")


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

    def rehearsal(self) -> tuple[np.ndarray, np.ndarray]:
        """Probes and gallery out of X2, to choose between attackers."""
        assert self.photographs.people is not None
        return rehearsal(self.partition, self.photographs.people)

    def known(self, indices: np.ndarray) -> Known:
        """A set as linkage sees it: representations, predicted bits, people."""
        z = self.encode(self.photographs.images[indices])
        people = self.photographs.people
        assert people is not None
        return Known(z, (self.classify(z) > 0).astype(np.int8), people[indices])


class Judge:
    """Looks at faces: one recogniser and the photographs that it compares with.

    Args:
        recogniser: describes faces.
        photographs: all of them.
    """

    def __init__(self, recogniser: Recogniser, photographs: Photographs) -> None:
        self._recogniser, self._photographs = recogniser, photographs

    def originals(self, indices: np.ndarray, gallery_indices: np.ndarray) -> Columns:
        """For each original photograph: rank-1 hit, mean cosine to the same and to other people of the gallery."""
        faces, people = self._describe(indices)
        gallery, gallery_people = self._describe(gallery_indices)
        similar = cosine_matrix(faces, gallery)
        same = people[:, None] == gallery_people[None, :]
        return {
            "originals/rank1": rank1_hits(faces, people, gallery, gallery_people),
            "originals/same_person": (similar * same).sum(1) / same.sum(1),
            "originals/other_people": (similar * ~same).sum(1) / (~same).sum(1),
        }

    def reconstructions(self, indices: np.ndarray, images: np.ndarray, gallery_indices: np.ndarray) -> Columns:
        """For each reconstruction: cosine to its original and rank-1 hit against the gallery.

        Args:
            indices: of the originals.
            images: `[N, S, S, 3]` float32 in [0, 1], the reconstructions.
            gallery_indices: of the photographs of known people that each is compared with.
        """
        originals, people = self._describe(indices)
        gallery, gallery_people = self._describe(gallery_indices)
        faces = self._recogniser.describe(images)
        return {
            "face_similarity": cosine(faces, originals),
            "rank1": rank1_hits(faces, people, gallery, gallery_people),
        }

    def _describe(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert self._photographs.people is not None
        faces = self._recogniser.describe(as_float(self._photographs.images[indices]))
        return faces, self._photographs.people[indices]


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


def linkage_columns(subject: Subject) -> tuple[Columns, str]:
    """Rank-1 hits of the probes without any reconstruction, and the name of the strongest attack on Z."""
    parts = subject.partition
    asked, known = subject.rehearsal()
    linked = link(
        subject.known(parts.x2_train),
        (subject.known(asked), subject.known(known)),
        subject.known(parts.gallery),
        subject.known(parts.probes),
    )
    columns = {
        "linkage/rank1": linked.best,
        "linkage/rank1_cosine": linked.cosine,
        "linkage/rank1_lda": linked.lda,
        "linkage/rank1_answer": linked.answer,
    }
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
        _, validation[name] = _attack_part(subject, judge, outcome, *subject.rehearsal())
        parts = subject.partition
        pictures[name], on_probes = _attack_part(subject, judge, outcome, parts.probes, parts.gallery)
        columns |= {f"attacks/{name}/{metric}": values for metric, values in on_probes.items()}
    chosen = {
        metric: max(validation, key=lambda name: float(validation[name][metric].mean()))
        for metric in HEADLINE_OF_IMAGES
    }
    columns |= {f"headline/{metric}": columns[f"attacks/{name}/{metric}"] for metric, name in chosen.items()}
    return columns, chosen, pictures


def _attack_part(
    subject: Subject, judge: Judge, outcome: AttackOutcome, indices: np.ndarray, gallery: np.ndarray
) -> tuple[np.ndarray, Columns]:
    original = as_float(subject.photographs.images[indices])
    z = subject.encode(subject.photographs.images[indices])
    pictures = as_photographs(outcome.decode(z))
    images = as_float(pictures)
    columns = {"psnr": psnr(images, original), "ssim": ssim(images, original)}
    columns |= judge.reconstructions(indices, images, gallery)
    columns |= _feature_similarity(subject, z, subject.encode(pictures))
    return pictures, columns


def _feature_similarity(subject: Subject, z: np.ndarray, z_reconstructed: np.ndarray) -> Columns:
    mean = subject.encode(subject.photographs.images[subject.partition.x2_train]).mean(0)
    flat = [part.reshape(len(part), -1) for part in (z, z_reconstructed, z - mean, z_reconstructed - mean)]
    return {
        "feature_similarity": cosine(flat[0], flat[1]),
        "feature_similarity_centered": cosine(flat[2], flat[3]),
    }


def random_pair_columns(subject: Subject) -> Columns:
    """Cosine of each probe's Z to those of other people's probes, raw and centred: what feature similarity means
    nothing below."""
    known = subject.known(subject.partition.probes)
    mean = subject.encode(subject.photographs.images[subject.partition.x2_train]).reshape(
        len(subject.partition.x2_train), -1).mean(0)
    others = known.people[:, None] != known.people[None, :]
    columns = {}
    for name, z in (("raw", known.flat), ("centered", known.flat - mean)):
        columns[f"random_pairs/{name}"] = (cosine_matrix(z, z) * others).sum(1) / others.sum(1)
    return columns


def mean_image_columns(photographs: Photographs, partition: Partition, judge: Judge) -> Columns:
    """The blind floor: X2's mean image, given as the reconstruction of every probe by an attacker who sees no Z."""
    original = as_float(photographs.images[partition.probes])
    mean = as_photographs(as_float(photographs.images[partition.x2_train]).mean(0))
    images = np.repeat(as_float(mean)[None], len(original), axis=0)
    columns = {"psnr": psnr(images, original), "ssim": ssim(images, original)}
    columns |= judge.reconstructions(partition.probes, images, partition.gallery)
    return {f"mean_image/{name}": values for name, values in columns.items()}
