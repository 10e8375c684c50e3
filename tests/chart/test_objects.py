# SPDX-License-Identifier: Apache-2.0
"""What Kubernetes itself would say of the objects, by its published schemas of several versions."""

from __future__ import annotations

import subprocess

import kubernetes_validate
import pytest

from tests.chart.conftest import CHART, EXAMPLES, Render

VERSIONS = ("1.30", "1.33", "1.37")
OTHERS = {"keda.sh", "monitoring.coreos.com", "kafka.strimzi.io"}
"""Groups of other projects, whose schemas are not Kubernetes'."""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_object_is_valid(render: Render, example: str, version: str) -> None:
    """No field that Kubernetes does not know, none missing, none of another type."""
    for each in render(example, version=f"{version}.0").objects:
        if each["apiVersion"].split("/")[0] not in OTHERS:
            kubernetes_validate.validate(each, version, strict=True)


@pytest.mark.parametrize("example", EXAMPLES)
def test_helm_has_nothing_to_say(helm: str, example: str) -> None:
    """`helm lint --strict` passes."""
    values = str(CHART / "ci" / f"{example}-values.yaml")
    done = subprocess.run(
        [helm, "lint", "--strict", str(CHART), "--values", values],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_an_object_has_one_name(render: Render) -> None:
    """No two of one kind and name, in any example."""
    for example in EXAMPLES:
        names = [(each["kind"], each["metadata"]["name"]) for each in render(example).objects]
        assert len(names) == len(set(names)), example
