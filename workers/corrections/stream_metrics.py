# SPDX-License-Identifier: Apache-2.0
"""A correction worker's metrics for Prometheus, made of its report at each scrape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from ..metrics.catalogue import CORRECTIONS, CORRECTIONS_WATERMARK
from .route_outcomes import add_routes


def stream_metrics(report: Mapping[str, Any], newest_ms: int) -> bytes:
    """What became of corrections, how new the newest is that was handled, and how often routes were wrong."""
    registry = CollectorRegistry()
    handled = CORRECTIONS.counter(registry)
    for outcome, count in report.get("outcomes", {}).items():
        handled.labels(outcome).inc(count)
    CORRECTIONS_WATERMARK.gauge(registry).set(newest_ms / 1000)
    add_routes(registry, report)
    return generate_latest(registry)
