# SPDX-License-Identifier: Apache-2.0
"""What every transport offers: records in, and outputs, dead letters and offsets out in one commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from schemas import Headers as Headers
from schemas import Source

from ..settings import Delivery, Start
from .done_ranges import Ranges

MAX_RECORD_BYTES = 1_000_000
"""Of key, value and headers, where a log does not say; a Kafka topic takes 1,048,588 bytes for a batch with
its frame, unless its `max.message.bytes` says otherwise."""


class TopicPartition(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


class Record(NamedTuple):
    """A record that was read. `timestamp_ms` is the time of its writing, in milliseconds since 1970.

    Records are tuples, which are made much faster than frozen dataclasses: there is one for every text that
    comes and that goes.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @property
    def topic_partition(self) -> TopicPartition:
        """The partition that the record stands in."""
        return TopicPartition(self.topic, self.partition)

    @property
    def source(self) -> Source:
        """Where the record stands, as messages name it; its text is `place`."""
        return Source(self.topic, self.partition, self.offset)

    @property
    def place(self) -> str:
        """Where the record stands, as a text.

        >>> Record("texts", 0, 17, 0, None, None).place
        'texts:0:17'
        """
        return f"{self.topic}:{self.partition}:{self.offset}"


class OutgoingRecord(NamedTuple):
    """A record to be written; without `partition` the key decides (murmur2, as Kafka's own clients do)."""

    topic: str
    value: bytes | None
    key: bytes | None = None
    headers: Headers = ()
    partition: int | None = None
    timestamp_ms: int | None = None

    @property
    def n_bytes(self) -> int:
        """What the record takes: key, value and headers, in bytes."""
        size = len(self.key or b"") + len(self.value or b"")
        for name, value in self.headers:
            size += len(name) + len(value)
        return size


@dataclass(frozen=True, slots=True)
class Position:
    """The next offset of a partition to read, and the epoch of the assignment under which it was reached.

    `done`: offsets from there on that are done already, for consumers that keep them (`keeps_done`).
    """

    offset: int
    epoch: int
    done: Ranges = ()


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """How far a group is behind in one partition: its committed offset (None: none yet) and the log's end."""

    topic_partition: TopicPartition
    committed: int | None
    end: int
    lag: int


@dataclass(frozen=True, slots=True)
class TopicInfo:
    """A topic and, for each partition, its first and its next offset; `has_holes`: not every offset between
    them need be a record's."""

    name: str
    bounds: tuple[tuple[int, int], ...]
    has_holes: bool = False


class Consumer(Protocol):
    """A member of a consumer group that commits what it made of its records together with their offsets.

    `poll`, `pause`, `resume`, `rewind` and `close` belong to one thread, `commit` to one other; `assignment`
    to any.
    """

    @property
    def keeps_done(self) -> bool:
        """Whether a commit may say what is done behind its position: such records are not delivered again."""

    def poll(self, timeout: float, max_records: int) -> list[Record]:
        """Records of the assigned, not paused partitions; drives group membership, so call it even when all
        are paused."""

    def assignment(self) -> Mapping[TopicPartition, int]:
        """The partitions that are owned now, each with the epoch at which this member got it."""

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        """Deliver no records of these partitions until `resume`."""

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        """Deliver records of these partitions again."""

    def commit(
        self,
        outputs: Sequence[OutgoingRecord],
        dead_letters: Sequence[OutgoingRecord],
        positions: Mapping[TopicPartition, Position],
    ) -> None:
        """Write all records and store all positions: both or neither under `exactly_once`, records first
        under `at_least_once`.

        Raises: FencedError where a partition is no longer owned under that epoch, or another member took this
        one's place: nothing was written, drop the work and `rewind`. RecordRefusedError where a record can
        never be written. TransportError for anything else: nothing is known to be written (at_least_once) or
        nothing was (exactly_once); `rewind`.
        """

    def rewind(self) -> None:
        """Go back to the committed positions of all owned partitions, under new epochs; what was delivered
        comes again."""

    def lag(self) -> list[PartitionLag]:
        """Lag of the assigned partitions."""

    def close(self) -> None:
        """Leave the group."""


