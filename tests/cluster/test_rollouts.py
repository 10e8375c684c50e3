# SPDX-License-Identifier: Apache-2.0
"""Rollouts and drained nodes, with pods that are slow to start or crash."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.cluster.api import ApiError, Object, wait_for
from tests.cluster.charts import Helm, HelmError, example, make_surroundings
from tests.cluster.conftest import NewHelm
from tests.cluster.control_plane import ControlPlane
from tests.cluster.nodes import NODES, drain, set_unschedulable

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

POOL = "freshet.io/pool=cpu"
SLOW = 'defaults.podAnnotations={"freshet.test/start":"3s"}'
CRASH = 'defaults.podAnnotations={"freshet.test/crash":"true"}'


@dataclass
class Seen:
    """Numbers of pods that a watcher saw: ready ones, and all that were not being ended."""

    ready: list[int] = field(default_factory=list)
    there: list[int] = field(default_factory=list)


def is_ready(pod: Object) -> bool:
    """Whether a pod is ready."""
    conditions = pod["status"].get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


@contextmanager
def watching(plane: ControlPlane, helm: Helm, selector: str = POOL) -> Iterator[Seen]:
    """What becomes of a pool's pods during the block."""
    seen, stop = Seen(), threading.Event()

    def look() -> None:
        while not stop.wait(0.1):
            pods = plane.api.pods(helm.namespace, selector)
            seen.ready.append(sum(map(is_ready, pods)))
            seen.there.append(len(pods))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join(10)


@contextmanager
def installed(new_helm: NewHelm, name: str, *values: str) -> Iterator[Helm]:
    """An example, for the time of the block."""
    helm = new_helm()
    make_surroundings(helm.plane, helm.namespace, helm.template(example(name), *values))
    helm.install(example(name), *values)
    yield helm
    helm.uninstall()


def test_a_rollout_of_slow_workers_never_has_fewer_that_are_ready(
    plane: ControlPlane, new_helm: NewHelm
) -> None:
    """One more than asked for at most, none less."""
    with installed(new_helm, "minimal", SLOW, "defaults.replicas=3") as helm:
        with watching(plane, helm) as seen:
            helm.upgrade(example("minimal"), SLOW, "defaults.replicas=3", "drainTimeoutSeconds=31")
        assert min(seen.ready) >= 3
        assert max(seen.there) <= 4


def test_a_release_that_crashes_takes_nobody_down(plane: ControlPlane, new_helm: NewHelm) -> None:
    """The upgrade fails, the old workers stay, and a rollback needs none of them replaced."""
    with installed(new_helm, "minimal") as helm:
        before = {pod["metadata"]["name"] for pod in plane.api.pods(helm.namespace, POOL)}
        with watching(plane, helm) as seen:
            with pytest.raises(HelmError, match=r"timed out|deadline"):
                helm.upgrade(example("minimal"), CRASH, timeout="10s")
            helm.rollback(1)
            wait_for(lambda: len(plane.api.pods(helm.namespace, POOL)) == 2, "the crashing one is gone")
        assert min(seen.ready) >= 2
        assert {pod["metadata"]["name"] for pod in plane.api.pods(helm.namespace, POOL)} == before


def test_a_worker_with_a_gpu_goes_before_its_successor_comes(plane: ControlPlane, new_helm: NewHelm) -> None:
    """Two workers on a node with two GPUs: never a third one that would wait for a GPU for ever."""
    values = (example("gpu"), "annotators.gpu.replicas=2")
    with installed(new_helm, "gpu", *values[1:]) as helm:
        with watching(plane, helm, "freshet.io/pool=gpu") as seen:
            helm.upgrade(*values, "drainTimeoutSeconds=31")
        assert max(seen.there) == 2
        assert min(seen.ready) >= 1


def test_a_drained_node_takes_one_worker_at_a_time(plane: ControlPlane, new_helm: NewHelm) -> None:
    """Three slow workers on one node: the next goes when the one before is ready elsewhere."""
    only_here = f"defaults.affinity={_prefers(NODES[0])}"
    with installed(new_helm, "minimal", SLOW, only_here, "defaults.replicas=3") as helm:
        with watching(plane, helm) as seen, _back(plane, NODES[0]):
            drain(plane, NODES[0], timeout=90)
            wait_for(lambda: _n_ready(plane, helm) == 3, "all are ready again")
        assert min(seen.ready) >= 2


def test_what_there_is_one_of_does_not_keep_a_node(plane: ControlPlane, new_helm: NewHelm) -> None:
    """Trainer and stream app are evicted, and come back on another node."""
    with installed(new_helm, "minimal") as helm:
        trainer = plane.api.pods(helm.namespace, "app.kubernetes.io/component=trainer")[0]
        node = trainer["spec"]["nodeName"]
        with _back(plane, node):
            drain(plane, node, timeout=60)
            back = wait_for(
                lambda: plane.api.pods(helm.namespace, "app.kubernetes.io/component=trainer"), "it is back"
            )
            assert back[0]["metadata"]["name"] == trainer["metadata"]["name"]
            assert (
                wait_for(
                    lambda: plane.api.get("v1", "Pod", helm.namespace, trainer["metadata"]["name"])[
                        "spec"
                    ].get("nodeName", ""),
                    "it has a node",
                )
                != node
            )


def test_a_budget_of_zero_keeps_every_worker(plane: ControlPlane, new_helm: NewHelm) -> None:
    """Evictions of a fixed fleet that may miss none are refused."""
    with installed(new_helm, "fixed") as helm:
        name = plane.api.pods(helm.namespace, POOL)[0]["metadata"]["name"]
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
        path = f"/api/v1/namespaces/{helm.namespace}/pods/{name}/eviction"
        wait_for(lambda: _refused(lambda: plane.api.request("POST", path, eviction)), "the budget is known")


def test_members_of_a_fixed_fleet_keep_their_names(plane: ControlPlane, new_helm: NewHelm) -> None:
    """Their slots in the group: one after the other is replaced by its namesake."""
    with installed(new_helm, "fixed") as helm:
        before = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in _pool(plane, helm)}
        with watching(plane, helm) as seen:
            helm.upgrade(example("fixed"), "drainTimeoutSeconds=31")
        after = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in _pool(plane, helm)}
        assert set(after) == set(before) == {f"freshet-cpu-{i}" for i in range(3)}
        assert not set(after.values()) & set(before.values())
        assert min(seen.ready) >= 2


def _pool(plane: ControlPlane, helm: Helm) -> list[Object]:
    return plane.api.pods(helm.namespace, POOL)


def _n_ready(plane: ControlPlane, helm: Helm) -> int:
    return sum(map(is_ready, _pool(plane, helm)))


def _refused(request: Callable[[], object]) -> bool:
    try:
        request()
    except ApiError as error:
        return error.code == 429
    raise AssertionError("expected the eviction to be refused, it was not")


def _prefers(node: str) -> str:
    term = (
        '{"weight":100,"preference":{"matchExpressions":[{"key":"kubernetes.io/hostname","operator":"In",'
        f'"values":["{node}"]}}]}}}}'
    )
    return f'{{"nodeAffinity":{{"preferredDuringSchedulingIgnoredDuringExecution":[{term}]}}}}'


@contextmanager
def _back(plane: ControlPlane, node: str) -> Iterator[None]:
    try:
        yield
    finally:
        set_unschedulable(plane, node, False)
