# SPDX-License-Identifier: Apache-2.0
"""Every example is accepted by a real API server, installed, upgraded, rolled back and taken away."""

from __future__ import annotations

import pytest

from tests.cluster.api import wait_for
from tests.cluster.charts import PREVIOUS, Helm, HelmError, example, make_surroundings
from tests.cluster.conftest import NewHelm
from tests.cluster.control_plane import ControlPlane

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

COMMON = ("minimal", "confluent", "fixed", "sasl-tls")
"""Examples whose values the release before takes too."""


def test_the_api_server_takes_every_object(plane: ControlPlane, new_helm: NewHelm, example_name: str) -> None:
    """As a dry run with strict fields: its own schemas, defaults and admission, and those of the CRDs."""
    helm = new_helm()
    objects = helm.template(example(example_name))
    make_surroundings(plane, helm.namespace, objects)
    for each in sorted(objects, key=lambda each: each["kind"] != "ServiceAccount"):
        if (
            each["metadata"].get("namespace", helm.namespace) == helm.namespace
        ):  # Strimzi's own may be another
            plane.api.apply(each, dry_run=each["kind"] != "ServiceAccount", namespace=helm.namespace)


def test_an_example_is_installed_upgraded_rolled_back_and_taken_away(
    plane: ControlPlane, new_helm: NewHelm, example_name: str
) -> None:
    """Each step waits until all is ready, in a namespace that enforces the restricted standard; at the end
    nothing is left, and `helm test` passes in between."""
    helm = new_helm()
    values = (example(example_name), *_fitting(example_name, helm))
    make_surroundings(plane, helm.namespace, helm.template(*values))
    if example_name in COMMON:
        helm.install(example(example_name), chart=PREVIOUS)
    else:
        helm.install(*values)
    helm.upgrade(*values, "drainTimeoutSeconds=35")
    assert _grace(plane, helm) == {45}
    assert "Succeeded" in helm.test()
    helm.rollback(1)
    assert _grace(plane, helm) == {40}
    helm.uninstall()
    wait_for(lambda: not plane.api.list("v1", "Pod", helm.namespace), "no pod is left", 30)
    for api, kind in (("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("v1", "ConfigMap")):
        left = [each["metadata"]["name"] for each in plane.api.list(api, kind, helm.namespace)]
        assert [name for name in left if name != "kube-root-ca.crt"] == []


def test_values_that_were_good_before_are_refused_with_what_to_do(
    plane: ControlPlane, new_helm: NewHelm
) -> None:
    """An upgrade that would leave an old key unread says where it moved, and changes nothing."""
    helm = new_helm()
    old = "defaults.autoscaling.prometheusAddress=http://prometheus:9090"
    helm.install(example("minimal"), old, chart=PREVIOUS)
    with pytest.raises(HelmError, match=r"moved to autoscaling\.prometheus\.serverAddress"):
        helm.upgrade(example("minimal"), old)
    assert "freshet-0.1.0" in helm.run("list")
    helm.uninstall()


def _fitting(name: str, helm: Helm) -> tuple[str, ...]:
    """What an example needs to be installed here: all in one namespace, and a claim that nobody binds left
    out."""
    fitting = {
        "strimzi-scram": (f"topics.strimzi.namespace={helm.namespace}",),
        "everything": ("annotators.batch.modelCache.volume={}",),
        "all-in-one": (),
    }
    return fitting.get(name, ())


def _grace(plane: ControlPlane, helm: Helm) -> set[int]:
    """Grace periods of the workers' pods that are there."""
    selector = "app.kubernetes.io/component in (annotator, trainer, stream-app)"
    pods = plane.api.pods(helm.namespace, selector)
    return {pod["spec"]["terminationGracePeriodSeconds"] for pod in pods}
