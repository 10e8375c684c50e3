# SPDX-License-Identifier: Apache-2.0
"""What stands before every route: which names are answered, what may change anything, who asks."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any

import orjson

from ..http.server import Application, Receive, Response, Scope, Send, send_response
from ..settings import ConsoleSettings
from .sessions import Person, Sessions, role_of

MAX_BODY = 4 * 2**20
"""Bytes of a request: an answer repeats its text, which the log takes up to 1,000,000 bytes of."""
SAFE = ("GET", "HEAD")

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = (
    ("content-security-policy", CSP),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
)


class Guard:
    """An application before the application."""

    def __init__(self, app: Application, settings: ConsoleSettings, sessions: Sessions) -> None:
        self._app, self._settings, self._sessions = app, settings, sessions
        self._names = {"127.0.0.1", "localhost", "[::1]", *settings.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or say who asks and go on."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        guarded = _with_headers(send)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await send_response(guarded, refusal, without_body=scope["method"] == "HEAD")
            return
        scope.setdefault("state", {})["person"] = self._person(scope, headers)
        await self._app(scope, _bounded(receive), guarded)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        host = headers.get("host", "")
        if _name_of(host) not in self._names:
            return refusal(
                421,
                "this console is not known under that name",
                "127.0.0.1, localhost or a name in console -> hosts",
                host[:100],
                "ask for it by one of these names, or add this one",
            )
        if scope["method"] in SAFE:
            return None
        scheme = "https" if self._settings.secure else "http"
        origin = headers.get("origin", "")
        if origin != f"{scheme}://{host}" or headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return refusal(
                403,
                "changes are made by the console's own pages alone",
                f"Origin: {scheme}://{host}",
                (origin or "none")[:100],
                "send that header, from no other site",
            )
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return refusal(
                415,
                "expected JSON",
                "application/json",
                headers.get("content-type", "none")[:100],
                "send JSON with that Content-Type",
            )
        size = headers.get("content-length", "")
        if not size.isdecimal() or len(size) > 10 or int(size) > MAX_BODY:
            return refusal(
                413,
                "the request is too large",
                f"a Content-Length up to {MAX_BODY}",
                size[:20] or "none",
                "send less",
            )
        return None

    def _person(self, scope: Scope, headers: dict[str, str]) -> Person | None:
        client = (scope.get("client") or ("", 0))[0]
        if self._settings.trusted_proxy and client == self._settings.trusted_proxy:
            name = headers.get(self._settings.author_header.lower(), "")
            if name:
                return Person(name[:200], role_of(self._settings.proxy_role, "console -> proxy_role"))
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(cookie_name(self._settings.secure))
        except CookieError:
            return None
        return None if cookie is None else self._sessions.read_cookie(cookie.value)


def cookie_name(secure: bool) -> str:
    """Behind TLS browsers hold a `__Host-` cookie to this host alone."""
    return "__Host-freshet" if secure else "freshet"


def refusal(status: int, error: str, expected: str = "", got: str = "", do: str = "") -> Response:
    """A refusal in the form that all have."""
    body = {"error": error, "expected": expected, "got": got, "do": do}
    return Response(orjson.dumps(body), "application/json", status, (("cache-control", "no-store"),))


def _name_of(host: str) -> str:
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def _with_headers(send: Send) -> Send:
    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            own = [(name.encode(), value.encode()) for name, value in HEADERS]
            message["headers"] = [*message.get("headers", []), *own]
        await send(message)

    return sent


def _bounded(receive: Receive) -> Receive:
    taken = 0

    async def received() -> Any:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_BODY:  # uvicorn holds a body to its Content-Length; this is the second lock
            return {"type": "http.disconnect"}
        return message

    return received
