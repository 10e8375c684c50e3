# SPDX-License-Identifier: Apache-2.0
"""Who may do what: roles, links to log in, cookies and tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from threading import Lock

from ..errors import SettingsError

KEY_FILE = "FRESHET_CONSOLE_KEY_FILE"
TOKENS_FILE = "FRESHET_CONSOLE_TOKENS_FILE"
KEY_NAME = "console.key"
LINK_SECONDS = 600
COOKIE_SECONDS = 30 * 86_400


class Role(IntEnum):
    """What a person may do; each may do what those before may."""

    READ = 1
    ANNOTATE = 2
    REVIEW = 3
    OPERATE = 4


ROLES = {role.name.lower(): role for role in Role}


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, and what they may do."""

    name: str
    role: Role


def role_of(name: str, place: str) -> Role:
    """A role by its name. Raises: SettingsError."""
    if name not in ROLES:
        raise SettingsError(f"{place}: expected one of {', '.join(ROLES)}, got {name!r}")
    return ROLES[name]


class Sessions:
    """Signs and reads links and cookies; knows the tokens of those who have one.

    A link works once and for ten minutes. Who has the key can make one: the command that starts the console,
    and `freshet console link` on the same machine.
    """

    def __init__(
        self, key: bytes, tokens: Mapping[str, Person] | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        """`tokens`: people by the sha256 of their token."""
        self._key, self._tokens, self._clock = key, dict(tokens or {}), clock
        self._used: dict[str, float] = {}
        self._lock = Lock()

    @property
    def has_tokens(self) -> bool:
        """Whether people have tokens of their own."""
        return bool(self._tokens)

    def link_token(self, person: Person) -> str:
        """What a link to log in carries."""
        return self._sign("link", person, self._clock() + LINK_SECONDS)

    def log_in(self, token: str) -> Person | None:
        """Who a link's token, or a person's own, stands for; a link's counts once."""
        person = self._tokens.get(hashlib.sha256(token.encode()).hexdigest())
        if person is not None:
            return person
        person = self._read("link", token)
        with self._lock:
            now = self._clock()
            self._used = {used: until for used, until in self._used.items() if until > now}
            if person is None or token in self._used:
                return None
            self._used[token] = now + LINK_SECONDS
        return person

    def cookie(self, person: Person) -> str:
        """The value of a cookie."""
        return self._sign("cookie", person, self._clock() + COOKIE_SECONDS)

    def read_cookie(self, value: str) -> Person | None:
        """Who a cookie stands for."""
        return self._read("cookie", value)

    def _sign(self, purpose: str, person: Person, until: float) -> str:
        body = _b64(json.dumps([person.name, int(person.role), int(until), secrets.token_hex(8)]).encode())
        return f"{body}.{self._mac(purpose, body)}"

    def _read(self, purpose: str, value: str) -> Person | None:
        body, _, mac = value.partition(".")
        if not hmac.compare_digest(mac.encode(), self._mac(purpose, body).encode()):
            return None
        name, role, until, _ = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return Person(name, Role(role)) if until > self._clock() else None

    def _mac(self, purpose: str, body: str) -> str:
        return _b64(hmac.new(self._key, f"{purpose}.{body}".encode(), "sha256").digest())


def open_sessions(folder: Path, environ: Mapping[str, str]) -> Sessions:
    """With the key of a folder, made where it is missing, or the one that the environment names, and the
    people that it names. Raises: SettingsError."""
    named = environ.get(KEY_FILE, "")
    key = _read_key(Path(named)) if named else _own_key(folder / KEY_NAME)
    tokens = environ.get(TOKENS_FILE, "")
    return Sessions(key, read_tokens(Path(tokens)) if tokens else {})


def read_tokens(path: Path) -> dict[str, Person]:
    """People by the sha256 of their token, of a file with one JSON object `{name, role, sha256}` a line.
    Raises: SettingsError."""
    found = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        for line in filter(str.strip, lines):
            row = json.loads(line)
            found[str(row["sha256"])] = Person(str(row["name"]), role_of(str(row["role"]), str(path)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"environment -> {TOKENS_FILE}: expected lines of JSON with name, role and sha256 in {path}, got "
            f"{error!r}; `freshet console token NAME --role ROLE` writes one"
        ) from error
    return found


def make_token(name: str, role: Role) -> tuple[str, str]:
    """A new token, and the line of the tokens' file that knows it."""
    token = secrets.token_urlsafe(24)
    digest = hashlib.sha256(token.encode()).hexdigest()
    return token, json.dumps({"name": name, "role": role.name.lower(), "sha256": digest})


def _read_key(path: Path) -> bytes:
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise SettingsError(f"environment -> {KEY_FILE}: expected a readable file, got {error}") from error
    if len(key) < 16:
        raise SettingsError(f"environment -> {KEY_FILE}: expected at least 16 bytes, got {len(key)}")
    return key


def _own_key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(path)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_hex(32).encode())
    return _read_key(path)


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
