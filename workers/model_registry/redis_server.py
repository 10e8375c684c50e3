# SPDX-License-Identifier: Apache-2.0
"""A Redis server as a registry speaks to it: looked at before it is used, its errors ours, its scripts run
whole or not at all."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import redis

from .access import PREFIX
from .checks import ServerFacts, read_facts, require_fit
from .embedded import EmbeddedServer
from .errors import (
    MissingBlobError,
    OtherFilesError,
    RefusedError,
    RegistryError,
    StaleHeadError,
    StaleWriterError,
    UnknownRegistryError,
    UnknownVersionError,
    UnreachableError,
    as_written,
)

SCRIPTS = Path(__file__).parent / "scripts"
SOCKET_TIMEOUT = 5.0
BLOCK = 2.0
"""Units: seconds. How long one blocking read may take; shorter than the socket's timeout, or each of them
would end as an error."""
WRITE_DELAY = 2.5
"""Units: seconds. A little more than the longest that Redis puts off writing to its append-only file."""


class Script(StrEnum):
    """The scripts, one file each below `scripts/`."""

    RESERVE = "reserve"
    PUT = "put"
    VERDICT = "verdict"
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    PLACE = "place"
    RETIRE = "retire"
    GC = "gc"
    DISCARD = "discard"
    FENCE = "fence"
    CHECKPOINT = "checkpoint"
    METRICS = "metrics"
    NOTE = "note"
    WORKER = "worker"


UNHURRIED = (Script.RESERVE, Script.METRICS, Script.WORKER)
"""Scripts whose effect may be forgotten without harm."""


class RefusalCode(StrEnum):
    """Why a script changed nothing, where that is more than a text."""

    UNKNOWN = "UNKNOWN"
    MISSING = "MISSING"
    FENCED = "FENCED"
    STALE = "STALE"
    PARENT = "PARENT"
    OTHER = "OTHER"
    REGISTRY = "REGISTRY"


@dataclass(frozen=True, slots=True)
class ServerConnection:
    """A client, its address without secrets, and how it is closed."""

    client: redis.Redis
    address: str
    close: Callable[[], None]
    server: EmbeddedServer | None = None


class RegistryServer:
    """The keys of one registry on a server, below `fr:{NAME}:`. Safe to use from several threads."""

    def __init__(self, connected: ServerConnection, name: str, *, ephemeral: bool) -> None:
        self.address, self.name, self.root = connected.address, name, f"fr:{{{name}}}:"
        self.client: Any = connected.client  # redis-py types each reply as the union over all protocols
        self._ephemeral, self._fit = ephemeral, False

    def key(self, name: str) -> str:
        """The whole name of a key."""
        return self.root + name

    def fields(self, name: str) -> dict[str, str]:
        """A hash as text; empty where there is none."""
        with self.guard(), as_written(f"{name} of {self.name}"):
            return text_fields(self.client.hgetall(self.key(name)))

    def run(self, script: Script, op: str | None = None, **arguments: object) -> list[str]:
        """Run a script; the same `op` again returns the same reply and changes nothing. Arguments that are
        None are left out. Raises: RefusedError and its kinds, UnknownVersionError, MissingBlobError."""
        sent = {"op": op or uuid.uuid4().hex, **arguments}
        with self.guard():
            reply = run_script(self.client, script, self.root, sent)
            if script not in UNHURRIED:
                self._settle()
        if reply[0] == "ok":
            return reply[1:]
        raise self._refusal(reply[1], reply[2], arguments)

    def check(self) -> ServerFacts:
        """What the server says of itself. Raises: UnreachableError, UnfitServerError."""
        with translate_errors(self.address):
            facts = read_facts(self.client)
        require_fit(facts, self.address, ephemeral=self._ephemeral)
        self._fit = True
        return facts

    @contextmanager
    def guard(self) -> Iterator[None]:
        """What speaks to the server stands in it: a server that is not known to be fit is looked at first.
        Raises: UnreachableError, UnfitServerError, RegistryError."""
        if not self._fit:
            self.check()
        try:
            with translate_errors(self.address):
                yield
        except UnreachableError:
            self._fit = False  # who answers next may be another server
            raise

    def unknown_version(self, number: object) -> UnknownVersionError:
        """The error that lists the versions that there are."""
        with self.guard():
            known = [item.decode() for item in self.client.zrange(self.key("versions"), 0, -1)]
        return UnknownVersionError(
            f"expected a version of {self.name}, got {number}; there are: {', '.join(known) or 'none'}"
        )

    def _settle(self) -> None:
        # With `appendfsync everysec` Redis answers before it has written, for up to two seconds, while an
        # fsync runs: killed then, it would forget what it has acknowledged. Once its file has grown by what
        # was waiting, or that time is over, the operating system has it.
        deadline, target, pause = time.monotonic() + WRITE_DELAY, -1, 0.0
        while time.monotonic() < deadline:
            facts = self.client.info("persistence")
            waiting, written = facts.get("aof_buffer_length", 0), facts.get("aof_current_size", 0)
            target = written + waiting if target < 0 else target
            if not waiting or written >= target:
                return
            time.sleep(pause)
            pause = 0.001

    def _refusal(self, code: str, text: str, arguments: Mapping[str, object]) -> RegistryError:
        version = f"version {arguments.get('version')} of {self.name}"
        match code:
            case RefusalCode.UNKNOWN:
                return self.unknown_version(text)
            case RefusalCode.MISSING:
                return MissingBlobError(
                    f"expected blob {text[:12]}... in the registry, it is not there whole"
                )
            case RefusalCode.FENCED if int(text) < int(str(arguments["fence"])):
                return UnknownRegistryError(
                    f"{self.name} at {self.address}: its newest fence is {text}, and {arguments['fence']} "
                    "was given out before: it was put back or emptied; start the trainer again once its data "
                    "are right"
                )
            case RefusalCode.FENCED:
                return StaleWriterError(
                    f"expected the newest fence {text}, got {arguments['fence']}: a newer trainer has taken "
                    "over"
                )
            case RefusalCode.STALE:
                return StaleHeadError(
                    f"{version}: the head is at epoch {text} and another champion serves by now; read it and "
                    "decide again"
                )
            case RefusalCode.PARENT:
                return StaleHeadError(
                    f"expected a checkpoint that follows {text[:12] or 'none'}..., got one after "
                    f"{arguments.get('parent')}"
                )
            case RefusalCode.REGISTRY:
                return UnknownRegistryError(
                    f"{self.name} at {self.address}: expected the registry {arguments['identity']}, got "
                    f"{text or 'an empty one'}: it was emptied or is another one; bring back its data, or "
                    "stop what writes and begin anew"
                )
            case RefusalCode.OTHER:
                return OtherFilesError(text)
        return RefusedError(f"{version}: {text}" if "version" in arguments else text)


def text_fields(raw: Mapping[Any, Any]) -> dict[str, str]:
    """A hash or the fields of a stream's entry, as text."""
    return {key.decode(): value.decode() for key, value in raw.items()}


def run_script(client: redis.Redis, script: Script, root: str, arguments: Mapping[str, object]) -> list[str]:
    """Run a script over the keys below `root`: by its hash, and sent whole where the server has lost it.
    Returns: its reply, as strings."""
    sent = json.dumps({key: value for key, value in arguments.items() if value is not None})
    try:
        reply = client.evalsha(script_hash(script), 1, root, sent, script.value)
    except redis.exceptions.NoScriptError:
        reply = client.eval(script_source(script), 1, root, sent, script.value)
    return [item.decode() if isinstance(item, bytes) else str(item) for item in reply]


@cache
def script_source(script: Script) -> str:
    """The text of a script, with `common.lua` before it."""
    return "\n".join((SCRIPTS / f"{part}.lua").read_text(encoding="utf-8") for part in ("common", script))


@cache
def script_hash(script: Script) -> str:
    """What EVALSHA calls it."""
    return hashlib.sha1(script_source(script).encode(), usedforsecurity=False).hexdigest()


@contextmanager
def translate_errors(address: str) -> Iterator[None]:
    """Turn redis-py's errors into ours. Raises: UnreachableError, RegistryError."""
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
