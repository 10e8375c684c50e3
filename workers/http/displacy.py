# SPDX-License-Identifier: Apache-2.0
"""Drawn documents in a browser: one page, served to this machine alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.displacy import Style, render

from ..errors import WorkerError
from .server import HttpServer, Response

LOOPBACK = "127.0.0.1"


def serve(
    docs: Any,
    style: Style = "dep",
    page: bool = True,
    minify: bool = False,
    options: Mapping[str, Any] | None = None,
    manual: bool = False,
    port: int = 5000,
    host: str = LOOPBACK,
    auto_select_port: bool = False,
    **drawing: Any,
) -> None:
    """Draw documents and serve the page on this machine until interrupted, whatever `host` says; with
    `auto_select_port` at any free port where that one is taken. `drawing`: further settings of
    `engine.displacy.render`.

    Raises: EngineError where they cannot be drawn; WorkerError where the port is taken.
    """
    drawn = render(docs, style, page=page, minify=minify, options=options, manual=manual, **drawing)
    try:
        server = serve_page(drawn, port)
    except WorkerError:
        if not auto_select_port:
            raise
        server = serve_page(drawn)
    print(f"{style} at {server.address}/, end with Ctrl-C")
    try:
        server.wait()
    except KeyboardInterrupt:
        print("ended")
    finally:
        server.close()


def serve_page(page: str, port: int = 0) -> HttpServer:
    """Serve one page until it is closed; port 0 takes any free one. Raises: WorkerError where the port is
    taken."""
    response = Response(
        page.encode("utf-8"), "text/html; charset=utf-8", headers=(("X-Content-Type-Options", "nosniff"),)
    )
    return HttpServer({"/": lambda: response}, port=port, name="displacy")
