# SPDX-License-Identifier: Apache-2.0
"""What became of texts: their annotations and dead letters, as they come, and what they add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from schemas import SRC, DecodeError, ModelRef, Source, header_value, parse_dead_letter, parse_source

from ...settings import Delivery, Start
from ...transports import Consumer, ConsumerOptions, Record, Transport


@dataclass(frozen=True, slots=True)
class Outcome:
    """An output record, the text it belongs to, and its annotation as JSON or why that text could not be
    annotated."""

    record: Record
    source: Source
    row: Mapping[str, Any] | None = None
    failure: str = ""


class OutcomeReader:
    """Reads outputs and dead letters that are written after it was made; commits nothing."""

    def __init__(self, transport: Transport, topics: tuple[str, str], group: str) -> None:
        options = ConsumerOptions(
            group=group, topics=topics, delivery=Delivery.AT_LEAST_ONCE, start=Start.LATEST
        )
        self._dead_letters = topics[1]
        self._consumer: Consumer = transport.consumer(options)
        self._consumer.poll(0.0, 1)

    def poll(self, timeout: float) -> Iterator[Outcome]:
        """What has come since the last call; waits up to `timeout` seconds for something."""
        for record in self._consumer.poll(timeout, 5000):
            if (source := header_value(record.headers, SRC)) is None:
                continue
            if record.topic == self._dead_letters:
                yield Outcome(record, parse_source(source), failure=_failure(record))
            else:
                yield Outcome(record, parse_source(source), orjson.loads(record.value or b"{}"))

    def close(self) -> None:
        """Stop reading."""
        self._consumer.close()


@dataclass(slots=True)
class Tally:
    """Counts over outcomes; `model` is the one of the last annotation."""

    annotations: int = 0
    words: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    seen: Counter[Source] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    model: ModelRef | None = None

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        self.seen[outcome.source] += 1
        row = outcome.row
        if row is None:
            self.failures[outcome.failure] += 1
            return
        self.annotations += 1
        self.words += len(row.get("tokens", {}).get("start", ()))
        self.labels.update(entity["label"] for entity in row.get("ents", ()))
        model = row["model"]
        if self.model is None or self.model.version != model["version"]:
            self.model = ModelRef(
                model["name"], model["version"], model["digest"], model.get("corrections", {})
            )
        self.versions[self.model.version] += 1

    @property
    def dead_letters(self) -> int:
        """How many texts could not be annotated."""
        return self.failures.total()

    @property
    def doubled(self) -> int:
        """How many outputs too many there were for some text."""
        return self.seen.total() - len(self.seen)


def _failure(record: Record) -> str:
    try:
        return parse_dead_letter(record.headers).exception or "unknown"
    except DecodeError:
        return "unknown"
