# SPDX-License-Identifier: Apache-2.0
"""etcd, API server, controller manager and scheduler on loopback, in a temporary folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.api import TOKEN, Api
from tests.cluster.binaries import program
from tests.cluster.certificates import make_keys
from tests.cluster.process import Process
from tests.servers.kafka import free_port

START_TIMEOUT = 120.0


@dataclass(frozen=True)
class ControlPlane:
    """A control plane that runs: its folder with keys and logs, and how to reach it."""

    folder: Path
    api: Api

    @property
    def kubeconfig(self) -> Path:
        """What clients read."""
        return self.folder / "kubeconfig"


@contextmanager
def running_control_plane(folder: Path) -> Iterator[ControlPlane]:
    """One for the time of the block. Raises: MissingServerError, RuntimeError."""
    make_keys(folder)
    store, address = f"http://127.0.0.1:{free_port()}", f"https://127.0.0.1:{free_port()}"
    plane = ControlPlane(folder, Api(address, folder / "ca.pem"))
    _write_access(plane, address)
    with ExitStack() as stack:

        def start(name: str, *flags: str) -> Process:
            process = Process(name, [program(name), *flags], folder)
            stack.callback(process.stop)
            return process

        start("etcd", *_etcd_flags(folder, store))
        server = start("kube-apiserver", *_server_flags(folder, store, address))
        server.wait_until(plane.api.is_ready, START_TIMEOUT)
        common = (f"--kubeconfig={plane.kubeconfig}", "--leader-elect=false", "--bind-address=127.0.0.1")
        start("kube-controller-manager", *common, *_manager_flags(folder))
        start("kube-scheduler", *common, f"--secure-port={free_port()}")
        yield plane


def _write_access(plane: ControlPlane, address: str) -> None:
    (plane.folder / "tokens.csv").write_text(f'{TOKEN},admin,admin,"system:masters"\n')
    cluster = {"server": address, "certificate-authority": str(plane.folder / "ca.pem")}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "here", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": TOKEN}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "admin"}}],
        "current-context": "here",
    }
    plane.kubeconfig.write_text(json.dumps(content))


def _etcd_flags(folder: Path, store: str) -> list[str]:
    peers = f"http://127.0.0.1:{free_port()}"
    return [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={store}",
        f"--advertise-client-urls={store}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _server_flags(folder: Path, store: str, address: str) -> list[str]:
    return [
        f"--etcd-servers={store}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={address.rpartition(':')[2]}",
        f"--cert-dir={folder}",
        f"--tls-cert-file={folder / 'broker.pem'}",
        f"--tls-private-key-file={folder / 'broker.pem'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={folder / 'sa.pub'}",
        f"--service-account-signing-key-file={folder / 'sa.key'}",
        # For KEDA's metrics, which the API server hands on: it says by this certificate who asks.
        f"--proxy-client-cert-file={folder / 'client.pem'}",
        f"--proxy-client-key-file={folder / 'client.pem'}",
        f"--requestheader-client-ca-file={folder / 'ca.pem'}",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    ]


def _manager_flags(folder: Path) -> list[str]:
    """The autoscaler looks thrice as often as by default, so that a test sees more of its decisions."""
    return [
        f"--secure-port={free_port()}",
        f"--service-account-private-key-file={folder / 'sa.key'}",
        "--use-service-account-credentials=true",
        "--horizontal-pod-autoscaler-sync-period=5s",
        "--horizontal-pod-autoscaler-initial-readiness-delay=1s",
    ]
