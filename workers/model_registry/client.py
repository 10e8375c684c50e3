# SPDX-License-Identifier: Apache-2.0
"""From an address to a model registry, over a Redis client with the settings that a registry needs."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from ..retry import Backoff
from ..shown_addresses import shown
from .access import PREFIX, Access, credentials, read_access
from .embedded import EmbeddedConnection, EmbeddedServer
from .errors import RegistryError
from .redis_server import SOCKET_TIMEOUT, ServerConnection
from .registry import ModelRegistry
from .signatures import Signing, read_signing

FORMS = (
    "embedded:DIR, redis://HOST:PORT[/DB], rediss://HOST:PORT (TLS), unix://SOCKET, "
    "sentinel://HOST:PORT[,HOST:PORT...]/SERVICE"
)
DEFAULT_NAME = "default"
REGISTRY = "registry:"
"""What stands before the name of a model that is in a registry."""

BACKOFF, RETRIES = Backoff(initial=0.05, max=1.0), 3
STATES_FOLDER = "states"


def open_registry(
    address: str,
    name: str = DEFAULT_NAME,
    *,
    signing: Signing | None = None,
    access: Access | None = None,
    states: Path | None = None,
) -> ModelRegistry:
    """The registry of a model at an address: embedded:DIR, redis://, rediss://, unix://, sentinel://.

    Keys and secrets are read from the environment (`read_signing`, `read_access`) unless they are given. The
    trainer's states are kept in the folder `states`, else in FRESHET_REGISTRY_STATES, else beside an embedded
    server's data, else in Redis. Nothing is asked of a distant server yet: it may be down. Raises:
    RegistryError for a wrong address or name, SettingsError.

    >>> import tempfile
    >>> with open_registry(f"embedded:{tempfile.mkdtemp()}") as registry:
    ...     registry.versions()
    []
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise RegistryError(f"expected a model's name of letters, digits, '.', '_' and '-', got {name!r}")
    access = access or read_access(os.environ)
    connected = connect(address, access)
    folder = states or _states_folder(
        os.environ.get("FRESHET_REGISTRY_STATES", ""), connected.server.folder if connected.server else None
    )
    own = signing if signing is not None else read_signing(os.environ)
    return ModelRegistry(connected, name, own, ephemeral=access.ephemeral, states=folder)


def connect(address: str, access: Access) -> ServerConnection:
    """A client for an address; only an embedded server is reached at once, others at the first command.
    Raises: RegistryError."""
    kind, _, rest = address.partition(":")
    if kind == "embedded" and rest:
        return _embedded(Path(rest), address)
    url = urlsplit(address)
    if (
        not rest.startswith("//")
        or kind not in ("redis", "rediss", "unix", "sentinel", "sentinels")
        or not (url.hostname or url.path)
    ):
        raise RegistryError(f"a registry's address has the form {FORMS}, not {shown(address)!r}")
    login = _login(url.username, url.password, access)
    client = (
        _by_sentinel(address, access, login)
        if kind.startswith("sentinel")
        else _by_url(address, access, login)
    )
    return ServerConnection(client, shown(address), client.close)


def _common() -> dict[str, Any]:
    return {
        "socket_timeout": SOCKET_TIMEOUT,
        "socket_connect_timeout": 3.0,
        "health_check_interval": 15,
        "retry": Retry(ExponentialWithJitterBackoff(base=BACKOFF.initial, cap=BACKOFF.max), RETRIES),
        "client_name": "freshet",
    }


def _embedded(folder: Path, address: str) -> ServerConnection:
    server = EmbeddedServer(folder)
    client = redis.Redis(
        connection_pool=redis.ConnectionPool(connection_class=EmbeddedConnection, server=server, **_common())
    )

    def close() -> None:
        client.close()
        client.connection_pool.disconnect()
        server.close()

    return ServerConnection(client, address, close, server)


def _by_url(address: str, access: Access, login: dict[str, object]) -> redis.Redis:
    tls = access.tls() if address.startswith("rediss:") else {}
    url = address if not login else _without_login(address)
    return redis.Redis.from_url(url, **_common(), **tls, **login)


def _by_sentinel(address: str, access: Access, login: dict[str, object]) -> redis.Redis:
    url = urlsplit(address)
    service, query = url.path.strip("/"), parse_qs(url.query)
    hosts = [_host(place) for place in url.netloc.rpartition("@")[2].split(",")]
    if not service:
        raise RegistryError(
            "a registry behind Sentinel has the address sentinel://HOST:PORT[,HOST:PORT...]/SERVICE, "
            f"not {shown(address)!r}"
        )
    tls = {"ssl": True, **access.tls()} if url.scheme == "sentinels" else {}
    own = credentials(
        access.sentinel_username,
        access.sentinel_password,
        access.sentinel_password_file,
        PREFIX + "SENTINEL_PASSWORD_FILE",
    )
    watchers = Sentinel(  # type: ignore[no-untyped-call]
        hosts, sentinel_kwargs={"socket_timeout": 2.0, **tls, **own}, **_common(), **tls, **login
    )
    client: redis.Redis = watchers.master_for(  # type: ignore[no-untyped-call]
        service, db=int(query.get("db", ["0"])[0])
    )
    return client


def _login(username: str | None, password: str | None, access: Access) -> dict[str, object]:
    if password and (access.password or access.password_file):
        raise RegistryError(
            f"expected the password either in the registry's address or in {PREFIX}PASSWORD[_FILE], got both"
        )
    user = unquote(username) if username else access.username
    secret = unquote(password) if password else access.password
    return credentials(user, secret, access.password_file, PREFIX + "PASSWORD_FILE")


def _host(place: str) -> tuple[str, int]:
    host, _, port = place.rpartition(":")
    return (host, int(port)) if host else (place, 26379)


def _without_login(address: str) -> str:
    before, at, after = address.partition("://")
    return f"{before}{at}{after.rpartition('@')[2]}"


def _states_folder(named: str, beside: Path | None) -> Path | None:
    if named:
        return Path(named)
    return None if beside is None else beside / STATES_FOLDER
