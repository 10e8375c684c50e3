# SPDX-License-Identifier: Apache-2.0
"""Drawn documents in a browser: one page, served to this machine alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine import Doc
from engine.displacy import Style, render

from .server import HttpServer, Response


def serve(docs: Doc | Iterable[Doc], style: Style = "dep", *, port: int = 5000, **options: Any) -> None:
    """Draw the documents and serve the page on loopback until interrupted; `options` are those of
    `engine.displacy.render`.

    Raises: EngineError where they cannot be drawn; WorkerError where the port is taken.
    """
    server = serve_page(render(docs, style, page=True, **options), port)
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
