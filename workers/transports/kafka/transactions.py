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
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

from kafka import TopicPartition as KafkaPartition
from kafka.errors import (
    ConcurrentTransactionsError,
    DuplicateSequenceNumberError,
    KafkaError,
    KafkaTimeoutError,
    RetriableError,
    for_code,
)
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.protocol.metadata import ApiVersionsRequest, CoordinatorType
from kafka.protocol.producer import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    InitProducerIdRequest,
    ProduceRequest,
    TxnOffsetCommitRequest,
)
from kafka.structs import ConsumerGroupMetadata, OffsetAndMetadata

from ..base import OutgoingRecord
from ..partitioner import Spreader
from .coordinators import LOST, REQUEST_TIMEOUT, Coordinators
from .record_batches import Author, cut, encode_batch, next_sequence

Offsets = Mapping[KafkaPartition, OffsetAndMetadata]
Round = dict[KafkaPartition, bytearray]
"""One batch for each partition."""

FEATURE, IMPLICIT = "transaction.version", 2
"""From this level of the feature on, records and offsets need not be announced, and each end gives a new
epoch (KIP-890)."""
ROUND_BYTES = 16 << 20  # of a request; a broker takes 100 MiB


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
        self._net = NetworkSelector(**config)
        self._manager = KafkaConnectionManager(self._net, **config)
        self._coordinators = Coordinators(self._net, self._manager, self._retry_after)
        self._implicit = False
        self._sequences: dict[KafkaPartition, int] = defaultdict(int)
        self._spreader = Spreader()
        self._author = Author(-1, -1)
        self._net.start()
        try:
            self._manager.bootstrap(config["bootstrap_timeout_ms"])
        except BaseException:
            self.close()
            raise

    def open(self, timeout: float) -> None:
        """Take the id over from whoever had it; what that one left open is aborted by the broker."""
        self._run(self._open, time.monotonic() + timeout)

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
        by_place: dict[KafkaPartition, list[OutgoingRecord]] = defaultdict(list)
        n_partitions = self._n_partitions({record.topic for record in records}, deadline)
        for record in records:
            partition = self._spreader.choose(record.key, record.partition, n_partitions[record.topic])
            by_place[KafkaPartition(record.topic, partition)].append(record)
        rounds = self._encoded(by_place, max_bytes)

        async def transaction() -> None:
            step("records")
            if not self._implicit:
                await self._register(list(by_place), group.group_id if offsets else "", deadline)
            for batches in rounds:
                await self._produce(batches, deadline)
            step("offsets")
            if offsets:
                await self._send_offsets(offsets, group, deadline)
            step("commit")
            await self._end(deadline)

        self._run(transaction)

    def close(self) -> None:
        """Close the connections; the broker aborts what is open when its time is over."""
        self._manager.close()
        self._net.close()

    def _run(self, work: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> Any:
        return self._net.run(work, *arguments)

    async def _open(self, deadline: float) -> None:
        def request() -> Any:
            timeout = int(self._transaction_timeout * 1000)
            return InitProducerIdRequest(
                transactional_id=self._id,
                transaction_timeout_ms=timeout,
                producer_id=-1,
                producer_epoch=-1,
                min_version=0,
                max_version=4,
            )

        answer = await self._coordinators.ask(CoordinatorType.TRANSACTION, self._id, request, _code, deadline)
        self._implicit = await self._names_itself(deadline)
        self._become(answer)

    def _become(self, answer: Any) -> None:
        """Write under the number and epoch that an answer gives; sequences start anew."""
        self._author = Author(answer.producer_id, answer.producer_epoch)
        self._sequences.clear()

    async def _names_itself(self, deadline: float) -> bool:
        """Whether the brokers take what belongs to a transaction without having been told of it before."""

        def request() -> Any:
            return ApiVersionsRequest(client_software_name="freshet", client_software_version="0")

        answer = await self._coordinators.ask(CoordinatorType.TRANSACTION, self._id, request, _code, deadline)
        return any(
            feature.name == FEATURE and feature.max_version_level >= IMPLICIT
            for feature in answer.finalized_features or ()
        )

    def _n_partitions(self, topics: set[str], deadline: float) -> dict[str, int]:
        found = {topic: self._manager.cluster.partitions_for_topic(topic) for topic in topics}
        if not all(found.values()):
            self._run(self._learn, topics, deadline)
            found = {topic: self._manager.cluster.partitions_for_topic(topic) for topic in topics}
        return {topic: len(partitions) for topic, partitions in found.items()}

    async def _learn(self, topics: set[str], deadline: float) -> None:
        cluster = self._manager.cluster
        for topic in topics:
            cluster.add_topic(topic)
        while not all(cluster.partitions_for_topic(topic) for topic in topics):
            await self._refresh(
                deadline, KafkaTimeoutError(f"no broker told the partitions of {', '.join(sorted(topics))}")
            )

    def _encoded(
        self, by_place: Mapping[KafkaPartition, Sequence[OutgoingRecord]], max_bytes: Callable[[str], int]
    ) -> list[Round]:
        """The batches in rounds: within one, each partition has one batch and all together have not too many
        bytes."""
        now_ms = int(time.time() * 1000)
        rounds: list[Round] = []
        sizes: list[int] = []
        for place, records in by_place.items():
            at = 0
            for piece in cut(records, max_bytes(place.topic)):
                batch = encode_batch(piece, now_ms, self._author, self._sequences[place])
                self._sequences[place] = next_sequence(self._sequences[place], len(piece))
                while at < len(rounds) and sizes[at] + len(batch) > ROUND_BYTES:
                    at += 1
                if at == len(rounds):
                    rounds.append({})
                    sizes.append(0)
                rounds[at][place] = batch
                sizes[at] += len(batch)
                at += 1
        return rounds

    async def _register(self, places: Sequence[KafkaPartition], group: str, deadline: float) -> None:
        """Tell the coordinator what the transaction writes to: partitions, and a group's offsets where one is
        named."""
        topic_of = AddPartitionsToTxnRequest.AddPartitionsToTxnTopic
        topics = [
            topic_of(name=name, partitions=[place.partition for place in some])
            for name, some in _by_topic(places).items()
        ]
        author = self._author

        def partitions() -> Any:
            return AddPartitionsToTxnRequest(
                v3_and_below_transactional_id=self._id,
                v3_and_below_producer_id=author.producer_id,
                v3_and_below_producer_epoch=author.epoch,
                v3_and_below_topics=topics,
                max_version=3,
            )

        def offsets() -> Any:
            return AddOffsetsToTxnRequest(
                transactional_id=self._id,
                producer_id=author.producer_id,
                producer_epoch=author.epoch,
                group_id=group,
                max_version=3,
            )

        if topics:
            await self._coordinators.ask(
                CoordinatorType.TRANSACTION, self._id, partitions, _partition_codes, deadline
            )
        if group:
            await self._coordinators.ask(CoordinatorType.TRANSACTION, self._id, offsets, _code, deadline)

    async def _produce(self, batches: Round, deadline: float) -> None:
        left = dict(batches)
        while left:
            by_leader = defaultdict(list)
            for place in left:
                by_leader[self._manager.cluster.leader_for_partition(place)].append(place)
            problem: KafkaError = KafkaTimeoutError(
                f"no leader of {', '.join(map(str, by_leader.pop(None, []) + by_leader.pop(-1, [])))}"
            )
            sent = [
                self._coordinators.send(self._produce_request({place: left[place] for place in some}), leader)
                for leader, some in by_leader.items()
            ]
            for answer in sent:
                try:
                    found = _batch_errors(await answer)
                except LOST as error:
                    problem = error
                    continue
                for place, refusal in found.items():
                    if refusal is None:
                        del left[place]
                    elif not isinstance(refusal, RetriableError):
                        raise refusal
                    else:
                        problem = refusal
            if left:
                await self._recover(problem, deadline)

    def _produce_request(self, batches: Round) -> Any:
        topic_of = ProduceRequest.TopicProduceData
        part_of = topic_of.PartitionProduceData
        topics = [
            topic_of(
                name=name,
                partition_data=[part_of(index=place.partition, records=batches[place]) for place in some],
            )
            for name, some in _by_topic(batches).items()
        ]
        timeout = int(REQUEST_TIMEOUT * 1000)
        lowest, highest = (
            (12, 12) if self._implicit else (3, 9)
        )  # from 13 on topics have numbers in place of names
        return ProduceRequest(
            transactional_id=self._id,
            acks=-1,
            timeout_ms=timeout,
            topic_data=topics,
            min_version=lowest,
            max_version=highest,
        )

    async def _send_offsets(self, offsets: Offsets, group: ConsumerGroupMetadata, deadline: float) -> None:
        topic_of = TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic
        part_of = topic_of.TxnOffsetCommitRequestPartition

        def partition(place: KafkaPartition) -> Any:
            at = offsets[place]
            return part_of(
                partition_index=place.partition,
                committed_offset=at.offset,
                committed_leader_epoch=at.leader_epoch,
                committed_metadata=at.metadata,
            )

        topics = [
            topic_of(name=name, partitions=[partition(place) for place in some])
            for name, some in _by_topic(offsets).items()
        ]
        version = 5 if self._implicit else 3

        def request() -> Any:
            return TxnOffsetCommitRequest(
                transactional_id=self._id,
                group_id=group.group_id,
                producer_id=self._author.producer_id,
                producer_epoch=self._author.epoch,
                generation_id=group.generation_id,
                member_id=group.member_id,
                group_instance_id=group.group_instance_id,
                topics=topics,
                min_version=version,
                max_version=version,
            )

        def codes(answer: Any) -> list[int]:
            return [partition.error_code for topic in answer.topics for partition in topic.partitions]

        await self._coordinators.ask(CoordinatorType.GROUP, group.group_id, request, codes, deadline)

    async def _end(self, deadline: float) -> None:
        lowest, highest = (5, 5) if self._implicit else (0, 3)

        def request() -> Any:
            return EndTxnRequest(
                transactional_id=self._id,
                producer_id=self._author.producer_id,
                producer_epoch=self._author.epoch,
                committed=True,
                min_version=lowest,
                max_version=highest,
            )

        answer = await self._coordinators.ask(CoordinatorType.TRANSACTION, self._id, request, _code, deadline)
        if self._implicit:
            self._become(answer)

    async def _recover(self, problem: KafkaError, deadline: float) -> None:
        """Before batches go again: let the transaction before end, or look for the leaders. Raises: `problem`
        where the time is over."""
        if isinstance(problem, ConcurrentTransactionsError) and time.monotonic() < deadline:
            await self._net.sleep(self._retry_after)
        else:
            await self._refresh(deadline, problem)

    async def _refresh(self, deadline: float, problem: KafkaError) -> None:
        """Ask for the brokers and leaders anew. Raises: `problem` where the time is over."""
        if time.monotonic() > deadline:
            raise problem
        try:
            await self._manager.wait_for(self._manager.cluster.request_update(), 1000)
        except LOST:
            await self._net.sleep(self._retry_after)


def _by_topic(places: Iterable[KafkaPartition]) -> dict[str, list[KafkaPartition]]:
    found: dict[str, list[KafkaPartition]] = defaultdict(list)
    for place in places:
        found[place.topic].append(place)
    return found


def _code(answer: Any) -> list[int]:
    return [answer.error_code]


def _partition_codes(answer: Any) -> list[int]:
    return [
        part.partition_error_code
        for topic in answer.results_by_topic_v3_and_below
        for part in topic.results_by_partition
    ]


def _batch_errors(answer: Any) -> dict[KafkaPartition, KafkaError | None]:
    """What became of each partition's batch; one that the broker has already is written."""
    found: dict[KafkaPartition, KafkaError | None] = {}
    for topic in answer.responses:
        for part in topic.partition_responses:
            error = for_code(part.error_code)
            written = part.error_code == 0 or error is DuplicateSequenceNumberError
            found[KafkaPartition(topic.name, part.index)] = None if written else error(part.error_message)
    return found
