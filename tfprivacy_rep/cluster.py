"""Which processes train together: read from the environment, then met at the chief before TensorFlow starts.

TensorFlow's own wait for the others can't be bounded from Python and says nothing meanwhile (2.21): hence the meeting.
"""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import dataclass
from typing import Mapping

from tfprivacy_rep.errors import UserError

#: Seconds between two tries to reach the chief, and the longest wait for what a peer says once it is connected.
_RETRY, _PEER = 0.5, 10.0
_GO = "go"


@dataclass(frozen=True)
class Cluster:
    """All workers, and which of them this process is.

    Attributes:
        addresses: `host:port` of each worker; the chief's first.
        index: of this process.
        origin: who said so, for messages.
    """

    addresses: tuple[str, ...]
    index: int
    origin: str


def find(workers: str, environment: Mapping[str, str] = os.environ) -> Cluster | None:
    """Returns the workers that the environment describes; None where this process works alone.

    Args:
        workers: the option: `auto` reads TF_CONFIG, `slurm` the variables of a job step, `alone` nothing.
        environment: its variables.

    Raises:
        UserError: if the environment describes no workers that can train together.
    """
    if workers == "alone":
        return None
    if workers == "slurm":
        return _several(_of_slurm(environment))
    return _several(_of_tf_config(environment["TF_CONFIG"])) if environment.get("TF_CONFIG") else None


def _several(found: Cluster) -> Cluster | None:
    return found if len(found.addresses) > 1 else None


def _of_tf_config(text: str) -> Cluster:
    try:
        held = json.loads(text)
        jobs, task = held.get("cluster", {}), held.get("task", {})
        addresses = tuple(str(address) for job in ("chief", "worker") for address in jobs.get(job, ()))
        known = set(jobs) <= {"chief", "worker"} and len(jobs.get("chief", ())) <= 1
        index = int(task.get("index", 0))
        index += len(jobs.get("chief", ())) if task.get("type", "worker") == "worker" else 0
        fits = not addresses or (0 <= index < len(addresses) and task.get("type") in jobs)
    except (ValueError, TypeError, AttributeError) as error:
        raise _unusable(text) from error
    if not known or not fits or any(":" not in address for address in addresses):
        raise _unusable(text)
    return Cluster(addresses or ("localhost:0",), index, "TF_CONFIG")


def _unusable(text: str) -> UserError:
    return UserError(
        'Invalid `TF_CONFIG`: expected JSON such as {"cluster": {"worker": ["a:2222", "b:2222"]}, "task": {"type": '
        f'"worker", "index": 0}}}}, with jobs worker and at most one chief. Received: {text[:300]}. Mend it, or use '
        "--workers=alone."
    )


def _of_slurm(environment: Mapping[str, str]) -> Cluster:
    """Tasks are numbered node by node, as `srun` does unless it is told to distribute them in another way."""
    # TensorFlow's resolver itself asks for GPUs on every node and sorts hosts by name, so that n10 comes before n9.
    from tensorflow.python.distribute.cluster_resolver import slurm_cluster_resolver as slurm

    try:
        hosts = slurm.expand_hostlist(environment["SLURM_STEP_NODELIST"])
        tasks = slurm.expand_tasks_per_node(environment["SLURM_STEP_TASKS_PER_NODE"])
        first = 20_000 + int(environment["SLURM_JOB_ID"]) % 10_000
        index = int(environment["SLURM_PROCID"])
    except (KeyError, ValueError) as error:
        raise UserError(
            "Invalid `workers`: expected the variables of a Slurm step with workers=slurm (SLURM_STEP_NODELIST, "
            f"SLURM_STEP_TASKS_PER_NODE, SLURM_JOB_ID, SLURM_PROCID). Received: {type(error).__name__}: {error}. "
            "Start it by srun, or use --workers=auto."
        ) from error
    addresses = tuple(f"{host}:{first + task}" for host, count in zip(hosts, tasks) for task in range(count))
    return Cluster(addresses, index, "Slurm")


def meet(cluster: Cluster, agreement: str, timeout: float) -> None:
    """Waits until all workers are there and agree on what they will do; afterwards the ports are free again.

    Args:
        cluster: of this process.
        agreement: must be equal for all.
        timeout: seconds to wait at most.

    Raises:
        UserError: if a worker does not come in time, or comes for other work.
    """
    deadline = time.monotonic() + timeout
    if cluster.index == 0:
        _host(cluster, agreement, deadline)
    else:
        _join(cluster, agreement, deadline)


def _host(cluster: Cluster, agreement: str, deadline: float) -> None:
    guests: dict[int, socket.socket] = {}
    port = int(cluster.addresses[0].rpartition(":")[2])
    try:
        with socket.create_server(("", port)) as server:
            while len(guests) < len(cluster.addresses) - 1:
                server.settimeout(max(0.01, deadline - time.monotonic()))
                guest, _ = server.accept()
                guest.settimeout(_PEER)
                heard = _hear(guest).split(" ", 1)
                if len(heard) == 2 and heard[0].isdecimal() and 0 < int(heard[0]) < len(cluster.addresses):
                    if heard[1] != agreement:
                        _say(guest, "other")
                        raise _other_work(cluster, int(heard[0]))
                    guests[int(heard[0])] = guest  # one that was started again takes the place of the first
                else:
                    guest.close()  # a stranger
            for guest in guests.values():
                _say(guest, _GO)
                _hear(guest)  # the guest closes first: then the port is free at once
    except TimeoutError as error:
        missing = [address for number, address in enumerate(cluster.addresses) if number and number not in guests]
        raise _absent(cluster, missing) from error
    except OSError as error:
        raise UserError(
            f"Can't listen at port {port}: expected a free port of this machine at the chief's place in "
            f"{cluster.origin}. Received: {error}. Name another port."
        ) from error
    finally:
        for guest in guests.values():
            guest.close()


def _join(cluster: Cluster, agreement: str, deadline: float) -> None:
    host, _, port = cluster.addresses[0].rpartition(":")
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((host.strip("[]"), int(port)), _PEER) as chief:
                chief.settimeout(max(0.01, deadline - time.monotonic()))
                _say(chief, f"{cluster.index} {agreement}")
                answer = _hear(chief)
            if answer == _GO:
                return
            if answer:
                raise _other_work(cluster, cluster.index)
        except OSError:
            pass  # not there yet, or gone: tried again
        time.sleep(_RETRY)
    raise _absent(cluster, [cluster.addresses[0]])


def _say(peer: socket.socket, text: str) -> None:
    peer.sendall(f"{text}\n".encode())


def _hear(peer: socket.socket) -> str:
    """A line of a peer; empty if it says none."""
    heard = b""
    try:
        while not heard.endswith(b"\n") and len(heard) < 1024:
            part = peer.recv(1024)
            if not part:
                break
            heard += part
    except OSError:
        return ""
    return heard.decode("utf-8", "replace").strip() if heard.endswith(b"\n") else ""


def _absent(cluster: Cluster, missing: list[str]) -> UserError:
    return UserError(
        f"Workers did not meet: expected all {len(cluster.addresses)} workers of {cluster.origin} within "
        f"`worker_timeout` seconds. Received: nothing from {', '.join(missing)}. Start all workers, check that they "
        "reach each other's ports, or raise worker_timeout."
    )


def _other_work(cluster: Cluster, number: int) -> UserError:
    return UserError(
        f"Workers disagree: expected the same options and versions of all {len(cluster.addresses)} workers. Received: "
        f"others of worker {number} ({cluster.addresses[number]}) than of the chief. Start all with the same flags."
    )
