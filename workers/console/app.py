# SPDX-License-Identifier: Apache-2.0
"""The application of one console: pages, static files, the login, the API and its one stream of events."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, StreamingResponse
from starlette.responses import Response as Answered
from starlette.routing import Route

from ..http.server import Application
from . import assets
from .api import endpoints
from .calls import Call, Endpoint, refuse
from .console import Console
from .guard import MAX_BODY, Guard, cookie_name, refusal
from .sessions import COOKIE_SECONDS, Person, Role, Sessions

log = logging.getLogger(__name__)

PAGES = {
    "/": "stream",
    "/correct": "correct",
    "/review": "review",
    "/texts": "text",
    "/texts/{place}": "text",
    "/models": "models",
    "/models/{number}": "models",
    "/models/{before}/{after}": "models",
    "/learning": "learning",
    "/letters": "letters",
    "/health": "health",
}
NEEDS = "a session"
Answering = Callable[[Request], Awaitable[Answered]]


def make_app(console: Console, sessions: Sessions) -> Application:
    """The application, with the guard before it."""
    routes = [
        *(Route(path, _page(name), methods=["GET"]) for path, name in PAGES.items()),
        Route("/static/{name:path}", _static, methods=["GET"]),
        Route("/login", _login(console, sessions), methods=["GET", "POST"]),
        Route("/health/live", _live, methods=["GET"]),
        Route("/api/logout", _logout(console), methods=["POST"]),
        Route("/api/events", _events(console), methods=["GET"]),
        *(_api(console, endpoint) for endpoint in endpoints(console)),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(GZipMiddleware, minimum_size=500, compresslevel=6)],
        exception_handlers={404: _missing, 405: _wrong_method, Exception: _failed},
    )
    return Guard(app, console.settings, sessions)


def _api(console: Console, endpoint: Endpoint) -> Route:
    async def answer(request: Request) -> Answered:
        refused = _may(request, endpoint.role, endpoint.method, console.settings.read_only)
        if refused is not None:
            return refused
        try:
            body = {} if endpoint.method == "GET" else orjson.loads(await request.body() or b"{}")
        except (orjson.JSONDecodeError, ClientDisconnect):
            body = None
        if not isinstance(body, dict):
            return _plain(refusal(422, "expected a JSON object", "an object", "something else", "send one"))
        call = Call(request.state.person, request.path_params, dict(request.query_params), body)
        try:
            told = await run_in_threadpool(endpoint.handler, call)
        except Exception as error:
            known = refuse(error)
            if known is None:
                log.exception("%s %s could not be answered", endpoint.method, endpoint.path)
                known = refusal(500, "the console failed; its log says where", do="tell who runs it")
            return _plain(known)
        if not isinstance(told, dict):
            return _plain(told)
        return Answered(
            orjson.dumps(told), media_type="application/json", headers={"cache-control": "no-store"}
        )

    return Route(endpoint.path, answer, methods=[endpoint.method])


def _may(request: Request, role: Role, method: str, read_only: bool) -> Answered | None:
    """Why a person may not; None where they may."""
    person: Person | None = request.state.person
    if person is None:
        return _plain(refusal(401, "nobody is logged in", NEEDS, "none", "open a link of `freshet console`"))
    if person.role < role:
        wanted, has = role.name.lower(), person.role.name.lower()
        return _plain(refusal(403, f"{person.name} may not do that", wanted, has, "ask who runs the console"))
    if read_only and method != "GET":
        return _plain(
            refusal(403, "this console is read-only", "a console that is not", "read_only", "ask another")
        )
    return None


def _events(console: Console) -> Answering:
    async def events(request: Request) -> Answered:
        refused = _may(request, Role.READ, "GET", False)
        if refused is not None:
            return refused
        last = request.headers.get("last-event-id", "") or request.query_params.get("after", "")

        async def stream() -> AsyncIterator[bytes]:
            async for event in console.hub.listen(last[:64]):
                yield event

        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(stream(), media_type="text/event-stream", headers=headers)

    return events


def _page(name: str) -> Answering:
    async def page(request: Request) -> Answered:
        if request.state.person is None:
            return _file(request, "login.html", 401)
        return _file(request, f"{name}.html")

    return page


def _login(console: Console, sessions: Sessions) -> Answering:
    async def login(request: Request) -> Answered:
        token = request.query_params.get("token", "")
        if request.method == "POST":
            try:
                sent = orjson.loads(await request.body())
            except orjson.JSONDecodeError:
                sent = None
            token = str(sent.get("token", "")) if isinstance(sent, dict) else ""
        if not token or request.method == "HEAD":
            return _file(request, "login.html")
        person = sessions.log_in(token[:500])
        if person is None:
            if request.method == "POST":
                return _plain(
                    refusal(401, "that token is not known, or was used", "a token", "another", "ask for one")
                )
            return _file(request, "login.html", 401)
        answer: Answered = RedirectResponse("/", 303)
        if request.method == "POST":
            answer = Answered(orjson.dumps({"name": person.name}), media_type="application/json")
        answer.set_cookie(
            cookie_name(console.settings.secure),
            sessions.cookie(person),
            max_age=COOKIE_SECONDS,
            path="/",
            secure=console.settings.secure,
            httponly=True,
            samesite="strict",
        )
        return answer

    return login


def _logout(console: Console) -> Answering:
    async def logout(request: Request) -> Answered:
        answer = Answered(b"{}", media_type="application/json")
        answer.delete_cookie(
            cookie_name(console.settings.secure),
            path="/",
            secure=console.settings.secure,
            httponly=True,
            samesite="strict",
        )
        return answer

    return logout


async def _static(request: Request) -> Answered:
    name = request.path_params["name"]
    return _file(request, name) if name in assets.names() else await _missing(request, None)


async def _live(request: Request) -> Answered:
    return Answered(b'{"ok":true}', media_type="application/json")


async def _missing(request: Request, error: object) -> Answered:
    return _plain(refusal(404, "there is nothing here", "an address of the console", "another", "begin at /"))


async def _wrong_method(request: Request, error: object) -> Answered:
    return _plain(refusal(405, "not by this method", "another method", request.method[:20]))


async def _failed(request: Request, error: object) -> Answered:
    return _plain(refusal(500, "the console failed; its log says where", do="tell who runs it"))


def _file(request: Request, name: str, status: int = 200) -> Answered:
    body, tag = assets.read(name)
    headers = {"etag": tag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == tag and status == 200:
        return Answered(status_code=304, headers=headers)
    return Answered(
        body, status, headers=headers, media_type=assets.KINDS.get(Path(name).suffix, "text/html")
    )


def _plain(response: object) -> Answered:
    """Our own form of a response as Starlette's."""
    return Answered(
        response.body,  # type: ignore[attr-defined]
        response.status,  # type: ignore[attr-defined]
        headers=dict(response.headers) | {"content-type": response.content_type},  # type: ignore[attr-defined]
    )


__all__ = ["MAX_BODY", "PAGES", "make_app"]
