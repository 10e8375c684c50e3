# SPDX-License-Identifier: Apache-2.0
"""The tables of a correction worker over HTTP, on loopback, and what of them Prometheus asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from .health import METRICS_TYPE
from .server import HttpServer, Response

PATH = "/corrections/tables/"
METRICS_PATH = "/corrections/metrics/"


def serve_tables(
    report: Callable[[], Mapping[str, Any]],
    port: int = 0,
    metrics: Callable[[Mapping[str, Any]], bytes] | None = None,
) -> HttpServer:
    """Serve what `report` says, as JSON at `PATH`, and what `metrics` makes of it at `METRICS_PATH`, until it
    is closed; port 0 takes any free one. Raises: WorkerError where the port is taken."""

    def tables() -> Response:
        return Response(orjson.dumps(report()), "application/json")

    routes: dict[str, Callable[[], Response]] = {PATH: tables}
    if metrics is not None:
        routes[METRICS_PATH] = lambda: Response(metrics(report()), METRICS_TYPE)
    return HttpServer(routes, port=port, name="corrections", advice="give another --port, or 0 for any")
