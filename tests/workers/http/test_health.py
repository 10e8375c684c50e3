# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

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
from workers.errors import WorkerError
from workers.http import Health, HttpServer, serve_health


class Clock:
    """A clock that stands until it is set."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def served() -> Iterator[tuple[Health, Clock, HttpServer]]:
    """Health behind HTTP."""
    clock = Clock()
    health = Health(10.0, clock)
    server = serve_health(health, lambda: b"m 1\n", "127.0.0.1", 0)
    yield health, clock, server
    server.close()


def get(address: str) -> tuple[int, bytes]:
    """Status and body."""
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_ready_means_warm_and_joined_and_not_stopping(served) -> None:
    """A worker is ready between the joining of its group and its stop; until then the answer says what is
    missing."""
    health, _, server = served
    seen = [get(f"{server.address}/health/ready")]
    health.warm = True
    seen.append(get(f"{server.address}/health/ready"))
    health.joined = True
    seen.append(get(f"{server.address}/health/ready"))
    health.stopping = True
    seen.append(get(f"{server.address}/health/ready"))
    assert [status for status, _ in seen] == [503, 503, 200, 503]
    assert orjson.loads(seen[0][1]) == {"ok": False, "reason": "the model is not warm yet"}


def test_live_means_that_the_poll_loop_goes_round(served) -> None:
    """Without a heartbeat a warm worker counts as dead; one that still loads its model does not."""
    health, clock, server = served
    clock.now = 100.0
    assert get(f"{server.address}/health/live")[0] == 200
    health.warm = True
    assert get(f"{server.address}/health/live")[0] == 503
    health.beat()
    assert get(f"{server.address}/health/live")[0] == 200


def test_an_outage_of_the_log_makes_a_worker_unready_but_not_dead(served) -> None:
    """When the log cannot be reached the fleet must not be restarted."""
    health, _, server = served
    health.warm = health.joined = True
    health.failing = "no broker"
    assert [get(f"{server.address}/health/{path}")[0] for path in ("live", "ready")] == [200, 503]


def test_other_paths_are_told(served) -> None:
    """A wrong path lists the right ones."""
    status, body = get(f"{served[2].address}/nothing")
    assert (status, body) == (404, b"paths: /health/live /health/ready /metrics\n")


def test_a_taken_port_is_an_error_that_says_what_to_do(served) -> None:
    """Two workers cannot have one port."""
    port = int(served[2].address.rpartition(":")[2])
    with pytest.raises(WorkerError, match="set health_port to a free port, or to 0 for any"):
        serve_health(Health(1.0), lambda: b"", "127.0.0.1", port)


def test_the_metrics_count_what_was_done() -> None:
    """The metrics tell annotations, dead letters by reason, stages and the model, in a form that Prometheus
    reads."""
    log = memory_log()
    send(log, [*texts(20), b"{", b'{"text":"POISON"}'])
    with running(log, settings_for_tests(), words_model()) as state:
        wait_until(lambda: not outcome(log).lost)
        state.finish()
    families = {
        family.name: family
        for family in text_string_to_metric_families(state.worker.telemetry.text().decode())
    }
    samples = {(s.name, *s.labels.values()): s.value for family in families.values() for s in family.samples}
    assert samples["freshet_records_consumed_total",] == 22
    assert samples["freshet_records_produced_total",] == 20
    assert (
        samples["freshet_dlq_records_total", "json"]
        == samples["freshet_dlq_records_total", "ValueError"]
        == 1
    )
    assert samples["freshet_model_info", "words", "1.0"] == 1
    assert samples["freshet_record_age_seconds_count",] == 22
    assert samples["freshet_assigned_partitions",] == 4
    assert {"queue", "decode", "commit"} <= {
        key[1] for key in samples if key[0] == "freshet_stage_duration_seconds_count"
    }
