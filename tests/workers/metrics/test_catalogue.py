# SPDX-License-Identifier: Apache-2.0
"""The catalogue of metrics is what workers export, what the docs say, and what Prometheus takes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.chart.tools import needed_tool
from tests.workers.support import (
    memory_log,
    outcome,
    running,
    send,
    settings_for_tests,
    texts,
    wait_until,
    words_model,
)
from workers.annotator.telemetry import Telemetry
from workers.corrections.stream_metrics import stream_metrics
from workers.metrics import Who
from workers.metrics.catalogue import metrics
from workers.metrics.reference import page
from workers.serving.swap_metrics import SwapMetrics
from workers.trainer.telemetry import TrainerTelemetry

ROOT = Path(__file__).parents[3]
KNOWN_REMARKS = {"freshet_canary_percent"}
"""Names from before promtool was asked; names stay."""


def exported(who: Who) -> bytes:
    """What a worker that has just started serves."""
    if who is Who.TRAINER:
        return TrainerTelemetry().text()
    if who is Who.STREAM_APP:
        return stream_metrics({"windows": {}, "outcomes": {"valid": 2}}, 5_000)
    telemetry = Telemetry()
    SwapMetrics(telemetry.registry)
    return telemetry.text()


@pytest.mark.parametrize("who", Who)
def test_a_worker_exports_what_the_catalogue_says(who: Who) -> None:
    """No metric besides, none missing, each of the kind and with the words that stand there."""
    found = {
        (name, kind, about)
        for name, about, kind in re.findall(
            r"# HELP (\S+) (.*)\n# TYPE \S+ (\S+)", exported(who).decode(), re.MULTILINE
        )
        if not name.endswith("_created")
    }
    assert found == {(metric.name, metric.kind.value, metric.about) for metric in metrics(who)}


def test_names_and_labels_follow_prometheus_habits() -> None:
    """One prefix, base units, counters that end with `_total`; no label that grows with the stream."""
    assert len({metric.name for metric in metrics()}) == len(list(metrics()))
    for metric in metrics():
        assert re.fullmatch(r"freshet_[a-z_]+", metric.name)
        assert (metric.kind == "counter") == metric.name.endswith("_total"), metric.name
        assert metric.about.endswith("."), metric.name
        assert set(metric.labels).isdisjoint({"id", "key", "offset", "author", "text"}), metric.name


def test_the_page_is_that_of_the_catalogue() -> None:
    """`make schemas` would change nothing."""
    assert (ROOT / "docs" / "metrics.md").read_text(encoding="utf8") == page()


def test_promtool_takes_what_a_worker_at_work_serves() -> None:
    """A real scrape, after texts, dead letters, commits and lags."""
    promtool = needed_tool("promtool")
    log = memory_log()
    send(log, [*texts(20), b"{"])
    with running(log, settings_for_tests(), words_model()) as state:
        wait_until(lambda: not outcome(log).lost)
        SwapMetrics(state.worker.telemetry.registry)
        state.finish()
    for scrape in (state.worker.telemetry.text(), exported(Who.TRAINER), exported(Who.STREAM_APP)):
        done = subprocess.run([promtool, "check", "metrics"], input=scrape, capture_output=True, check=False)
        remarks = [line for line in (done.stdout + done.stderr).decode().splitlines() if line]
        assert [line for line in remarks if line.split()[0] not in KNOWN_REMARKS] == []


def test_watermarks_tell_up_to_when_all_is_annotated() -> None:
    """The time of the last record that was committed of each partition."""
    log = memory_log()
    send(log, texts(20))
    with running(log, settings_for_tests(), words_model()) as state:
        wait_until(lambda: not outcome(log).lost)
        state.finish()
    families = text_string_to_metric_families(state.worker.telemetry.text().decode())
    found = next(each for each in families if each.name == "freshet_watermark_timestamp_seconds")
    newest = max(record.timestamp_ms for record in log.read("texts")) / 1000
    assert found.samples
    assert all(0 < sample.value <= newest for sample in found.samples)
