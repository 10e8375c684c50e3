# SPDX-License-Identifier: Apache-2.0
"""The requests of a transaction as Kafka's messages, and what their answers say.

Each request is made anew for each try, since a message is bound to the version of the broker that it goes to.
`unannounced` picks the versions of KIP-890, in which a transaction's partitions need not be announced first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kafka import TopicPartition as KafkaPartition
from kafka.errors import DuplicateSequenceNumberError, for_code
from kafka.protocol.metadata import ApiVersionsRequest
from kafka.protocol.producer import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    InitProducerIdRequest,
    ProduceRequest,
    TxnOffsetCommitRequest,
)
from kafka.structs import ConsumerGroupMetadata, OffsetAndMetadata

from .coordinators import REQUEST_TIMEOUT
from .record_batches import Author
from .refused_records import BatchRefusal

Offsets = Mapping[KafkaPartition, OffsetAndMetadata]
Round = dict[KafkaPartition, bytearray]
"""One batch for each partition."""

_FEATURE, _UNANNOUNCED = "transaction.version", 2
"""From this level of the feature on, records and offsets need not be announced, and each end gives a new
epoch (KIP-890)."""


def open_producer(transactional_id: str, transaction_timeout: float) -> Any:
    """Take an id over: the answer has a number and an epoch, and what was open is aborted."""
    return InitProducerIdRequest(
        transactional_id=transactional_id,
        transaction_timeout_ms=int(transaction_timeout * 1000),
        producer_id=-1,
        producer_epoch=-1,
        min_version=0,
        max_version=4,
    )


def ask_features() -> Any:
    """What the brokers can."""
    return ApiVersionsRequest(client_software_name="freshet", client_software_version="0")


def announce_partitions(transactional_id: str, author: Author, places: Sequence[KafkaPartition]) -> Any:
    """What the transaction will write records to."""
    topic_of = AddPartitionsToTxnRequest.AddPartitionsToTxnTopic
    topics = [
        topic_of(name=name, partitions=[place.partition for place in some])
        for name, some in _group_by_topic(places).items()
    ]
    return AddPartitionsToTxnRequest(
        v3_and_below_transactional_id=transactional_id,
        v3_and_below_producer_id=author.producer_id,
        v3_and_below_producer_epoch=author.epoch,
        v3_and_below_topics=topics,
        max_version=3,
    )


def announce_offsets(transactional_id: str, author: Author, group: str) -> Any:
    """That the transaction will write offsets of a group."""
    return AddOffsetsToTxnRequest(
        transactional_id=transactional_id,
        producer_id=author.producer_id,
        producer_epoch=author.epoch,
        group_id=group,
        max_version=3,
    )


def write_batches(transactional_id: str, batches: Round, *, unannounced: bool) -> Any:
    """Batches for partitions that one broker leads."""
    topic_of = ProduceRequest.TopicProduceData
    part_of = topic_of.PartitionProduceData
    topics = [
        topic_of(
            name=name,
            partition_data=[part_of(index=place.partition, records=batches[place]) for place in some],
        )
        for name, some in _group_by_topic(batches).items()
    ]
    # From 13 on topics have numbers in place of names.
    lowest, highest = (12, 12) if unannounced else (3, 9)
    return ProduceRequest(
        transactional_id=transactional_id,
        acks=-1,
        timeout_ms=int(REQUEST_TIMEOUT * 1000),
        topic_data=topics,
        min_version=lowest,
        max_version=highest,
    )


def write_offsets(
    transactional_id: str,
    author: Author,
    offsets: Offsets,
    group: ConsumerGroupMetadata,
    *,
    unannounced: bool,
) -> Any:
    """A group's offsets, with its metadata (KIP-447): who is out of the group is refused."""
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

    version = 5 if unannounced else 3
    return TxnOffsetCommitRequest(
        transactional_id=transactional_id,
        group_id=group.group_id,
        producer_id=author.producer_id,
        producer_epoch=author.epoch,
        generation_id=group.generation_id,
        member_id=group.member_id,
        group_instance_id=group.group_instance_id,
        topics=[
            topic_of(name=name, partitions=[partition(place) for place in some])
            for name, some in _group_by_topic(offsets).items()
        ],
        min_version=version,
        max_version=version,
    )


def end_transaction(transactional_id: str, author: Author, *, unannounced: bool) -> Any:
    """All of it counts."""
    lowest, highest = (5, 5) if unannounced else (0, 3)
    return EndTxnRequest(
        transactional_id=transactional_id,
        producer_id=author.producer_id,
        producer_epoch=author.epoch,
        committed=True,
        min_version=lowest,
        max_version=highest,
    )


def takes_unannounced(answer: Any) -> bool:
    """Whether the brokers take what belongs to a transaction without having been told of it before."""
    return any(
        feature.name == _FEATURE and feature.max_version_level >= _UNANNOUNCED
        for feature in answer.finalized_features or ()
    )


def code_of(answer: Any) -> list[int]:
    """The error code of an answer that has one."""
    return [answer.error_code]


def codes_of_announced(answer: Any) -> list[int]:
    """The error codes of announced partitions."""
    return [
        part.partition_error_code
        for topic in answer.results_by_topic_v3_and_below
        for part in topic.results_by_partition
    ]


def codes_of_offsets(answer: Any) -> list[int]:
    """The error codes of written offsets."""
    return [partition.error_code for topic in answer.topics for partition in topic.partitions]


def refusals_of_batches(answer: Any) -> dict[KafkaPartition, BatchRefusal | None]:
    """What became of each partition's batch; one that the broker has already is written."""
    found: dict[KafkaPartition, BatchRefusal | None] = {}
    for topic in answer.responses:
        for part in topic.partition_responses:
            error = for_code(part.error_code)
            written = part.error_code == 0 or error is DuplicateSequenceNumberError
            found[KafkaPartition(topic.name, part.index)] = (
                None if written else BatchRefusal(error(part.error_message), _named_records(part))
            )
    return found


def _named_records(part: Any) -> tuple[int, ...]:
    return tuple(sorted(item.batch_index for item in getattr(part, "record_errors", None) or ()))


def _group_by_topic(places: Iterable[KafkaPartition]) -> dict[str, list[KafkaPartition]]:
    found: dict[str, list[KafkaPartition]] = defaultdict(list)
    for place in places:
        found[place.topic].append(place)
    return found
