# SPDX-License-Identifier: Apache-2.0
"""What a correction worker tells of itself: what became of corrections, how new they are, readiness."""

from __future__ import annotations

import threading
from contextlib import closing

from prometheus_client.parser import text_string_to_metric_families

from schemas import Correction, LabelledSpan, Layer, encode_correction
from tests.workers.support import create_topics, memory_log, wait_until, write
from workers.corrections import CorrectionSettings, CorrectionWorker
from workers.corrections.stream_metrics import stream_metrics
from workers.transports.base import OutgoingRecord


def test_a_correction_worker_counts_and_is_ready_once_it_has_joined() -> None:
    """Valid ones, repeated ones and dead letters by their outcome; not ready before the first poll."""
    log, stop = memory_log(), threading.Event()
    settings = CorrectionSettings()
    create_topics(log, 1, [*settings.topics, settings.annotations])
    layers = {"ents": Layer("complete", (LabelledSpan(0, 3, "PER"),))}
    made = encode_correction(Correction("c", "ann", "2026-01-01T00:00:00Z", "t", "Ada is here.", layers))
    write(log, [OutgoingRecord(settings.input_topic, value) for value in (made, made, b"{")])
    worker = CorrectionWorker(log, settings)
    assert worker.health.ready() == "the group is not joined yet"
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    wait_until(lambda: sum(worker.handler.outcomes.values()) == 3)
    assert worker.health.ready() == ""
    stop.set()
    thread.join(10)
    text = stream_metrics(worker.handler.report(), worker.handler.newest_ms).decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    outcomes = {s.labels["outcome"]: s.value for s in samples if s.name == "freshet_corrections_total"}
    assert outcomes == {outcome: float(n) for outcome, n in worker.handler.outcomes.items()}
    with closing(log):
        newest = max(record.timestamp_ms for record in log.read(settings.input_topic))
    (watermark,) = [s.value for s in samples if s.name == "freshet_corrections_watermark_timestamp_seconds"]
    assert watermark == newest / 1000
