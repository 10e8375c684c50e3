# SPDX-License-Identifier: Apache-2.0
"""Logs that texts come from and annotations go to, behind one protocol."""

from __future__ import annotations

from .address import open_transport
from .base import (
    Admin,
    Consumer,
    ConsumerOptions,
    FencedError,
    OutgoingRecord,
    PartitionLag,
    Position,
    Producer,
    Record,
    RecordTooLargeError,
    TopicInfo,
    TopicPartition,
    Transport,
    TransportError,
)

__all__ = [
    "Admin",
    "Consumer",
    "ConsumerOptions",
    "FencedError",
    "OutgoingRecord",
    "PartitionLag",
    "Position",
    "Producer",
    "Record",
    "RecordTooLargeError",
    "TopicInfo",
    "TopicPartition",
    "Transport",
    "TransportError",
    "open_transport",
]
