"""Lets every attack loose on every release, and records what came out, resuming what an earlier start left."""

from __future__ import annotations

import functools
import gc
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from tfprivacy_rep.attacks import ladder
from tfprivacy_rep.attacks.membership import Outputs, membership
from tfprivacy_rep.attacks.probes import majority, probe_attributes
from tfprivacy_rep.auditing import attempts, releases, white_box
from tfprivacy_rep.auditing.attempts import Attempt
from tfprivacy_rep.auditing.budgets import ROW_ATTACKERS, STRENGTHS, Strengths
from tfprivacy_rep.auditing.judges import COLUMNS, Columns, Judges
from tfprivacy_rep.auditing.linking import linkage
from tfprivacy_rep.auditing.releases import Release
from tfprivacy_rep.config import AuditConfig
from tfprivacy_rep.evaluation.audit import as_photographs
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.laboratory import Laboratory
from tfprivacy_rep.metrics.mcc import mcc, mean_mcc

#: Name of the columns of a release in its record.
PART = "release"
#: Name of the record that is not about the probes.
MEMBERSHIP = "membership"
#: Probes whose pictures are kept.
MAX_PICTURES = 200
#: The most revealing reconstructions that are kept.
WORST = 10
#: Figures that have a headline attacker.
HEADLINE = ("psnr", "ssim", "rank1")
#: A baseline has the utility of the audited encoder if X1's validation part puts it no further below.
TOLERANCE = 0.02


_BASELINES: dict[str, Callable[[Release, float, int], Release]] = {
    "noise": releases.with_noise,
    "pca": lambda base, strength, seed: releases.of_fewer_numbers(base, int(strength)),
    "low_resolution": lambda base, strength, seed: releases.of_low_resolution(base, int(strength)),
    "jpeg": lambda base, strength, seed: releases.of_jpeg(base, int(strength)),
}


@dataclass(frozen=True)
class Rivals:
    """What the audited release is compared with; a text says why something can't be had.

    Attributes:
        unprotected: of the unprotected encoder.
        random_weights: of the same network, never trained.
    """

    unprotected: Release | str
    random_weights: Release | str


