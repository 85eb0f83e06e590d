"""The benchmark of the game: the game written by hand is the trainer's, and a whole measurement is a table."""

from __future__ import annotations

import numpy as np
import pytest
import tiny_game

from tfprivacy_rep.benchmarks import machine, training
from tfprivacy_rep.benchmarks.bare_game import bare_step
from tfprivacy_rep.benchmarks.standard_game import Size
from tfprivacy_rep.data import pipeline
from tfprivacy_rep.distribution import mirrored

WEIGHTS = tiny_game.Weights(mu1=0.0, mu2=0.0)


def test_the_game_written_by_hand_is_the_trainers():
    """The same weights, batches and step sizes: the same losses, step by step, up to the order of sums."""
    trainer = tiny_game.trainer(mirrored(), WEIGHTS)
    step = bare_step(tiny_game.game(mirrored(), WEIGHTS), WEIGHTS.lambda1, WEIGHTS.lambda2)
    private, public = (
        iter(pipeline.batches(fields, tiny_game.BATCH, seed))
        for fields, seed in ((tiny_game.private_fields(), 6), (tiny_game.public_fields(), 7))
    )
    for _ in range(4):
        by_trainer = list(trainer.train_steps(1).means.values())
        np.testing.assert_allclose(step(next(private), next(public)), by_trainer, rtol=2e-4)


def test_a_measurement_is_a_table(monkeypatch):
    monkeypatch.setattr(training, "PHOTOGRAPHS", 8)
    monkeypatch.setattr(machine, "CONVOLUTIONS", ((16, 64, 64, 3, 8),))
    monkeypatch.setattr(machine, "MATRICES", (256,))
    found = training.measure(Size(32, 4, 3, 16, (8, 8, 8, 8)), repeats=2, steps=1)
    assert found["fraction_of_peak"] == pytest.approx(found["gflops"] / found["peak_gflops"], abs=0.02)
    assert all(len(seconds) == 2 for seconds in found["rounds"].values())
    lines = training.table(found).splitlines()
    assert len(lines) == 2 + len(training.ROWS) - 2  # no peer and lines[2].startswith("| private images/s | ")


def test_a_summary_is_of_the_median_round():
    """32 images in 1, 4 and 2 s; 0.5 GFLOP each: 16 images/s, 8 GFLOP/s, a quarter of a machine of 32."""
    peaks = training.Machine.__new__(training.Machine)
    peaks.convolution, peaks.product, peaks.of_processor = 32.0, 64.0, 16.0
    walls = {"trainer": [1.0, 4.0, 2.0], "bare": [1.0, 2.0, 4.0], "peer": [3.0, 4.0, 5.0]}
    processors = {f"{kind}_processor": [4.0, 4.0, 4.0] for kind in walls}
    rounds = walls | processors | {"waited": [0.1, 0.2, 0.3], "convolution": [32.0]}
    found = training._summary(Size(), rounds, 0.5, peaks)
    assert (found["images_per_second"], found["gflops"], found["fraction_of_peak"]) == (16.0, 8.0, 0.25)
    assert found["fraction_of_peak_processor"] == 0.25  # 16 GFLOP in 4 s of the processors
    assert found["to_peer"] == [2.5, 1.0, 3.0] and found["to_peer_processor"] == [1.0, 1.0, 1.0]
    assert found["trainer_to_bare"] == [1.0, 0.5, 2.0] and found["images_per_second_spread"] == [16.0, 8.0, 32.0]
