"""What the compiled step computes: the operations that are needed, counted by hand from the layers, and no others.

The step's graph is walked back from what it returns and assigns; what is not reached is not run.
"""

from __future__ import annotations

from collections import Counter
from typing import Iterable

import pytest
import tensorflow as tf
import tiny_game

from tfprivacy_rep.benchmarks.standard_game import step_gflop
from tfprivacy_rep.distribution import mirrored
from tfprivacy_rep.models.cost import backward_gflop, forward_gflop
from tfprivacy_rep.training import trainer as training
from tfprivacy_rep.training.trainer import GameTrainer

BOTH = tiny_game.Weights(mu1=0.0, mu2=0.0)
PLAIN = tiny_game.Weights(lambda1=0.0, lambda2=0.0, mu1=0.0, mu2=0.0)


def step_operations(trainer: GameTrainer, monkeypatch: pytest.MonkeyPatch) -> list[tf.Operation]:
    """The operations that one step runs."""
    monkeypatch.setattr(training, "repeat", lambda step, names, count: (list(step().values()), count))
    iterators = [trainer._iterators[name] for name in ("private", "public")]
    graph = tf.function(trainer._play_steps).get_concrete_function(*iterators, tf.constant(1, tf.int64)).graph
    assigned = [op for op in graph.get_operations() if op.type.startswith(("Assign", "ResourceApply"))]
    waiting, reached = assigned + [output.op for output in graph.outputs], {}
    while waiting:
        op = waiting.pop()
        if op.name not in reached:
            reached[op.name] = op
            waiting += [tensor.op for tensor in op.inputs] + list(op.control_inputs)
    return list(reached.values())


def gflop(operations: Iterable[tf.Operation]) -> float:
    """Counts convolutions and matrix products by the shapes of their tensors."""
    total = 0
    for op in operations:
        shapes = [tensor.shape for tensor in (*op.inputs, *op.outputs)]
        if op.type == "Conv2D":
            total += 2 * shapes[1].num_elements() * shapes[2][:3].num_elements()
        elif op.type == "Conv2DBackpropInput":
            total += 2 * shapes[1].num_elements() * shapes[2][:3].num_elements()
        elif op.type == "Conv2DBackpropFilter":
            total += 2 * shapes[3].num_elements() * shapes[2][:3].num_elements()
        elif op.type == "MatMul":
            total += 2 * op.outputs[0].shape.num_elements() * shapes[0][0 if op.get_attr("transpose_a") else 1]
    return total / 1e9


def filter_gradients(operations: Iterable[tf.Operation]) -> int:
    """How many gradients of kernels of convolutions are computed."""
    return Counter(op.type for op in operations)["Conv2DBackpropFilter"]


def test_a_step_computes_what_is_needed_and_nothing_else(monkeypatch):
    """Kernels that move: two convolutions of the encoder, two transposed ones and the output's of the decoder."""
    trainer = tiny_game.trainer(mirrored(), BOTH)
    operations = step_operations(trainer, monkeypatch)
    assert filter_gradients(operations) == 2 + 3
    needed = tiny_game.BATCH * sum(step_gflop(trainer._game).values())
    assert gflop(operations) == pytest.approx(needed, rel=1e-9)


def test_without_negative_terms_there_is_no_decoder_in_the_step(monkeypatch):
    trainer = tiny_game.trainer(mirrored(), PLAIN)
    operations = step_operations(trainer, monkeypatch)
    protector = trainer._game.protector
    needed = forward_gflop(protector.encoder) + backward_gflop(protector.encoder, True, False)
    needed += forward_gflop(protector.classifier) + backward_gflop(protector.classifier, True, True)
    assert gflop(operations) == pytest.approx(tiny_game.BATCH * needed, rel=1e-9)


def test_a_gradient_of_fixed_weights_would_be_found(monkeypatch):
    """The count is of what runs: a step that also learns the decoder's weights in the protector's move has more."""
    trainer = tiny_game.trainer(mirrored(), BOTH)
    protector = trainer._game.protector
    decoder = trainer._game.adversary.decoder
    monkeypatch.setattr(type(protector), "variables", property(
        lambda own: own.encoder.trainable_variables + own.classifier.trainable_variables + decoder.trainable_variables
    ))
    monkeypatch.setattr(type(protector.optimizer), "apply", lambda own, gradients, variables: [
        variable.assign(gradient) for variable, gradient in zip(variables, gradients)
    ])
    assert filter_gradients(step_operations(trainer, monkeypatch)) == 2 + 3 + 3
