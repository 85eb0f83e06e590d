"""Who moves when."""

from __future__ import annotations

from dataclasses import dataclass

from tfprivacy_rep.config import GameConfig


@dataclass(frozen=True)
class Schedule:
    """A step is `adversary_moves` moves of the adversary and then, after the warm-up, one move of the protector.

    Attributes:
        adversary_moves: k moves a step; 0 when the objective has no decoder in it.
        warmup: first steps in which the protector does not move.
        restart_every: the adversary starts afresh at each positive multiple of so many steps; 0: never.
    """

    adversary_moves: int
    warmup: int = 0
    restart_every: int = 0

    @classmethod
    def of(cls, game: GameConfig) -> "Schedule":
        """The schedule of a configured game: without negative terms, plain supervised training."""
        if not game.has_opponent:
            return cls(adversary_moves=0)
        return cls(game.adversary_moves, game.adversary_warmup, game.restart_decoder_every)

    def private_batches(self, step: int) -> int:
        """Batches of X1 used in the first `step` steps."""
        return max(0, step - self.warmup)

    def public_batches(self, step: int) -> int:
        """Batches of X2 used in the first `step` steps."""
        return step * self.adversary_moves

    def restarts_at(self, step: int) -> bool:
        """Whether the adversary starts afresh before step number `step` (counted from 0)."""
        return self.restart_every > 0 and step > 0 and step % self.restart_every == 0

    def adversary_since(self, step: int) -> int:
        """The step at which the adversary began that has been trained up to `step`, at least 1."""
        return (step - 1) // self.restart_every * self.restart_every if self.restart_every else 0

    def next_boundary(self, step: int) -> int | None:
        """The next step at which something else than plain steps happens, after `step`; None if there is none."""
        ahead = [self.warmup] if step < self.warmup else []
        if self.restart_every:
            ahead.append((step // self.restart_every + 1) * self.restart_every)
        return min(ahead, default=None)
