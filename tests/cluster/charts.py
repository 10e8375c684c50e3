# SPDX-License-Identifier: Apache-2.0
"""Releases of the chart by the real `helm`, and the secrets that its example values name."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.chart.conftest import CHART, Manifest, set_flag
from tests.chart.tools import tool
from tests.cluster.api import Object
from tests.cluster.control_plane import ControlPlane

PREVIOUS = Path(__file__).parent / "previous" / "freshet-0.1.0.tgz"
"""The release before this one, as it was packaged."""


class HelmError(Exception):
    """Helm refused, or what it waited for did not come."""


@dataclass(frozen=True)
class Helm:
    """Helm on a control plane, in one namespace, with one release."""

    plane: ControlPlane
    namespace: str
    release: str = "freshet"

    def install(self, *values: str, chart: Path = CHART, timeout: str = "90s") -> str:
        """`helm install --wait`; also jobs are waited for. Raises: HelmError."""
        return self._release("install", chart, values, timeout)

    def upgrade(self, *values: str, chart: Path = CHART, timeout: str = "90s") -> str:
        """`helm upgrade --wait`. Raises: HelmError."""
        return self._release("upgrade", chart, values, timeout)

    def rollback(self, revision: int) -> str:
        """`helm rollback --wait`. Raises: HelmError."""
        return self.run("rollback", self.release, str(revision), "--wait", "--timeout", "90s")

    def uninstall(self) -> str:
        """`helm uninstall --wait`. Raises: HelmError."""
        return self.run("uninstall", self.release, "--wait", "--timeout", "90s")

    def test(self) -> str:
        """`helm test`. Raises: HelmError."""
        return self.run("test", self.release, "--timeout", "60s")

    def template(self, *values: str, chart: Path = CHART) -> list[Manifest]:
        """What an install would make. Raises: HelmError."""
        words = ["template", self.release, str(chart), "--kube-version", "1.34.0", *_values(values)]
        return [each for each in yaml.safe_load_all(self.run(*words)) if each]

    def objects(self) -> list[Manifest]:
        """What the release has made, hooks aside. Raises: HelmError."""
        text = self.run("get", "manifest", self.release)
        return [each for each in yaml.safe_load_all(text) if each]

    def run(self, *words: str) -> str:
        """One command. Raises: HelmError with what it said."""
        access = ["--kubeconfig", str(self.plane.kubeconfig), "--namespace", self.namespace]
        done = subprocess.run(
            [tool("helm"), *words, *access], capture_output=True, text=True, check=False, timeout=200
        )
        if done.returncode:
            raise HelmError(done.stderr[-3000:])
        return done.stdout

    def _release(self, verb: str, chart: Path, values: Sequence[str], timeout: str) -> str:
        waits = ["--wait", "--wait-for-jobs", "--timeout", timeout]
        return self.run(verb, self.release, str(chart), *_values(values), *waits)


def example(name: str) -> str:
    """The values file of an example."""
    return str(CHART / "ci" / f"{name}-values.yaml")


def make_namespace(plane: ControlPlane, name: str) -> None:
    """A namespace that lets in pods of the restricted standard alone."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    plane.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})


def make_surroundings(plane: ControlPlane, namespace: str, objects: Sequence[Manifest]) -> None:
    """Secrets, claims and classes that the objects name and do not bring."""
    for name, keys in _secrets(objects).items():
        data = {key: "test" for key in sorted(keys)}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}
        plane.api.apply(secret, namespace=namespace)
    for found in objects:
        for pod in _pods(found):
            _make_classes(plane, pod)


def _make_classes(plane: ControlPlane, pod: Object) -> None:
    if name := pod.get("priorityClassName"):
        plane.api.apply(
            {
                "apiVersion": "scheduling.k8s.io/v1",
                "kind": "PriorityClass",
                "metadata": {"name": name},
                "value": 1,
            }
        )
    if name := pod.get("runtimeClassName"):
        plane.api.apply(
            {
                "apiVersion": "node.k8s.io/v1",
                "kind": "RuntimeClass",
                "metadata": {"name": name},
                "handler": name,
            }
        )


def _secrets(objects: Sequence[Manifest]) -> dict[str, set[str]]:
    """Names of secrets and of the keys that KEDA reads of them."""
    found: dict[str, set[str]] = {}
    for each in objects:
        for pod in _pods(each):
            for volume in pod.get("volumes", []):
                if "secret" in volume:
                    found.setdefault(volume["secret"]["secretName"], set())
        if each["kind"] == "TriggerAuthentication":
            for target in each["spec"]["secretTargetRef"]:
                found.setdefault(target["name"], set()).add(target["key"])
    return found


def _pods(found: Manifest) -> list[Object]:
    if found["kind"] == "Pod":
        return [found["spec"]]
    if found["kind"] in ("Deployment", "StatefulSet", "Job"):
        return [found["spec"]["template"]["spec"]]
    return []


def _values(values: Sequence[str]) -> list[str]:
    """Files by `--values`, everything else by `--set` or, with braces, `--set-json`."""
    words: list[str] = []
    for value in values:
        words += ["--values", value] if value.endswith(".yaml") else set_flag(value)
    return words