class Producer(Protocol):
    """Writes records outside any consumer group."""

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Write the records, durably, before returning. Raises: TransportError."""

    def close(self) -> None:
        """Release what is held."""


class Admin(Protocol):
    """Topics of a log and lags of its groups."""

    def create_topic(self, name: str, partitions: int) -> bool:
        """Make a topic; False where it exists already (whatever its partition count)."""

    def delete_topic(self, name: str) -> None:
        """Remove a topic and its records."""

    def topics(self) -> list[TopicInfo]:
        """All topics, by name."""

    def topic(self, name: str) -> TopicInfo:
        """One topic; asks for no other one's offsets. Raises: MissingTopicError."""

    def group_lag(self, group: str, topics: Sequence[str]) -> list[PartitionLag]:
        """Lag of a group on these topics."""

    def close(self) -> None:
        """Release what is held."""


def _no_step(step: str) -> None:
    """Nothing happens between the steps of a commit."""


@dataclass(frozen=True, slots=True)
class ConsumerOptions:
    """How a consumer joins its group and commits. Durations in seconds.

    `slot` names a place in the group that outlives the process: who joins with a slot takes over from the one
    that had it, at once. Without one every consumer is a new member, and a killed one's partitions are free
    when its session is over. `on_step` is called before each step of a commit ("begin", "records", "offsets",
    "commit") and after the last ("done"): for fault tests.
    """

    group: str
    topics: tuple[str, ...]
    delivery: Delivery = Delivery.EXACTLY_ONCE
    slot: str = ""
    start: Start = Start.EARLIEST
    session_timeout: float = 45.0
    max_poll_interval: float = 300.0
    transaction_timeout: float = 15.0
    commit_timeout: float = 30.0
    on_step: Callable[[str], None] = _no_step


class PartitionReader(Protocol):
    """Reads one topic's partitions for somebody who keeps the positions himself, together with what he made
    of the records."""

    def bounds(self) -> list[tuple[int, int]]:
        """First and next offset of each partition."""

    def fetch(self, partition: int, offset: int, max_records: int) -> tuple[list[Record], int]:
        """Some records from an offset on, none at the end, and where to go on; offsets may have gaps.

        Raises: TransportError where the log no longer holds, or does not yet know, that offset: nothing is
        skipped in silence.
        """

    def note(self, positions: Mapping[int, int]) -> None:
        """Store the group's offsets by partition, for plots of its lag only."""

    def close(self) -> None:
        """Release what is held."""


class Transport(Protocol):
    """A log: where consumers, producers and readers come from."""

    def consumer(self, options: ConsumerOptions) -> Consumer:
        """Join a group."""

    def producer(self) -> Producer:
        """A plain producer."""

    def atomic_producer(self, name: str) -> Producer:
        """A producer that writes all records of a `send` or none; who opens one of the same name puts the
        other out."""

    def read(
        self,
        topic: str,
        start: str | int = "earliest",
        *,
        follow: bool = False,
        limit: int | None = None,
        group: str | None = None,
    ) -> Iterable[Record]:
        """Committed records of a topic, outside any group unless one is named; ends at the end that stood at
        the call unless `follow`."""

    def partitions(self, topic: str, group: str) -> PartitionReader:
        """A reader that keeps its own positions; `group` is the name under which its lag is shown."""

    def admin(self) -> Admin:
        """Topics and lags."""

    def close(self) -> None:
        """Release what is held."""


class TransportError(Exception):
    """A log could not do what was asked; the message says what was expected, what came and what to do."""


class MissingTopicError(TransportError):
    """There is no topic of that name, yet."""


class FencedError(TransportError):
    """This member no longer owns what it tried to commit."""


class RecordRefusedError(TransportError):
    """The log will never take some records as they are; `indexes` are their places among outputs followed by
    dead letters, `index` the first of them."""

    def __init__(self, message: str, *indexes: int) -> None:
        super().__init__(message)
        self.indexes = indexes

    @property
    def index(self) -> int:
        """The place of the first of them."""
        return self.indexes[0]


class RecordTooLargeError(RecordRefusedError):
    """A record is larger than the log takes."""


class TimestampRefusedError(RecordRefusedError):
    """The log does not take a record's time; it would take the same record with the time of its writing."""
