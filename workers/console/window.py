# SPDX-License-Identifier: Apache-2.0
"""The annotations that came last, and a fair sample of those of the last hour."""

from __future__ import annotations

import heapq
import logging
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock
from typing import Any

import orjson

from schemas import SRC, header_value

from ..transports import Record

log = logging.getLogger(__name__)

A_MINUTE = 20
"""Annotations of a minute that stay in the sample."""
MINUTES = 60


@dataclass(frozen=True, slots=True)
class Shown:
    """An annotation: where it and its text stand, when it was written, and what it says."""

    place: str
    source: str
    at_ms: int
    size: int
    row: Mapping[str, Any]
    made_for: str = ""
    """The record that it was made for: the text's, or a correction's whose text was annotated again."""

    @property
    def id(self) -> str:
        """The text's id."""
        return str(self.row["id"])

    @property
    def version(self) -> str:
        """The model's version."""
        return str(self.row["model"]["version"])


def read_shown(record: Record) -> Shown | None:
    """The annotation that a record holds; None where it is none of our form."""
    try:
        row = orjson.loads(record.value or b"")
        source = row["source"]
        place = f"{source['topic']}:{int(source['partition'])}:{int(source['offset'])}"
        if not (isinstance(row["text"], str) and isinstance(row["id"], str) and row["model"]["version"]):
            return None
        tokens = row["tokens"]
        if len(tokens["start"]) != len(tokens["end"]):
            return None
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None
    src = (header_value(record.headers, SRC) or b"").decode("utf-8", "replace")
    return Shown(record.place, place, record.timestamp_ms, len(record.value or b""), row, src or place)


class Window:
    """The newest annotation of each of the newest texts, by the text's place, and a sample of the hour."""

    def __init__(self, size: int, size_bytes: int) -> None:
        self._size, self._limit = size, size_bytes
        self._newest: OrderedDict[str, Shown] = OrderedDict()
        self._bytes = 0
        self._minutes: deque[tuple[int, list[tuple[bytes, str, Shown]]]] = deque(maxlen=MINUTES)
        self._lock = Lock()
        self.unread = 0
        """Records that are no annotations of Freshet's form."""

    def add(self, records: Iterable[Record]) -> list[Shown]:
        """Take records; the annotations among them."""
        found = [shown for record in records if (shown := read_shown(record)) is not None or self._miss()]
        with self._lock:
            for shown in found:
                assert shown is not None
                self._keep(shown)
                self._sample(shown)
        return [shown for shown in found if shown is not None]

    def newest(self) -> list[Shown]:
        """Newest last."""
        with self._lock:
            return list(self._newest.values())

    def sample(self) -> list[Shown]:
        """Of the last hour, so many of each minute; oldest first."""
        with self._lock:
            return [shown for _, kept in self._minutes for _, _, shown in kept]

    def find(self, source: str) -> Shown | None:
        """The newest annotation of the text at a place."""
        with self._lock:
            return self._newest.get(source)

    def of_text(self, text_id: str) -> Shown | None:
        """The newest annotation of a text by its id."""
        with self._lock:
            return next((one for one in reversed(self._newest.values()) if one.id == text_id), None)

    def _miss(self) -> bool:
        self.unread += 1
        return False

    def _keep(self, shown: Shown) -> None:
        before = self._newest.pop(shown.source, None)
        self._bytes += shown.size - (before.size if before else 0)
        self._newest[shown.source] = shown
        while len(self._newest) > self._size or (self._bytes > self._limit and len(self._newest) > 1):
            _, gone = self._newest.popitem(last=False)
            self._bytes -= gone.size

    def _sample(self, shown: Shown) -> None:
        """The lowest hashes of a minute stay: a fair sample, and the same one on every console."""
        minute = shown.at_ms // 60_000
        if not self._minutes or self._minutes[-1][0] < minute:
            self._minutes.append((minute, []))
        kept = self._minutes[-1][1]
        digest = blake2b(shown.place.encode(), digest_size=8).digest()
        entry = (bytes(255 - byte for byte in digest), shown.place, shown)
        if len(kept) < A_MINUTE:
            heapq.heappush(kept, entry)
        elif entry[:2] > kept[0][:2] and shown.size < self._limit // (A_MINUTE * MINUTES):
            heapq.heapreplace(kept, entry)
