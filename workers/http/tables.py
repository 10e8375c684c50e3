# SPDX-License-Identifier: Apache-2.0
"""The tables of a correction worker over HTTP, on loopback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from .server import HttpServer, Response

PATH = "/corrections/tables/"


def serve_tables(report: Callable[[], Mapping[str, Any]], port: int = 0) -> HttpServer:
    """Serve what `report` says, as JSON at `PATH`, until it is closed; port 0 takes any free one. Raises:
    WorkerError where the port is taken."""

    def tables() -> Response:
        return Response(orjson.dumps(report()), "application/json")

    return HttpServer(
        {PATH: tables}, port=port, name="corrections", advice="give another --port, or 0 for any"
    )
