"""Membership: found where a model has learnt its photographs by heart, and not where nothing was learnt."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from tfprivacy_rep.attacks.membership import LOSS, TRAINED, Outputs, auc_of, membership, membership_columns
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation.statistics import PersonValues, bootstrap_interval

ATTRIBUTES = 3


def _pair(logits_of, seed: int, counts: tuple[int, int] = (60, 40), people: int = 20) -> tuple[Outputs, Outputs]:
    """Members and others with Z and labels at random, and logits `logits_of(z, labels, is_member)`."""
    draws = np.random.default_rng(seed)
    made = []
    for count, is_member in zip(counts, (True, False)):
        z = draws.normal(size=(count, 2, 100)).astype(np.float32)
        labels = draws.integers(0, 2, (count, ATTRIBUTES)).astype(np.int8)
        made.append(Outputs(z, logits_of(z, labels, is_member), labels, draws.integers(0, people, count)))
    return made[0], made[1]


def _overfitted(seed: int) -> tuple[Outputs, Outputs]:
    """Random labels of 60 photographs learnt by heart, which 200 numbers each allow."""
    models: list[LogisticRegression] = []

    def logits_of(z, labels, is_member):
        flat = z.reshape(len(z), -1)
        if is_member:
            models.extend(LogisticRegression(C=1e3, max_iter=2000).fit(flat, column) for column in labels.T)
        return np.stack([model.decision_function(flat) for model in models], 1)

    return _pair(logits_of, seed)


def _untrained(seed: int) -> tuple[Outputs, Outputs]:
    weights = np.random.default_rng(99).normal(size=(200, ATTRIBUTES))
    return _pair(lambda z, labels, is_member: z.reshape(len(z), -1) @ weights, seed)


def _people(pair: tuple[Outputs, Outputs]) -> np.ndarray:
    return np.concatenate([one.people for one in pair])


def test_a_model_that_knows_its_photographs_by_heart_is_caught():
    found = membership(*_overfitted(0), seed=0)
    assert found.auc[LOSS] > 0.95 and found.auc[TRAINED] > 0.95
    assert found.strongest in (LOSS, TRAINED) and found.auc[found.strongest] == max(found.auc.values())


def test_a_model_that_has_learnt_nothing_tells_nothing():
    """95 % intervals of 20 draws: 19 hold 0.5 on average, 16 and more with a probability of 99.7 %."""
    held = {LOSS: 0, TRAINED: 0}
    for seed in range(20):
        pair = _untrained(seed)
        table = PersonValues(_people(pair), membership_columns(*pair, seed=seed))
        for attack in held:
            interval = bootstrap_interval([table], auc_of(attack), seed=0, replicates=150)
            held[attack] += interval.low <= 0.5 <= interval.high
    assert min(held.values()) >= 16


def test_the_loss_is_the_binary_cross_entropy_and_members_come_first():
    logits = np.array([[0.0, np.log(3.0)]])
    members = Outputs(np.zeros((1, 2)), logits, np.array([[1, 1]]))
    others = Outputs(np.zeros((1, 2)), np.array([[np.log(3.0), 900.0]]), np.array([[0, 0]]))
    columns = membership_columns(members, others, seed=0)
    assert columns["member"].tolist() == [1, 0] and columns["member"].dtype == np.int8
    # -log 1/2 and -log 3/4; -log 1/4, and a loss of 900 that must not overflow.
    np.testing.assert_allclose(columns[LOSS], [-(np.log(2) + np.log(4 / 3)) / 2, -(np.log(4) + 900) / 2])
    assert np.isnan(columns[TRAINED]).all()  # one photograph of each can't be fitted and asked


def test_auc_by_hand_and_by_another_library():
    columns = {"member": np.array([1, 1, 0, 0, 0]), "s": np.array([3.0, 1.0, 2.0, 1.0, 0.0])}
    assert auc_of("s")(columns) == pytest.approx((3 + 0 + 0.5 + 1) / 6)  # 3 wins thrice; 1 loses, ties, wins
    draws = np.random.default_rng(0)
    columns = {"member": draws.integers(0, 2, 300), "s": draws.integers(0, 20, 300).astype(float)}
    assert auc_of("s")(columns) == pytest.approx(roc_auc_score(columns["member"], columns["s"]))
    assert np.isnan(auc_of("s")({"member": np.ones(3, int), "s": np.arange(3.0)}))
    assert np.isnan(auc_of("s")({"member": np.array([1, 0]), "s": np.array([np.nan, 1.0])}))


def test_the_trained_attack_finds_what_the_mean_loss_does_not():
    """Members are answered with confidence, right and wrong alike: the same mean loss, other confidence."""
    def logits_of(z, labels, is_member):
        side = np.sign(z[:, 0, :ATTRIBUTES])
        return side * (4.0 if is_member else 1.0)

    found = membership(*_pair(logits_of, 1), seed=0)
    assert found.strongest == TRAINED and found.auc[TRAINED] > 0.95 > found.auc[LOSS]


def test_nobody_is_judged_by_a_fit_that_has_seen_the_same_person():
    """Each person has a length of Z of their own and is on one side only: known people would be told, others not."""
    draws = np.random.default_rng(3)
    people = np.repeat(np.arange(40), 5)
    lengths = draws.permutation(40)[people]
    z = np.exp(lengths / 10.0)[:, None] * np.array([[1.0, 0.0]])
    parts = [Outputs(z[part], None, np.zeros((len(part), 0)), people[part])
             for part in (np.flatnonzero(people % 2 == 0), np.flatnonzero(people % 2))]
    columns = membership_columns(*parts, seed=0)
    assert LOSS not in columns and membership(*parts, seed=0).strongest == TRAINED
    scores = columns[TRAINED].reshape(40, 5)
    assert np.ptp(scores, axis=1).max() < 1e-9  # of one person, by one fit


def test_without_names_everybody_is_somebody_else():
    members, others = _overfitted(5)
    unknown = [Outputs(one.z, one.logits, one.labels) for one in (members, others)]
    assert auc_of(TRAINED)(membership_columns(*unknown, seed=0)) > 0.95


def test_what_can_not_be_compared_is_refused():
    members, others = _untrained(0)
    with pytest.raises(UserError, match="expected members and others, at least one of each, .* Received: 60 members "
                                        "and 0 others, .* Ask the same encoder about both."):
        membership(members, Outputs(others.z[:0], others.logits[:0], others.labels[:0]), seed=0)
    with pytest.raises(UserError, match=r"of \(\(2, 100\), \(3,\), \(3,\)\) and \(\(2, 100\), None, \(3,\)\)"):
        membership(members, Outputs(others.z, None, others.labels), seed=0)
