# SPDX-License-Identifier: Apache-2.0
"""Brokers' refusals that hold for a record as it is, not for the moment: which records are meant.

A broker names the records of a batch that it refuses, since Kafka 2.4; older ones refuse the whole batch, and
the records have to go one by one until one is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kafka.errors import (
    InvalidRecordError,
    InvalidTimestampError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)

from ..base import RecordRefusedError, RecordTooLargeError, TimestampRefusedError

TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
FOR_GOOD = (InvalidRecordError, InvalidTimestampError, *TOO_LARGE)


@dataclass(frozen=True, slots=True)
class BatchRefusal:
    """Why a batch was not written, and the places in it of the records that the broker names."""

    error: Exception
    records: tuple[int, ...] = ()


class UnnamedRecordError(Exception):
    """A broker refused a batch of `topic` for good and did not say for which of its records."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"a batch for {topic!r} was refused without a word of which record")
        self.topic = topic


def error_of(refusal: BatchRefusal, topic: str, places: Sequence[int]) -> Exception:
    """What to raise for a batch whose records have these places in a commit."""
    error = refusal.error
    if not isinstance(error, FOR_GOOD):
        return error
    named = [places[i] for i in refusal.records if i < len(places)] or list(places)
    if len(named) > 1 and not refusal.records:
        return UnnamedRecordError(topic)
    return refused(error, topic, named)


def refused(error: KafkaError, topic: str, places: Sequence[int]) -> RecordRefusedError:
    """The refusal of records with these places, in our words."""
    kind: type[RecordRefusedError] = RecordRefusedError
    if isinstance(error, InvalidTimestampError):
        kind = TimestampRefusedError
    elif isinstance(error, TOO_LARGE):
        kind = RecordTooLargeError
    return kind(
        f"topic {topic!r} does not take {len(places)} of the records as they are: "
        f"{type(error).__name__}: {error}; its settings say why (`kafka-configs.sh --describe`)",
        *places,
    )
