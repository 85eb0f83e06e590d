"""The row of the audited encoder: every attacker, every judge, linkage, and what else is asked of it."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import keras
import numpy as np

from tfprivacy_rep.attacks import ladder
from tfprivacy_rep.attacks.probes import majority, probe_attributes
from tfprivacy_rep.auditing import white_box
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.jobs import AuditConfig
from tfprivacy_rep.metrics.mcc import mcc, mean_mcc
from tfprivacy_rep.trials import attempts
from tfprivacy_rep.trials.attempts import Attempt
from tfprivacy_rep.trials.judges import COLUMNS, Columns
from tfprivacy_rep.trials.linking import linkage
from tfprivacy_rep.trials.releases import Release
from tfprivacy_rep.trials.trials import HEADLINE, Trials, record

#: Probes whose pictures are kept.
MAX_PICTURES = 200
#: The most revealing reconstructions that are kept.
WORST = 10


class SubjectRow:
    """Tries everything on what the audited encoder releases.

    Args:
        trials: let attackers loose.
        release: of the audited encoder.
        model: the encoder as a Keras model from images to Z, or a text that says why there are no gradients.
        names: of the attackers.
        job: how hard is tried.
    """

    def __init__(
        self, trials: Trials, release: Release, model: keras.Model | str, names: Sequence[str], job: AuditConfig
    ) -> None:
        self._trials, self._release, self._model = trials, release, model
        self._names, self._job = tuple(names), job
        self._columns: Columns = {}
        self._pictures: dict[str, np.ndarray] = {}
        self._distributions: dict[str, Any] = {}
        self._start = ladder.BASE  # of the white-box attacks

    def play(self) -> RunRecord:
        """Does it all and returns the record."""
        release, trials = self._release, self._trials
        made, refused = trials.attempts(release, self._names, "audited")
        validation = {name: attempts.validated(release, attempt, trials.judges) for name, attempt in made.items()}
        self._columns, facts = trials.utility(release)
        if release.drawn is not None:
            self._columns["rate/bits"] = release.drawn.rate_bits(release.sets.images("probes"))
        for name, attempt in made.items():
            self._pictures[name], found, self._distributions[name] = attempts.on_probes(release, attempt, trials.judges)
            self._columns |= {f"attacks/{name}/{figure}": values for figure, values in found.items()}
        refused |= self._white_box(made, validation)
        best_of = attempts.chosen(validation, HEADLINE)
        row = attempts.chosen({name: validation[name] for name in ladder.ROW_ATTACKERS if name in validation}, HEADLINE)
        self._columns |= headline(self._columns, best_of) | self._of_row(row) | self._repeated(best_of)
        linked, of_z, strongest, _ = linkage(release, every_method=True)
        told, of_probes = self._further_attributes()
        originals, of_originals = trials.judges.originals()
        self._columns |= linked | told | {f"originals/{name}": values for name, values in originals.items()}
        worst = np.argsort(-self._columns["headline/psnr"], kind="stable")[:WORST]
        return record(release, facts | of_probes | {
            "attackers": {name: attempt.facts for name, attempt in made.items()}, "not_applicable": refused,
            "validation": validation, "headline_attackers": best_of, "row_attackers": list(dict.fromkeys(row.values())),
            "strongest_linkage": strongest, "names": [release.sets.photographs.names[i] for i in
                                                      release.sets.indices["probes"]],
            "worst": worst.tolist(), "random_pairs": random_pairs(release),
            "distributions": {
                **{f"originals/{name}": one for name, one in of_originals.items()},
                **{f"reconstructions/{name}": one for name, one in self._distributions[best_of["rank1"]].items()},
                **{f"z/{name}": one for name, one in of_z.items()},
            },
        }, self._columns, self._shown(worst, best_of["psnr"]))

    def _white_box(self, made: dict[str, Any], validation: dict[str, Any]) -> dict[str, str]:
        """Adds the white-box attacks to the attackers; why, where they can't be tried."""
        if isinstance(self._model, str) or not self._job.white_box_probes:
            reason = self._model if isinstance(self._model, str) else "switched off by white_box_probes=0"
            return {name: reason for name in white_box.NAMES}
        self._start = attempts.chosen(validation, HEADLINE)["psnr"]
        try:
            tried = self._try_white_box(made[self._start])
        except UserError as error:  # no gradient passes through it
            return {name: str(error) for name in white_box.NAMES}
        for name, one in tried.items():
            made[name], self._pictures[name], self._distributions[name] = one.attempt, one.pictures, one.distributions
            self._columns |= {f"attacks/{name}/{figure}": values for figure, values in one.columns.items()}
            if one.everywhere:
                validation[name] = one.validation
        return {}

    def _try_white_box(self, start: Attempt) -> dict[str, white_box.Tried]:
        assert isinstance(self._model, keras.Model)
        most = self._job.white_box_probes
        return white_box.attack(self._release, start, self._model, self._trials.judges, most, self._trials.seed)

    def _of_row(self, row: Mapping[str, str]) -> Columns:
        """The figures by which rows are compared: of the best of the attackers that every row meets."""
        columns = {f"row/{figure}": self._columns[f"attacks/{name}/{figure}"] for figure, name in row.items()}
        return columns | {"row/face_similarity": self._columns[f"attacks/{row['psnr']}/face_similarity"]}

    def _repeated(self, best_of: Mapping[str, str]) -> Columns:
        """The headline's columns again, by attackers of further seeds: `repeat/<number>/headline/<figure>`."""
        columns: Columns = {}
        of_white_box = any(name in white_box.NAMES for name in best_of.values())
        wanted = {*best_of.values(), *([self._start] if of_white_box else [])}
        names = [name for name in self._names if name in wanted and name != ladder.LINEAR]
        for repeat in range(1, self._job.headline_seeds if names else 1):
            made, _ = self._trials.attempts(self._release, names, f"audited-{repeat}", repeat)
            found = {name: attempts.on_probes(self._release, attempt, self._trials.judges)[1]
                     for name, attempt in made.items()}
            if of_white_box and self._start in made:
                found |= {name: one.columns for name, one in self._try_white_box(made[self._start]).items()}
            again = {f"attacks/{name}/{figure}": values for name, one in found.items()
                     for figure, values in one.items()}
            again |= headline(again, {figure: name for figure, name in best_of.items() if name in found})
            columns |= {f"repeat/{repeat}/{key}": values for key, values in again.items()}
        return columns

    def _further_attributes(self) -> tuple[Columns, dict[str, Any]]:
        """What probes tell about attributes that are not the task, and which of the probes is the better one on X2's
        validation part."""
        z, sets = self._release.z, self._release.sets
        if not sets.other:
            return {}, {"probe": "linear", "majority": []}
        labels, count = sets.further_labels("x2_train"), len(z["probes"])
        asked = np.concatenate([z["probes"], z["validation"]])
        answers = probe_attributes(z["x2_train"], labels, asked, self._trials.seed)
        held = sets.further_labels("validation")
        reached = {name: np.nan_to_num(mean_mcc(mcc(held, bits[count:])).value) for name, bits in answers.items()}
        columns = {f"probes/{name}": bits[:count] for name, bits in answers.items()}
        return columns | {"other_labels": sets.further_labels("probes")}, {
            "probe": max(reached, key=reached.__getitem__), "majority": [int(value) for value in majority(labels)],
        }

    def _shown(self, worst: np.ndarray, best: str) -> dict[str, np.ndarray]:
        """Pictures for the report: of the first probes, and the most revealing ones."""
        images = self._release.sets.images("probes")
        shown = {name: of_all[:MAX_PICTURES] for name, of_all in self._pictures.items()}
        return shown | {
            "originals": np.asarray(images[:MAX_PICTURES]), "worst/originals": np.asarray(images[worst]),
            f"worst/{best}": self._pictures[best][worst],
        }


def headline(columns: Mapping[str, np.ndarray], best_of: Mapping[str, str]) -> Columns:
    """The columns of the headline: each figure of the attacker that was chosen for it."""
    found = {f"headline/{figure}": columns[f"attacks/{name}/{figure}"] for figure, name in best_of.items()}
    if "rank1" in best_of:
        best = f"attacks/{best_of['rank1']}"
        found |= {f"headline/{figure}": columns[f"{best}/{figure}"] for figure in ("face_similarity", *COLUMNS[1:])}
        if f"{best}/second/rank1" in columns:
            found["headline/rank1_second"] = columns[f"{best}/second/rank1"]
    return found


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
