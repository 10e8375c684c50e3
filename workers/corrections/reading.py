# SPDX-License-Identifier: Apache-2.0
"""The one way to read a correction: stream app, trainer, re-annotator and `freshet explain` read by it."""

from __future__ import annotations

from datetime import UTC, datetime

from schemas import Correction, prodigy

from ..transports.base import Record

MAX_TEXT_CHARS = 1_000_000


def read_correction(record: Record, max_text_chars: int = MAX_TEXT_CHARS) -> Correction | None:
    """The correction that a record holds, in our form or as Prodigy's task; None for a task that says
    nothing.

    What it does not say comes from the record, so that it reads the same each time and for everybody: the
    text's id is the record's key, else its place; the time is the record's. Raises: DecodeError, with the
    reason for the dead letter.

    >>> task = b'{"text": "Hi", "label": "HELLO", "answer": "accept"}'
    >>> [read_correction(Record("corrections", 0, 7, 0, key, task)).id for key in (b"m-1", None)]
    ['m-1', 'corrections:0:7']
    """
    return prodigy.read_correction(
        record.value,
        headers=record.headers,
        default_id=record.key.decode("utf-8", "replace") if record.key else record.place,
        default_created=datetime.fromtimestamp(record.timestamp_ms / 1000, UTC).isoformat(timespec="seconds"),
        max_text_chars=max_text_chars,
    )
