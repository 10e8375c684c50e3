# SPDX-License-Identifier: Apache-2.0
"""What workers tell over HTTP, by one small server (uvicorn in a thread), which is also the console's.

server    fixed paths, each answered by a function, or a whole application
health    whether a worker lives and is ready: `/health/live`, `/health/ready`, `/metrics`
tables    the counts of a correction worker
displacy  drawn documents as a page; needs the engine, so import it by its name
"""

from __future__ import annotations

from .health import Health, serve_health, serving_health
from .server import LOOPBACK, HttpServer, Response, Routes, is_local
from .tables import METRICS_PATH, PATH, serve_tables

__all__ = [
    "LOOPBACK",
    "METRICS_PATH",
    "PATH",
    "Health",
    "HttpServer",
    "Response",
    "Routes",
    "is_local",
    "serve_health",
    "serve_tables",
    "serving_health",
]
