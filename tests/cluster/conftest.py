# SPDX-License-Identifier: Apache-2.0
"""One control plane for all proofs; where it cannot be had they are skipped, under CI they fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from tests.chart.conftest import EXAMPLES
from tests.chart.definitions import definitions
from tests.cluster.api import wait_for
from tests.cluster.charts import Helm, make_namespace
from tests.cluster.control_plane import ControlPlane, running_control_plane
from tests.cluster.keda import install_definitions, is_established, running_keda
from tests.cluster.nodes import running_nodes
from tests.servers.requirements import MissingServerError, give_up

NewHelm = Callable[[], Helm]
_numbers = count()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every example values file of the chart."""
    if "example_name" in metafunc.fixturenames:
        metafunc.parametrize("example_name", EXAMPLES)


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """API server, etcd, controller manager, scheduler, KWOK's nodes, and the kinds of KEDA, Strimzi and the
    Prometheus operator."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(running_control_plane(tmp_path_factory.mktemp("plane")))
            stack.enter_context(running_nodes(found))
        except MissingServerError as error:
            give_up(error)
        install_definitions(found)
        for each in definitions("monitoring.coreos.com", "kafka.strimzi.io"):
            found.api.apply(each)
            name = each["metadata"]["name"]
            wait_for(lambda name=name: is_established(found, name), f"{name} is established")
        yield found


@pytest.fixture(scope="session")
def keda(plane: ControlPlane) -> Iterator[None]:
    """KEDA's operator and metrics server beside it."""
    with ExitStack() as stack:
        try:
            stack.enter_context(running_keda(plane))
        except MissingServerError as error:
            give_up(error)
        yield


@pytest.fixture
def new_helm(plane: ControlPlane) -> NewHelm:
    """Helm in a namespace that nobody has used."""

    def make() -> Helm:
        name = f"test-{next(_numbers)}"
        make_namespace(plane, name)
        return Helm(plane, name)

    return make
