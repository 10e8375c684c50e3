# SPDX-License-Identifier: Apache-2.0
"""KEDA's operator and its metrics server as processes beside the control plane, with its CRDs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import yaml

from tests.cluster.api import ApiError, wait_for
from tests.cluster.binaries import module_folder, program
from tests.cluster.control_plane import ControlPlane
from tests.cluster.process import Process
from tests.servers.kafka import free_port

NAMESPACE = "keda"
EXTERNAL = "external.metrics.k8s.io"


@contextmanager
def running_keda(plane: ControlPlane) -> Iterator[None]:
    """KEDA for the time of the block. Raises: MissingServerError, RuntimeError."""
    install_definitions(plane)
    grpc, metrics, probe, serving = (free_port() for _ in range(4))
    plane.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    environment = {
        "KUBECONFIG": str(plane.kubeconfig),
        "WATCH_NAMESPACE": "",
        "POD_NAMESPACE": NAMESPACE,
        "KEDA_CLUSTER_OBJECT_NAMESPACE": NAMESPACE,
    }
    with ExitStack() as stack:
        operator = Process("keda-operator", _operator(plane, grpc, metrics, probe), plane.folder, environment)
        stack.callback(operator.stop)
        adapter = Process("keda-adapter", _adapter(plane, grpc, serving), plane.folder, environment)
        stack.callback(adapter.stop)
        for found in _service(serving):
            plane.api.apply(found, namespace=NAMESPACE)
        adapter.wait_until(lambda: _answers(plane), 90)
        yield


def install_definitions(plane: ControlPlane) -> None:
    """KEDA's own kinds, from the module that the operator is built from."""
    names = []
    for path in sorted((module_folder("keda-operator") / "config" / "crd" / "bases").glob("*.yaml")):
        for found in yaml.safe_load_all(path.read_text(encoding="utf8")):
            if found:
                plane.api.apply(found)
                names.append(found["metadata"]["name"])
    for name in names:
        wait_for(lambda name=name: is_established(plane, name), f"{name} is established")


def is_established(plane: ControlPlane, name: str) -> bool:
    """Whether a kind that was defined may be used."""
    found = plane.api.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", name)
    conditions = found.get("status", {}).get("conditions") or []
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)


def _operator(plane: ControlPlane, grpc: int, metrics: int, probe: int) -> list[str]:
    return [
        program("keda-operator"),
        f"--metrics-service-bind-address=127.0.0.1:{grpc}",
        f"--metrics-bind-address=127.0.0.1:{metrics}",
        f"--health-probe-bind-address=127.0.0.1:{probe}",
        f"--cert-dir={plane.folder}",
        "--enable-webhook-patching=false",
    ]


def _adapter(plane: ControlPlane, grpc: int, serving: int) -> list[str]:
    return [
        program("keda-adapter"),
        f"--metrics-service-address=127.0.0.1:{grpc}",
        "--bind-address=127.0.0.1",
        f"--secure-port={serving}",
        f"--port={free_port()}",
        f"--cert-dir={plane.folder}",
        f"--tls-cert-file={plane.folder / 'tls.crt'}",
        f"--tls-private-key-file={plane.folder / 'tls.key'}",
        *(
            f"--{what}-kubeconfig={plane.kubeconfig}"
            for what in ("authentication", "authorization", "lister")
        ),
    ]


def _service(port: int) -> list[dict[str, Any]]:
    """How the API server finds the metrics server: by name, since there is no network of pods."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "keda-metrics", "namespace": NAMESPACE},
            "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]},
        },
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": f"v1beta1.{EXTERNAL}"},
            "spec": {
                "group": EXTERNAL,
                "version": "v1beta1",
                "service": {"name": "keda-metrics", "namespace": NAMESPACE, "port": port},
                # The certificate says localhost, the API server asks for the service's name.
                "insecureSkipTLSVerify": True,
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
            },
        },
    ]


def _answers(plane: ControlPlane) -> bool:
    try:
        return bool(plane.api.request("GET", f"/apis/{EXTERNAL}/v1beta1"))
    except (ApiError, OSError):
        return False
