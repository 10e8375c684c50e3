# SPDX-License-Identifier: Apache-2.0
"""The broker that a command means: of its option, of the environment, or the default."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

from ..settings import WorkerSettings, read_settings
from ..transports import Admin, Transport, open_transport


def worker_settings(broker: str | None = None, registry: str | None = None) -> WorkerSettings:
    """The settings of this environment, with what the command line says on top."""
    given = {"broker": broker, "registry": registry}
    return read_settings({}, os.environ, {name: value for name, value in given.items() if value})


@contextmanager
def open_broker(broker: str | None) -> Iterator[Transport]:
    """The log that the command line, the environment or the default names."""
    settings = worker_settings(broker)
    with closing(open_transport(settings.broker, kafka=settings.kafka)) as transport:
        yield transport


@contextmanager
def open_admin(broker: str | None) -> Iterator[Admin]:
    """That log's topics and lags."""
    with open_broker(broker) as transport, closing(transport.admin()) as admin:
        yield admin
