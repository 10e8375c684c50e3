# SPDX-License-Identifier: Apache-2.0
"""What the chart takes, and what it says of what it does not take."""

from __future__ import annotations

import tomllib

import pytest
import yaml

from helm.dashboards import dashboard
from helm.reference import OLD_KEYS, readme, values_schema
from tests.chart.conftest import CHART, EXAMPLES, Render
from workers.settings import WorkerSettings


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_is_rendered(render: Render, example: str) -> None:
    """Every values file of `ci/` makes objects."""
    assert render(example).error == ""


def test_schema_and_readme_are_those_of_the_values() -> None:
    """`make chart` would change nothing."""
    text = (CHART / "values.yaml").read_text(encoding="utf8")
    assert yaml.safe_load((CHART / "values.schema.json").read_text()) == values_schema(yaml.safe_load(text))
    assert (CHART / "README.md").read_text(encoding="utf8") == readme(text)
    assert (CHART / "dashboards" / "freshet.json").read_text(encoding="utf8") == f"{dashboard()}\n"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("kafka.bootstrapServer=x", "bootstrapServer"),
        ("defaults.settings.thread=2", "thread"),
        ("annotators.cpu.replica=2", "replica"),
        ("annotators.cpu.settings.threads=many", "threads"),
        ("kafka.security.protocol=TLS", "protocol"),
        ("topics.partitions=0", "partitions"),
        ("image.digest=latest", "digest"),
        ("annotators.cpu.topics.text=a", "text"),
        ("console.settings.ports=1", "ports"),
        ("console.settings.hosts=a", "hosts"),
        ("networkPolicy.kafkaPorts={a}", "kafkaPorts"),
        ("topics.strimzi.apiVersion=v1", "apiVersion"),
    ],
)
def test_a_value_that_does_not_exist_is_refused_by_name(render: Render, value: str, said: str) -> None:
    """The schema is closed, also for the worker's own settings."""
    assert said in render("minimal", value).error


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["kafka.bootstrapServers="], "kafka.bootstrapServers: expected"),
        (["redis.url="], "redis.url: expected"),
        (["redis.existingSecret=a"], "expected either url or existingSecret"),
        (["redis.url=redis://u:secret@host"], "without a password"),
        (["kafka.security.protocol=SASL_SSL"], "kafka.security.mechanism: expected"),
        (["kafka.security.mechanism=PLAIN"], "kafka.security.protocol: expected"),
        (
            ["kafka.security.protocol=SASL_SSL", "kafka.security.mechanism=PLAIN"],
            "kafka.security.credentials.existingSecret: expected",
        ),
        (
            ["kafka.security.protocol=SASL_SSL", "kafka.security.mechanism=OAUTHBEARER"],
            "kafka.security.oauth: expected",
        ),
        (["kafka.security.ca.existingSecret=a"], "expected SSL or SASL_SSL"),
        (["topics.create=strimzi"], "topics.strimzi.cluster: expected"),
        (["defaults.autoscaling.by=keda", "defaults.autoscaling.maxReplicas=13"], "topics.partitions (12)"),
        (["defaults.replicas=13"], "at most topics.partitions"),
        (["defaults.autoscaling.by=hpa", "defaults.autoscaling.minReplicas=0"], "only keda scales to zero"),
        (
            [
                "defaults.autoscaling.by=keda",
                "defaults.autoscaling.minReplicas=0",
                "defaults.autoscaling.activationLagRecords=1",
            ],
            "activationLagRecords: expected at least",
        ),
        (["defaults.kind=StatefulSet", "defaults.autoscaling.by=keda"], "expected Deployment"),
        (['annotators={"cpu":{"group":"a"},"gpu":{"group":"a","gpu":{"count":1}}}'], "equal shares"),
        (["annotators.cpu.settings.group=other"], "settings.group"),
        (
            ["defaults.autoscaling.prometheusAddress=http://p"],
            "moved to autoscaling.prometheus.serverAddress in 0.2.0; see UPGRADING.md",
        ),
        (["defaults.autoscaling.prometheus.serverAddress=http://p"], "autoscaling.by: expected keda"),
        (['annotators={"a":{"group":"a"},"b":{"group":"b"}}'], "each text would be annotated twice"),
        (['annotators={"a":{"group":"a"},"b":{"group":"a","topics":{"texts":"t"}}}'], "a group of its own"),
        (["drainTimeoutSeconds=300"], "less than max_poll_interval"),
        (["defaults.settings.max_poll_interval=20"], "less than max_poll_interval"),
        (["redis.credentials.username=a"], "the secret with the password of a"),
        (
            ["redis.url=", "redis.existingSecret=a", "redis.credentials.existingSecret=b"],
            "redis.credentials: expected none",
        ),
        (["redis.ca.existingSecret=a"], "redis.url: expected rediss://"),
        (["kafka.security.credentials.existingSecret=a"], "kafka.security.mechanism: expected one"),
        (["kafka.security.oauth.audience=kafka"], "kafka.security.mechanism: expected OAUTHBEARER"),
        (["console.enabled=true"], "console.tokensSecret: expected"),
        (
            ["console.enabled=true", "console.tokensSecret=a", "console.settings.port=1"],
            "console.settings.port: expected a setting that this chart does not make",
        ),
    ],
)
def test_values_that_do_not_go_together_are_refused_with_what_to_do(
    render: Render, values: list[str], said: str
) -> None:
    """Each wrong combination ends with the value, what was expected and what came."""
    assert said in render("minimal", *values).error


def test_a_drain_ends_within_the_workers_own_poll_interval(render: Render) -> None:
    """The interval that the chart takes where no value names one is the default of the settings."""
    interval = int(WorkerSettings().max_poll_interval)
    assert "less than max_poll_interval" in render("minimal", f"drainTimeoutSeconds={interval}").error
    assert render("minimal", f"drainTimeoutSeconds={interval - 1}").error == ""


def test_what_upgrading_says_is_what_the_chart_refuses(render: Render) -> None:
    """Each old key that the schema lets through is refused with where it moved, and UPGRADING.md tells it."""
    upgrading = (CHART / "UPGRADING.md").read_text(encoding="utf8")
    for place in OLD_KEYS:
        error = render("minimal", f"{place}=x").error
        assert "UPGRADING.md" in error
        assert place.removeprefix("defaults.") in upgrading


def test_the_chart_has_the_version_of_the_package() -> None:
    """Chart, application and image are released together."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf8"))
    package = tomllib.loads((CHART.parents[1] / "pyproject.toml").read_text(encoding="utf8"))
    assert chart["version"] == chart["appVersion"] == package["project"]["version"]
    changes = yaml.safe_load(chart["annotations"]["artifacthub.io/changes"])
    assert {each["kind"] for each in changes} <= {
        "added",
        "changed",
        "deprecated",
        "removed",
        "fixed",
        "security",
    }
