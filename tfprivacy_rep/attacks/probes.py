"""What representations tell of attributes that nobody asked for: simple classifiers that an attacker fits on X2.

Two probes, as it is not known beforehand how an attribute is written into Z: a logistic regression, which finds what is
linear, and a small network, which finds more where there are photographs enough. Their figures mean nothing without
those of `majority`, which has not seen Z.
"""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from tfprivacy_rep.attacks.linear_head import linear_head_predictions

#: Numbers that a probe looks at, at most: the first principal components of a longer Z.
MOST_NUMBERS = 256
#: Photographs that the components are found on, at most.
_MOST_FITTED = 5000
_HIDDEN, _BATCH = (128,), 64
#: From so many photographs on, a tenth of them says when the network has learnt enough.
_ENOUGH_TO_VALIDATE = 200
_MOST_EPOCHS, _PATIENCE = 60, 5
_CHUNK = 1024


def majority(labels: np.ndarray) -> NDArray[np.int8]:
    """The more frequent value of each attribute, 0 where both are as frequent.

    Args:
        labels: `[N, A]`, 0 or 1.

    Returns:
        `[A]` int8.
    """
    return (labels.mean(0) > 0.5).astype(np.int8)


def probe_attributes(
    z_public: np.ndarray, labels_public: np.ndarray, z_probes: np.ndarray, seed: int
) -> dict[str, NDArray[np.int8]]:
    """Fits both probes on public photographs and asks them about others.

    Args:
        z_public: representations of labelled photographs, `[N, ...]`.
        labels_public: `[N, A]`, 0 or 1. An attribute of one value only is predicted by that value.
        z_probes: representations to ask about, `[M, ...]`.
        seed: of the network and of the components.

    Returns:
        Predictions of `linear` and of `mlp`, `[M, A]` each, 0 or 1.
    """
    known, asked = _numbers(z_public, z_probes, seed)
    if not labels_public.shape[1] or not known.shape[1]:
        blind = np.repeat(majority(labels_public)[None], len(z_probes), axis=0)
        return {"linear": blind, "mlp": blind.copy()}
    return {
        "linear": linear_head_predictions(known, labels_public, asked),
        "mlp": _network(known, labels_public, asked, seed),
    }


def _numbers(z_public: np.ndarray, z_probes: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Both representations as standardised float32 vectors without constants, of `MOST_NUMBERS` at most.

    Everything is fitted on public photographs alone.
    """
    public, probes = z_public.reshape(len(z_public), -1), z_probes.reshape(len(z_probes), -1)
    draws = np.random.default_rng(seed)
    fitted = public[draws.permutation(len(public))[:_MOST_FITTED]].astype(np.float32)
    varying = fitted.std(0) > 1e-6 * np.abs(fitted).max(0, initial=0.0)
    if not varying.any():
        return public[:, :0], probes[:, :0]
    scaler = StandardScaler().fit(fitted[:, varying])
    count = min(MOST_NUMBERS, len(fitted))
    pca = None
    if varying.sum() > MOST_NUMBERS:
        pca = PCA(count, svd_solver="randomized", random_state=seed).fit(scaler.transform(fitted[:, varying]))

    def numbers(z: np.ndarray) -> np.ndarray:
        parts = []
        for start in range(0, len(z), _CHUNK):
            part = scaler.transform(z[start : start + _CHUNK, varying].astype(np.float32))
            parts.append(part if pca is None else pca.transform(part))
        return np.concatenate(parts)

    known = numbers(public)
    again = StandardScaler().fit(known)  # components of little variance may tell as much as others
    return again.transform(known), again.transform(numbers(probes))


def _network(z: np.ndarray, labels: np.ndarray, asked: np.ndarray, seed: int) -> NDArray[np.int8]:
    """Predictions of one network for all attributes together, `[M, A]`."""
    predictions = np.repeat(majority(labels)[None], len(asked), axis=0)
    varying = labels.min(0) < labels.max(0)
    if not varying.any():
        return predictions
    own = labels[:, varying]
    # scikit-learn takes a single column for classes and answers in another shape: it is given twice.
    model = _trained(z, own if own.shape[1] > 1 else np.repeat(own, 2, axis=1), seed)
    predictions[:, varying] = model.predict_proba(asked)[:, : own.shape[1]] > 0.5
    return predictions


def _trained(z: np.ndarray, labels: np.ndarray, seed: int) -> MLPClassifier:
    """A network trained until a tenth of the photographs, if there are enough, has been told no better for some time.

    scikit-learn's own early stopping looks at the share of photographs of which all attributes are right, which is
    about none of them where there are forty.
    """
    order = np.random.default_rng([seed, 1]).permutation(len(z))
    held = order[: len(z) // 10] if len(z) >= _ENOUGH_TO_VALIDATE else order[:0]
    training = order[len(held) :]
    model = MLPClassifier(_HIDDEN, alpha=1e-3, batch_size=min(_BATCH, len(training)), random_state=seed)
    best, least, since = model, np.inf, 0
    for _ in range(_MOST_EPOCHS):
        model.partial_fit(z[training], labels[training], classes=np.arange(labels.shape[1]))
        if not len(held):
            continue
        loss = _loss(model, z[held], labels[held])
        best, least, since = (copy.deepcopy(model), loss, 0) if loss < least else (best, least, since + 1)
        if since >= _PATIENCE:
            break
    return best


def _loss(model: MLPClassifier, z: np.ndarray, labels: np.ndarray) -> float:
    told = np.clip(model.predict_proba(z), 1e-7, 1 - 1e-7)
    return float(-np.mean(np.where(labels == 1, np.log(told), np.log1p(-told))))
