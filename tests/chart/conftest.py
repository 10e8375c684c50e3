# SPDX-License-Identifier: Apache-2.0
"""The chart, rendered by Helm once for each set of values."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.tools import needed_tool

CHART = Path(__file__).parents[2] / "helm" / "freshet"
EXAMPLES = sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml"))

Manifest = dict[str, Any]
Render = Callable[..., "Rendered"]


@dataclass(frozen=True)
class Rendered:
    """What Helm made of values: the objects, or the error that it ended with."""

    objects: Sequence[Manifest] = field(default_factory=tuple)
    error: str = ""

    def of_kind(self, kind: str) -> list[Manifest]:
        """All objects of a kind."""
        return [each for each in self.objects if each["kind"] == kind]

    def one(self, kind: str, name: str) -> Manifest:
        """The object of that kind and name."""
        found = {each["metadata"]["name"]: each for each in self.of_kind(kind)}
        assert name in found, f"expected {kind} {name}, there are: {', '.join(found) or 'none'}"
        return found[name]

    def pods(self) -> dict[str, Manifest]:
        """The pod specification of each workload of the chart's own, by its kind and name."""
        return {
            f"{each['kind']} {each['metadata']['name']}": each["spec"]
            if each["kind"] == "Pod"
            else each["spec"]["template"]["spec"]
            for each in self.objects
            if each["kind"] in ("Deployment", "StatefulSet", "Job", "Pod")
            and "helm.sh/chart" in each["metadata"].get("labels", {})
        }


@pytest.fixture(scope="session")
def helm() -> str:
    """The program; where it cannot be had the tests are skipped, under CI they fail."""
    return needed_tool("helm")


@pytest.fixture(scope="session")
def kubeconform() -> str:
    """That program; the same rule."""
    return needed_tool("kubeconform")


@pytest.fixture(scope="session")
def kube_score() -> str:
    """That program; the same rule."""
    return needed_tool("kube-score")


@pytest.fixture(scope="session")
def promtool() -> str:
    """That program; the same rule."""
    return needed_tool("promtool")


def set_flag(value: str) -> list[str]:
    """How Helm is told one value (`a.b=c`)."""
    return ["--set-json" if "={" in value or "=[" in value else "--set", value]


@pytest.fixture(scope="session")
def render(helm: str) -> Render:
    """Renders an example, and values over it (`a.b=c`), as `helm template` does."""

    @cache
    def render(
        example: str = "minimal", *values: str, version: str = "1.33.0", release: str = "freshet"
    ) -> Rendered:
        command = [helm, "template", release, str(CHART), "--namespace", "nlp", "--kube-version", version]
        command += ["--values", str(CHART / "ci" / f"{example}-values.yaml")]
        for value in values:
            command += set_flag(value)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return Rendered(error=done.stderr)
        return Rendered([each for each in yaml.safe_load_all(done.stdout) if each])

    return render
