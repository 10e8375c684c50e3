# SPDX-License-Identifier: Apache-2.0
"""What becomes of a correction that was read: an example to learn, one to judge candidates by, or nothing."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.training.keyed_example import KeyedExample
from schemas import Correction, DecodeError

from ..corrections import AuthorDecision, Decided, SeenIds, read_correction
from ..gate.holdout import chooses, held_out
from ..transports.base import Record
from .author_ledger import AuthorLedger, Refusal, Standing
from .example_factory import ExampleFactory, correction_of
from .held_back import HeldBack

log = logging.getLogger(__name__)

READ = "read"
"""Key under which `CorrectionFilter.counts` has all records, whatever became of them."""


UNKNOWN_LABELS = "unknown_labels"
"""Key there for labels of learned corrections that no head has, and that none was given; once a batch."""


class Outcome(StrEnum):
    """What becomes of a record."""

    LEARNED = "learned"
    HELD_OUT = "held_out"
    TAKEN_BACK = "taken_back"
    REPEATED = "repeated"
    EMPTY = "empty"
    REJECTED = "rejected"
    HELD_BACK = "held_back"
    PASSED_OVER = "passed_over"


@dataclass(frozen=True, slots=True)
class Admission:
    """What a record comes to: an example to learn, the key of one to be forgotten, an error that keeps it
    from being read, or nothing more than its outcome."""

    outcome: Outcome
    example: KeyedExample | None = None
    forget: str | None = None
    error: DecodeError | None = None


class CorrectionFilter:
    """Admits each correction once; the same id again is passed over, and whole documents are held out by the
    hash of their id.

    All that it decides follows from the records in their order, so it decides the same when they are read
    again.
    """

    def __init__(
        self,
        examples: ExampleFactory,
        *,
        percent: float,
        n_recent: int,
        n_ids: int,
        max_text_chars: int,
        choosing_percent: float = 0.0,
        authors: AuthorLedger | None = None,
    ) -> None:
        """`percent` of the documents are held out, and the newest `n_recent` of their corrections kept;
        `choosing_percent` of those choose, the others judge. `n_ids`: ids that are remembered."""
        self._examples = examples
        self.authors = authors or AuthorLedger()
        self.held_back = HeldBack(self.authors.settings.held_kept)
        self._choosing_percent = choosing_percent
        self._percent, self._n_recent, self._max_text_chars = percent, n_recent, max_text_chars
        self._ids = SeenIds(max_ids=n_ids)
        self._recent: dict[str, KeyedExample] = {}
        self.counts: Counter[str] = Counter()
        self.data_hash = ""

    @property
    def recent(self) -> list[KeyedExample]:
        """The newest corrections that were held out, those that judge."""
        return [example for example in self._recent.values() if not self._chooses(example)]

    @property
    def choosing(self) -> list[KeyedExample]:
        """The newest corrections that were held out, those that candidates are made by."""
        return [example for example in self._recent.values() if self._chooses(example)]

    def admit(self, record: Record) -> Admission:
        """Decide about one record."""
        admission = self._decide(record)
        self.counts[READ] += 1
        self.counts[admission.outcome.value] += 1
        self.data_hash = _hash_with(self.data_hash, record)
        return admission

    def state(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "ids": list(self._ids.first),
            "recent": [[key, example.source] for key, example in self._recent.items()],
            "counts": dict(self.counts),
            "data_hash": self.data_hash,
            **self._author_state(),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave."""
        self._ids = SeenIds(dict.fromkeys(state["ids"], ""), max_ids=self._ids.max_ids)
        self._recent = {key: self._examples.rebuild(key, source) for key, source in state["recent"]}
        self.counts, self.data_hash = Counter(state["counts"]), state["data_hash"]
        self.authors.load_state(state.get("authors", {}))
        self.held_back.load_state(state.get("held_back", []))
        self.held_back.forgotten = Counter(state.get("held_back_forgotten", {}))

    def apply(self, decision: AuthorDecision) -> list[Admission]:
        """What somebody decided about an author holds from here on; what becomes of the corrections that this
        releases."""
        self.authors.apply(decision)
        if decision.decided is not Decided.ACCEPT:
            return []
        released = [self._admit(correction) for correction in self.held_back.release(decision.author)]
        self.counts.update(one.outcome.value for one in released)
        return released

    def set_aside(self, author: str, learned: Iterable[KeyedExample]) -> None:
        """Hold back what an author said before, too: what was learned of it, and what was held out; or forget
        it, where the author is revoked."""
        held_out = [one for one in self._recent.values() if one.author == author]
        self._recent = {key: one for key, one in self._recent.items() if one.author != author}
        if self.authors.standing(author) is Standing.REVOKED:
            self.held_back.drop(author)
            return
        for example in (*learned, *held_out):
            self.held_back.add(correction_of(example))

    def _author_state(self) -> dict[str, Any]:
        """What there is to keep of authors; nothing before anybody corrected anything, as older versions
        wrote it."""
        authors = self.authors.state()
        if not authors:
            return {}
        forgotten = dict(self.held_back.forgotten)
        return {
            "authors": authors,
            "held_back": self.held_back.state(),
            "held_back_forgotten": forgotten,
        }

    def _chooses(self, example: KeyedExample) -> bool:
        return chooses(example.text, self._choosing_percent)

    def _decide(self, record: Record) -> Admission:
        try:
            correction = read_correction(record, self._max_text_chars)
        except DecodeError as error:
            log.warning("%s is no correction: %s", record.place, error.reason)
            return Admission(Outcome.REJECTED, error=error)
        if correction is None:
            return Admission(Outcome.EMPTY)
        if not self._ids.add(correction.correction_id, record.source):
            return Admission(Outcome.REPEATED)
        refusal = self.authors.refuse(correction, record.timestamp_ms)
        if refusal is Refusal.REVOKED:
            return Admission(Outcome.PASSED_OVER)
        if refusal is not None:
            self.held_back.add(correction)
            return Admission(Outcome.HELD_BACK)
        return self._admit(correction)

    def _admit(self, correction: Correction) -> Admission:
        if correction.supersedes is not None:
            self._recent.pop(correction.supersedes, None)
        if not correction.layers:
            return Admission(Outcome.TAKEN_BACK, forget=correction.supersedes)
        example = self._examples.from_correction(correction)
        if not len(example):
            return Admission(Outcome.EMPTY)
        if held_out(correction.id, self._percent):
            self._recent[example.key] = example
            while len(self._recent) > self._n_recent:
                del self._recent[next(iter(self._recent))]
            return Admission(Outcome.HELD_OUT)
        return Admission(Outcome.LEARNED, example)


def _hash_with(data_hash: str, record: Record) -> str:
    head = f"{data_hash}\0{record.partition}\0{record.offset}\0".encode()
    return hashlib.sha256(head + (record.value or b"")).hexdigest()
