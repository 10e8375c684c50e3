# SPDX-License-Identifier: Apache-2.0
"""What kube-score says of the objects, but for what is meant as it is."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping

import pytest

from tests.chart.conftest import EXAMPLES, Render

IGNORED: Mapping[str, str] = {
    "container-resources": "no limit of processor time: a throttled worker misses heartbeats",
    "container-image-pull-policy": "images are named by digest, or by a release's tag, which does not move",
    "container-security-context-user-group-id": "OpenShift gives each namespace a user of its own",
    "deployment-has-host-podantiaffinity": "topologySpreadConstraints spread pods as far as there is room",
    "statefulset-has-host-podantiaffinity": "the same; and there is one trainer",
    "deployment-replicas": "stream app and console are one each: they hold tables and sessions of their own",
    "deployment-strategy": "the console's successor comes when it is gone: one holds the leases of texts",
    "horizontalpodautoscaler-replicas": "a pool may shrink to one: what it has not read waits in the log",
    "statefulset-has-servicename": "nobody asks members of a pool, or the trainer, by name",
    "pod-probes-identical": "the console has one page that says that it lives, and no start that takes long",
}
"""Checks that are not ours, and why."""


@pytest.fixture(scope="module")
def remarks(kube_score: str, render: Render) -> set[str]:
    """The checks that any object of any example fails."""
    found: set[str] = set()
    for example in EXAMPLES:
        objects = [
            each for each in render(example).objects if "helm.sh/chart" in each["metadata"].get("labels", {})
        ]
        command = [kube_score, "score", "--kubernetes-version", "v1.33", "--output-format", "json", "-"]
        text = "".join(f"---\n{json.dumps(each)}\n" for each in objects)
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert done.stdout, done.stderr
        for scored in json.loads(done.stdout):
            checks = scored["checks"] or []
            found |= {each["check"]["id"] for each in checks if not each["skipped"] and each["grade"] < 10}
    return found


def test_kube_score_finds_nothing_that_is_not_meant(remarks: set[str]) -> None:
    """Its checks pass in every example, but for those that are listed with a reason."""
    assert remarks - set(IGNORED) == set()


def test_every_reason_is_still_needed(remarks: set[str]) -> None:
    """A check that passes everywhere is not ignored."""
    assert set(IGNORED) - remarks == set()
