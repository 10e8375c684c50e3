# SPDX-License-Identifier: Apache-2.0
"""Servers that many tests share: one Kafka broker and one Redis for the whole session, started when first
asked for. By several processes (`pytest -n 2`), what needs the broker runs in one of them, beside the rest.
With FRESHET_WITHOUT=torch,cryptography all runs as in a base install."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import tests.base_install.sitecustomize  # noqa: F401  # first: hides what a base install lacks
from engine.extras import SIGNING
from tests.servers.kafka import KafkaBroker
from tests.servers.redis import RedisServer
from tests.servers.requirements import MissingServerError, give_up


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the broker comes first and stays together: it waits more than it computes, so that the other
    processes have the cores meanwhile. The other tests of a file share what their file makes."""
    items.sort(key=lambda item: "broker" not in item.keywords)  # stable: files keep their order
    for item in items:
        group = "broker" if "broker" in item.keywords else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A real Apache Kafka broker; where it cannot run the tests that need it are skipped, under CI they
    fail."""
    broker = KafkaBroker(_folder(tmp_path_factory, "kafka"), secured=SIGNING.is_installed)
    _start(broker)
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A real Redis server on a private unix socket; same rule as for the broker."""
    server = RedisServer(_folder(tmp_path_factory, "redis"))
    _start(server)
    yield server
    server.stop()


def _folder(factory: pytest.TempPathFactory, name: str) -> Path:
    return factory.mktemp(name)


def _start(server: KafkaBroker | RedisServer) -> None:
    try:
        server.start()
    except MissingServerError as error:
        give_up(error)
