# SPDX-License-Identifier: Apache-2.0
"""A worker's metrics for Prometheus; every call is for a batch, a poll or a commit, none for a record."""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from prometheus_client import CollectorRegistry, generate_latest

from schemas import PIECES_CUT, ROUTE, ModelRef, header_value

from ..metrics.catalogue import (
    AGE,
    ASSIGNED,
    BATCH_RECORDS,
    BATCH_TOKENS,
    COMMIT_FAILURES,
    CONSUMED,
    CUT,
    DEAD_LETTERS,
    ERRORS,
    HEARTBEAT,
    INFLIGHT_RECORDS,
    INFLIGHT_TOKENS,
    LAG_RECORDS,
    LAG_SECONDS,
    LAST_PROCESSED,
    MODEL_INFO,
    MODEL_LOADED,
    PAUSED,
    PRODUCED,
    REBALANCES,
    RENEWALS,
    ROUTED,
    STAGES,
    WATERMARK,
)
from ..serving import StageTimer
from ..transports.base import OutgoingRecord, PartitionLag, TopicPartition
from .batching import MicroBatch
from .in_flight import OffsetRange
from .tracing import Span, no_span


class Telemetry:
    """The metrics of one worker, in a registry of its own. `clock` measures, `wall` gives seconds since
    1970."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self.registry = CollectorRegistry()
        self.span: Span = no_span
        """Opens the span of a batch, where spans are wanted."""
        self._clock, self._wall = clock, wall
        self._committed_ms: dict[TopicPartition, int] = {}
        self._counters()
        self._gauges()
        self._histograms()

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def note_poll(self, n_records: int) -> None:
        """The poll loop went round once and took in so many records."""
        self._heartbeat.set(self._wall())
        if n_records:
            self._consumed.inc(n_records)

    def note_batch(self, batch: MicroBatch, now: float) -> None:
        """A thread began a batch."""
        self._batch_records.observe(batch.n_records)
        self._batch_tokens.observe(batch.n_tokens)
        for offsets in batch.ranges:
            self._stages.observe(now - offsets.received, "queue")

    def stage_timer(self) -> StageTimer:
        """A timer for the stages of one batch: each call ends a stage."""
        last = self._clock()

        def end(stage: str) -> None:
            nonlocal last
            now = self._clock()
            self._stages.observe(now - last, stage)
            last = now

        return end

    def note_commit(self, ranges: Sequence[OffsetRange], seconds: float) -> None:
        """A commit of these ranges succeeded."""
        now = self._wall()
        reasons = Tally(reason for offsets in ranges for reason in offsets.dead.values())
        n_records = sum(len(offsets.records) for offsets in ranges)
        self._produced.inc(n_records - reasons.total())
        for reason, count in reasons.items():
            self._dead_letters.labels(reason).inc(count)
        ages = np.fromiter(
            (record.timestamp_ms for offsets in ranges for record in offsets.records), np.float64, n_records
        )
        self._ages.observe_many(
            np.maximum(now - ages[ages > 0] / 1000, 0.0)
        )  # a record without a time has a negative one
        self._stages.observe(seconds, "commit")
        self._last_processed.set(now)
        in_order = (each for each in ranges if each.records and not each.overtakes)
        self._note_watermarks({each.topic_partition: each.records[-1].timestamp_ms for each in in_order})

    def _note_watermarks(self, written_ms: Mapping[TopicPartition, int]) -> None:
        """All of a partition that was written before is annotated; a record without a time tells nothing. By
        partition: a commit has many ranges of each."""
        self._committed_ms.update(written_ms)
        for place, at_ms in written_ms.items():
            if at_ms > 0:
                self._watermark.labels(place.topic, str(place.partition)).set(at_ms / 1000)

    def note_routes(self, outputs: Sequence[OutgoingRecord]) -> None:
        """These annotations, which are marked with what is to become of them, were committed."""
        routes = Tally(header_value(output.headers, ROUTE) for output in outputs)
        for route, count in routes.items():
            if route is not None:
                self._routed.labels(route.decode()).inc(count)

    def note_cut(self, outputs: Sequence[OutgoingRecord]) -> None:
        """Some of these annotations may be of texts that an encoder's limit cut."""
        n_cut = sum(output.headers[-1][0] == PIECES_CUT for output in outputs if output.headers)
        if n_cut:
            self._cut.inc(n_cut)

    def note_errors(self, reasons: Mapping[int, str]) -> None:
        """Records of a batch could not be annotated."""
        for reason, count in Tally(reasons.values()).items():
            self._errors.labels(reason).inc(count)

    def note_commit_failure(self, fenced: bool) -> None:
        """A commit did not come through."""
        self._commit_failures.labels("fenced" if fenced else "error").inc()

    def set_in_flight(self, n_records: int, n_tokens: int, paused: bool) -> None:
        """How much is in memory now."""
        self._inflight_records.set(n_records)
        self._inflight_tokens.set(n_tokens)
        self._paused.set(paused)

    def note_assignment(self, epochs: Mapping[TopicPartition, int]) -> None:
        """The assignment changed."""
        self._rebalances.inc()
        self._assigned.set(len(epochs))
        self._lag.clear()
        self._lag_seconds.clear()
        self._watermark.clear()
        self._committed_ms.clear()

    def set_lags(self, lags: Sequence[PartitionLag], oldest_ms: Mapping[TopicPartition, int]) -> None:
        """How far behind the group is in the assigned partitions; `oldest_ms` says when the first record in
        memory was written, by partition."""
        now_ms = self._wall() * 1000
        for lag in lags:
            place = lag.topic_partition
            labels = place.topic, str(place.partition)
            self._lag.labels(*labels).set(lag.lag)
            # Without records in memory the last committed one tells: what follows it was written no earlier.
            since_ms = oldest_ms.get(place, self._committed_ms.get(place, -1)) if lag.lag else now_ms
            if since_ms > 0:  # unknown right after a start, and of records without a time
                self._lag_seconds.labels(*labels).set(max(now_ms - since_ms, 0) / 1000)

    def note_renewal(self) -> None:
        """The consumer was made anew."""
        self._renewals.inc()

    def note_model(self, ref: ModelRef) -> None:
        """From now on this model annotates."""
        self._model_info.clear()
        self._model_info.labels(ref.name, ref.version).set(1)
        self._model_loaded.set(self._wall())

    def _counters(self) -> None:
        registry = self.registry
        self._consumed, self._produced = CONSUMED.counter(registry), PRODUCED.counter(registry)
        self._errors, self._dead_letters = ERRORS.counter(registry), DEAD_LETTERS.counter(registry)
        self._routed, self._cut = ROUTED.counter(registry), CUT.counter(registry)
        self._rebalances = REBALANCES.counter(registry)
        self._commit_failures = COMMIT_FAILURES.counter(registry)
        self._renewals = RENEWALS.counter(registry)

    def _gauges(self) -> None:
        registry = self.registry
        self._inflight_records = INFLIGHT_RECORDS.gauge(registry)
        self._inflight_tokens = INFLIGHT_TOKENS.gauge(registry)
        self._paused, self._assigned = PAUSED.gauge(registry), ASSIGNED.gauge(registry)
        self._lag, self._lag_seconds = LAG_RECORDS.gauge(registry), LAG_SECONDS.gauge(registry)
        self._watermark = WATERMARK.gauge(registry)
        self._last_processed, self._heartbeat = LAST_PROCESSED.gauge(registry), HEARTBEAT.gauge(registry)
        self._model_info, self._model_loaded = MODEL_INFO.gauge(registry), MODEL_LOADED.gauge(registry)

    def _histograms(self) -> None:
        registry = self.registry
        self._ages, self._stages = AGE.batch_histogram(registry), STAGES.batch_histogram(registry)
        self._batch_records = BATCH_RECORDS.batch_histogram(registry)
        self._batch_tokens = BATCH_TOKENS.batch_histogram(registry)
