"""What the audit measures, on photographs, encoders and attackers made so that the answer is known."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from small_run import BlockRecogniser

from tfprivacy_rep.attacks.attacker import AttackerSpec, AttackOutcome
from tfprivacy_rep.attacks.frozen import FrozenEncoder
from tfprivacy_rep.data.partition import Partition
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.evaluation import audit
from tfprivacy_rep.evaluation.audit import Judge, Subject
from tfprivacy_rep.metrics.image_similarity import psnr

SIZE, PEOPLE, EACH = 32, 6, 6


def photographs(images: np.ndarray | None = None) -> Photographs:
    """Six people, six photographs each: a pattern a person, noise a photograph. Photograph i is of person i // 6."""
    count = PEOPLE * EACH
    if images is None:
        draws = np.random.default_rng(0)
        patterns = np.repeat(draws.integers(40, 216, (PEOPLE, 8, 8, 3)).repeat(4, 1).repeat(4, 2), EACH, 0)
        images = (patterns + draws.integers(-20, 21, patterns.shape)).astype(np.uint8)
    return Photographs(
        images=images,
        labels=(np.arange(count * 2).reshape(count, 2) // 3 % 2).astype(np.int8),
        attributes=("One", "Two"),
        people=np.arange(count) // EACH,
        names=tuple(f"{i}.png" for i in range(count)),
        source="made up",
    )


def partition() -> Partition:
    """Each person's first photograph is X1's, then two and one of X2's, one of G's and one of T's."""
    by_role = np.arange(PEOPLE * EACH).reshape(PEOPLE, EACH).T
    x2_train = np.sort(by_role[1:3].ravel())
    return Partition(
        "shared_people",
        0,
        0,
        x1_train=by_role[0],
        x1_val=np.zeros(0, np.int64),
        x2_train=x2_train,
        x2_val=by_role[3],
        gallery=by_role[4],
        probes=by_role[5],
        people=np.arange(PEOPLE * EACH) // EACH,
    )


def flattening_encoder() -> keras.Model:
    """Z is the photograph."""
    images = keras.Input((SIZE, SIZE, 3))
    return keras.Model(images, layers.Flatten()(images))


def colour_encoder() -> keras.Model:
    """Z is the mean colour."""
    images = keras.Input((SIZE, SIZE, 3))
    return keras.Model(images, layers.GlobalAveragePooling2D()(images))


def colours(values: list[tuple[int, int, int]]) -> np.ndarray:
    """Photographs of one colour each, from 0 or 1 for red, green, blue."""
    return np.broadcast_to(np.array(values, np.uint8)[:, None, None, :] * 255, (len(values), SIZE, SIZE, 3)).copy()


def subject(encoder: keras.Model, known: Photographs, classify: Any = None) -> Subject:
    """A subject with a classifier of numpy."""
    first_two: Any = lambda z: z[:, :2] - 0.5  # noqa: E731
    return Subject(FrozenEncoder(encoder), classify or first_two, known, partition())


def outcome(name: str, decode) -> AttackOutcome:
    """An attacker that does what `decode` does."""
    return AttackOutcome(AttackerSpec(name, 0.0, 0.0, 0), decode, 1, True, [])


def good_on(known: Photographs, indices: np.ndarray):
    """An attacker of the flattening encoder that reconstructs some photographs and gives grey for all others."""
    seen = {as_float(known.images[i]).tobytes() for i in indices}

    def decode(z: np.ndarray) -> np.ndarray:
        return np.stack(
            [one.reshape(SIZE, SIZE, 3) if one.tobytes() in seen else np.full((SIZE, SIZE, 3), 0.5) for one in z]
        )

    return decode


@pytest.mark.parametrize("order", [("val", "test"), ("test", "val")])
def test_the_headline_is_the_attacker_that_is_best_on_public_validation_data(order):
    """One attacker is perfect on X2's validation part and useless on T, the other the reverse: T has no say."""
    known, parts = photographs(), partition()
    able = {"val": good_on(known, parts.x2_val), "test": good_on(known, parts.probes)}
    columns, chosen, pictures = audit.attack_columns(
        subject(flattening_encoder(), known),
        Judge(BlockRecogniser(), known),
        [outcome(name, able[name]) for name in order],
    )
    assert chosen == {"psnr": "val", "ssim": "val", "rank1": "val"}
    for metric in ("psnr", "ssim", "rank1"):
        np.testing.assert_array_equal(columns[f"headline/{metric}"], columns[f"attacks/val/{metric}"])
        assert (
            columns[f"attacks/test/{metric}"].mean() > columns[f"attacks/val/{metric}"].mean()
        ), "T would have chosen otherwise"
    assert list(pictures) == list(order)
    np.testing.assert_array_equal(pictures["test"], known.images[parts.probes])


def test_each_headline_metric_has_an_attacker_of_its_own():
    """A sharp copy in wrong brightness is best for identity, a grey image of the right brightness for PSNR."""
    known = photographs()

    def sharp(z: np.ndarray) -> np.ndarray:
        return np.clip(z.reshape(-1, SIZE, SIZE, 3) * 0.3 + 0.6, 0, 1)

    def smooth(z: np.ndarray) -> np.ndarray:
        return np.broadcast_to(z.mean(1)[:, None, None, None], (len(z), SIZE, SIZE, 3))

    columns, chosen, _ = audit.attack_columns(
        subject(flattening_encoder(), known),
        Judge(BlockRecogniser(), known),
        [outcome("sharp", sharp), outcome("smooth", smooth)],
    )
    assert chosen["psnr"] == "smooth" and chosen["rank1"] == "sharp"
    np.testing.assert_array_equal(columns["headline/rank1"], columns["attacks/sharp/rank1"])
    np.testing.assert_array_equal(columns["headline/psnr"], columns["attacks/smooth/psnr"])


def test_the_choice_asks_only_for_public_photographs():
    """While the rehearsal runs, the encoder and the recogniser see photographs of X2 alone, until T's turn comes."""
    known, parts = photographs(), partition()
    asked: list[set[int]] = []
    of_image = {known.images[i].tobytes(): i for i in range(len(known))}

    class Spy(FrozenEncoder):
        def __call__(self, images):
            asked.append({of_image[image.tobytes()] for image in images if image.tobytes() in of_image})
            return super().__call__(images)

    classify: Any = lambda z: z[:, :2]  # noqa: E731
    spied = Subject(Spy(flattening_encoder()), classify, known, parts)
    part = audit.attacked(
        spied, Judge(BlockRecogniser(), known), outcome("a", good_on(known, parts.x2)), *spied.rehearsal()
    )
    assert part is not None and set().union(*asked) == set(parts.x2)


def test_feature_similarity_by_hand():
    """X2's mean colour is (1/2, 1/2, 1/2).

    Z = (1, 0, 0), Z^ = (0, 1, 0): raw cosine 0; centred (+,-,-)/2 and (-,+,-)/2, cosine (-1 - 1 + 1) / 3 = -1/3.
    Z = (1, 1, 0), Z^ = (1, 0, 0): raw 1 / sqrt(2); centred (+,+,-) and (+,-,-): 1/3."""
    parts = partition()
    images = colours([(0, 0, 0)] * (PEOPLE * EACH))
    images[parts.x2_train[::2]] = 255
    images[parts.probes[0]], images[parts.probes[1]] = colours([(1, 0, 0)])[0], colours([(1, 1, 0)])[0]
    known = photographs(images)

    def decode(z: np.ndarray) -> np.ndarray:
        answers: dict[tuple[int, ...], tuple[int, int, int]] = {(1, 0, 0): (0, 1, 0), (1, 1, 0): (1, 0, 0)}
        return as_float(colours([answers.get(tuple(np.round(one).astype(int).tolist()), (1, 1, 1)) for one in z]))

    columns, _, _ = audit.attack_columns(
        subject(colour_encoder(), known), Judge(BlockRecogniser(), known), [outcome("a", decode)]
    )
    np.testing.assert_allclose(columns["attacks/a/feature_similarity"][:2], [0.0, 1 / np.sqrt(2)], atol=1e-6)
    np.testing.assert_allclose(columns["attacks/a/feature_similarity_centered"][:2], [-1 / 3, 1 / 3], atol=1e-6)


def test_random_pairs_by_hand():
    """Probes (1,0,0), (0,1,0) and four (1,1,0): raw cosines of the first to the others 0 and 4 times 1/sqrt(2).

    Around (1/2, 1/2, 1/2): (+,-,-) to (-,+,-) is -1/3, to (+,+,-) it is 1/3.
    """
    parts = partition()
    images = colours([(0, 0, 0)] * (PEOPLE * EACH))
    images[parts.x2_train[::2]] = 255
    images[parts.probes] = colours([(1, 0, 0), (0, 1, 0)] + [(1, 1, 0)] * 4)
    columns = audit.random_pair_columns(subject(colour_encoder(), photographs(images)))
    assert columns["random_pairs/raw"][0] == pytest.approx((0 + 4 / np.sqrt(2)) / 5, abs=1e-6)
    assert columns["random_pairs/centered"][0] == pytest.approx((-1 / 3 + 4 / 3) / 5, abs=1e-6)
    assert columns["random_pairs/raw"][5] == pytest.approx((2 / np.sqrt(2) + 3) / 5, abs=1e-6)


def test_a_perfect_reconstruction_is_the_original():
    known, parts = photographs(), partition()
    columns, _, pictures = audit.attack_columns(
        subject(flattening_encoder(), known),
        Judge(BlockRecogniser(), known),
        [outcome("all", good_on(known, np.arange(len(known))))],
    )
    assert (columns["attacks/all/psnr"] == 100).all() and columns["attacks/all/ssim"] == pytest.approx(1.0)
    for name in ("face_similarity", "feature_similarity", "feature_similarity_centered"):
        assert columns[f"attacks/all/{name}"] == pytest.approx(1.0)
    originals = Judge(BlockRecogniser(), known).originals(parts.probes, parts.gallery)
    np.testing.assert_array_equal(columns["attacks/all/rank1"], originals["originals/rank1"])
    assert originals["originals/rank1"].tolist() == [1.0] * PEOPLE
    np.testing.assert_array_equal(pictures["all"], known.images[parts.probes])


def test_the_judge_knows_the_same_person_from_others_by_hand():
    """With two gallery photographs of the probe's person and one of another: the mean of two cosines, and one."""
    known = photographs()
    recogniser = BlockRecogniser()
    probe, gallery = np.array([5]), np.array([3, 4, 11])
    faces = recogniser.describe(as_float(known.images[[5, 3, 4, 11]])).astype(np.float64)
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    cosines = faces[1:] @ faces[0]
    columns = Judge(recogniser, known).originals(probe, gallery)
    assert columns["originals/same_person"] == pytest.approx(cosines[:2].mean())
    assert columns["originals/other_people"] == pytest.approx(cosines[2])


def test_the_mean_image_finds_one_person_in_so_many():
    """Every probe gets the same face, so the same gallery entry is nearest: right for one person of six."""
    known, parts = photographs(), partition()
    columns = audit.mean_image_columns(known, parts, Judge(BlockRecogniser(), known))
    assert columns["mean_image/rank1"].mean() == pytest.approx(1 / PEOPLE, abs=1e-15)
    assert sorted(columns["mean_image/rank1"]) == [0.0] * (PEOPLE - 1) + [1.0]
    mean = audit.as_photographs(as_float(known.images[parts.x2_train]).mean(0))
    expected = psnr(np.repeat(as_float(mean)[None], PEOPLE, 0), as_float(known.images[parts.probes]))
    # Pixels exactly between two levels may be rounded the other way.
    np.testing.assert_allclose(columns["mean_image/psnr"], expected, atol=2e-3)


def test_the_mean_image_is_public():
    """X1, G and T may be anything: the guess does not change."""
    known, parts = photographs(), partition()
    changed = known.images.copy()
    changed[np.concatenate([parts.x1_train, parts.gallery, parts.x2_val])] = 255
    first, second = (
        audit.mean_image_columns(one, parts, Judge(BlockRecogniser(), one))["mean_image/psnr"]
        for one in (known, photographs(changed))
    )
    np.testing.assert_array_equal(first, second)


def test_utility_and_linkage_are_measured_on_the_probes():
    known, parts = photographs(), partition()
    one = subject(flattening_encoder(), known)
    utility = audit.utility_columns(one)
    np.testing.assert_array_equal(utility["labels"], known.labels[parts.probes])
    z = as_float(known.images[parts.probes]).reshape(PEOPLE, -1)
    np.testing.assert_array_equal(utility["predictions"], z[:, :2] > 0.5)
    columns, strongest = audit.linkage_columns(one)
    assert strongest in ("cosine", "lda")
    np.testing.assert_array_equal(columns["linkage/rank1"], columns[f"linkage/rank1_{strongest}"])
    assert columns["linkage/rank1"].tolist() == [1.0] * PEOPLE, "the photographs themselves tell who it is"
    assert set(columns) == {"linkage/rank1", "linkage/rank1_cosine", "linkage/rank1_lda", "linkage/rank1_answer"}


def test_an_answer_that_is_always_the_same_links_at_chance():
    known = photographs()
    columns, _ = audit.linkage_columns(subject(flattening_encoder(), known, classify=lambda z: np.ones((len(z), 2))))
    assert columns["linkage/rank1_answer"] == pytest.approx(1 / PEOPLE)


def test_reconstructions_are_judged_as_photographs_of_256_levels():
    images = np.array([[-0.5, 0.0, 0.4999 / 255, 0.5001 / 255, 1.0, 1.7]])
    assert audit.as_photographs(images).tolist() == [[0, 0, 0, 1, 255, 255]]
    assert audit.as_photographs(images).dtype == np.uint8
