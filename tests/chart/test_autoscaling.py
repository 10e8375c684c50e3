# SPDX-License-Identifier: Apache-2.0
"""Scaling by lag and by processor: what KEDA and the HPA are told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.chart.conftest import EXAMPLES, Render


def trigger(render: Render, example: str, name: str = "freshet-cpu") -> dict[str, Any]:
    """The first trigger of a pool."""
    found: dict[str, Any] = render(example).one("ScaledObject", name)["spec"]["triggers"][0]
    return found


def test_group_and_topic_are_those_of_the_workers(render: Render) -> None:
    """They are said once; pods and trigger have them from the same values."""
    env = {
        each["name"]: each.get("value")
        for each in render("sasl-tls").pods()["Deployment freshet-cpu"]["containers"][0]["env"]
    }
    metadata = trigger(render, "sasl-tls")["metadata"]
    assert metadata["consumerGroup"] == env["FRESHET_GROUP"]
    assert metadata["topic"] == env["FRESHET_INPUT_TOPIC"]
    assert f"kafka://{metadata['bootstrapServers']}" == env["FRESHET_BROKER"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_all_that_keda_is_told_is_text(render: Render, example: str) -> None:
    """Its metadata takes strings alone."""
    for scaler in render(example).of_kind("ScaledObject"):
        for each in scaler["spec"]["triggers"]:
            assert all(isinstance(value, str) for value in each["metadata"].values())


@pytest.mark.parametrize(
    ("example", "sasl", "parameters"),
    [
        ("sasl-tls", "scram_sha512", {"username", "password"}),
        ("oauth", "oauthbearer", {"username", "password", "ca", "oauthTokenEndpointUri", "scopes"}),
        ("strimzi", "none", {"ca", "cert", "key"}),
        ("strimzi-scram", "scram_sha512", {"username", "password", "ca"}),
        ("cert-manager", "none", {"ca", "cert", "key"}),
    ],
)
def test_keda_authenticates_as_the_workers_do(
    render: Render, example: str, sasl: str, parameters: set[str]
) -> None:
    """In KEDA's own spelling, with the same secrets."""
    found = trigger(render, example)
    assert found["metadata"]["sasl"] == sasl
    assert found["metadata"]["tls"] == "enable"
    authentication = render(example).one("TriggerAuthentication", found["authenticationRef"]["name"])
    told = [*authentication["spec"]["secretTargetRef"], *authentication["spec"].get("env", [])]
    assert {each["parameter"] for each in told} == parameters
    pod = render(example).pods()["Deployment freshet-cpu"]
    variables = {each["name"] for each in pod["containers"][0]["env"]}
    assert {each["name"] for each in authentication["spec"].get("env", [])} <= variables
    if sasl != "oauthbearer":  # whose pods have tokens of their own
        mounted = {each["secret"]["secretName"] for each in pod["volumes"] if "secret" in each}
        assert {each["name"] for each in authentication["spec"]["secretTargetRef"]} <= mounted


def test_replicas_are_left_to_who_scales(render: Render) -> None:
    """An upgrade does not set back what KEDA or the HPA decided."""
    assert "replicas" not in render("sasl-tls").one("Deployment", "freshet-cpu")["spec"]
    assert "replicas" not in render("everything").one("Deployment", "nlp-batch")["spec"]
    assert render("minimal").one("Deployment", "freshet-cpu")["spec"]["replicas"] == 2


def test_lag_in_seconds_is_the_second_trigger(render: Render) -> None:
    """Where a Prometheus is named, by the metric that workers export."""
    found = render("everything").one("ScaledObject", "nlp-cpu")["spec"]["triggers"][1]
    pods = "nlp-cpu-[a-z0-9]+-[a-z0-9]{5}"
    assert (
        found["metadata"]["query"] == f'max(freshet_consumer_lag_seconds{{namespace="nlp", pod=~"{pods}"}})'
    )
    assert re.fullmatch(pods, "nlp-cpu-6f77f796fd-bqkz7")
    assert not re.fullmatch(pods, "nlp-cpu-batch-6f77f796fd-bqkz7")
    assert found["metricType"] == "Value"  # in proportion: twice the age that is allowed, twice the workers
    assert found["authenticationRef"] == {"name": "prometheus"}
    assert found["metadata"]["authModes"] == "bearer"
