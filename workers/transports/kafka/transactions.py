# SPDX-License-Identifier: Apache-2.0
"""Transactions of one Kafka producer, spoken request by request on kafka-python's connections.

kafka-python's own producer takes records one by one, through queues and a thread that wakes up dozens of
times for each transaction. Here all records of a commit are at hand: they become one batch for each
partition, and a transaction is three requests: records, offsets, end.

Brokers before Kafka 4.0 want to be told first what a transaction will write to: two requests more (KIP-890
says what changed).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from kafka import TopicPartition as KafkaPartition
from kafka.errors import ConcurrentTransactionsError, KafkaError, KafkaTimeoutError, RetriableError
from kafka.protocol.metadata import CoordinatorType
from kafka.structs import ConsumerGroupMetadata

from ..base import OutgoingRecord
from ..partitioner import Partitioner
from .coordinators import LOST, REQUEST_TIMEOUT, Coordinators
from .internals import Connections
from .record_batches import Author, encode_batch, next_sequence, split_batches
from .refused_records import error_of
from .transaction_requests import (
    Offsets,
    announce_offsets,
    announce_partitions,
    ask_features,
    code_of,
    codes_of_announced,
    codes_of_offsets,
    end_transaction,
    open_producer,
    refusals_of_batches,
    takes_unannounced,
    write_batches,
    write_offsets,
)

ROUND_BYTES = 16 << 20  # of a request; a broker takes 100 MiB


class _Batch(NamedTuple):
    """A batch of a partition, and the places of its records among those of the transaction."""

    content: bytearray
    indexes: Sequence[int]


class Transactions:
    """A transactional producer; after an error it is used up.

    Requests that may be sent again are, until the deadline: brokers know a batch by its sequence number and a
    transaction by its id.
    """

    def __init__(self, config: Mapping[str, Any], transactional_id: str, transaction_timeout: float) -> None:
        """Connect. Raises: kafka-python's errors where no broker answers."""
        self._id = transactional_id
        self._transaction_timeout = transaction_timeout
        self._retry_after = config["retry_backoff_ms"] / 1000
        self._connections = Connections(config)
        self._coordinators = Coordinators(self._connections, self._retry_after)
        self._unannounced = False
        self._sequences: dict[KafkaPartition, int] = defaultdict(int)
        self._partitioner = Partitioner()
        self._author = Author(-1, -1)

    def open(self, timeout: float) -> None:
        """Take the id over from whoever had it; what that one left open is aborted by the broker."""
        self._connections.run(self._open, time.monotonic() + timeout)

    def transact(
        self,
        records: Sequence[OutgoingRecord],
        offsets: Offsets,
        group: ConsumerGroupMetadata,
        max_bytes: Callable[[str], int],
        step: Callable[[str], None],
        deadline: float,
    ) -> None:
        """Write records and a group's offsets in one transaction; `max_bytes` tells what a batch for a topic
        may take.

        `step` is called, on the connections' thread, before the records ("records"), the offsets ("offsets")
        and the end ("commit").
        """
        if not records and not offsets:
            return
        by_place: dict[KafkaPartition, list[int]] = defaultdict(list)
        n_partitions = self._n_partitions({record.topic for record in records}, deadline)
        for i, record in enumerate(records):
            partition = self._partitioner.choose(record.key, record.partition, n_partitions[record.topic])
            by_place[KafkaPartition(record.topic, partition)].append(i)
        rounds = self._encode(records, by_place, max_bytes)

        async def transaction() -> None:
            step("records")
            if not self._unannounced:
                await self._announce(list(by_place), group.group_id if offsets else "", deadline)
            for batches in rounds:
                await self._produce(batches, deadline)
            step("offsets")
            if offsets:
                await self._send_offsets(offsets, group, deadline)
            step("commit")
            await self._end(deadline)

        self._connections.run(transaction)

    def close(self) -> None:
        """Close the connections; the broker aborts what is open when its time is over."""
        self._connections.close()

    async def _open(self, deadline: float) -> None:
        request = partial(open_producer, self._id, self._transaction_timeout)
        answer = await self._ask(request, code_of, deadline)
        self._unannounced = takes_unannounced(await self._ask(ask_features, code_of, deadline))
        self._become(answer)

    async def _ask(
        self, request: Callable[[], Any], codes: Callable[[Any], list[int]], deadline: float
    ) -> Any:
        """The answer of this id's coordinator."""
        return await self._coordinators.ask(CoordinatorType.TRANSACTION, self._id, request, codes, deadline)

    def _become(self, answer: Any) -> None:
        """Write under the number and epoch that an answer gives; sequences start anew."""
        self._author = Author(answer.producer_id, answer.producer_epoch)
        self._sequences.clear()

    def _n_partitions(self, topics: set[str], deadline: float) -> dict[str, int]:
        found = {topic: self._connections.partitions_of(topic) for topic in topics}
        if not all(found.values()):
            self._connections.run(self._learn, topics, deadline)
            found = {topic: self._connections.partitions_of(topic) for topic in topics}
        return {topic: len(partitions) for topic, partitions in found.items()}

    async def _learn(self, topics: set[str], deadline: float) -> None:
        for topic in topics:
            self._connections.add_topic(topic)
        while not all(self._connections.partitions_of(topic) for topic in topics):
            await self._refresh(
                deadline, KafkaTimeoutError(f"no broker told the partitions of {', '.join(sorted(topics))}")
            )

    def _encode(
        self,
        records: Sequence[OutgoingRecord],
        by_place: Mapping[KafkaPartition, Sequence[int]],
        max_bytes: Callable[[str], int],
    ) -> list[dict[KafkaPartition, _Batch]]:
        """The batches in rounds: within one, each partition has one batch and all together have not too many
        bytes."""
        now_ms = int(time.time() * 1000)
        rounds: list[dict[KafkaPartition, _Batch]] = []
        sizes: list[int] = []
        for place, indexes in by_place.items():
            at, start = 0, 0
            for piece in split_batches([records[i] for i in indexes], max_bytes(place.topic)):
                batch = encode_batch(piece, now_ms, self._author, self._sequences[place])
                self._sequences[place] = next_sequence(self._sequences[place], len(piece))
                while at < len(rounds) and sizes[at] + len(batch) > ROUND_BYTES:
                    at += 1
                if at == len(rounds):
                    rounds.append({})
                    sizes.append(0)
                rounds[at][place] = _Batch(batch, indexes[start : start + len(piece)])
                start += len(piece)
                sizes[at] += len(batch)
                at += 1
        return rounds

    async def _announce(self, places: Sequence[KafkaPartition], group: str, deadline: float) -> None:
        """Tell the coordinator what the transaction writes to: partitions, and a group's offsets where one is
        named."""
        if places:
            request = partial(announce_partitions, self._id, self._author, places)
            await self._ask(request, codes_of_announced, deadline)
        if group:
            await self._ask(partial(announce_offsets, self._id, self._author, group), code_of, deadline)

    async def _produce(self, batches: Mapping[KafkaPartition, _Batch], deadline: float) -> None:
        left = dict(batches)
        while left:
            problem = await self._try_to_produce(left)
            if left:
                await self._recover(problem, deadline)

    async def _try_to_produce(self, left: dict[KafkaPartition, _Batch]) -> KafkaError:
        """Send batches to their leaders and take out those that were written; why the last of the others was
        not. Raises: a refusal for good."""
        by_leader = defaultdict(list)
        for place in left:
            by_leader[self._connections.leader_of(place)].append(place)
        problem: KafkaError = KafkaTimeoutError(
            f"no leader of {', '.join(map(str, by_leader.pop(None, []) + by_leader.pop(-1, [])))}"
        )
        sent = []
        for leader, places in by_leader.items():
            some = {place: left[place].content for place in places}
            request = write_batches(self._id, some, unannounced=self._unannounced)
            sent.append(self._connections.send(request, leader, REQUEST_TIMEOUT))
        for answer in sent:
            try:
                found = refusals_of_batches(await answer)
            except LOST as error:
                problem = error
                continue
            for place, refusal in found.items():
                if refusal is None:
                    del left[place]
                elif not isinstance(refusal.error, RetriableError):
                    raise error_of(refusal, place.topic, left[place].indexes)
                else:
                    problem = refusal.error
        return problem

    async def _send_offsets(self, offsets: Offsets, group: ConsumerGroupMetadata, deadline: float) -> None:
        request = partial(
            write_offsets, self._id, self._author, offsets, group, unannounced=self._unannounced
        )
        await self._coordinators.ask(
            CoordinatorType.GROUP, group.group_id, request, codes_of_offsets, deadline
        )

    async def _end(self, deadline: float) -> None:
        request = partial(end_transaction, self._id, self._author, unannounced=self._unannounced)
        answer = await self._ask(request, code_of, deadline)
        if self._unannounced:
            self._become(answer)

    async def _recover(self, problem: KafkaError, deadline: float) -> None:
        """Before batches go again: let the transaction before end, or look for the leaders. Raises: `problem`
        where the time is over."""
        if isinstance(problem, ConcurrentTransactionsError) and time.monotonic() < deadline:
            await self._connections.sleep(self._retry_after)
        else:
            await self._refresh(deadline, problem)

    async def _refresh(self, deadline: float, problem: KafkaError) -> None:
        """Ask for the brokers and leaders anew. Raises: `problem` where the time is over."""
        if time.monotonic() > deadline:
            raise problem
        try:
            await self._connections.refresh(1.0)
        except LOST:
            await self._connections.sleep(self._retry_after)
