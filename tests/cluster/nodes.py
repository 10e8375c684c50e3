# SPDX-License-Identifier: Apache-2.0
"""Nodes without machines: KWOK plays their kubelets, by the stages in `stages/`.

Pods get ready, crash and end as their annotations say (`freshet.test/start`, `freshet.test/crash`), and no
container starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.api import MERGE, ApiError, Object, wait_for
from tests.cluster.binaries import program
from tests.cluster.control_plane import ControlPlane
from tests.cluster.process import Process
from tests.servers.kafka import free_port

STAGES = Path(__file__).parent / "stages"
GPU_NODE = "node-gpu"
NODES = ("node-0", "node-1", "node-2", GPU_NODE)
ROOM = {"cpu": "64", "memory": "256Gi", "pods": "200", "ephemeral-storage": "1Ti"}


@contextmanager
def running_nodes(plane: ControlPlane) -> Iterator[None]:
    """Three nodes, and a fourth with two GPUs, for the time of the block."""
    configs = [f"--config={path}" for path in sorted(STAGES.glob("*.yaml"))]
    address = f"127.0.0.1:{free_port()}"
    command = [program("kwok"), f"--kubeconfig={plane.kubeconfig}", "--manage-all-nodes=true", *configs]
    process = Process("kwok", [*command, f"--server-address={address}"], plane.folder)
    try:
        for name in NODES:
            plane.api.request("POST", "/api/v1/nodes", _node(name))
        process.wait_until(lambda: all(_is_ready(plane, name) for name in NODES), 60)
        yield
    finally:
        process.stop()


def drain(plane: ControlPlane, node: str, timeout: float) -> None:
    """Let no new pod onto a node and evict those that are there, as `kubectl drain` does: again and again
    while a disruption budget says no. Raises: AssertionError where the time does not suffice."""
    set_unschedulable(plane, node, True)
    wait_for(lambda: not _evict_all(plane, node), f"{node} is drained", timeout)


def set_unschedulable(plane: ControlPlane, node: str, value: bool) -> None:
    """Whether no new pod comes onto a node."""
    plane.api.request("PATCH", f"/api/v1/nodes/{node}", {"spec": {"unschedulable": value}}, MERGE)


def _evict_all(plane: ControlPlane, node: str) -> list[str]:
    """The pods that are left on a node after each was asked to go."""
    found = plane.api.request("GET", f"/api/v1/pods?fieldSelector=spec.nodeName%3D{node}")["items"]
    left = []
    for pod in found:
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        if pod["status"].get("phase") not in ("Succeeded", "Failed"):
            left.append(name)
        if "deletionTimestamp" in pod["metadata"]:
            continue
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": namespace},
        }
        try:
            plane.api.request("POST", f"/api/v1/namespaces/{namespace}/pods/{name}/eviction", eviction)
        except ApiError as error:
            if error.code not in (404, 429):  # gone meanwhile; a budget said no
                raise
    return left


def _node(name: str) -> Object:
    room = ROOM | ({"nvidia.com/gpu": "2"} if name == GPU_NODE else {})
    zone = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": f"zone-{NODES.index(name) % 2}"}
    taint = {"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {**zone, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"},
            "annotations": {"kwok.x-k8s.io/node": "fake"},
        },
        "spec": {"taints": [taint] if name == GPU_NODE else []},
        "status": {"allocatable": room, "capacity": room},
    }


def _is_ready(plane: ControlPlane, name: str) -> bool:
    conditions = plane.api.get("v1", "Node", "", name)["status"].get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
