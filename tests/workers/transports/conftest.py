# SPDX-License-Identifier: Apache-2.0
"""The logs that every conformance test runs against."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.kafka import KafkaBroker
from tests.workers.transports.helpers import Log

KAFKA = pytest.param("kafka", marks=pytest.mark.broker)


@pytest.fixture(params=["memory", "embedded", KAFKA])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    """Each kind of log in turn."""
    yield from _opened(request.param, request, tmp_path)


@pytest.fixture(params=["embedded", KAFKA])
def durable_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    """Each kind of log that outlives a process."""
    yield from _opened(request.param, request, tmp_path)


def _opened(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Log]:
    if kind == "kafka":
        broker: KafkaBroker = request.getfixturevalue("kafka_broker")
        log = Log(f"{kind}://{broker.address}", session_timeout=2.0, max_poll_interval=3.0)
    else:
        address = f"memory:{uuid.uuid4().hex}" if kind == "memory" else f"embedded:{folder / 'log.sqlite'}"
        log = Log(address, session_timeout=0.5, max_poll_interval=0.5)
    yield log
    log.close()
