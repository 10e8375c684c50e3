# SPDX-License-Identifier: Apache-2.0
"""A member of a Kafka consumer group on librdkafka."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from .base import (
    ConsumerOptions,
    FencedError,
    OutgoingRecord,
    PartitionLag,
    Position,
    Record,
    TopicPartition,
    TransportError,
)
from .confluent_clients import (
    RegroupedError,
    codes,
    native,
    native_consumer,
    native_errors,
    native_producer,
    produce,
)
from .kafka.clients import heartbeat_interval
from .kafka.consumer import REGROUP_PATIENCE, leave_slot
from .kafka.orphans import OrphanWatch
from .kafka.ownership import Ownership
from .kafka.producer import Limits

log = logging.getLogger(__name__)

ANSWER_TIMEOUT = 10.0  # seconds for calls that ask a broker
ABORT_TIMEOUT = 5.0


class NativeConsumer:
    """A member of a group on a cluster; the protocol of a commit is that of `KafkaGroupConsumer`."""

    def __init__(self, servers: Sequence[str], options: ConsumerOptions, limits: Limits) -> None:
        """Join the group. Raises: TransportError where no broker answers."""
        self._servers = servers
        self._options = options
        self._limits = limits
        self._owned = Ownership()
        self._orphans = OrphanWatch(servers, options)
        self._replaced = False
        self._fenced_at = float("-inf")
        self._member = ""
        self._to_rewind: set[TopicPartition] = set()
        self._committed: dict[TopicPartition, int] = {}
        self._delivered: dict[TopicPartition, int] = {}
        self._exactly_once = options.delivery == "exactly_once"
        self._id = f"{options.group}-{options.slot or uuid.uuid4().hex}"
        self._writer: Any = None
        self._limit = limits.smallest
        self._renew_writer()
        with native_errors(f"joining group {options.group!r} at {','.join(servers)}"):
            self._client = native_consumer(servers, options, self._rebalanced)

    def poll(self, timeout: float, max_records: int) -> list[Record]:
        """Records of the assigned partitions; see `Consumer.poll`."""
        if self._replaced:
            raise FencedError(
                f"another consumer took slot {self._options.slot!r} of group {self._options.group!r}; stop "
                "this one"
            )
        if self._to_rewind:
            self._seek_back()
        with native_errors(f"reading {', '.join(self._options.topics)}"):
            messages = self._client.consume(1, timeout)  # with more it would wait until it has them all
            before = self._owned.epochs
            if messages and max_records > 1:
                messages += self._client.consume(max_records - 1, 0)
        self._member = self._client.memberid() or self._member
        self._orphans.look()
        # Rebalances happen inside `consume`: partitions that came in the middle of a batch are read again
        # from the start.
        self._to_rewind |= {
            place for place, epoch in self._owned.epochs.items() if before.get(place) != epoch
        }
        usable = self._owned.epochs.keys() - self._to_rewind
        records = [
            _record(m)
            for m in messages
            if self._good(m) and TopicPartition(m.topic(), m.partition()) in usable
        ]
        self._delivered.update({record.topic_partition: record.offset + 1 for record in records})
        return records

    def assignment(self) -> Mapping[TopicPartition, int]:
        """The owned partitions and their epochs."""
        return self._owned.epochs

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        """Deliver no records of these."""
        with native_errors("pausing"):
            self._client.pause(_native([p for p in partitions if p in self._owned.epochs]))

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        """Deliver records of these again."""
        with native_errors("resuming"):
            self._client.resume(_native([p for p in partitions if p in self._owned.epochs]))

    def commit(
        self,
        outputs: Sequence[OutgoingRecord],
        dead_letters: Sequence[OutgoingRecord],
        positions: Mapping[TopicPartition, Position],
    ) -> None:
        """Write records and positions; see `Consumer.commit`."""
        records = [*outputs, *dead_letters]
        self._options.on_step("begin")
        self._limits.check(records)
        if self._writer is None or self._limits.smallest != self._limit:
            self._await_fencing()
            self._renew_writer()
        offsets = [native().TopicPartition(*place, position.offset) for place, position in positions.items()]
        (self._write_once if self._exactly_once else self._write_first)(records, offsets, positions)
        self._committed.update({place: position.offset for place, position in positions.items()})
        self._options.on_step("done")

    def rewind(self) -> None:
        """Back to the committed positions, under new epochs; where no broker answers now, `poll` goes on
        trying."""
        self._to_rewind = set(self._owned.restart())
        self._seek_back()

    def lag(self) -> list[PartitionLag]:
        """Lag of the assigned partitions, from what the last fetches told."""
        with native_errors("reading lags"):
            return [self._lag_of(place) for place in sorted(self._owned.epochs)]

    def close(self) -> None:
        """Leave the group."""
        self._writer = None
        with suppress(native().KafkaException, RuntimeError):
            self._client.close()
        if self._options.slot and not self._replaced:
            leave_slot(self._servers, self._options)

    def _rebalanced(self, what: str, places: list[Any]) -> None:
        ours = [TopicPartition(place.topic, place.partition) for place in places]
        (self._owned.assign if what == "assigned" else self._owned.revoke)(ours)
        (self._client.incremental_assign if what == "assigned" else self._client.incremental_unassign)(places)

    def _write_once(
        self, records: list[OutgoingRecord], offsets: list[Any], positions: Mapping[TopicPartition, Position]
    ) -> None:
        deadline = time.monotonic() + self._options.commit_timeout
        patience = time.monotonic() + REGROUP_PATIENCE
        while True:
            metadata = self._client.consumer_group_metadata()
            self._check_member()
            self._owned.check(positions)
            try:
                with native_errors("a commit"):
                    self._transact(records, offsets, metadata, max(0.1, deadline - time.monotonic()))
                return
            except RegroupedError:
                self._abort()
                if time.monotonic() > patience:
                    raise
                time.sleep(0.02)
            except FencedError:
                self._writer, self._fenced_at = None, time.monotonic()
                raise
            except BaseException:
                self._limits.forget()
                self._abort()
                raise

    def _transact(
        self, records: list[OutgoingRecord], offsets: list[Any], metadata: Any, timeout: float
    ) -> None:
        step, writer = self._options.on_step, self._writer
        failures: list[object] = []  # a record that failed makes the commit fail
        writer.begin_transaction()
        step("records")
        for record in records:
            produce(writer, record, failures)
        step("offsets")
        if offsets:
            writer.send_offsets_to_transaction(offsets, metadata, timeout)
        step("commit")
        writer.commit_transaction(timeout)

    def _write_first(
        self, records: list[OutgoingRecord], offsets: list[Any], positions: Mapping[TopicPartition, Position]
    ) -> None:
        self._check_member()
        self._owned.check(positions)
        self._options.on_step("records")
        failures: list[object] = []
        with native_errors("storing outputs and offsets"):
            for record in records:
                produce(self._writer, record, failures)
            left = self._writer.flush(self._options.commit_timeout)
            if left or failures:
                raise TransportError(
                    f"{left + len(failures)} of {len(records)} outputs were not written: {failures[:1]}; "
                    "rewind"
                )
            self._options.on_step("offsets")
            if offsets:
                self._client.commit(offsets=offsets, asynchronous=False)

    def _await_fencing(self) -> None:
        """Let `poll` find out whether another process has this one's slot before a new producer would fence
        that one.

        Raises: FencedError until enough heartbeats were sent; else the broker only ended a transaction that
        took too long.
        """
        patience = heartbeat_interval(self._options) + REGROUP_PATIENCE
        if self._replaced or (self._options.slot and time.monotonic() - self._fenced_at < patience):
            raise FencedError(
                f"the producer of slot {self._options.slot!r} was fenced; poll tells soon whether another "
                "has the slot; rewind"
            )

    def _check_member(self) -> None:
        """Refuse to commit out of the group: a broker takes offsets without a generation from anybody.
        Raises: FencedError."""
        if not self._member or self._client.memberid() != self._member:
            raise FencedError(
                f"this consumer fell out of group {self._options.group!r} (no poll or heartbeat in time); "
                "rewind"
            )

    def _abort(self) -> None:
        try:
            self._writer.abort_transaction(ABORT_TIMEOUT)
        except native().KafkaException as error:
            log.warning("a transaction could not be aborted, its producer is replaced: %s", error)
            with suppress(TransportError):
                self._renew_writer()

    def _renew_writer(self) -> None:
        self._writer, self._limit = None, self._limits.smallest
        with native_errors(f"connecting to Kafka at {','.join(self._servers)}"):
            if not self._exactly_once:
                self._writer = native_producer(self._servers, self._limit)
                return
            timeout = {
                "transactional.id": self._id,
                "transaction.timeout.ms": int(self._options.transaction_timeout * 1000),
            }
            writer = native_producer(self._servers, self._limit, **timeout)
            writer.init_transactions(ANSWER_TIMEOUT)
            self._writer = writer

    def _seek_back(self) -> None:
        places = sorted(self._to_rewind & self._owned.epochs.keys())
        unset = native().OFFSET_BEGINNING if self._options.start == "earliest" else native().OFFSET_END
        self._to_rewind = set(places)
        try:
            for place in self._client.committed(_native(places), ANSWER_TIMEOUT) if places else []:
                place.offset = place.offset if place.offset >= 0 else unset
                self._client.seek(place)
                self._to_rewind.discard(TopicPartition(place.topic, place.partition))
        except native().KafkaException as error:  # such as: about to be revoked, which the next poll tells
            log.warning("cannot rewind yet: %s", error)

    def _lag_of(self, place: TopicPartition) -> PartitionLag:
        there = native().TopicPartition(*place)
        if place not in self._committed:
            self._committed[place] = self._client.committed([there], ANSWER_TIMEOUT)[0].offset
        committed = self._committed[place]
        end = self._client.get_watermark_offsets(there, ANSWER_TIMEOUT, cached=True)[1]
        if end < 0:
            end = self._client.get_watermark_offsets(there, ANSWER_TIMEOUT)[1]
        # The end of a transaction takes an offset that no record has: what is read up to it and committed is
        # no lag.
        ended = end - self._delivered.get(place, 0) <= 1 and committed >= self._delivered.get(place, 0) > 0
        return PartitionLag(
            place, committed if committed >= 0 else None, end, 0 if ended else max(0, end - max(committed, 0))
        )

    def _good(self, message: Any) -> bool:
        error = message.error()
        if error is None:
            return True
        fatal = error.fatal() or error.code() in codes(("_FATAL",))
        if self._options.slot and (
            fatal or error.code() in codes(("FENCED_INSTANCE_ID",))
        ):  # a fenced slot comes as "fatal"
            self._replaced = True
            raise FencedError(
                f"another consumer took slot {self._options.slot!r} of group {self._options.group!r}; stop "
                "this one"
            )
        if fatal:
            raise TransportError(
                f"reading {', '.join(self._options.topics)} failed: {error}; start the consumer anew"
            )
        log.warning("reading %s: %s", ", ".join(self._options.topics), error)
        return False


def _native(places: Iterable[TopicPartition]) -> list[Any]:
    return [native().TopicPartition(*place) for place in places]


def _record(message: Any) -> Record:
    headers = tuple((name, content or b"") for name, content in message.headers() or ())
    return Record(
        message.topic(),
        message.partition(),
        message.offset(),
        message.timestamp()[1],
        message.key(),
        message.value(),
        headers,
    )
