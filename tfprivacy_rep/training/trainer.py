"""The game's trainer: compiled steps of alternating moves under a distribution strategy."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

import tensorflow as tf

from tfprivacy_rep.data import pipeline
from tfprivacy_rep.distribution import is_chief, iterate, per_replica
from tfprivacy_rep.models.perceptual import PerceptualNetwork
from tfprivacy_rep.models.players import Adversary, Protector
from tfprivacy_rep.objectives.combine import Term
from tfprivacy_rep.training.compiled import Measured, measured, repeat
from tfprivacy_rep.training.moves import decoder_move, protector_move, require_computable
from tfprivacy_rep.training.rate_target import RateTarget
from tfprivacy_rep.training.schedule import Schedule


@dataclass(frozen=True)
class Game:
    """The players and the rules.

    Attributes:
        protector: moves on X1.
        adversary: moves on X2; None when the protector's terms don't look through a decoder.
        perceptual: g; None when no term needs it.
        protector_terms: the protector's objective: `objectives.combine.protector_terms`, and any `Term` of your own
            with the function that computes it.
        decoder_terms: the decoder's objective, likewise.
        gan_loss: kind of the decoder's GAN term.
        schedule: who moves when.
        rate_target: changes the weight of `L_rate` after each move of the protector; None where it is fixed.
        fresh_adversary: builds the adversary of restart number n (from 1); needed when the schedule restarts it.
    """

    protector: Protector
    adversary: Adversary | None
    perceptual: PerceptualNetwork | None
    protector_terms: Sequence[Term]
    decoder_terms: Sequence[Term]
    gan_loss: str
    schedule: Schedule
    fresh_adversary: Callable[[int], Adversary] | None = None
    rate_target: RateTarget | None = None

    def value_names(self) -> tuple[list[str], list[str]]:
        """Names of the values that the adversary's and the protector's moves give."""
        of_adversary = []
        if self.adversary is not None:
            of_adversary = [f"adversary/{term.name}" for term in self.decoder_terms]
            of_adversary += ["adversary/L_d"] if self.adversary.discriminator is not None else []
        return of_adversary, [f"protector/{term.name}" for term in self.protector_terms]


class GameTrainer:
    """Plays a `Game` on two sets of fields.

    Each graph is traced once, whatever the number of steps a call.

    Args:
        strategy: where replicas live; the game's models were built in its scope.
        game: players and rules.
        private: fields of X1: `images` uint8 or float32 in [0, 1] `[N, S, S, 3]`, `labels` `[N, A]`, maybe `features`,
            and whatever else a term of your own looks up in the batch.
        public: fields of X2: `images`, maybe `features`.
        batch_size: photographs a move, over all replicas.
        seed: of the order of the photographs.
        validate: called after each chunk with the history; what it returns joins the history's newest row.
        xla: whether XLA compiles what a move computes up to its gradients. Terms of your own must be of operations that
            it knows.

    Raises:
        UserError: if the batch does not divide by the replicas, or two terms share a name or one is unknown.
    """

    def __init__(
        self,
        strategy: tf.distribute.Strategy,
        game: Game,
        private: Mapping[str, Any],
        public: Mapping[str, Any],
        batch_size: int,
        seed: int,
        validate: Callable[[list[dict[str, float]]], dict[str, float]] | None = None,
        xla: bool = False,
    ) -> None:
        per_replica(batch_size, strategy)
        for terms in (game.protector_terms, game.decoder_terms):
            require_computable(terms)
        self._strategy, self._game, self._batch_size, self._seed = strategy, game, batch_size, seed
        self._validate, self._xla = validate, xla
        self._fields = {"private": pipeline.as_tensors(private), "public": pipeline.as_tensors(public)}
        self._of_adversary, self._of_protector = game.value_names()
        self._warm_up = tf.function(self._warm_up_steps)
        self._play = tf.function(self._play_steps)
        self.seek(0)

    @property
    def traces(self) -> int:
        """How many graphs were traced so far: one for the game and one for its warm-up, if there is one."""
        return self._warm_up.experimental_get_tracing_count() + self._play.experimental_get_tracing_count()

    def stateful(self) -> dict[str, list]:
        """All variables that a checkpoint must hold, by name."""
        held = self._game.protector.stateful()
        if self._game.rate_target is not None:
            held["rate_weight"] = [self._game.rate_target.weight]
        if self._game.adversary is not None:
            held |= {f"adversary_{name}": variables for name, variables in self._game.adversary.stateful().items()}
        return held

    def seek(self, step: int) -> None:
        """Puts both streams of photographs where an uninterrupted run has them after `step` steps."""
        self.step = step
        schedule = self._game.schedule
        starts = {"private": schedule.private_batches(step), "public": schedule.public_batches(step)}
        seeds = {"private": 2 * self._seed, "public": 2 * self._seed + 1}
        protector = self._game.protector
        noise = {"private": protector.draws * protector.noise, "public": protector.noise}
        self._iterators = {
            name: iterate(
                self._strategy,
                functools.partial(
                    pipeline.batches, self._fields[name], self._batch_size, seeds[name], starts[name],
                    noise=noise[name],
                ),
            )
            for name in self._fields
        }

    def next_boundary(self, step: int) -> int | None:
        """The next step at which steps of another kind begin."""
        return self._game.schedule.next_boundary(step)

    def train_steps(self, count: int) -> Measured:
        """Does `count` steps, none of them across a boundary, in one call of the graph."""
        schedule = self._game.schedule
        if schedule.restarts_at(self.step):
            self._restart_adversary(self.step // schedule.restart_every)
        steps = tf.constant(count, tf.int64)
        private, public = self._iterators["private"], self._iterators["public"]
        if self.step < schedule.warmup:
            names, results = self._of_adversary, self._warm_up(public, steps)
        else:
            names, results = self._of_adversary + self._of_protector, self._play(private, public, steps)
        self.step += count
        return measured(names, results)

    def after_chunk(self, history: list[dict[str, float]]) -> bool:
        """Adds the validation values; the game is never over before its last step."""
        if self._validate is not None and is_chief(self._strategy):  # looked at, never acted on
            history[-1].update(self._validate(history))
        return False

    def _restart_adversary(self, number: int) -> None:
        assert self._game.adversary is not None and self._game.fresh_adversary is not None
        with self._strategy.scope():
            fresh = self._game.fresh_adversary(number).stateful()
        for name, variables in self._game.adversary.stateful().items():
            for variable, start in zip(variables, fresh[name], strict=True):
                variable.assign(start.value)

    def _adversary_step(self, public: Any) -> dict[str, tf.Tensor]:
        game = self._game
        assert game.adversary is not None
        values: dict[str, tf.Tensor] = {}
        for _ in range(game.schedule.adversary_moves):
            values = self._sum_over_replicas(self._decoder_replica, next(public))
        return {f"adversary/{name}": value for name, value in values.items()}

    def _decoder_replica(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        game = self._game
        assert game.adversary is not None
        _, z = game.protector.represent(batch, training=False)
        return decoder_move(
            game.adversary, game.perceptual, game.decoder_terms, game.gan_loss, batch, z, self._batch_size,
            self._xla,
        )

    def _protector_replica(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        game = self._game
        return protector_move(
            game.protector, game.adversary, game.perceptual, game.protector_terms, batch, self._batch_size,
            self._xla,
        )

    def _sum_over_replicas(self, move: Callable, batch: Any) -> dict[str, tf.Tensor]:
        values = self._strategy.run(move, args=(batch,))
        return {name: self._strategy.reduce("SUM", value, axis=None) for name, value in values.items()}

    def _warm_up_steps(self, public: Any, count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return repeat(lambda: self._adversary_step(public), self._of_adversary, count)

    def _play_steps(self, private: Any, public: Any, count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        def step() -> dict[str, tf.Tensor]:
            values = self._adversary_step(public) if self._game.adversary is not None else {}
            moved = self._sum_over_replicas(self._protector_replica, next(private))
            if self._game.rate_target is not None:
                self._game.rate_target.follow(moved["L_rate"])
            return values | {f"protector/{name}": value for name, value in moved.items()}

        return repeat(step, self._of_adversary + self._of_protector, count)
