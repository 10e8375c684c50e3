# SPDX-License-Identifier: Apache-2.0
"""A worker's metrics for Prometheus; every call is for a batch, a poll or a commit, none for a record."""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from schemas import PIECES_CUT, ROUTE, ModelRef, header_value

from ..serving import StageTimer
from ..transports.base import OutgoingRecord, PartitionLag, TopicPartition
from .batching import MicroBatch
from .histogram import BatchHistogram, powers_of_two
from .in_flight import OffsetRange

STAGE_BOUNDS = powers_of_two(0.0005, 14)
AGE_BOUNDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600]
SIZE_BOUNDS = powers_of_two(1, 11)
TOKEN_BOUNDS = powers_of_two(16, 14)


class Telemetry:
    """The metrics of one worker, in a registry of its own. `clock` measures, `wall` gives seconds since
    1970."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self.registry = CollectorRegistry()
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
        self._committed_ms.update(
            (offsets.topic_partition, offsets.records[-1].timestamp_ms) for offsets in ranges
        )

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
        self._consumed = Counter("freshet_records_consumed", "Records taken in.", registry=registry)
        self._produced = Counter("freshet_records_produced", "Annotations committed.", registry=registry)
        self._errors = Counter(
            "freshet_record_errors", "Records that could not be annotated.", ["reason"], registry=registry
        )
        self._dead_letters = Counter(
            "freshet_dlq_records", "Dead letters committed.", ["reason"], registry=registry
        )
        self._routed = Counter(
            "freshet_routed_records",
            "Annotations committed, by what is to become of them.",
            ["route"],
            registry=registry,
        )
        self._cut = Counter(
            "freshet_cut_documents",
            "Annotations committed of texts of which an encoder's limit left something out.",
            registry=registry,
        )
        self._rebalances = Counter("freshet_rebalances", "Changes of the assignment.", registry=registry)
        self._commit_failures = Counter(
            "freshet_commit_failures", "Commits that did not come through.", ["outcome"], registry=registry
        )
        self._renewals = Counter(
            "freshet_consumer_renewals",
            "Consumers made anew after they stood still or failed.",
            registry=registry,
        )

    def _gauges(self) -> None:
        registry = self.registry
        self._inflight_records = Gauge("freshet_inflight_records", "Records in memory.", registry=registry)
        self._inflight_tokens = Gauge(
            "freshet_inflight_tokens", "Tokens in memory, by estimate.", registry=registry
        )
        self._paused = Gauge(
            "freshet_paused", "1 while reading is paused by back-pressure.", registry=registry
        )
        self._assigned = Gauge("freshet_assigned_partitions", "Partitions owned.", registry=registry)
        self._lag = Gauge(
            "freshet_consumer_lag_records", "Records behind.", ["topic", "partition"], registry=registry
        )
        self._lag_seconds = Gauge(
            "freshet_consumer_lag_seconds",
            "Age of the oldest record that is not annotated yet; 0 where there is none.",
            ["topic", "partition"],
            registry=registry,
        )
        self._last_processed = Gauge(
            "freshet_last_processed_timestamp_seconds", "Time of the last commit.", registry=registry
        )
        self._heartbeat = Gauge(
            "freshet_poll_loop_heartbeat_timestamp_seconds", "Time of the last poll.", registry=registry
        )
        self._model_info = Gauge(
            "freshet_model_info", "1 for the model that annotates.", ["model", "version"], registry=registry
        )
        self._model_loaded = Gauge(
            "freshet_model_loaded_timestamp_seconds", "Time at which it was loaded.", registry=registry
        )

    def _histograms(self) -> None:
        registry = self.registry
        self._ages = BatchHistogram(
            "freshet_record_age_seconds", "From a record's writing to its commit.", AGE_BOUNDS, registry
        )
        self._stages = BatchHistogram(
            "freshet_stage_duration_seconds",
            "Time a batch spends in a stage.",
            STAGE_BOUNDS,
            registry,
            "stage",
        )
        self._batch_records = BatchHistogram(
            "freshet_batch_records", "Records of a micro-batch.", SIZE_BOUNDS, registry
        )
        self._batch_tokens = BatchHistogram(
            "freshet_batch_tokens", "Tokens of a micro-batch, by estimate.", TOKEN_BOUNDS, registry
        )
