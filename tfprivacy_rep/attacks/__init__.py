"""Fresh opponents of a frozen encoder: decoders trained on public data, and linkage without any reconstruction.

`ladder` and `membership` are modules with functions of the same names, so they are imported from there.
"""

from tfprivacy_rep.attacks.attacker import (
    AttackerSpec,
    AttackOutcome,
    AttackTrainer,
    Pairs,
    attack,
    attacker_seed,
    build_attacker,
)
from tfprivacy_rep.attacks.black_box import SavedModelEncoder
from tfprivacy_rep.attacks.closed_form import LinearDecoder, fit_linear_decoder
from tfprivacy_rep.attacks.frozen import Encoder, FrozenEncoder
from tfprivacy_rep.attacks.inversion import Inverted, WhiteBox, invert_images, invert_latents
from tfprivacy_rep.attacks.linear_head import LinearHead, linear_head_predictions
from tfprivacy_rep.attacks.linkage import Known, Linkage, Linker, link
from tfprivacy_rep.attacks.membership import Membership, Outputs, membership_columns
from tfprivacy_rep.attacks.probes import majority, probe_attributes

__all__ = [
    "AttackOutcome",
    "AttackTrainer",
    "AttackerSpec",
    "Encoder",
    "FrozenEncoder",
    "Inverted",
    "Known",
    "LinearDecoder",
    "LinearHead",
    "Linkage",
    "Linker",
    "Membership",
    "Outputs",
    "Pairs",
    "SavedModelEncoder",
    "WhiteBox",
    "attack",
    "attacker_seed",
    "build_attacker",
    "fit_linear_decoder",
    "invert_images",
    "invert_latents",
    "linear_head_predictions",
    "link",
    "majority",
    "membership_columns",
    "probe_attributes",
]
