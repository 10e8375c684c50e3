# SPDX-License-Identifier: Apache-2.0
"""Whether what a worker marked `auto`, `audit` or `ask` was right, as corrections tell: the true share of
errors beside the promised one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from prometheus_client import CollectorRegistry

from schemas import Annotation, Correction, DecodeError, Route, header_value

from ..metrics.catalogue import ROUTE_JUDGED, ROUTE_SHARE, ROUTE_WRONG
from ..transports.base import Record
from .changes import Changes

LAYERS = ("ents", "cats")
"""Layers that a model says how sure it is of, and so those that a route speaks for."""

ROUTE_OUTCOME = "freshet-route-outcome"
"""Header of a valid correction that judged a marked annotation: its route, and whether it was wrong."""


@dataclass(frozen=True, slots=True)
class RouteOutcome:
    """What a correction says of one annotation's route: some answer of it was wrong, or none."""

    route: Route
    wrong: bool

    def to_header(self) -> tuple[str, bytes]:
        """As the record of the validated topic carries it."""
        return ROUTE_OUTCOME, orjson.dumps([self.route.value, self.wrong])


def route_outcome(correction: Correction, annotation: Annotation, changes: Changes) -> RouteOutcome | None:
    """What the correction says of the annotation's route; None where it has none, or where the correction
    neither names a mistake nor says all about the layers that the route speaks for."""
    if annotation.route is None:
        return None
    spoken = tuple(annotation.confidence.layers) if annotation.confidence is not None else LAYERS
    layers = [name for name in spoken if name in changes]
    if any(added or removed for name in layers for _, added, removed in changes[name].values()):
        return RouteOutcome(annotation.route, True)
    # Without a confidence nobody says which layers the route speaks for: those that the person spoke of.
    needed = [name for name in spoken if name in changes or annotation.confidence is not None]
    complete = [name for name in needed if name in changes and _is_complete(correction, name)]
    return RouteOutcome(annotation.route, False) if needed and complete == needed else None


def outcome_of(record: Record) -> RouteOutcome | None:
    """What a valid correction's header tells. Raises: DecodeError where it is none of ours."""
    value = header_value(record.headers, ROUTE_OUTCOME)
    if value is None:
        return None
    try:
        route, wrong = orjson.loads(value)
        return RouteOutcome(Route(route), bool(wrong))
    except (ValueError, TypeError) as error:
        raise DecodeError(
            "schema-header", f"expected header {ROUTE_OUTCOME} as [route, wrong], got {value[:80]!r}"
        ) from error


def add_routes(registry: CollectorRegistry, report: Mapping[str, Any]) -> None:
    """Put the windows' routes, summed, into a registry of metrics: by model version and route, how many
    marked annotations were judged, how many were wrong, and the share."""
    judged, wrong = ROUTE_JUDGED.gauge(registry), ROUTE_WRONG.gauge(registry)
    share = ROUTE_SHARE.gauge(registry)
    for (version, route), (n, n_wrong) in _sums(report).items():
        judged.labels(version, route).set(n)
        wrong.labels(version, route).set(n_wrong)
        share.labels(version, route).set(n_wrong / n if n else 0.0)


def _sums(report: Mapping[str, Any]) -> dict[tuple[str, str], tuple[int, int]]:
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for window in report["windows"].values():
        for version, routes in window.get("routes", {}).items():
            for route, (n, n_wrong) in routes.items():
                before = sums.get((version, route), (0, 0))
                sums[version, route] = (before[0] + n, before[1] + n_wrong)
    return sums


def _is_complete(correction: Correction, layer: str) -> bool:
    return correction.layers[layer].status == "complete"
