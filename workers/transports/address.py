# SPDX-License-Identifier: Apache-2.0
"""From an address to a transport: `embedded:PATH`, `kafka://HOST:PORT,...` or `memory:NAME`.

TLS and SASL to Kafka stand in its query, such as
`kafka://a:9093,b:9093?sasl_mechanism=SCRAM-SHA-512&sasl_username=app&sasl_password_file=/run/secrets/kafka`,
or in settings and the environment. A secret itself has no place in an address: process lists and logs show
those.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, fields
from importlib import import_module
from pathlib import Path
from urllib.parse import parse_qsl

from ..settings import KafkaSettings, read_kafka_settings
from ..shown_addresses import shown
from .base import Transport, TransportError
from .embedded import EmbeddedTransport
from .memory import MemoryTransport

EMBEDDED_FILE = "log.sqlite"
FORMS = "embedded:PATH, kafka://HOST:PORT[,HOST:PORT...][?SETTING=VALUE...] or memory:NAME"
SECRETS = ("sasl_password", "sasl_token", "ssl_password")

CLIENTS = {"kafka": (".kafka", "KafkaTransport")}
"""Transports over a client that takes a quarter of a second to import: which module has which class. It is
imported when such an address is opened, so that commands that talk to no broker start without it."""


def open_transport(address: str, *, auto_create: int = 0, kafka: KafkaSettings | None = None) -> Transport:
    """The log at an address; its unknown topics are made with `auto_create` partitions when written to, 0
    refuses them.

    An embedded PATH is a folder, made where it is missing, that holds the file `log.sqlite`; or a file that
    exists or ends in `.sqlite`. `kafka`: how brokers are talked to, under what the address says; by default
    as the environment says (`FRESHET_KAFKA_*`). Raises: TransportError for an address of no known form,
    SettingsError for wrong settings of Kafka.
    """
    kind, _, rest = address.partition(":")
    if kind == "embedded" and rest:
        path = Path(rest).expanduser()
        return EmbeddedTransport(
            path if path.suffix == ".sqlite" or path.is_file() else path / EMBEDDED_FILE,
            auto_create=auto_create,
        )
    if kind == "kafka" and rest.startswith("//") and len(rest) > 2:
        servers, security = read_kafka_address(address, kafka)
        return _client(kind)(servers, auto_create=auto_create, security=security)
    if kind == "confluent":
        raise TransportError(
            f"a broker's address has the form {FORMS}, not {shown_address(address)!r}: the transport on "
            f"librdkafka is gone since 0.2.0; write {shown_address('kafka:' + rest)} for the same brokers "
            "and the same topics"
        )
    if kind == "memory":
        return MemoryTransport(rest, auto_create=auto_create)
    raise TransportError(f"a broker's address has the form {FORMS}, not {shown_address(address)!r}")


def shown_address(address: str) -> str:
    """An address as logs, errors and screens show it: without a name, a password and a query.

    >>> shown_address("kafka://app:secret@a:9093,b:9093?sasl_username=app")
    'kafka://a:9093,b:9093'
    """
    return shown(address)


def read_kafka_address(address: str, kafka: KafkaSettings | None = None) -> tuple[list[str], KafkaSettings]:
    """The servers of a `kafka://` address, and how they are talked to: its query, above `kafka` or the
    environment. Raises: TransportError, SettingsError."""
    place, _, query = address.partition("://")[2].partition("?")
    if "@" in place:
        raise TransportError(
            f"an address has no name and no password before its hosts ({shown_address(address)}): name them "
            "by ?sasl_mechanism=...&sasl_username=...&sasl_password_file=PATH"
        )
    given = dict(parse_qsl(query, keep_blank_values=True))
    known = {field.name for field in fields(KafkaSettings)} - set(SECRETS)
    for name in given:
        if name in SECRETS:
            raise TransportError(
                f"{name} has no place in an address, which logs and process lists show: name a file by "
                f"{name}_file=PATH, or set FRESHET_KAFKA_{name.upper()}"
            )
        if name not in known:
            raise TransportError(
                f"{shown_address(address)}: no such setting in its query: {name!r}; those that exist: "
                f"{', '.join(sorted(known))}"
            )
    if kafka is None:
        return _hosts(place), read_kafka_settings(os.environ, given)
    return _hosts(place), read_kafka_settings({}, asdict(kafka) | given)


def _hosts(place: str) -> list[str]:
    return [host for host in place.rstrip("/").split(",") if host]


def _client(kind: str) -> Callable[..., Transport]:
    module, name = CLIENTS[kind]
    made: Callable[..., Transport] = getattr(import_module(module, __package__), name)
    return made
