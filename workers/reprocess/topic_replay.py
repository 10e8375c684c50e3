# SPDX-License-Identifier: Apache-2.0
"""A replay: a stretch of a topic annotated again with a chosen model (`freshet replay`), bounded, at a
limited rate, and resumed where it was left."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from ..errors import WorkerError
from ..serving import Model, annotate_records
from ..settings import WorkerSettings
from ..transports.base import Admin, Consumer, ConsumerOptions, MissingTopicError, Record, Transport
from ..transports.topic_reader import positions_after

POLL = 0.2
MAX_RECORDS = 500
IDLE = 5.0
"""Seconds without a record after which a stretch counts as read: logs have offsets without records."""

Bounds = Mapping[int, tuple[int, int]]
"""First and next offset per partition."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is to be annotated again, and where that goes. `rate` in records a second, 0: as fast as it
    goes."""

    topic: str
    into: str
    bounds: Bounds
    rate: float = 0.0

    @property
    def n_offsets(self) -> int:
        """Offsets in all partitions."""
        return sum(end - first for first, end in self.bounds.values())


@dataclass(frozen=True, slots=True)
class Progress:
    """What a step did: offsets that are behind it now, annotations written, records that could not be
    annotated."""

    offsets: int
    annotations: int
    failures: int


def bounds_of(
    admin: Admin, topic: str, start: int | None, end: int | None, partition: int | None = None
) -> Bounds:
    """The stretch from `start` to `end` (exclusive) in each partition, as far as the topic has it. Raises:
    WorkerError."""
    try:
        bounds = admin.topic(topic).bounds
    except MissingTopicError as error:
        names = ", ".join(info.name for info in admin.topics()) or "none"
        raise WorkerError(f"expected a topic that exists, got {topic!r}; there are: {names}") from error
    found: dict[int, tuple[int, int]] = {}
    for number, (first, after) in enumerate(bounds):
        low, high = max(first, start or 0), after if end is None else min(after, end)
        if partition in (None, number) and low < high:
            found[number] = (low, high)
    return found


def group_of(stretch: Stretch, model: Model) -> str:
    """The consumer group that remembers how far a replay is: the same for the same stretch, model and
    target."""
    bounds = sorted((partition, first) for partition, (first, _) in stretch.bounds.items())
    name = "\0".join([stretch.topic, stretch.into, model.ref.digest, repr(bounds)])
    return f"freshet-replay-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def replay(
    transport: Transport,
    stretch: Stretch,
    model: Model,
    settings: WorkerSettings,
    *,
    group: str,
    stopped: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = time.sleep,
) -> Generator[Progress, None, None]:
    """Annotate the stretch; each step is one commit of annotations and positions, so that a replay that was
    killed goes on once. Who stops before the end closes it: it is a member of its group."""
    settings = replace(settings, input_topic=stretch.topic, output_topic=stretch.into)
    left = _remaining(transport, stretch, group)
    yield Progress(stretch.n_offsets - sum(end - first for first, end in left.values()), 0, 0)
    per_poll = max(1, min(MAX_RECORDS, int(stretch.rate / 5))) if stretch.rate else MAX_RECORDS
    with closing(
        transport.consumer(ConsumerOptions(group=group, topics=(stretch.topic,), delivery=settings.delivery))
    ) as consumer:
        last, began, done = time.monotonic(), time.monotonic(), 0
        while left and not stopped() and time.monotonic() - last < IDLE:
            step = _step(consumer, left, model, settings, per_poll)
            if step is None:
                continue
            last = time.monotonic()
            done += step.annotations
            yield step
            if stretch.rate:
                sleep(max(0.0, began + done / stretch.rate - time.monotonic()))


def _remaining(transport: Transport, stretch: Stretch, group: str) -> dict[int, tuple[int, int]]:
    """What an earlier run has not done."""
    with closing(transport.admin()) as admin:
        lags = admin.group_lag(group, [stretch.topic])
    committed = {lag.topic_partition.partition: lag.committed or 0 for lag in lags}
    found = {
        number: (max(first, committed.get(number, 0)), end) for number, (first, end) in stretch.bounds.items()
    }
    return {number: (first, end) for number, (first, end) in found.items() if first < end}


def _step(
    consumer: Consumer,
    left: dict[int, tuple[int, int]],
    model: Model,
    settings: WorkerSettings,
    n_records: int,
) -> Progress | None:
    """One poll and its commit; None where nothing came."""
    records = consumer.poll(POLL, n_records)
    epochs = consumer.assignment()
    wanted = [
        r for r in records if r.partition in left and left[r.partition][0] <= r.offset < left[r.partition][1]
    ]
    if not records:
        return None
    outputs = annotate_records(wanted, model, settings)
    annotations = [outgoing for i, outgoing in enumerate(outputs.outgoing) if i not in outputs.dead]
    consumer.commit(annotations, [], positions_after(records, epochs))
    return Progress(_advance(left, records), len(annotations), len(outputs.dead))


def _advance(left: dict[int, tuple[int, int]], records: Sequence[Record]) -> int:
    """Note how far the partitions are; how many offsets of the stretch that was."""
    moved = 0
    for record in records:
        if record.partition not in left:
            continue
        first, end = left[record.partition]
        after = max(first, min(record.offset + 1, end))
        moved += after - first
        left[record.partition] = (after, end)
        if after >= end:
            del left[record.partition]
    return moved
