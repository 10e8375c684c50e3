# SPDX-License-Identifier: Apache-2.0
"""Records in, examples to learn out: what is read is journalled, counted, filtered, and open until it is
learned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from engine.doc.example import Example
from engine.training.keyed_example import KeyedExample
from engine.training.reservoir import Reservoir
from schemas import DecodeError

from ..transports.base import Record
from .correction_filter import Admission, CorrectionFilter
from .events import SegmentEnd
from .journal import Journal
from .partition_cursor import ReadPosition
from .pending import Pending
from .source import TrainingSource


@dataclass(slots=True)
class ExampleStream:
    """What a session reads, one segment at a time. `reservoir` is where examples are rehearsed from, if
    anywhere; `refused` is told of each record that is no correction."""

    source: TrainingSource
    filter: CorrectionFilter
    reservoir: Reservoir[KeyedExample] | None
    refused: Callable[[Record, DecodeError], None]
    clock: Callable[[], float]
    position: ReadPosition = field(default_factory=ReadPosition)
    journal: Journal = field(default_factory=Journal)
    pending: Pending = field(default_factory=Pending)
    flushed: SegmentEnd | None = None
    newest_ms: int = 0
    """When the newest record was written that was read; 0 before the first."""
    _open: dict[int, KeyedExample] = field(default_factory=dict)

    def start_segment(self, after: SegmentEnd | None) -> None:
        """Begin to read anew, after a segment that ended so."""
        self.flushed = None
        self.pending.start_segment(after)

    def __iter__(self) -> Iterator[KeyedExample]:
        """What the segment before left over, then new corrections, until the source ends the segment."""
        yield from self.open
        while True:
            event = self.source.next(self.position, self.pending)
            if isinstance(event, SegmentEnd):
                self.flushed = event
                self.journal.add_flush(event)
                return
            self.journal.add_read(event.covered)
            self.position.advance(event.covered)
            self.newest_ms = max(self.newest_ms, event.record.timestamp_ms)
            admission = self.filter.admit(event.record)
            if admission.error is not None:
                self.refused(event.record, admission.error)
            self._take(admission)
            if admission.example is not None:
                yield admission.example

    @property
    def open(self) -> list[KeyedExample]:
        """Corrections that were read and are not learned yet, in their order."""
        return list(self._open.values())

    def release(self, admissions: Iterable[Admission]) -> None:
        """Let corrections that were held back be learned next."""
        for admission in admissions:
            self._take(admission)

    def _take(self, admission: Admission) -> None:
        """Forget what is to be forgotten; what is to be learned is open from here on."""
        if admission.forget is not None and self.reservoir is not None:
            self.reservoir.drop(admission.forget)
        if admission.example is not None:
            self.pending.add_one(self.clock())
            self._open[id(admission.example)] = admission.example

    def set_aside(self, author: str) -> None:
        """Rehearse nothing of an author any more, nor judge by it: it is held back as what comes will be.
        What waits in the open batch is still learned."""
        kept = () if self.reservoir is None else self.reservoir.stream.values()
        learned = [one for one in kept if one.author == author]
        for example in learned:
            self.reservoir.drop(example.key)  # type: ignore[union-attr]  # whose examples these are
        self.filter.set_aside(author, learned)

    def reopen(self, examples: Iterable[KeyedExample]) -> None:
        """Take over what was open when the state was kept."""
        self._open = {id(example): example for example in examples}

    def close(self, batch: Iterable[Example]) -> list[KeyedExample]:
        """Those of a batch that are new, in the batch's order: from here on they are not open any longer."""
        return [self._open.pop(id(example)) for example in batch if id(example) in self._open]
