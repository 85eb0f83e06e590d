"""Variants of the made-up audit, and pictures beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from audit_example import bare, difference, example, identity, intervals

SIDE, SHOWN = 16, 24


def black_box() -> dict[str, Any]:
    """A SavedModel of strangers: no gradients, no unprotected twin, no knowledge of what it was trained on."""
    contents = bare()
    contents["encoder"].update(path="models/theirs", kind="saved_model", access="black box", name="theirs",
                               weights=None, seed=None, fold=None, trained_on_x1=None)
    for attacker in contents["attackers"]:
        if attacker["factor"] == "white box":
            attacker.update(not_applicable="gradients of the encoder are not known", history=[], second={}, tested=0,
                            **{key: None for key in ("psnr", "ssim", "feature_similarity", "face_similarity",
                                                     "feature_similarity_centered", "face_similarity_rescaled",
                                                     *identity(0.0))})
    contents["rows"] = [
        {key: row[key] for key in ("name", "what", "role")} | {"not_applicable": "the encoder can't be trained anew"}
        if row["name"] in ("unprotected", "random_weights") else row for row in contents["rows"]]
    contents["normalised"] = {key: None for key in contents["normalised"]}
    frontier = contents["frontier"]
    frontier.update(base="audited", points=[p for p in frontier["points"] if p["family"] != "unprotected"])
    contents["membership"].update(auc=None, loss_auc=None, trained_auc=None, strongest=None, members=0, others=0,
                                  not_applicable="what the encoder was trained on is unknown")
    contents["headline"]["membership_auc"] = None
    contents["intervals"] = intervals(contents)
    return contents


_OF_PEOPLE = (*identity(0.0), "linkage_rank1", "linkage_rank5", "linkage_auc", "face_similarity",
              "face_similarity_rescaled", "chance_rank1")


def _forget(value: Any) -> None:
    """Takes out every figure that needs to know who is who."""
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, (dict, list)):
            _forget(inner)
    if isinstance(value, dict):
        value.update({key: None for key in _OF_PEOPLE if key in value and not isinstance(value[key], str)})


def without_identities() -> dict[str, Any]:
    """A source whose people nobody knows: pictures come back, names can't be measured."""
    contents = bare()
    membership, percentiles = contents["membership"], contents["percentiles"]
    attackers = contents["headline_attackers"]
    for key in ("headline_attackers", "membership", "percentiles"):
        contents.pop(key)
    questions = contents["verdict"]["questions"]
    _forget(contents)
    contents.update(membership=membership, percentiles=percentiles | {"face_similarity": {}},
                    headline_attackers=attackers | {"rank1": None}, recognisers=[], impostor_pairs=0,
                    linkage={"strongest": None, "methods": {}}, distributions={})
    contents["data"].update(people={}, shared_people={}, tested_people=None)
    for question in questions[:2]:
        question.update(level="not_measured", value=None, blind=None, answer=None, over_blind=None, over_answer=None)
    contents["verdict"].update(grade="leaks", questions=questions, baselines=[])
    contents["worst"]["people"] = []
    for image in contents["worst"]["images"]:
        image["person"] = None
    for attacker in contents["attackers"]:
        attacker["second"] = {}
    for group in contents["worst"]["groups"]:
        group["with"]["people"] = group["without"]["people"] = None
    contents["intervals"] = intervals(contents)
    return contents


def one_recogniser() -> dict[str, Any]:
    """Only one judge of faces."""
    contents = example()
    contents["recognisers"], contents["intervals"]["recognisers"] = (
        contents["recognisers"][:1], contents["intervals"]["recognisers"][:1])
    for attacker in contents["attackers"]:
        attacker["second"] = {}
    del contents["headline"]["rank1_second"]
    contents["distributions"] = {key: value for key, value in contents["distributions"].items()
                                 if not key.endswith("eigenfaces")}
    return contents


def floor() -> dict[str, Any]:
    """A constant representation: nothing above the floor, and no use."""
    contents = example()
    contents["encoder"]["constant"] = True
    contents["headline"]["mean_mcc"] = 0.0
    contents["verdict"]["grade"] = "floor"
    contents["verdict"]["baselines"] = []
    for question in contents["verdict"]["questions"]:
        half = 0.1 if question["figure"] == "psnr" else 0.02
        contents["headline"][question["figure"]] = question["blind"]
        question.update(level="floor", value=question["blind"], answer=question["blind"],
                        over_blind=difference(0.0, half), over_answer=difference(0.0, half))
    contents["intervals"] = intervals(contents)
    return contents


def pictures(contents: dict[str, Any], side: int = SIDE, shown: int = SHOWN) -> dict[str, np.ndarray]:
    """Drawn photographs and worse copies of them by every attacker that was applied."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[0:side, 0:side] / side

    def photographs(count: int) -> np.ndarray:
        shade = rng.uniform(60, 230, (count, 1, 1, 3))
        oval = (((columns - 0.5) / 0.3) ** 2 + ((rows - 0.5) / 0.42) ** 2 < 1)[None, ..., None]
        return np.clip(shade * oval + 40 * rng.standard_normal((count, side, side, 3)), 0, 255).astype(np.uint8)

    made = {"originals": photographs(shown), "names": np.array([f"s{i // 2}/{i % 2}" for i in range(shown)]),
            "people": np.arange(shown) // 2, "worst/originals": photographs(10)}
    for attacker in contents["attackers"]:
        if not attacker["not_applicable"]:
            for place in ("", "worst/"):
                originals = made[f"{place}originals"]
                made[f"{place}{attacker['name']}"] = (originals // 2 + 60).astype(np.uint8)
    return made
