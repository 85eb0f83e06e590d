"""Jobs for one worker alone say so before they wait for anybody."""

from __future__ import annotations

import json

import pytest
import small_run

from tfprivacy_rep import laboratory
from tfprivacy_rep.errors import UserError


@pytest.fixture(name="_two", autouse=True)
def _two_workers(monkeypatch):
    described = {"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 1}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(described))


def test_a_job_for_one_worker_refuses_several(tmp_path):
    with pytest.raises(UserError, match="Invalid `workers`: expected a job of scripts/train.py where TF_CONFIG "
                                        "describes several workers. Received: workers=auto, and 2 of them. Use --wor"):
        laboratory.prepare(small_run.config(tmp_path))


def test_a_split_cpu_is_for_one_worker(tmp_path):
    with pytest.raises(UserError, match="expected logical_cpus=0 where TF_CONFIG describes several workers."):
        laboratory.choose_strategy(small_run.config(tmp_path, logical_cpus=2))


def test_alone_takes_no_notice_of_the_others(tmp_path):
    strategy = laboratory.choose_strategy(small_run.config(tmp_path, workers="alone"))
    assert strategy.num_replicas_in_sync == 1 and strategy.cluster_resolver is None