class Play:
    """All releases of one audit.

    Args:
        laboratory: trains attackers.
        judges: look at faces.
        audited: what the audited encoder releases.
        rivals: what it is compared with.
        model: the encoder as a Keras model from images to Z, or a text that says why there are no gradients.
        job: how hard is tried.
        names: of the attackers.
        folder: where everything is kept.
        unknown_training: why it is not known what the encoder was trained on; empty where it was X1's training part.
    """

    def __init__(
        self, laboratory: Laboratory, judges: Judges, audited: Release, rivals: Rivals, model: Any, job: AuditConfig,
        names: Sequence[str], folder: Path, unknown_training: str = "",
    ) -> None:
        self._laboratory, self._judges, self._audited, self._rivals = laboratory, judges, audited, rivals
        self._model, self._job, self._names, self._folder = model, job, tuple(names), folder
        self._sets = audited.sets
        self._seed = self._sets.partition.seed + 1000 * job.attacker_seed
        self._unknown_training = unknown_training
        self._started = time.monotonic()

    def play(self) -> dict[str, RunRecord | str]:
        """Returns the record of each row, of `membership`, and of `frontier/<point>` and `matched/<point>`; a text
        where a row can't be had."""
        base = self._audited if isinstance(self._rivals.unprotected, str) else self._rivals.unprotected
        found: dict[str, RunRecord | str] = {}
        found["audited"] = self._kept("audited", lambda: self._audit())
        for name, release in self._rows().items():
            found[name] = release if isinstance(release, str) else self._kept(name, self._row(release))
            gc.collect()
        found["mean_image"] = self._kept("mean_image", self._mean_image)
        found[MEMBERSHIP] = self._unknown_training or self._kept(MEMBERSHIP, self._membership)
        points = {"audited": lambda: self._audited, **self._points(base)}
        if base is not self._audited:
            points["unprotected"] = lambda: base
        for name, build in points.items():
            found[f"frontier/{name}"] = self._kept(f"frontier/{name}", self._point(build))
        for name in matched(found, STRENGTHS[self._job.budget]):
            found[f"matched/{name}"] = self._kept(f"matched/{name}", lambda: self._row(points[name]())())
            gc.collect()
        return found

    def _kept(self, name: str, make: Callable[[], RunRecord]) -> RunRecord:
        folder = self._folder / "records" / name
        held = RunRecord.load(folder)
        if held is None:
            held = make()
            held.save(folder)
            print(f"{time.monotonic() - self._started:.0f} s: {name} done", flush=True)
        return held

    def _rows(self) -> dict[str, Release | str]:
        audited = self._audited
        return {
            "unprotected": self._rivals.unprotected,
            "random_weights": self._rivals.random_weights,
            "shuffled_pairs": releases.shuffled(audited, self._seed),
            "answer_bits": releases.answer_bits(audited),
            "answer_probabilities": releases.answer_probabilities(audited),
        }

    def _points(self, base: Release) -> dict[str, Callable[[], Release]]:
        numbers = int(np.prod(base.z["probes"].shape[1:]))
        fitted = min(numbers, len(base.z["x1_train"]))
        strengths = STRENGTHS[self._job.budget]
        limits = {"pca": fitted, "low_resolution": self._sets.photographs.image_size}  # what is no change at all
        built = {
            f"{family}-{strength:g}": functools.partial(_BASELINES[family], base, strength, self._seed)
            for family, own in strengths.items() for strength in own
            if family not in limits or strength < limits[family]
        }
        return {**built, "answer_bits": functools.partial(releases.answer_bits, self._audited)}

    def _record(
        self, release: Release, facts: Mapping[str, Any], columns: Columns, pictures: Mapping[str, np.ndarray]
    ) -> RunRecord:
        return RunRecord({"name": release.name, **facts}, self._sets.people("probes"), {PART: columns}, dict(pictures))

    def _utility(self, release: Release) -> tuple[Columns, dict[str, Any]]:
        sets = self._sets
        labels = sets.labels("probes")
        head = (release.head.decision(release.z["probes"]) > 0).astype(np.int8)
        own = (release.logits(release.z["probes"]) > 0).astype(np.int8) if release.has_classifier else head
        held = release.head.decision(release.z["x1_val"]) > 0
        validation = mean_mcc(mcc(sets.labels("x1_val"), held)).value
        facts = {"validation_mcc": None if np.isnan(validation) else float(validation)}
        return {"labels": labels, "predictions": own, "head_predictions": head}, facts

    def _attempts(
        self, release: Release, names: Sequence[str], where: str
    ) -> tuple[dict[str, Attempt], dict[str, str]]:
        """Attackers that were let loose, and why others were not."""
        lab = self._laboratory
        config = lab.setting.config.attack
        wanted = ladder.specs(names, config, self._seed)
        pairs = attempts.pairs_of(release, lab.features_for(wanted.values()))
        made, refused = {}, {}
        for name in names:
            if name == ladder.LINEAR:
                made[name] = attempts.solve(pairs)
            elif reason := attempts.too_few(wanted[name], pairs[0]):
                refused[name] = reason
            else:
                folder = self._folder / "attackers" / where / name
                made[name] = attempts.train(lab, pairs, wanted[name], folder, f"{where}: {name}")
                gc.collect()
        return made, refused

    def _audit(self) -> RunRecord:
        """The audited release: every attacker, every judge, linkage and whatever else is asked of it."""
        release, sets = self._audited, self._sets
        made, refused = self._attempts(release, self._names, "audited")
        validation = {name: attempts.validated(release, attempt, self._judges) for name, attempt in made.items()}
        columns, facts = self._utility(release)
        pictures: dict[str, np.ndarray] = {}
        distributions: dict[str, Any] = {}
        for name, attempt in made.items():
            pictures[name], found, distributions[name] = attempts.on_probes(release, attempt, self._judges)
            columns |= {f"attacks/{name}/{figure}": values for figure, values in found.items()}
        if isinstance(self._model, str) or not self._job.white_box_probes:
            reason = self._model if isinstance(self._model, str) else "switched off by white_box_probes=0"
            refused |= {name: reason for name in white_box.NAMES}
        else:
            best = attempts.chosen(validation, HEADLINE)["psnr"]
            tried = white_box.attack(release, made[best], self._model, self._judges, self._job.white_box_probes,
                                     self._seed)
            for name, one in tried.items():
                made[name], pictures[name], distributions[name] = one.attempt, one.pictures, one.distributions
                columns |= {f"attacks/{name}/{figure}": values for figure, values in one.columns.items()}
                validation |= {name: one.validation} if one.everywhere else {}
        best_of = attempts.chosen(validation, HEADLINE)
        columns |= headline(columns, best_of)
        rows = attempts.chosen({name: validation[name] for name in ROW_ATTACKERS if name in validation}, HEADLINE)
        columns |= {f"row/{f}": columns[f"attacks/{name}/{f}"] for f, name in rows.items()}
        columns["row/face_similarity"] = columns[f"attacks/{rows['psnr']}/face_similarity"]
        columns |= self._repeated(release, sorted(set(best_of.values())), best_of)
        linked, z_distributions, strongest = linkage(release)
        told, of_probes = self._further_attributes(release)
        columns |= linked | told
        originals, of_originals = self._judges.originals()
        columns |= {f"originals/{name}": values for name, values in originals.items()}
        shown = {name: of_all[:MAX_PICTURES] for name, of_all in pictures.items()}
        worst = np.argsort(-columns["headline/psnr"], kind="stable")[:WORST]
        images = sets.images("probes")
        return self._record(release, facts | {
            "attackers": {name: attempt.facts for name, attempt in made.items()}, "not_applicable": refused,
            "validation": validation, "headline_attackers": best_of, "strongest_linkage": strongest,
            "worst": [int(index) for index in worst], "random_pairs": random_pairs(release),
            "row_attackers": list(dict.fromkeys(rows.values())), **of_probes,
            "distributions": {
                **{f"originals/{name}": one for name, one in of_originals.items()},
                **{f"reconstructions/{name}": one for name, one in distributions[best_of["rank1"]].items()},
                **{f"z/{name}": one for name, one in z_distributions.items()},
            },
        }, columns, {
            "originals": as_array(images[:MAX_PICTURES]), **shown, "worst/originals": as_array(images[worst]),
            f"worst/{best_of['psnr']}": pictures[best_of["psnr"]][worst],
        })

    def _further_attributes(self, release: Release) -> tuple[Columns, dict[str, Any]]:
        """What probes tell about attributes that are not the task, and which of the probes is the better one on X2's
        validation part."""
        sets = self._sets
        if not sets.other:
            return {}, {"probe": "linear", "majority": []}
        labels, known = sets.further_labels("x2_train"), release.z["x2_train"]
        asked = np.concatenate([release.z["probes"], release.z["validation"]])
        answers = probe_attributes(known, labels, asked, self._seed)
        count = len(release.z["probes"])
        held = sets.further_labels("validation")
        reached = {name: np.nan_to_num(mean_mcc(mcc(held, bits[count:])).value) for name, bits in answers.items()}
        columns = {f"probes/{name}": bits[:count] for name, bits in answers.items()}
        return columns | {"other_labels": sets.further_labels("probes")}, {
            "probe": max(reached, key=reached.__getitem__), "majority": [int(value) for value in majority(labels)],
        }

    def _repeated(self, release: Release, names: Sequence[str], best_of: Mapping[str, str]) -> Columns:
        """The headline's columns again, by attackers of further seeds: `repeat/<number>/headline/<figure>`."""
        lab, columns = self._laboratory, Columns()
        trained = [name for name in names if name != ladder.LINEAR and name not in white_box.NAMES]
        for repeat in range(1, self._job.headline_seeds if trained else 1):
            specs = ladder.specs(trained, lab.setting.config.attack, self._seed, repeat)
            pairs = attempts.pairs_of(release, lab.features_for(specs.values()))
            for name, spec in specs.items():
                folder = self._folder / "attackers" / f"audited-{repeat}" / name
                attempt = attempts.train(lab, pairs, spec, folder, f"audited, seed {repeat + 1}: {name}")
                _, found, _ = attempts.on_probes(release, attempt, self._judges)
                again = headline({f"attacks/{name}/{f}": v for f, v in found.items()},
                                 {f: n for f, n in best_of.items() if n == name})
                columns |= {f"repeat/{repeat}/{key}": values for key, values in again.items()}
                gc.collect()
        return columns

    def _row(self, release: Release) -> Callable[[], RunRecord]:
        """A release that is compared with the audited one: the row's attackers, and linkage."""
        def make() -> RunRecord:
            names = [name for name in ROW_ATTACKERS if name in self._names]
            made, _ = self._attempts(release, names, release.name)
            validation = {name: attempts.validated(release, attempt, self._judges) for name, attempt in made.items()}
            best_of = attempts.chosen(validation, HEADLINE)
            columns, facts = self._utility(release)
            found = {name: attempts.on_probes(release, made[name], self._judges)[1] for name in set(best_of.values())}
            columns |= {f"row/{figure}": found[name][figure] for figure, name in best_of.items()}
            columns["row/face_similarity"] = found[best_of["psnr"]]["face_similarity"]
            linked, _, strongest = linkage(release)
            columns |= {name: values for name, values in linked.items() if name.startswith("linkage/best/")}
            return self._record(release, facts | {
                "attackers": {name: attempt.facts for name, attempt in made.items()},
                "headline_attackers": best_of, "strongest_linkage": strongest,
            }, columns, {})

        return make

    def _point(self, build: Callable[[], Release]) -> Callable[[], RunRecord]:
        """A point of the frontier: utility of a linear head, linkage, and the closed-form attacker."""
        def make() -> RunRecord:
            release = build()
            columns, facts = self._utility(release)
            attempt = attempts.solve(attempts.pairs_of(release, None))
            _, found, _ = attempts.on_probes(release, attempt, None)
            linked, _, strongest = linkage(release)
            columns |= {"linkage/best/rank1": linked["linkage/best/rank1"], "row/psnr": found["psnr"]}
            return self._record(release, facts | {"strongest_linkage": strongest}, columns, {})

        return make

    def _membership(self) -> RunRecord:
        """Whether photographs of X1's training part can be told from those of its validation part."""
        release, sets = self._audited, self._sets
        parts = []
        for name in ("x1_train", "x1_val"):
            logits = release.logits(release.z[name]) if release.has_classifier else None
            known = None if sets.photographs.people is None else sets.people(name)
            parts.append(Outputs(release.z[name], logits, sets.labels(name), known))
        found = membership(parts[0], parts[1], self._seed)
        people = np.concatenate([sets.people("x1_train"), sets.people("x1_val")])
        facts = {"strongest": found.strongest, "members": len(parts[0].z), "others": len(parts[1].z)}
        return RunRecord(facts, people, {PART: found.columns}, {})

    def _mean_image(self) -> RunRecord:
        """The blind floor: X2's mean image as the reconstruction of every probe."""
        sets = self._sets
        mean = as_photographs(sets.mean_image)
        pictures = np.repeat(mean[None], len(sets.indices["probes"]), axis=0)
        found, _ = self._judges.reconstructions(pictures, "probes", "gallery")
        compared = attempts.compared(self._audited, pictures, "probes")
        columns = {f"row/{figure}": compared[figure] for figure in ("psnr", "ssim")}
        columns |= {f"row/{figure}": found[figure] for figure in ("rank1", "face_similarity")}
        return RunRecord({"name": "mean_image"}, sets.people("probes"), {PART: columns}, {})


