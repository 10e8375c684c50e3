# SPDX-License-Identifier: Apache-2.0
"""What Kubernetes itself would say of the objects, by its published schemas of several versions."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.chart.conftest import CHART, EXAMPLES, Manifest, Render
from tests.chart.definitions import kubernetes_location, location

VERSIONS = ("1.30", "1.33", "1.37")
Validate = Callable[[Mapping[str, Sequence[Manifest]], str], list[str]]


@pytest.fixture(scope="module")
def findings(kubeconform: str, tmp_path_factory: pytest.TempPathFactory) -> Validate:
    """What Kubernetes' schemas of a version, and those of KEDA, Strimzi and the Prometheus operator, say
    against the objects of each example; all at once, since reading the schemas is what takes time."""
    folder = tmp_path_factory.mktemp("kubernetes")

    def findings(examples: Mapping[str, Sequence[Manifest]], version: str) -> list[str]:
        own = kubernetes_location(folder, version)
        command = [
            kubeconform,
            "-strict",
            "-output",
            "json",
            "-n",
            "1",
            "-kubernetes-version",
            f"{version}.0",
        ]
        command += ["-schema-location", own, "-schema-location", location()]
        rendered = tmp_path_factory.mktemp("rendered")
        for name, objects in examples.items():
            (rendered / f"{name}.yaml").write_text("".join(f"---\n{json.dumps(each)}\n" for each in objects))
        done = subprocess.run([*command, str(rendered)], capture_output=True, text=True, check=False)
        assert done.stdout, done.stderr
        rows = json.loads(done.stdout)["resources"]
        return [f"{Path(row['filename']).stem} {row['kind']} {row['name']}: {row['msg']}" for row in rows]

    return findings


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_valid(findings: Validate, render: Render, version: str) -> None:
    """No field that Kubernetes, KEDA, Strimzi or the Prometheus operator does not know, none missing, none of
    another type; in any example."""
    examples = {example: render(example, version=f"{version}.0").objects for example in EXAMPLES}
    assert all(examples.values())
    assert findings(examples, version) == []


def test_a_misspelt_field_is_found(findings: Validate, render: Render) -> None:
    """Also in kinds that are not Kubernetes' own: the schemas are closed."""
    wrong: list[tuple[str, list[str | int], object]] = [
        ("Deployment", ["spec", "template", "spec", "containers", 0, "imagePullPolicies"], "Always"),
        ("ServiceAccount", ["automountServiceAccountToken"], "two"),
        ("ScaledObject", ["spec", "maxReplicas"], 3),
        ("TriggerAuthentication", ["spec", "secretTargetRef", 0, "key"], 3),
    ]
    changed = {}
    for kind, path, value in wrong:
        objects = json.loads(json.dumps(render("sasl-tls").objects))
        changed[kind] = [each for each in objects if each["kind"] == kind][:1]
        place = changed[kind][0]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
    found = findings(changed, "1.33")
    assert {each.split()[0] for each in found} == {kind for kind, _, _ in wrong}


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


def test_topics_are_made_before_anything_waits_for_them(render: Render) -> None:
    """`helm install --wait` waits for workers, which wait for topics: the job is a hook that comes first, and
    needs nothing that is not there yet."""
    rendered = render("minimal")
    job, account = rendered.one("Job", "freshet-topics"), rendered.one("ServiceAccount", "freshet-topics")
    hooks = [each["metadata"]["annotations"] for each in (account, job)]
    assert {each["helm.sh/hook"] for each in hooks} == {"pre-install,pre-upgrade"}
    assert int(hooks[0]["helm.sh/hook-weight"]) < int(hooks[1]["helm.sh/hook-weight"])
    pod = job["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "freshet-topics"
    assert not [volume for volume in pod["volumes"] if "configMap" in volume]


def test_without_hooks_each_revision_has_its_own_job(render: Render) -> None:
    """As Argo CD and Flux want it, and beside brokers of the same release."""
    for example, name in (("fixed", "freshet-topics-1"), ("all-in-one", "freshet-topics-1")):
        job = render(example).one("Job", name)
        assert "helm.sh/hook" not in job["metadata"].get("annotations", {})
        assert job["spec"]["template"]["spec"]["serviceAccountName"] == "freshet"
