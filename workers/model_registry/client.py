# SPDX-License-Identifier: Apache-2.0
"""From an address to a Redis client with the settings that a registry needs, and from Redis' errors to
ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from .access import PREFIX, Access, credentials
from .embedded import EmbeddedConnection, EmbeddedServer
from .errors import RegistryError, UnreachableError

FORMS = (
    "embedded:DIR, redis://HOST:PORT[/DB], rediss://HOST:PORT (TLS), unix://SOCKET, "
    "sentinel://HOST:PORT[,HOST:PORT...]/SERVICE"
)
SOCKET_TIMEOUT = 5.0
BLOCK = 2.0
"""Units: seconds. How long one blocking read may take; shorter than the socket's timeout, or each of them
would end as an error."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A client, its address without secrets, and how it is closed."""

    client: redis.Redis
    address: str
    close: Callable[[], None]
    server: EmbeddedServer | None = None


def connect(address: str, access: Access) -> Connected:
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
        raise RegistryError(f"a registry's address has the form {FORMS}, not {_without_secret(address)!r}")
    given = _given(url.username, url.password, access)
    client = (
        _by_sentinel(address, access, given)
        if kind.startswith("sentinel")
        else _by_url(address, access, given)
    )
    return Connected(client, _without_secret(address), client.close)


@contextmanager
def translated(address: str) -> Iterator[None]:
    """Turns redis-py's errors into ours. Raises: UnreachableError, RegistryError."""
    try:
        yield
    except (redis.exceptions.AuthenticationError, redis.exceptions.NoPermissionError) as error:
        advice = (
            f"check {PREFIX}USERNAME and {PREFIX}PASSWORD[_FILE], and the user's rights (docs/registry.md)"
        )
        raise RegistryError(f"Redis at {address} refuses this user: {error}; {advice}") from error
    except redis.exceptions.OutOfMemoryError as error:
        raise RegistryError(
            f"Redis at {address} is full: {error}; raise maxmemory or run `freshet models gc`"
        ) from error
    except (
        redis.exceptions.ConnectionError,
        redis.exceptions.TimeoutError,
        redis.exceptions.ReadOnlyError,
    ) as error:
        raise UnreachableError(
            f"Redis at {address} does not answer: {error}; is it up, and is the address right?"
        ) from error
    except redis.RedisError as error:
        raise RegistryError(
            f"Redis at {address} refuses a command: {type(error).__name__}: {error}"
        ) from error


def _common() -> dict[str, Any]:
    return {
        "socket_timeout": SOCKET_TIMEOUT,
        "socket_connect_timeout": 3.0,
        "health_check_interval": 15,
        "retry": Retry(ExponentialWithJitterBackoff(base=0.05, cap=1.0), 3),
        "client_name": "freshet",
    }


def _embedded(folder: Path, address: str) -> Connected:
    server = EmbeddedServer(folder)
    client = redis.Redis(
        connection_pool=redis.ConnectionPool(connection_class=EmbeddedConnection, server=server, **_common())
    )

    def close() -> None:
        client.close()
        client.connection_pool.disconnect()
        server.close()

    return Connected(client, address, close, server)


def _by_url(address: str, access: Access, given: dict[str, object]) -> redis.Redis:
    tls = access.tls() if address.startswith("rediss:") else {}
    url = address if not given else _without_secret(address, keep_place=True)
    return redis.Redis.from_url(url, **_common(), **tls, **given)


def _by_sentinel(address: str, access: Access, given: dict[str, object]) -> redis.Redis:
    url = urlsplit(address)
    service, query = url.path.strip("/"), parse_qs(url.query)
    hosts = [_host(place) for place in url.netloc.rpartition("@")[2].split(",")]
    if not service:
        raise RegistryError(
            "a registry behind Sentinel has the address sentinel://HOST:PORT[,HOST:PORT...]/SERVICE, "
            f"not {address!r}"
        )
    tls = {"ssl": True, **access.tls()} if url.scheme == "sentinels" else {}
    own = credentials(
        access.sentinel_username,
        access.sentinel_password,
        access.sentinel_password_file,
        PREFIX + "SENTINEL_PASSWORD_FILE",
    )
    watchers = Sentinel(  # type: ignore[no-untyped-call]
        hosts, sentinel_kwargs={"socket_timeout": 2.0, **tls, **own}, **_common(), **tls, **given
    )
    client: redis.Redis = watchers.master_for(  # type: ignore[no-untyped-call]
        service, db=int(query.get("db", ["0"])[0])
    )
    return client


def _given(username: str | None, password: str | None, access: Access) -> dict[str, object]:
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


def _without_secret(address: str, *, keep_place: bool = False) -> str:
    before, at, after = address.partition("://")
    user, mark, place = after.rpartition("@")
    if not mark:
        return address
    return f"{before}{at}{place}" if keep_place else f"{before}{at}{user.partition(':')[0]}@{place}"
