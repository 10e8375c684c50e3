# SPDX-License-Identifier: Apache-2.0
"""The annotating threads: each takes a micro-batch, has it annotated, and hands its outputs to the commit."""

from __future__ import annotations

import time

from ..serving import Router
from .batching import Batcher, MicroBatch
from .in_flight import InFlight
from .telemetry import Telemetry

TAKE_TIMEOUT = 0.5
"""Seconds. How long a thread waits for a batch before it looks whether there will be any."""


def annotate_batches(
    batcher: Batcher, router: Router, in_flight: InFlight, telemetry: Telemetry, *, only_large: bool = False
) -> None:
    """Annotate batches, or `only_large` ones, until no more come. Raises: ModelError where no model works any
    more."""
    while not batcher.closed:
        batch = batcher.take(TAKE_TIMEOUT, only_large=only_large)
        if batch is not None:
            _annotate_batch(batch, router, in_flight, telemetry)


def _annotate_batch(batch: MicroBatch, router: Router, in_flight: InFlight, telemetry: Telemetry) -> None:
    ranges = batch.live_ranges()
    telemetry.note_batch(batch, time.monotonic())
    records = [record for offsets in ranges for record in offsets.records]
    with telemetry.span(records):
        outputs = router.annotate(records, telemetry.stage_timer())
    if outputs.dead:
        telemetry.note_errors(outputs.dead)
    start = 0
    for offsets in ranges:
        end = start + len(offsets.records)
        dead = {i - start: reason for i, reason in outputs.dead.items() if start <= i < end}
        in_flight.finish(offsets, outputs.outgoing[start:end], dead)
        start = end
