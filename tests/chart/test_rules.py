# SPDX-License-Identifier: Apache-2.0
"""The alerts: names of metrics that workers export, thresholds of the values."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from tests.chart.conftest import CHART, Render
from workers.metrics.catalogue import metrics

NAME = re.compile(r"\bfreshet_[a-z_]+\b")
SELECTOR = re.compile(r"\b(freshet_[a-z_]+)\{([^}]*)\}")
OF_THE_SCRAPE = {"namespace", "pod"}
"""Labels that Prometheus adds."""


def exported() -> set[str]:
    """The names of all samples of the catalogue."""
    return {sample for metric in metrics() for sample in metric.samples}


def labels() -> dict[str, set[str]]:
    """The labels of each sample."""
    return {
        sample: {*metric.labels, *(["le"] if sample.endswith("_bucket") else [])}
        for metric in metrics()
        for sample in metric.samples
    }


def test_alerts_ask_for_metrics_that_there_are() -> None:
    """Each name in a rule is exported by a worker."""
    asked = set(NAME.findall((CHART / "rules" / "freshet.yaml").read_text(encoding="utf8")))
    assert asked - exported() == set()


@pytest.mark.parametrize("file", ["rules/freshet.yaml", "dashboards/freshet.json"])
def test_alerts_and_panels_ask_for_labels_that_there_are(file: str) -> None:
    """A misspelt label matches nothing, and nobody would hear of it."""
    text, known = (CHART / file).read_text(encoding="utf8").replace('\\"', '"'), labels()
    found = SELECTOR.findall(text)
    assert found
    for name, selector in found:
        asked = set(re.findall(r"([a-z_]+)\s*[=!]", selector))
        assert asked - known[name] - OF_THE_SCRAPE == set(), name


def test_every_metric_has_a_panel() -> None:
    """The dashboard is that of the catalogue, and every panel has something to ask."""
    board = json.loads((CHART / "dashboards" / "freshet.json").read_text(encoding="utf8"))
    panels = {panel["title"]: panel["targets"] for panel in board["panels"] if panel["type"] != "row"}
    assert set(panels) == {metric.name.removeprefix("freshet_") for metric in metrics()}
    asked = {name for targets in panels.values() for each in targets for name in NAME.findall(each["expr"])}
    assert asked <= exported()


def test_the_dashboard_is_rendered_for_grafana(render: Render) -> None:
    """Where it is wanted, as the ConfigMap that Grafana's sidecar looks for."""
    rendered = render("minimal", "monitoring.dashboards.enabled=true").one("ConfigMap", "freshet-dashboards")
    assert rendered["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(rendered["data"]["freshet.json"])["title"] == "Freshet"


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
