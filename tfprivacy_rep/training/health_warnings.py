"""Warnings where a player of the game, or a fresh attacker, has collapsed; they follow from the history alone.

So a resumed run finds the same ones. A condition must hold for several looks in a row, and is told of once.
"""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass
from typing import Any, Callable, Mapping

import tqdm

from tfprivacy_rep.training.health import PREFIX, History

#: Looks in a row at which a condition must hold: a single one may catch a player between two moves of the other.
LOOKS = 3
#: Below this gain a decoder ignores Z. Where Dec(Z) explains a small part e of the pixels' variance the gain is 2e:
#: this is 1 % of it, 0.04 dB above the mean photograph.
LEAST_GAIN = 0.02
#: Below this standard deviation of D(x) over photographs and reconstructions a discriminator is constant: its answers
#: differ by half a percent of what they could.
LEAST_SPREAD = 0.005
#: A discriminator wins completely where it is right in this share of the cases, and
WON_ACCURACY = 0.99
#: D(Dec(Z)) is below this: the gradient of log(1 - D) in the logit is D, so the decoder gets 1 % of what it could.
WON_FAKE = 0.01

_ONE_CLASS = PREFIX + "one_class"


@dataclass(frozen=True)
class HealthWarning:
    """A condition that held for several looks.

    Attributes:
        condition: `decoder_ignores_z`, `discriminator_constant`, `discriminator_wins` or `classifier_one_class`.
        step: of the look at which it had held long enough.
        recovered: step of the look at which it had been gone for as long; None if it lasted.
        figures: what shows it, at `step`.
        text: what it means, the figures, and what may be tried.
    """

    condition: str
    step: int
    recovered: int | None
    figures: dict[str, float]
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return dataclasses.asdict(self)


def was_looked_at(history: History) -> bool:
    """Whether a history has a row with figures of a look."""
    return any(name.startswith(PREFIX) for row in history for name in row)


def warnings_of(history: History, attacker: bool = False) -> list[HealthWarning]:
    """The warnings that follow from a history, in the order of their steps.

    Args:
        history: the rows of a game or of an attacker.
        attacker: whether it is a fresh attacker's.
    """
    found = _one_class_warnings(history)
    for condition, holds in _CONDITIONS.items():
        spell = _spell(history, holds)
        if spell is not None:
            figures = _shown(_row(history, spell[0]), condition.split("_")[0])
            found.append(HealthWarning(condition, *spell, figures, _TEXTS[condition](figures, attacker)))
    return sorted(found, key=lambda warning: warning.step)


def written(history: History, attacker: bool = False) -> list[dict[str, Any]] | None:
    """The same as plain values, for JSON; None where nobody looked."""
    return [one.to_dict() for one in warnings_of(history, attacker)] if was_looked_at(history) else None


def announce(title: str, history: History, attacker: bool = False) -> None:
    """Prints what the newest row of a history brought: new warnings, and old ones that hold no longer.

    Args:
        title: of the run.
        history, attacker: as of `warnings_of`.
    """
    now = history[-1]["step"]
    for warning in warnings_of(history, attacker):
        if warning.step == now:
            tqdm.tqdm.write(f"warning: {title}, step {warning.step}: {warning.text}", file=sys.stderr)
        if warning.recovered == now:
            tqdm.tqdm.write(f"{title}, step {warning.recovered}: {warning.condition}, warned of at step "
                            f"{warning.step}, holds no longer", file=sys.stderr)


def _spell(
    history: History, holds: Callable[[Mapping[str, float]], bool | None]
) -> tuple[int, int | None] | None:
    """Where the condition had first held long enough and where it had last gone for as long; None if it never held."""
    fired: int | None = None
    recovered: int | None = None
    held = gone = 0
    for row in history:
        answer = holds(row)  # None where nobody looked
        held, gone = held + 1 if answer else 0, gone + 1 if answer is False else 0
        if held == LOOKS:
            fired, recovered = int(row["step"]) if fired is None else fired, None
        elif gone >= LOOKS and fired is not None and recovered is None:
            recovered = int(row["step"])
    return None if fired is None else (fired, recovered)


def _row(history: History, step: int) -> Mapping[str, float]:
    return next(row for row in history if row["step"] == step)


def _shown(row: Mapping[str, float], player: str) -> dict[str, float]:
    return {key.removeprefix(PREFIX): value for key, value in row.items() if key.startswith(PREFIX + player)}


