# SPDX-License-Identifier: Apache-2.0
"""Headers whose names are not UTF-8, which Kafka's brokers take from any producer: they are written out.

kafka-python takes such a record for a corrupt batch. The reader would meet it again at every try, and one
record of a stranger would stop a partition for ever.
"""

from __future__ import annotations

from typing import Any

from kafka.record.default_records import ControlRecord, DefaultRecord, DefaultRecordBatch
from kafka.record.util import decode_varint


def read_any_header_name() -> None:
    """Let kafka-python read these records too."""
    known: Any = DefaultRecordBatch
    if known._read_msg is not _read:
        known._read_strict, known._read_msg = known._read_msg, _read


def _read(batch: Any) -> Any:
    try:
        return batch._read_strict()
    except UnicodeDecodeError:  # nothing was moved on: the position is set at the end of a record
        return _read_leniently(batch)


def _read_leniently(batch: Any) -> Any:
    """The record at the batch's position: its length, a byte of attributes, time and offset as differences,
    key, value, headers (Kafka's format 2)."""
    buffer, reader = batch._buffer, _Reader(batch._buffer, batch._pos)
    length = reader.number()
    end = reader.at + length
    reader.number()
    time, offset = batch.first_timestamp + reader.number(), batch.base_offset + reader.number()
    key, value = reader.bytes(), reader.bytes()
    headers = [(_name(reader.bytes()), reader.bytes()) for _ in range(reader.number())]
    if batch.timestamp_type == batch.LOG_APPEND_TIME:
        time = batch.max_timestamp
    if reader.at != end or end > len(buffer):
        raise ValueError("a record of another length than it says, or longer than its batch")
    batch._pos = end
    kind = ControlRecord if batch.is_control_batch else DefaultRecord
    return kind(length, offset, time, batch.timestamp_type, key, value, headers)


def _name(name: bytes | None) -> str:
    return (name or b"").decode("utf-8", "backslashreplace")


class _Reader:
    def __init__(self, buffer: Any, at: int) -> None:
        self._buffer, self.at = buffer, at

    def number(self) -> int:
        number: int
        number, self.at = decode_varint(self._buffer, self.at)
        return number

    def bytes(self) -> bytes | None:
        size = self.number()
        if size < 0:
            return None
        self.at += size
        return bytes(self._buffer[self.at - size : self.at])
