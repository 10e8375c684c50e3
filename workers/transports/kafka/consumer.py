# SPDX-License-Identifier: Apache-2.0
"""A member of a Kafka consumer group that commits outputs and offsets in one transaction."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from kafka import ConsumerRebalanceListener
from kafka import TopicPartition as KafkaPartition
from kafka.errors import FencedInstanceIdError, KafkaError
from kafka.structs import ConsumerGroupMetadata, MemberState, OffsetAndMetadata

from ...settings import Delivery, Start
from ..base import (
    ConsumerOptions,
    FencedError,
    OutgoingRecord,
    PartitionLag,
    Position,
    Record,
    TopicPartition,
    TransportError,
)
from ..refusals import slot_taken
from .admin import KafkaAdmin
from .clients import (
    FENCED,
    REGROUPED,
    TIMEOUT_MS,
    group_consumer,
    heartbeat_interval,
    instance_of,
    our_errors,
)
from .cluster import Cluster
from .done_offsets import DoneOffsets
from .internals import heartbeats_go_on, keep_joining, poll_records
from .ownership import Ownership
from .producer import KafkaProducer
from .topic_limits import TopicLimits
from .transactional_writer import TransactionalWriter
from .unowned_partitions import UnownedPartitions

log = logging.getLogger(__name__)

REGROUP_PATIENCE = 2.0
"""Seconds that a commit waits for a rebalance to end before it gives its work up."""
FENCED_PATIENCE = 1.0
"""Seconds without heartbeats in a stable group after which another has this one's slot; a join stops them for
less."""
LOOK_EVERY = 10.0
"""Seconds between looks whether the input topics exist."""


class KafkaGroupConsumer:
    """A member of a group on a cluster.

    A commit takes the group's metadata first and checks after it that its partitions are still owned: a
    rebalance after the snapshot makes the broker refuse the old generation, one before it is seen here. Kafka
    itself checks the member, not the ownership.
    """

    def __init__(self, cluster: Cluster, options: ConsumerOptions, limits: TopicLimits) -> None:
        """Join the group. Raises: TransportError where no broker answers."""
        self._cluster = cluster
        self._options = options
        self._limits = limits
        self._owned = Ownership()
        self._missing_since = 0.0
        self._to_rewind: set[TopicPartition] = set()
        self._committed: dict[TopicPartition, int] = {}
        self._delivered: dict[TopicPartition, int] = {}
        self._done = DoneOffsets()
        self._unowned = UnownedPartitions(cluster, options)
        self._replaced = False
        self._fenced_since = 0.0
        self._member = ""
        self._exactly_once = options.delivery == Delivery.EXACTLY_ONCE
        with our_errors(f"joining group {options.group!r} at {cluster}"):
            self._client = group_consumer(cluster, options, _Listener(self._owned))
        if self._exactly_once:
            # Without a slot the id is new: an open transaction of a killed predecessor then ends with its
            # timeout, not at once.
            writer_id = f"{options.group}-{options.slot or uuid.uuid4().hex}"
            self._transactions = TransactionalWriter(
                cluster, writer_id, options.transaction_timeout, limits, options.on_step
            )
        else:
            self._producer = KafkaProducer(cluster, limits, options.commit_timeout)

    def poll(self, timeout: float, max_records: int) -> list[Record]:
        """Records of the assigned partitions; see `Consumer.poll`."""
        if self._replaced:
            raise slot_taken(self._options)
        if self._to_rewind and not self._seek_back():
            time.sleep(min(timeout, 0.1))
            return []
        with our_errors(f"reading {', '.join(self._options.topics)}"):
            keep_joining(self._client)
            fetched = poll_records(self._client, timeout, max_records)
        if self._fenced_for() > FENCED_PATIENCE:
            self._replaced = True
        if self._changed_member():
            self.rewind()
            return []
        self._unowned.look()
        owned = self._owned.epochs
        if not owned:
            self._warn_of_missing_topics()
        if not self._done.is_known(owned) and not self._read_done(owned):
            return []
        records = []
        for place, found in fetched.items():
            if place in owned:
                self._delivered[TopicPartition(*place)] = found[-1].offset + 1
                records += [record_of(raw) for raw in self._done.left_of(place, found)]
        return records

    @property
    def keeps_done(self) -> bool:
        """Whether a commit may say what is done behind its position; see `Consumer.keeps_done`."""
        return self._done.has_room

    def assignment(self) -> Mapping[TopicPartition, int]:
        """The owned partitions and their epochs."""
        return self._owned.epochs

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        """Deliver no records of these; what was fetched already is kept."""
        if places := self._keep_assigned(partitions):
            self._client.pause(*places)

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        """Deliver records of these again."""
        if places := self._keep_assigned(partitions):
            self._client.resume(*places)

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
        offsets = {
            KafkaPartition(*place): OffsetAndMetadata(position.offset, self._done.beside(place, position), -1)
            for place, position in positions.items()
        }
        write = self._write_once if self._exactly_once else self._write_first
        write(records, offsets, positions)
        self._committed.update({place: position.offset for place, position in positions.items()})
        self._options.on_step("done")

    def rewind(self) -> None:
        """Back to the committed positions, under new epochs; where no broker answers now, `poll` goes on
        trying."""
        self._to_rewind = set(self._owned.restart())
        self._seek_back()

    def lag(self) -> list[PartitionLag]:
        """Lag of the assigned partitions, from what the last fetches told."""
        with our_errors("reading lags"):
            return [self._lag_of(place) for place in sorted(self._owned.epochs)]

    def close(self) -> None:
        """Leave the group."""
        if self._exactly_once:
            self._transactions.close()
        else:
            self._producer.close()
        with suppress(KafkaError):
            self._client.close(autocommit=False, timeout_ms=TIMEOUT_MS)
        if self._options.slot and not self._replaced:
            leave_slot(self._cluster, self._options)

    def _write_once(
        self,
        records: list[OutgoingRecord],
        offsets: dict[KafkaPartition, OffsetAndMetadata],
        positions: Mapping[TopicPartition, Position],
    ) -> None:
        deadline = time.monotonic() + self._options.commit_timeout
        while True:
            metadata = self._client.group_metadata()
            self._check_member(metadata)
            self._owned.check(positions)
            try:
                with our_errors("a commit"):
                    self._transactions.write(
                        records, offsets, metadata, max(0.1, deadline - time.monotonic())
                    )
                return
            except FencedError as error:
                if (
                    isinstance(error.__cause__, FENCED)
                    and self._options.slot
                    and self._lost_slot(error.__cause__)
                ):
                    self._replaced = True  # no new client of that id: it would fence the one that took over
                    raise
                self._transactions.renew()
                if not isinstance(error.__cause__, REGROUPED) or not self._await_regroup(metadata):
                    raise
            except TransportError:
                self._limits.forget()
                with suppress(TransportError):
                    self._transactions.renew()
                raise

    def _write_first(
        self,
        records: list[OutgoingRecord],
        offsets: dict[KafkaPartition, OffsetAndMetadata],
        positions: Mapping[TopicPartition, Position],
    ) -> None:
        self._check_member(self._client.group_metadata())
        self._owned.check(positions)
        self._options.on_step("records")
        if records:
            self._producer.send(records)
        self._options.on_step("offsets")
        with our_errors("storing offsets"):
            self._client.commit(offsets, timeout_ms=int(self._options.commit_timeout * 1000))

    def _lost_slot(self, cause: BaseException) -> bool:
        """Whether another process has this one's slot, or the broker only ended a transaction that took too
        long.

        Both fence the producer; in the first case the next heartbeat is refused too.
        """
        deadline = time.monotonic() + heartbeat_interval(self._options) + REGROUP_PATIENCE
        while not isinstance(cause, FencedInstanceIdError) and self._fenced_for() == 0.0:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def _fenced_for(self) -> float:
        """For how many seconds the group has refused this member's heartbeats; kafka-python then stops them
        and says nothing."""
        if not self._options.slot or heartbeats_go_on(self._client):
            self._fenced_since = 0.0
            return 0.0
        self._fenced_since = self._fenced_since or time.monotonic()
        return time.monotonic() - self._fenced_since

    def _changed_member(self) -> bool:
        """Whether the group took this consumer for dead and it came back as another member.

        kafka-python may then keep what it owned as if nothing had been in between (a failed join skips the
        listener), though others may have read and committed it meanwhile.
        """
        before, self._member = self._member, self._client.group_metadata().member_id or self._member
        return bool(before) and before != self._member

    def _check_member(self, metadata: ConsumerGroupMetadata) -> None:
        """Refuse to commit out of the group: a broker takes offsets without a generation from anybody.
        Raises: FencedError."""
        if metadata.generation_id < 0 or metadata.member_id != self._member:
            raise FencedError(
                f"this consumer fell out of group {self._options.group!r} (no poll or heartbeat in time); "
                "drop the work and rewind"
            )

    def _await_regroup(self, before: ConsumerGroupMetadata) -> bool:
        """Whether the group soon has a new generation with this member in it: what it kept may then still be
        committed."""
        deadline = time.monotonic() + REGROUP_PATIENCE
        while time.monotonic() < deadline:
            now = self._client.group_metadata()
            if now.member_id != before.member_id or now.state == MemberState.UNJOINED:
                return False
            if now.generation_id != before.generation_id and now.state == MemberState.STABLE:
                return True
            time.sleep(0.01)
        return False

    def _read_done(self, owned: Mapping[TopicPartition, int]) -> bool:
        """Learn what is done behind the committed offsets of partitions that came; where that fails what was
        fetched is fetched again."""
        try:
            self._done.read(self._client, owned)
        except KafkaError as error:
            log.warning("cannot read the offsets of group %s yet: %r", self._options.group, error)
            self.rewind()
            return False
        return True

    def _seek_back(self) -> bool:
        try:
            for place in sorted(self._to_rewind & self._owned.epochs.keys()):
                self._seek_committed(KafkaPartition(*place))
                self._to_rewind.discard(place)
        except KafkaError as error:
            log.warning(
                "cannot read the committed offsets of group %s yet: %r; where the brokers answer "
                "otherwise, a transaction that holds these "
                "offsets is still open: `kafka-transactions.sh find-hanging` names it",
                self._options.group,
                error,
            )
            return False
        self._to_rewind.clear()
        return True

    def _seek_committed(self, place: KafkaPartition) -> None:
        offset = self._client.committed(place, timeout_ms=TIMEOUT_MS)
        if offset is not None:
            self._client.seek(place, offset)
        elif self._options.start == Start.EARLIEST:
            self._client.seek_to_beginning(place)
        else:
            self._client.seek_to_end(place)

    def _lag_of(self, place: TopicPartition) -> PartitionLag:
        there = KafkaPartition(*place)
        if place not in self._committed:
            self._committed[place] = self._client.committed(there, timeout_ms=TIMEOUT_MS) or -1
        committed = self._committed[place]
        end = self._client.highwater(there)
        if end is None:
            end = self._client.end_offsets([there], timeout_ms=TIMEOUT_MS)[there]
        # The end of a transaction takes an offset that no record has: what is read up to the end and
        # committed is no lag.
        position = self._client.position(there, timeout_ms=TIMEOUT_MS) or 0
        all_committed = committed >= self._delivered.get(place, position)
        lag = 0 if all_committed and position >= end else max(0, end - max(committed, 0))
        return PartitionLag(place, committed if committed >= 0 else None, end, lag)

    def _keep_assigned(self, partitions: Iterable[TopicPartition]) -> list[KafkaPartition]:
        assigned = self._client.assignment()
        return [place for place in (KafkaPartition(*p) for p in partitions) if place in assigned]

    def _warn_of_missing_topics(self) -> None:
        if time.monotonic() - self._missing_since < LOOK_EVERY:
            return
        self._missing_since = time.monotonic()
        with suppress(KafkaError):
            missing = sorted(
                topic for topic in self._options.topics if not self._client.partitions_for_topic(topic)
            )
            if missing:
                log.warning(
                    "waiting for topic %s: it does not exist yet; make it with `freshet topics create`",
                    ", ".join(missing),
                )


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Hears of rebalances on kafka-python's own thread."""

    def __init__(self, owned: Ownership) -> None:
        self._owned = owned

    def on_partitions_assigned(self, assigned: Iterable[KafkaPartition]) -> None:
        self._owned.assign(TopicPartition(*place) for place in assigned)

    def on_partitions_revoked(self, revoked: Iterable[KafkaPartition]) -> None:
        self._owned.revoke(TopicPartition(*place) for place in revoked)

    def on_partitions_lost(self, lost: Iterable[KafkaPartition]) -> None:
        self._owned.revoke(TopicPartition(*place) for place in lost)


def leave_slot(cluster: Cluster, options: ConsumerOptions) -> None:
    """Take the member with this slot out of its group, which a client never does by itself."""
    with suppress(TransportError):
        administrator = KafkaAdmin(cluster)
        try:
            administrator.remove_member(options.group, instance_of(options))
        finally:
            administrator.close()


def record_of(raw: Any) -> Record:
    """A record of kafka-python as ours; a header without a value gets an empty one."""
    headers = tuple((name, content or b"") for name, content in raw.headers) if raw.headers else ()
    return Record(raw.topic, raw.partition, raw.offset, raw.timestamp, raw.key, raw.value, headers)
