# SPDX-License-Identifier: Apache-2.0
"""Logs that texts come from and annotations go to, behind one protocol.

- `base`: the protocol: consumers, producers, readers, admins; records and positions; the errors they raise.
- `address`: from `kafka://HOST:PORT`, `embedded:PATH` or `memory:NAME` to a `Transport`.
- `kafka/`, `embedded/`, `memory`: the logs, held to one conformance suite (tests/workers/transports).
- `codecs`: of compressed batches of Kafka, and the package that has them.
- `coordination`: consumer groups of the memory and the embedded log: leases, epochs, who owns what.
- `done_ranges`: offsets behind a committed one that are done already.
- `partitioner`: from a key to a partition, as Kafka's own clients do it.
- `topic_reader`: a topic from a place on, outside any group or as one. `partition_reader`: partitions from
  places that the reader keeps itself.
- `refusals`: what all of them refuse, and in which words.
"""

from __future__ import annotations

from .address import open_transport, read_kafka_address, shown_address
from .base import (
    MAX_RECORD_BYTES,
    Admin,
    Consumer,
    ConsumerOptions,
    FencedError,
    MissingTopicError,
    OutgoingRecord,
    PartitionLag,
    PartitionReader,
    Position,
    Producer,
    Record,
    RecordRefusedError,
    RecordTooLargeError,
    TimestampRefusedError,
    TopicInfo,
    TopicPartition,
    Transport,
    TransportError,
)
from .memory import MemoryTransport
from .partitioner import murmur2, partition_of
from .topic_reader import topic_info, topic_infos

__all__ = [
    "MAX_RECORD_BYTES",
    "Admin",
    "Consumer",
    "ConsumerOptions",
    "FencedError",
    "MemoryTransport",
    "MissingTopicError",
    "OutgoingRecord",
    "PartitionLag",
    "PartitionReader",
    "Position",
    "Producer",
    "Record",
    "RecordRefusedError",
    "RecordTooLargeError",
    "TimestampRefusedError",
    "TopicInfo",
    "TopicPartition",
    "Transport",
    "TransportError",
    "murmur2",
    "open_transport",
    "partition_of",
    "read_kafka_address",
    "shown_address",
    "topic_info",
    "topic_infos",
]
