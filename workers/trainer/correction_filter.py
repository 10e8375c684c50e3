# SPDX-License-Identifier: Apache-2.0
"""What becomes of a correction that was read: an example to learn, one to judge candidates by, or nothing."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.annotation import example_of
from engine.pipeline.pipeline import Pipeline
from engine.training.keyed_example import KeyedExample, keyed_from_json
from schemas import Correction, DecodeError, decode_correction, encode_correction
from schemas.prodigy import read_correction

from ..gate.holdout import held_out
from ..transports.base import Record

log = logging.getLogger(__name__)

CORRECTION, DOCUMENT = "c", "d"
"""First letter of a kept source: a correction message, or a document in the form of `Doc.to_json`."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a record comes to: an example to learn, or the keys that are to be forgotten, or neither."""

    example: KeyedExample | None = None
    forget: tuple[str, ...] = ()


NOTHING = Admitted()


class Intake:
    """Reads corrections once each; the same id again is passed over, and whole documents are held out by the
    hash of their id.

    All that it decides follows from the records in their order, so it decides the same when they are read
    again.
    """

    def __init__(
        self, pipeline: Pipeline, *, percent: float, n_recent: int, n_ids: int, max_text_chars: int
    ) -> None:
        """`n_recent`: held-out corrections that are kept, the newest ones; `n_ids`: ids that are
        remembered."""
        self._pipeline = pipeline
        self._percent, self._n_recent, self._n_ids, self._max_text_chars = (
            percent,
            n_recent,
            n_ids,
            max_text_chars,
        )
        self._ids: dict[str, None] = {}
        self._recent: dict[str, KeyedExample] = {}
        self.counts: Counter[str] = Counter()
        self.data_hash = ""

    @property
    def recent(self) -> list[KeyedExample]:
        """The newest corrections that were held out."""
        return list(self._recent.values())

    def admit(self, record: Record) -> Admitted:
        """Decide about one record."""
        self.counts["read"] += 1
        self._add_to_hash(record)
        try:
            correction = read_correction(
                record.value,
                headers=record.headers,
                default_id=(record.key or b"").decode("utf8", "replace"),
                max_text_chars=self._max_text_chars,
            )
        except DecodeError as error:
            log.warning(
                "%s[%d]@%d is no correction: %s", record.topic, record.partition, record.offset, error.reason
            )
            return self._passed_over("rejected")
        if correction is None:
            return self._passed_over("empty")
        if correction.correction_id in self._ids:
            return self._passed_over("repeated")
        self._remember(correction.correction_id)
        return self._admit(correction)

    def remade(self, key: str, source: str) -> KeyedExample:
        """The example that a kept source makes."""
        if source[:1] == CORRECTION:
            return self._example(decode_correction(source[1:].encode("utf8")))
        example = keyed_from_json(self._pipeline.tokenizer, key, source[1:])
        example.source = source
        return example

    def state(self) -> dict[str, Any]:
        """All of it as JSON values."""
        recent = [[key, example.source] for key, example in self._recent.items()]
        return {
            "ids": list(self._ids),
            "recent": recent,
            "counts": dict(self.counts),
            "data_hash": self.data_hash,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave."""
        self._ids = dict.fromkeys(state["ids"])
        self._recent = {key: self.remade(key, source) for key, source in state["recent"]}
        self.counts, self.data_hash = Counter(state["counts"]), state["data_hash"]

    def _admit(self, correction: Correction) -> Admitted:
        takes_back = () if correction.supersedes is None else (correction.supersedes,)
        for old in takes_back:
            self._recent.pop(old, None)
        if not correction.layers:
            self.counts["taken_back"] += 1
            return Admitted(forget=takes_back)
        example = self._example(correction)
        if not len(example):
            return self._passed_over("empty")
        if held_out(correction.id, self._percent):
            self.counts["held_out"] += 1
            self._recent[example.key] = example
            while len(self._recent) > self._n_recent:
                del self._recent[next(iter(self._recent))]
            return NOTHING
        self.counts["learned"] += 1
        return Admitted(example)

    def _example(self, correction: Correction) -> KeyedExample:
        made = example_of(correction, self._pipeline.tokenizer, categories=self._categories())
        source = CORRECTION + encode_correction(correction).decode("utf8")
        key, old = correction.correction_id, correction.supersedes
        return KeyedExample(made.predicted, made.reference, key=key, source=source, supersedes=old)

    def _categories(self) -> list[str]:
        return [
            label
            for name, labels in self._pipeline.labels.items()
            if name.startswith("textcat")
            for label in labels
        ]

    def _passed_over(self, why: str) -> Admitted:
        self.counts[why] += 1
        return NOTHING

    def _remember(self, correction_id: str) -> None:
        self._ids[correction_id] = None
        if len(self._ids) > self._n_ids:
            del self._ids[next(iter(self._ids))]

    def _add_to_hash(self, record: Record) -> None:
        head = f"{self.data_hash}\0{record.partition}\0{record.offset}\0".encode()
        self.data_hash = hashlib.sha256(head + (record.value or b"")).hexdigest()
