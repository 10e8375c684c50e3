# SPDX-License-Identifier: Apache-2.0
"""What every pod of the chart has, whatever the values."""

from __future__ import annotations

import json

import pytest

from tests.chart.conftest import EXAMPLES, Manifest, Render


@pytest.mark.parametrize("example", EXAMPLES)
def test_pods_are_restricted(render: Render, example: str) -> None:
    """Each is what the restricted standard asks for: not root, nothing gained, read-only, no token."""
    for name, pod in render(example).pods().items():
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"].get("runAsUser") == (None if example == "openshift" else 10001)
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"]
            assert not context["allowPrivilegeEscalation"]
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["requests"]
            assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_a_pod_mounts_is_there(render: Render, example: str) -> None:
    """Every mount names a volume of its pod, and each file that the environment names lies below a mount."""
    for name, pod in render(example).pods().items():
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in pod["containers"]:
            mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
            assert set(mounts) <= volumes, name
            for variable in container["env"]:
                if variable["name"].endswith(("_FILE", "_CAFILE", "_CERTFILE", "_KEYFILE")):
                    assert any(variable["value"].startswith(f"{path}/") for path in mounts.values()), variable


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_secret_is_an_argument_or_a_variable(render: Render, example: str) -> None:
    """Passwords reach a pod as files alone."""
    for pod in render(example).pods().values():
        for container in pod["containers"]:
            assert "secretKeyRef" not in json.dumps(container)
            assert not [v["name"] for v in container["env"] if v["name"].endswith("PASSWORD")]


@pytest.mark.parametrize("example", EXAMPLES)
def test_selectors_find_their_own_pods(render: Render, example: str) -> None:
    """A workload selects its template's labels, and each budget and scaler finds exactly one workload."""
    rendered = render(example)
    workloads = [*rendered.of_kind("Deployment"), *rendered.of_kind("StatefulSet")]
    for workload in workloads:
        assert finds(workload["spec"]["selector"], workload["spec"]["template"]["metadata"]["labels"])
    for budget in rendered.of_kind("PodDisruptionBudget"):
        found = [
            workload
            for workload in workloads
            if finds(budget["spec"]["selector"], workload["spec"]["template"]["metadata"]["labels"])
        ]
        assert len(found) == 1, budget["metadata"]["name"]
    names = {workload["metadata"]["name"] for workload in workloads}
    for scaler in [*rendered.of_kind("ScaledObject"), *rendered.of_kind("HorizontalPodAutoscaler")]:
        assert scaler["spec"]["scaleTargetRef"]["name"] in names


def finds(selector: Manifest, labels: Manifest) -> bool:
    """Whether a selector matches labels."""
    return selector["matchLabels"].items() <= labels.items()


def test_one_value_says_how_long_stopping_takes(render: Render) -> None:
    """The worker's own time-out and, ten seconds more, its pod's grace period."""
    pod = render("minimal", "drainTimeoutSeconds=50").pods()["Deployment freshet-cpu"]
    assert pod["terminationGracePeriodSeconds"] == 60
    assert {"name": "FRESHET_DRAIN_TIMEOUT", "value": "50"} in pod["containers"][0]["env"]


def test_a_pools_settings_are_environment(render: Render) -> None:
    """Nested settings join their names, as the worker reads them."""
    env = render("everything").pods()["Deployment nlp-cpu"]["containers"][0]["env"]
    told = {variable["name"]: variable.get("value") for variable in env}
    assert told["FRESHET_THREADS"] == "2"
    assert told["FRESHET_BATCHING_MAX_BATCH_TOKENS"] == "4096"
    assert told["FRESHET_CONFIDENCE"] == "true"


def test_a_worker_with_a_gpu_is_replaced_before_its_successor_comes(render: Render) -> None:
    """No second GPU is needed for a rollout."""
    deployment = render("gpu").one("Deployment", "freshet-gpu")
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    pod = deployment["spec"]["template"]["spec"]
    assert pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert pod["runtimeClassName"] == "nvidia"


def test_a_budget_of_zero_stays_zero(render: Render) -> None:
    """`maxUnavailable: 0` is not taken for nothing said."""
    assert render("fixed").one("PodDisruptionBudget", "freshet-cpu")["spec"]["maxUnavailable"] == 0


def test_members_of_a_fixed_fleet_keep_their_place(render: Render) -> None:
    """The slot is the pod's name, which outlives it."""
    pod = render("fixed").pods()["StatefulSet freshet-cpu"]
    assert pod["containers"][0]["args"][-2:] == ["--worker.slot", "$(POD_NAME)"]
    assert pod["containers"][0]["env"][-1]["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
