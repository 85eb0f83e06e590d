"""What docs/distributed.md says: its manifest, its script and its arithmetic."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
import small_run
import yaml

from tfprivacy_rep import cluster
from tfprivacy_rep.jobs import ReproduceConfig
from tfprivacy_rep.reproduction import budgets, estimate, plan

PAGE = (small_run.ROOT / "docs" / "distributed.md").read_text(encoding="utf-8")


def _block(kind: str, part: str) -> str:
    return next(text for text in re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) if part in text)


def test_the_manifest_is_yaml_and_describes_its_workers():
    service, job = yaml.safe_load_all(_block("yaml", "kind: Job"))
    assert service["kind"] == "Service" and service["spec"]["clusterIP"] == "None"  # the word, which means headless
    spec = job["spec"]
    assert job["kind"] == "Job" and spec["completionMode"] == "Indexed" and spec["completions"] == spec["parallelism"]
    shell, option, script = spec["template"]["spec"]["containers"][0]["command"]
    assert "exec tfprivacy-train " in script
    said = subprocess.run(
        [shell, option, script[: script.index("exec")] + "printf %s \"$TF_CONFIG\""], capture_output=True, text=True,
        check=True, env={"JOB_COMPLETION_INDEX": "1"},
    ).stdout
    found = cluster.find("auto", {"TF_CONFIG": said})
    name, port = service["metadata"]["name"], service["spec"]["ports"][0]["port"]
    assert found is not None and found.index == 1 and len(found.addresses) == spec["completions"]
    assert found.addresses == tuple(f"{job['metadata']['name']}-{i}.{name}:{port}" for i in range(2))
    assert spec["template"]["spec"]["subdomain"] == name


def test_the_script_for_slurm_and_the_tf_config_can_be_read():
    assert subprocess.run(["bash", "-n"], input=_block("bash", "srun"), text=True).returncode == 0
    (text,) = re.findall(r"TF_CONFIG='(.*)'", PAGE)
    assert cluster.find("auto", {"TF_CONFIG": text}).addresses == tuple(json.loads(text)["cluster"]["worker"])


@pytest.mark.slow
def test_the_operations_of_the_table_are_those_that_are_counted(monkeypatch):
    monkeypatch.setattr(estimate, "_player_speed", lambda config: 1.0)
    monkeypatch.setattr(estimate, "_perceptual_speed", lambda config, network, g: 1.0)
    config = small_run.config("unused", dataset="celeba", data_dir="unused", attributes=(), partition="paper",
                              **budgets.OPTIONS["full"])
    wanted = plan.points(config, ReproduceConfig(budget="full"))
    costs = estimate.costs(config, wanted, lambda point: [plan.attacker_spec(config, point.attacker, 0)])
    assert sum(cost.gflop for cost in costs) * 1e9 == pytest.approx(2.20e17, rel=0.01) and "2.20e17 operations" in PAGE
    photographs = config.train.steps * config.train.batch_size
    per_photograph = {round(cost.gflop / photographs, 2) for cost in costs}
    assert per_photograph == {0.63, 4.91, 1.06, 5.02}
    rows = re.findall(r"^\| (?:T4|V100|A100|H100 SXM) \|.*: ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 4
    for sustained, one, three in rows:
        hours = 2.20e17 / (float(sustained) * 1e12 * 3600)
        assert float(one) == pytest.approx(hours, rel=0.05) and float(three) == pytest.approx(3 * hours, rel=0.05)
