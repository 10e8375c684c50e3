# SPDX-License-Identifier: Apache-2.0
"""Dead letters of one topic: the newest of them, by reason, and what became of those that went back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any

from ..dead_letters import read_dead_letters
from ..transports import Record
from .window import Window

KEPT = 2_000
MAX_CHARS = 4_000


class Letters:
    """The newest letters of a topic, with the beginning of their values."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.count = 0
        self.unread = 0
        self.redriven: dict[str, int] = {}
        """Attempts with which records went back from here, by the record's first place."""
        self._rows: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = Lock()

    def take(self, records: Iterable[Record]) -> int:
        """Take records of the topic; how many letters there were among them."""
        found = 0
        for record, letter in read_dead_letters(records, lambda *_: self._miss()):
            text, is_text = show_value(record.value or b"")
            row: dict[str, Any] = {
                "place": f"{record.partition}:{record.offset}",
                "source": str(letter.source),
                "reason": letter.exception,
                "message": letter.message,
                "stage": letter.stage,
                "attempts": letter.attempts,
                "version": letter.model_version,
                "at_ms": record.timestamp_ms,
                "key": (record.key or b"").decode("utf-8", "replace")[:200],
                "value": text,
                "is_text": is_text,
                "size": len(record.value or b""),
                "trace": letter.stacktrace[-2_000:],
            }
            with self._lock:
                self._rows[row["place"]] = row
                while len(self._rows) > KEPT:
                    self._rows.popitem(last=False)
            found += 1
        self.count += found
        return found

    def rows(self, window: Window) -> list[dict[str, Any]]:
        """Newest first, each with what became of it."""
        with self._lock:
            rows = list(reversed(self._rows.values()))
        newest: dict[str, int] = {}
        for row in rows:
            newest[row["source"]] = max(newest.get(row["source"], 0), row["attempts"])
        return [row | {"outcome": self._outcome(row, newest, window)} for row in rows]

    def _outcome(self, row: dict[str, Any], newest: dict[str, int], window: Window) -> str:
        if newest[row["source"]] > row["attempts"]:
            return "came back"
        if row["source"] not in self.redriven or self.redriven[row["source"]] <= row["attempts"] - 1:
            return ""
        return "came through" if row["key"] and window.of_text(row["key"]) else "sent back"

    def _miss(self) -> None:
        self.unread += 1


def show_value(value: bytes) -> tuple[str, bool]:
    """The beginning of a value as a person can read it, and whether it is text; hexadecimal where it is
    none.

    >>> show_value(b"plain"), show_value(bytes([255, 0]))
    (('plain', True), ('ff 00', False))
    """
    head = value[:MAX_CHARS]
    try:
        return head.decode("utf-8"), True
    except UnicodeDecodeError as error:
        if len(value) > MAX_CHARS and error.start >= MAX_CHARS - 4:
            return head[: error.start].decode("utf-8"), True
        return head[: MAX_CHARS // 8].hex(" "), False
