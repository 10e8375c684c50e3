# SPDX-License-Identifier: Apache-2.0
"""From an address to a transport: `embedded:PATH`, `kafka://HOST:PORT,...` or `memory:NAME`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from .base import Transport, TransportError
from .embedded import EmbeddedTransport
from .memory import MemoryTransport

EMBEDDED_FILE = "log.sqlite"
FORMS = "embedded:PATH, kafka://HOST:PORT[,HOST:PORT...] or memory:NAME"

CLIENTS = {"kafka": (".kafka", "KafkaTransport")}
"""Transports over a client that takes a quarter of a second to import: which module has which class. It is
imported when such an address is opened, so that commands that talk to no broker start without it."""


def open_transport(address: str, *, auto_create: int = 0) -> Transport:
    """The log at an address; its unknown topics are made with `auto_create` partitions when written to, 0
    refuses them.

    An embedded PATH is a folder, made where it is missing, that holds the file `log.sqlite`; or a file that
    exists or ends in `.sqlite`.
    Raises: TransportError for an address of no known form.
    """
    kind, _, rest = address.partition(":")
    if kind == "embedded" and rest:
        path = Path(rest).expanduser()
        return EmbeddedTransport(
            path if path.suffix == ".sqlite" or path.is_file() else path / EMBEDDED_FILE,
            auto_create=auto_create,
        )
    if kind == "kafka" and rest.startswith("//") and len(rest) > 2:
        return _client(kind)(rest[2:].rstrip("/").split(","), auto_create=auto_create)
    if kind == "confluent":
        raise TransportError(
            f"a broker's address has the form {FORMS}, not {address!r}: the transport on librdkafka is gone "
            f"since 0.2.0; write kafka:{rest} for the same brokers and the same topics"
        )
    if kind == "memory":
        return MemoryTransport(rest, auto_create=auto_create)
    raise TransportError(f"a broker's address has the form {FORMS}, not {address!r}")


def _client(kind: str) -> Callable[..., Transport]:
    module, name = CLIENTS[kind]
    made: Callable[..., Transport] = getattr(import_module(module, __package__), name)
    return made