def headline(columns: Mapping[str, np.ndarray], best_of: Mapping[str, str]) -> Columns:
    """The columns of the headline: each figure of the attacker that was chosen for it."""
    found = {f"headline/{figure}": columns[f"attacks/{name}/{figure}"] for figure, name in best_of.items()}
    if "rank1" in best_of:
        for figure in ("face_similarity", *COLUMNS[1:]):
            found[f"headline/{figure}"] = columns[f"attacks/{best_of['rank1']}/{figure}"]
    return found


def matched(found: Mapping[str, RunRecord | str], strengths: Strengths) -> list[str]:
    """For each family of baselines, the strongest point that keeps the audited encoder's utility on X1's validation
    part."""
    def utility(name: str) -> float:
        record = found[f"frontier/{name}"]
        value = None if isinstance(record, str) else record.facts["validation_mcc"]
        return -np.inf if value is None else value

    wanted = utility("audited") - TOLERANCE
    names = []
    for family, own in strengths.items():
        points = [f"{family}-{strength:g}" for strength in own]
        kept = [name for name in points if f"frontier/{name}" in found and utility(name) >= wanted]
        names += kept[-1:]  # strengths go from the weakest protection to the strongest
    return names


def random_pairs(release: Release) -> dict[str, float]:
    """Mean cosine of Z of probes of different people, raw and centred: what feature similarity means nothing below."""
    z = release.z["probes"].reshape(len(release.z["probes"]), -1).astype(np.float64)
    people, found = release.sets.people("probes"), {}
    for name, vectors in (("raw", z), ("centered", z - release.public_mean)):
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        directions = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
        _, member = np.unique(people, return_inverse=True)
        sums = np.zeros((member.max() + 1, vectors.shape[1]))
        np.add.at(sums, member, directions)
        pairs = len(z) ** 2 - float((np.bincount(member) ** 2).sum())
        same = float((sums**2).sum())
        found[f"feature_similarity_{name}"] = float((np.square(directions.sum(0)).sum() - same) / max(pairs, 1.0))
    return found


def as_array(images: Any) -> np.ndarray:
    """A few photographs as an array."""
    return np.asarray(images[:])
