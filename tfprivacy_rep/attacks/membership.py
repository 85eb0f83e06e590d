"""Was a photograph among those that an encoder was trained on? Attacks that look at what it answers.

Members are photographs of X1's training part, others those of X1's validation part: drawn from X1 by the same rule, so
that the one difference between them is the training. With photographs from elsewhere an attack could tell the sources
apart and would measure that. Where a partition divides X1 by people, the validation part is of other people, and the
question becomes whether a person was in the training. Everything is judged by the AUC, the probability that a member
gets a higher score than another photograph: 0.5 is guessing (nothing is told about who was in the training), 1 is
always right, and anything below 0.5 is by chance.

Two attacks. `loss`: a smaller loss means a member, as training made the losses of members small (S. Yeom et al.,
"Privacy risk in machine learning", 2018; every threshold at once). `trained`: a logistic regression on losses,
confidence and the length of Z, which is fitted on some photographs of both kinds and judged on others, without shadow
models. The membership inference tests of TensorFlow Privacy have the same two. The attacker knows the true labels, and
the classifier, and for the second attack some members: more than any attacker of this package knows otherwise, so that
what is not found here is hard to find.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tfprivacy_rep.errors import UserError

#: The attacks, which are columns of scores: the higher, the more like a member.
LOSS, TRAINED = "loss", "trained"
#: The column of the truth.
MEMBER = "member"

_MOST_FOLDS = 5


@dataclass(frozen=True)
class Outputs:
    """What an encoder and its classifier answer about N photographs.

    Attributes:
        z: representations, `[N, ...]`.
        logits: of the task's attributes, `[N, A]`; None where there is no classifier, and so no loss.
        labels: the true ones, `[N, A]`, 0 or 1.
        people: who is on each photograph, `[N]` integers; None where nobody knows.
    """

    z: np.ndarray
    logits: np.ndarray | None
    labels: np.ndarray
    people: np.ndarray | None = None


@dataclass(frozen=True)
class Membership:
    """What the attacks found.

    Attributes:
        columns: of `membership_columns`.
        auc: of each attack.
        strongest: the attack of the highest AUC; empty where none has one. The choice is made on the photographs that
            the AUC is of, so that the AUC of the strongest is a little too high where both are guessing.
    """

    columns: dict[str, NDArray]
    auc: dict[str, float]
    strongest: str


def membership(members: Outputs, others: Outputs, seed: int) -> Membership:
    """Lets both attacks loose.

    Args:
        members: of photographs that the encoder was trained on.
        others: of photographs alike that it was not trained on.
        seed: of the folds.

    Raises:
        UserError: if one of both is empty, or they are not of the same attributes.
    """
    columns = membership_columns(members, others, seed)
    auc = {name: auc_of(name)(columns) for name in columns if name != MEMBER}
    defined = [name for name, value in auc.items() if not np.isnan(value)]
    return Membership(columns, auc, max(defined, key=lambda name: auc[name], default=""))


def membership_columns(members: Outputs, others: Outputs, seed: int) -> dict[str, NDArray]:
    """Scores of every photograph, members first.

    Args:
        members, others, seed: as of `membership`.

    Returns:
        Columns of N + M rows for a table of `evaluation.statistics`: `member`, int8, 1 or 0; `loss`, minus the mean
        loss over the attributes (not there without logits); and `trained`, log odds by a fit that has seen no
        photograph of the same person, nan where there are too few people for that.

    Raises:
        UserError: as of `membership`.
    """
    _require_comparable(members, others)
    member = np.repeat(np.array([1, 0], np.int8), [len(members.z), len(others.z)])
    columns: dict[str, NDArray] = {MEMBER: member}
    if members.logits is not None and others.logits is not None:
        columns[LOSS] = -np.concatenate([_losses(part).mean(1) for part in (members, others)])
    features = np.concatenate([_features(members), _features(others)])
    return columns | {TRAINED: _cross_fitted(features, member, _groups(members, others), seed)}


def auc_of(attack: str) -> Callable[[Mapping[str, NDArray]], float]:
    """Returns the statistic "AUC of an attack" of the columns of (resampled) photographs.

    It is the Mann-Whitney statistic, ties counted half; nan if there are no members, no others, or no scores.

    Args:
        attack: name of the column of scores.
    """

    def auc(columns: Mapping[str, NDArray]) -> float:
        member, scores = columns[MEMBER] == 1, columns[attack]
        count, others = int(member.sum()), int((~member).sum())
        if not count or not others or np.isnan(scores).any():
            return float("nan")
        above = float(rankdata(scores)[member].sum()) - count * (count + 1) / 2
        return above / (count * others)

    return auc


def _require_comparable(members: Outputs, others: Outputs) -> None:
    shapes = [
        (one.z.shape[1:], None if one.logits is None else one.logits.shape[1:], one.labels.shape[1:])
        for one in (members, others)
    ]
    if not len(members.z) or not len(others.z) or shapes[0] != shapes[1]:
        raise UserError(
            "Invalid `others`: expected members and others, at least one of each, with outputs of the same shapes. "
            f"Received: {len(members.z)} members and {len(others.z)} others, with z, logits and labels of {shapes[0]} "
            f"and {shapes[1]}. Ask the same encoder about both."
        )


def _losses(outputs: Outputs) -> NDArray[np.float64]:
    """Binary cross-entropy of each attribute, `[N, A]`: log(1 + exp(l)) - y l."""
    assert outputs.logits is not None
    logits = outputs.logits.astype(np.float64)
    return np.logaddexp(0.0, logits) - outputs.labels * logits


def _features(outputs: Outputs) -> NDArray[np.float64]:
    """What the trained attack looks at, `[N, F]`: sorted over the attributes, as no attribute is more telling than
    another by itself."""
    flat = outputs.z.reshape(len(outputs.z), -1).astype(np.float64)
    found = [np.log1p(np.linalg.norm(flat, axis=1, keepdims=True))]
    if outputs.logits is not None:
        losses, confidence = _losses(outputs), np.abs(outputs.logits.astype(np.float64))
        # Entropy of a bit whose log odds are c >= 0.
        entropy = np.logaddexp(0.0, -confidence) + confidence / (1.0 + np.exp(np.minimum(confidence, 700.0)))
        sums = [values.mean(1, keepdims=True) for values in (losses, entropy)]
        found += [np.sort(losses, axis=1), np.sort(confidence, axis=1), *sums]
    return np.concatenate(found, axis=1)


def _groups(members: Outputs, others: Outputs) -> NDArray[np.int64]:
    """Whose photograph each is; where nobody knows, everybody is somebody else."""
    if members.people is None or others.people is None:
        return np.arange(len(members.z) + len(others.z))
    return np.concatenate([members.people, others.people])


def _cross_fitted(features: NDArray, member: NDArray, groups: NDArray, seed: int) -> NDArray[np.float64]:
    """Scores of each photograph by a regression that was fitted on photographs of other people."""
    folds = min(_MOST_FOLDS, *(len(np.unique(groups[member == kind])) for kind in (0, 1)))
    scores = np.full(len(member), np.nan)
    if folds < 2:
        return scores
    for known, asked in StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(features, member, groups):
        if len(np.unique(member[known])) < 2:
            return np.full(len(member), np.nan)  # all people with such photographs are in this fold
        # Balanced, or the odds of different folds could not be compared.
        model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
        scores[asked] = model.fit(features[known], member[known]).decision_function(features[asked])
    return scores
