# SPDX-License-Identifier: Apache-2.0
"""The alerts: names of metrics that workers export, thresholds of the values."""

from __future__ import annotations

import re

import yaml

from tests.chart.conftest import CHART, Render
from workers.annotator.telemetry import Telemetry
from workers.serving.swap_metrics import SwapMetrics

NAME = re.compile(r"\bfreshet_[a-z_]+\b")


def exported() -> set[str]:
    """The names of all samples of an annotator."""
    telemetry = Telemetry()
    SwapMetrics(telemetry.registry)
    text = telemetry.text().decode()
    families = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    ends = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("",), "gauge": ("",)}
    return {name + end for name, kind in families for end in ends.get(kind, ("",))}


def test_alerts_ask_for_metrics_that_there_are() -> None:
    """Each name in a rule is exported by a worker."""
    asked = set(NAME.findall((CHART / "rules" / "freshet.yaml").read_text(encoding="utf8")))
    assert asked - exported() == set()


def test_scaling_asks_for_a_metric_that_there_is(render: Render) -> None:
    """So does KEDA's query."""
    query = render("everything").one("ScaledObject", "nlp-cpu")["spec"]["triggers"][1]["metadata"]["query"]
    assert set(NAME.findall(query)) <= exported()


def test_thresholds_are_those_of_the_values(render: Render) -> None:
    """No place-holder is left, and each alert has a severity and a page of the runbook."""
    rule = render("everything", "monitoring.thresholds.stalledSeconds=77").one("PrometheusRule", "nlp")
    text = yaml.safe_dump(rule)
    assert re.findall(r"<[a-z][A-Za-z]+>", text) == []
    alerts = [each for group in rule["spec"]["groups"] for each in group["rules"]]
    assert "> 77" in next(each for each in alerts if each["alert"] == "FreshetStalled")["expr"]
    for alert in alerts:
        assert alert["labels"]["severity"] in ("page", "ticket")
        assert alert["annotations"]["runbook"].endswith(f"#{alert['alert'].lower()}")


def test_the_runbook_has_a_section_for_each_alert() -> None:
    """What an alert links to is there."""
    runbook = (CHART.parents[1] / "docs" / "operations.md").read_text(encoding="utf8")
    alerts = re.findall(r"alert: (\w+)", (CHART / "rules" / "freshet.yaml").read_text(encoding="utf8"))
    assert alerts
    assert [name for name in alerts if f"\n### {name}\n" not in runbook] == []
