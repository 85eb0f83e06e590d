"""The attackers of an audit: a base decoder, and others that differ from it in one factor each.

None of the sizes and weights is the paper's. `docs/audit.md` has the ladder as a table.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from tfprivacy_rep.attacks.attacker import AttackerSpec, attacker_seed
from tfprivacy_rep.config import AttackConfig
from tfprivacy_rep.jobs import ATTACKERS

#: Name of the attacker that others are varied from.
BASE = "decoder"
#: Name of the attacker that is solved, not trained.
LINEAR = "linear"
#: The attackers that every release meets, so that like is compared with like.
ROW_ATTACKERS = (LINEAR, BASE)


@dataclass(frozen=True)
class Rung:
    """An attacker of the ladder.

    Attributes:
        factor: in what it differs from the base: capacity, data, loss or steps.
        what: it is, in a sentence.
        changes: fields of `AttackerSpec` that differ from the base's.
    """

    factor: str
    what: str
    changes: Mapping[str, Any] = dataclasses.field(default_factory=dict)


RUNGS: dict[str, Rung] = {
    LINEAR: Rung("closed form", "ridge regression from Z to pixels, solved in closed form"),
    BASE: Rung("base", "a decoder that mirrors the encoder, squared error alone, all public photographs"),
    "decoder_2x": Rung("capacity", "twice as many filters", {"width": 2}),
    "decoder_4x": Rung("capacity", "four times as many filters", {"width": 4}),
    "decoder_residual": Rung("capacity", "residual stages instead of plain ones", {"residual": True}),
    "decoder_perceptual": Rung("loss", "squared error and perceptual loss (mu2)", {"mu2": 1.0}),
    "decoder_gan": Rung("loss", "squared error and GAN loss (mu1)", {"mu1": 1.0}),
    "decoder_long": Rung("steps", "four times as many steps, and four times the wait for a gain", {"patience": 4}),
    "decoder_data_10": Rung("data", "a tenth of the public photographs", {"share": 0.1}),
    "decoder_data_1": Rung("data", "a hundredth of the public photographs", {"share": 0.01}),
}
assert tuple(RUNGS) == ATTACKERS


def specs(names: Sequence[str], config: AttackConfig, seed: int, repeat: int = 0) -> dict[str, AttackerSpec]:
    """The attackers that are trained, by name; the closed-form one is not among them.

    Args:
        names: of rungs.
        config: weights of the losses of those that have them.
        seed: of the run.
        repeat: number of the repetition with weights and an order of their own; 0 for the first.
    """
    weights = {"mu1": config.attack_mu1, "mu2": config.attack_mu2}
    found = {}
    for place, name in enumerate(RUNGS):
        if name in names and name != LINEAR:
            changes = {key: value * weights.get(key, 1) for key, value in RUNGS[name].changes.items()}
            base = AttackerSpec(name, 0.0, 0.0, attacker_seed(seed, 2 * place + 1000 * repeat + 100))
            found[name] = dataclasses.replace(base, **changes)
    return found
