# SPDX-License-Identifier: Apache-2.0
"""The chart's Grafana dashboard: a panel for each metric of the catalogue, in dashboards/freshet.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from workers.metrics import Kind, Metric
from workers.metrics.catalogue import CATALOGUE

Panel = dict[str, Any]
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
"""Chosen on top of the dashboard: every Grafana names its own."""
WIDTH, HEIGHT = 8, 7
"""Of a panel, in the grid of 24 columns."""
FILTER = '{namespace=~"$namespace"}'


def dashboard() -> str:
    """The dashboard as JSON."""
    return json.dumps(
        {
            "uid": "freshet",
            "title": "Freshet",
            "tags": ["freshet"],
            "schemaVersion": 39,
            "time": {"from": "now-3h", "to": "now"},
            "refresh": "30s",
            "templating": {
                "list": [
                    {"name": "datasource", "type": "datasource", "query": "prometheus"},
                    {
                        "name": "namespace",
                        "type": "query",
                        "datasource": SOURCE,
                        "query": "label_values(freshet_records_consumed_total, namespace)",
                        "includeAll": True,
                        "multi": True,
                    },
                ]
            },
            "panels": list(_panels()),
        },
        indent=1,
    )


def _panels() -> Iterator[Panel]:
    top, number = 0, 1
    for who, subjects in CATALOGUE.items():
        for subject, metrics in subjects.items():
            place = {"x": 0, "y": top, "w": 24, "h": 1}
            yield {"id": number, "type": "row", "title": f"{who}: {subject}", "gridPos": place, "panels": []}
            top, number = top + 1, number + 1
            for i, metric in enumerate(metrics):
                x, y = i % 3 * WIDTH, top + i // 3 * HEIGHT
                yield _panel(metric, number, {"x": x, "y": y, "w": WIDTH, "h": HEIGHT})
                number += 1
            top += -(-len(metrics) // 3) * HEIGHT


def _panel(metric: Metric, number: int, place: dict[str, int]) -> Panel:
    unit = "s" if metric.unit == "dateTimeFromNow" else metric.unit
    return {
        "id": number,
        "type": "timeseries",
        "title": metric.name.removeprefix("freshet_"),
        "description": metric.about,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {
            "defaults": {"unit": "cps" if metric.kind is Kind.COUNTER else unit},
            "overrides": [],
        },
        "targets": [
            {"refId": chr(65 + i), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
            for i, (expression, legend) in enumerate(_queries(metric))
        ],
    }


def _queries(metric: Metric) -> Iterator[tuple[str, str]]:
    """What is asked of a metric: rates of counters, ages of times, quantiles of histograms."""
    labels = [label for label in metric.labels if label != "partition"]
    legend = " ".join(f"{{{{{label}}}}}" for label in labels)
    by = f" by ({', '.join(labels)})" if labels else ""
    if metric.kind is Kind.COUNTER:
        yield f"sum{by} (rate({metric.name}{FILTER}[$__rate_interval]))", legend
    elif metric.kind is Kind.HISTOGRAM:
        within = ", ".join(("le", *labels))
        for quantile in (0.5, 0.99):
            rate = f"rate({metric.name}_bucket{FILTER}[$__rate_interval])"
            yield f"histogram_quantile({quantile}, sum by ({within}) ({rate}))", f"p{quantile:.0%} {legend}"
    elif metric.unit == "dateTimeFromNow":
        by = f" by ({', '.join(('pod', *labels))})"
        yield f"time() - max{by} ({metric.name}{FILTER})", f"{{{{pod}}}} {legend}".strip()
    else:
        by = f" by ({', '.join(('pod', *labels))})"
        yield f"max{by} ({metric.name}{FILTER})", f"{{{{pod}}}} {legend}".strip()
