"""Who trains together, and how they meet."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from tfprivacy_rep import cluster
from tfprivacy_rep.cluster import Cluster
from tfprivacy_rep.errors import UserError

SLURM = {
    "SLURM_STEP_NODELIST": "n[9-10],m", "SLURM_STEP_TASKS_PER_NODE": "2,1(x2)", "SLURM_JOB_ID": "7",
    "SLURM_PROCID": "2",
}


def _tf_config(jobs: dict, kind: str = "worker", index: int = 0) -> dict[str, str]:
    return {"TF_CONFIG": json.dumps({"cluster": jobs, "task": {"type": kind, "index": index}})}


def test_workers_are_those_of_tf_config_the_chief_first():
    assert cluster.find("auto", _tf_config({"worker": ["a:1", "b:2"]}, index=1)) == Cluster(
        ("a:1", "b:2"), 1, "TF_CONFIG")
    jobs = {"worker": ["b:2", "c:3"], "chief": ["a:1"]}
    assert cluster.find("auto", _tf_config(jobs, "chief")).index == 0
    found = cluster.find("auto", _tf_config(jobs, index=1))
    assert found.addresses[found.index] == "c:3" and found.addresses[0] == "a:1"


@pytest.mark.parametrize("environment", [{}, {"TF_CONFIG": ""}, {"TF_CONFIG": "{}"}, _tf_config({"worker": ["a:1"]})])
def test_a_process_alone_is_no_cluster(environment):
    assert cluster.find("auto", environment) is None


def test_the_environment_counts_only_where_it_is_asked_for():
    several = _tf_config({"worker": ["a:1", "b:2"]})
    assert cluster.find("alone", several) is None and cluster.find("auto", SLURM) is None


@pytest.mark.parametrize("text", [
    "{", "[]", json.dumps({"cluster": {"ps": ["a:1"], "worker": ["b:1"]}, "task": {"type": "worker", "index": 0}}),
    json.dumps({"cluster": {"chief": ["a:1", "b:1"]}, "task": {"type": "chief", "index": 0}}),
    json.dumps({"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 2}}),
    json.dumps({"cluster": {"worker": ["a:1", "b:1"]}}),
    json.dumps({"cluster": {"worker": ["a", "b"]}, "task": {"type": "worker", "index": 0}}),
])
def test_an_unusable_tf_config_is_refused(text):
    with pytest.raises(UserError, match="Invalid `TF_CONFIG`: expected JSON such as .* Received: .* --workers=alone"):
        cluster.find("auto", {"TF_CONFIG": text})


def test_workers_of_slurm_are_numbered_node_by_node_in_the_order_of_the_list():
    """By name n10 would come before n9."""
    found = cluster.find("slurm", SLURM)
    assert found == Cluster(("n9:20007", "n9:20008", "n10:20007", "m:20007"), 2, "Slurm")
    assert cluster.find("slurm", SLURM | {"SLURM_STEP_NODELIST": "n1", "SLURM_STEP_TASKS_PER_NODE": "1"}) is None


def test_slurm_outside_of_a_step_is_refused():
    with pytest.raises(UserError, match="SLURM_PROCID.*Received: KeyError: 'SLURM_STEP_NODELIST'. Start it by srun"):
        cluster.find("slurm", {})


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _meet(agreements: list[str], timeout: float = 20.0, count: int = 0, stranger: bool = False) -> list[str]:
    """What the workers say after the meeting: "" or the error."""
    port = _free_port()
    addresses = (f"127.0.0.1:{port}", *(f"other{i}:1" for i in range(1, count or len(agreements))))
    said = [""] * len(agreements)

    def work(index: int) -> None:
        try:
            cluster.meet(Cluster(addresses, index, "TF_CONFIG"), agreements[index], timeout)
        except UserError as error:
            said[index] = str(error)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(agreements))]
    threads[0].start()
    if stranger:
        for text in (b"GET / HTTP/1.1\r\n\r\n", b"9 same\n", b""):
            while True:
                try:
                    with socket.create_connection(("127.0.0.1", port)) as connection:
                        connection.sendall(text)
                    break
                except ConnectionRefusedError:
                    pass
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join()
    with socket.create_server(("", port)):
        pass  # free again, for TensorFlow's server
    return said


def test_workers_meet_and_leave_the_port_free():
    assert _meet(["same", "same", "same"]) == ["", "", ""]


def test_strangers_are_sent_away():
    assert _meet(["same", "same"], stranger=True) == ["", ""]


def test_other_work_is_refused_by_both():
    chief, other = _meet(["these options", "others"])
    for said in (chief, other):
        assert "the same options and versions of all 2 workers. Received: others of worker 1 (other1:1)" in said


def test_who_does_not_come_is_named():
    chief, present = _meet(["same", "same"], timeout=2.0, count=3)
    assert "all 3 workers of TF_CONFIG within `worker_timeout` seconds. Received: nothing from other2:1." in chief
    assert "Received: nothing from 127.0.0.1:" in present


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"Can't listen at port {port}: expected a free port"):
            cluster.meet(Cluster((f"127.0.0.1:{port}", "b:1"), 0, "TF_CONFIG"), "same", 5)