def _below(name: str, bound: float) -> Callable[[Mapping[str, float]], bool | None]:
    return lambda row: row[PREFIX + name] < bound if PREFIX + name in row else None


def _wins(row: Mapping[str, float]) -> bool | None:
    accuracy, fake = row.get(PREFIX + "discriminator_accuracy"), row.get(PREFIX + "discriminator_fake")
    return None if accuracy is None or fake is None else accuracy >= WON_ACCURACY and fake < WON_FAKE


_CONDITIONS = {
    "decoder_ignores_z": _below("decoder_gain", LEAST_GAIN),
    "discriminator_constant": _below("discriminator_spread", LEAST_SPREAD),
    "discriminator_wins": _wins,
}


def _one_class_warnings(history: History) -> list[HealthWarning]:
    """One warning for all attributes of which it holds over the same looks."""
    together: dict[tuple[int, int | None], list[str]] = {}
    for key in {name: None for row in history for name in row if name.startswith(_ONE_CLASS + "/")}:
        spell = _spell(history, _is_one_class(key))
        if spell is not None:
            together.setdefault(spell, []).append(key)
    found = []
    for spell, keys in together.items():
        row = _row(history, spell[0])
        figures = {key.removeprefix(_ONE_CLASS + "/"): row[key] for key in keys}
        found.append(HealthWarning("classifier_one_class", *spell, figures, _of_classifier(figures)))
    return found


def _is_one_class(key: str) -> Callable[[Mapping[str, float]], bool | None]:
    return lambda row: key in row if _ONE_CLASS in row else None


def _of_classifier(figures: Mapping[str, float]) -> str:
    named = ", ".join(f"{name} ({value:.0%} positive)" for name, value in figures.items())
    return (f"the classifier gives one answer only for {named}, although X1's validation photographs have both: it is "
            "of no use there. The negative terms may outweigh L_u, or it has not learnt. Try a smaller lambda1 and "
            "lambda2, bound_negative_terms, another learning_rate, or more steps.")


def _of_decoder(figures: Mapping[str, float], attacker: bool) -> str:
    who = "the attacker's" if attacker else "the simulated"
    shown = (f"{who} decoder ignores Z: its pictures are {max(0.0, figures['decoder_gain']):.1%} nearer to their own "
             f"photographs than to others, and differ {figures['decoder_spread']:.2f} times as much as photographs do.")
    if attacker:
        return (f"{shown} Either Z tells nothing about the picture, or this attacker has not learnt, and then its "
                "figures make the encoder look safer than it is. Compare the other attackers; try another "
                "attack_learning_rate or more attack_steps.")
    return (f"{shown} Either the encoder hides everything, or this decoder has not learnt and the negative terms "
            "protect against nobody: the fresh attackers tell which. Try adversary_warmup, more adversary_moves, "
            "restart_decoder_every, bound_negative_terms, another adversary_learning_rate, or a smaller lambda1 and "
            "lambda2.")


def _of_constant(figures: Mapping[str, float], attacker: bool) -> str:
    rate, weight = ("attack_learning_rate", "attack_mu1") if attacker else ("adversary_learning_rate", "mu1")
    return (f"the discriminator is constant: D(x) is {figures['discriminator_real']:.3f} on photographs and "
            f"{figures['discriminator_fake']:.3f} on reconstructions, with a standard deviation of "
            f"{figures['discriminator_spread']:.4f}. It can't tell them apart: L_adv gives the decoder no direction. "
            f"Try another {rate} or another {weight}.")


def _of_winner(figures: Mapping[str, float], attacker: bool) -> str:
    prefix = "attack_" if attacker else ""
    rate = "attack_learning_rate" if attacker else "adversary_learning_rate, adversary_warmup"
    return (f"the discriminator wins completely: it is right in {figures['discriminator_accuracy']:.0%} of the cases, "
            f"D(x) is {figures['discriminator_real']:.3f} on photographs and {figures['discriminator_fake']:.4f} on "
            "reconstructions. With the saturating GAN loss the decoder gets that share of the gradient, next to none; "
            f"with the other one no picture is judged better than another. Try {prefix}gan_loss=non_saturating, "
            f"another {rate}, or another {prefix}mu1.")


_TEXTS: dict[str, Callable[[Mapping[str, float], bool], str]] = {
    "decoder_ignores_z": _of_decoder, "discriminator_constant": _of_constant, "discriminator_wins": _of_winner,
}
