# SPDX-License-Identifier: Apache-2.0
"""A learner at work: records in, steps, checkpoints, and a candidate now and then; all that it does follows
from what it read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from thinc.api import Optimizer

from engine.doc.example import Example
from engine.pipeline.pipeline import Pipeline
from engine.training.batchers import Batcher
from engine.training.keyed_example import KeyedExample
from engine.training.learner_state import LearnerState, capture, restore
from engine.training.loop import Evaluation, LoopSettings, Progress, StepInfo, train_while_improving
from engine.training.progressive import Progressive
from engine.training.reservoir import Reservoir
from engine.training.stream_learner import StreamLearner
from schemas import DecodeError

from ..transports.base import Record
from .correction_filter import Intake
from .events import Journal
from .schedules import Counters
from .source import Director, Flush, Since

CUT = "cut"
CANDIDATES = ("count", "time", "end")
"""Reasons of a flush that make a candidate of what was learned."""
LAST = ("end", "stop")
"""Reasons after which a session ends."""

Row = dict[str, Any]


class Watcher(Protocol):
    """Who is told what the session does, and keeps it."""

    def refused(self, record: Record, error: DecodeError) -> None:
        """A record was read that is no correction."""

    def stepped(self, info: StepInfo, row: Row) -> None:
        """A batch was learned."""

    def reached(self, session: Session, why: str) -> None:
        """The state is as it shall be kept: `why` is "cut" or the reason of a flush."""

    def tutor(self, version: int) -> Pipeline:
        """The pipeline of a version that teaches from here on."""


@dataclass(slots=True)
class Parts:
    """What a session works with. `reservoir` is the batcher's, if it has one."""

    learner: StreamLearner
    optimizer: Optimizer
    batcher: Batcher
    counters: Counters
    reservoir: Reservoir[KeyedExample] | None
    intake: Intake
    progressive: Progressive
    loop: LoopSettings
    config_hash: str = ""


@dataclass(slots=True)
class Session:
    """Learns until its director ends it. `run` may be called once; `state` between segments is all that there
    is to know."""

    parts: Parts
    director: Director
    watcher: Watcher
    clock: Callable[[], float]
    positions: dict[int, int] = field(default_factory=dict)
    turn: int = 0
    tutor: int = 0
    ended: str = ""
    start: int = 0
    first: dict[int, int] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)
    progress: Progress = field(default_factory=Progress)
    since: Since = field(default_factory=Since)
    _open: dict[int, KeyedExample] = field(default_factory=dict)
    _flushed: str = ""
    _fresh: list[KeyedExample] = field(default_factory=list)
    _drifted: list[str] = field(default_factory=list)
    _losses: Counter[str] = field(default_factory=Counter)

    def run(self) -> str:
        """Learn, keep the state, propose candidates; why it ended: "end" or "stop"."""
        if self.ended:
            self._go_on_after(self.ended)
            if self.ended == "end" and self.director.is_over(self.positions, self.turn):
                return self.ended
        while True:
            self._go_on_after(self._segment())
            if self.ended in LAST:
                return self.ended

    # --- state

    def state(self) -> LearnerState:
        """All that the session must keep."""
        parts = self.parts
        values = {
            "format": 1,
            "config_hash": parts.config_hash,
            "start": self.start,
            "first": {str(partition): offset for partition, offset in sorted(self.first.items())},
            "positions": {str(partition): offset for partition, offset in sorted(self.positions.items())},
            "turn": self.turn,
            "tutor": self.tutor,
            "ended": self.ended,
            "journal": self.journal.entries,
            "progress": [
                self.progress.step,
                self.progress.words,
                self.progress.losses,
                self.progress.results[-1:],
            ],
            "since": [self.since.checkpoint, self.since.candidate],
            "open": [[example.key, example.source] for example in self._open.values()],
            "intake": parts.intake.state(),
            "progressive": parts.progressive.state(),
            "reservoir": None
            if parts.reservoir is None
            else parts.reservoir.state(lambda example: example.source),
            "schedules": parts.counters.taken,
        }
        return capture(parts.learner, parts.optimizer, values)

    def load_state(self, state: LearnerState) -> None:
        """Take over what `state` gave; the parts must be fresh ones of the same config, made with the state's
        `schedules`."""
        values, parts = state.values, self.parts
        self.positions = {int(partition): offset for partition, offset in values["positions"].items()}
        self.turn, self.tutor, self.ended, self.start = (
            values["turn"],
            values["tutor"],
            values["ended"],
            values["start"],
        )
        self.first = {int(partition): offset for partition, offset in values["first"].items()}
        self.journal = Journal([list(entry) for entry in values["journal"]])
        step, words, losses, results = values["progress"]
        self.progress = Progress(step, words, dict(losses), [(score, at) for score, at in results])
        self._losses = Counter(losses)
        at_checkpoint, at_candidate = values["since"]
        self.since = Since(at_checkpoint, at_candidate, self.clock() if at_candidate else None)
        parts.intake.load_state(values["intake"])
        parts.progressive.load_state(values["progressive"])
        if parts.reservoir is not None:
            parts.reservoir.load_state(values["reservoir"], parts.intake.remade)
        kept = (parts.intake.remade(key, source) for key, source in values["open"])
        self._open = {id(example): example for example in kept}
        if not isinstance(parts.loop.dropout, int | float):
            next(islice(parts.loop.dropout, step, step), None)
        restore(state, parts.learner, parts.optimizer, step)

    # --- between segments

    def _go_on_after(self, why: str) -> None:
        """Keep the state, then see who teaches now; all of it may be done again after a fall, with the same
        result."""
        self.ended = why
        self.watcher.reached(self, why)
        version = self.director.tutor(self.tutor)
        if version != self.tutor:
            self.journal.tutor(version)
            self.teach_by(version)

    def teach_by(self, version: int) -> None:
        """Let a version teach from here on."""
        self.tutor = version
        if self.parts.learner.settings.distillation:
            self.parts.learner.tutor = self.watcher.tutor(version)

    # --- one segment: from a fresh batcher to a cut or a flush

    def _segment(self) -> str:
        parts = self.parts
        self._flushed = ""
        self.since.checkpoint = 0
        del self.progress.results[:-1]
        if self.ended in CANDIDATES:
            self.since.candidate, self.since.first = 0, None
        steps = train_while_improving(
            parts.learner,
            parts.optimizer,
            self._batches(),
            self._evaluate,
            parts.loop,
            clock=self.clock,
            progress=self.progress,
        )
        try:
            for batch, info, _ in steps:
                if batch:
                    self._note(batch, info)
                    if not self._flushed and self.director.cuts(self.since):
                        self.journal.cut()
                        return CUT
        finally:
            steps.close()  # type: ignore[attr-defined]  # a generator; its batcher must not outlive the segment
        self._open.clear()
        return self._flushed

    def _batches(self) -> Iterator[tuple[int, list[Example]]]:
        """Batches of the batcher, each scored before it is learned."""
        for batch in self.parts.batcher(self._arrivals()):
            self._fresh = [self._open.pop(id(example)) for example in batch if id(example) in self._open]
            self._drifted = self.parts.progressive.score(self.parts.learner.pipeline, self._fresh)
            yield 0, batch

    def _arrivals(self) -> Iterator[KeyedExample]:
        """What the segment before left over, then new corrections."""
        yield from list(self._open.values())
        while True:
            event = self.director.next(self.positions, self.turn, self.since)
            if isinstance(event, Flush):
                self._flushed = event.why
                self.journal.flush(event.why)
                return
            partition = event.record.partition
            self.journal.read(partition, event.start, event.end)
            self.positions[partition] = event.end
            self.turn = partition + 1
            admitted = self.parts.intake.admit(event.record)
            for key in admitted.forget:
                if self.parts.reservoir is not None:
                    self.parts.reservoir.drop(key)
            if admitted.example is not None:
                self._count_one()
                self._open[id(admitted.example)] = admitted.example
                yield admitted.example

    def _count_one(self) -> None:
        self.since.checkpoint += 1
        self.since.candidate += 1
        if self.since.first is None:
            self.since.first = self.clock()

    def _evaluate(self) -> Evaluation:
        """Scores of the loop's table: those of progressive validation, which cost nothing more."""
        return self.parts.progressive.mean(), self.parts.progressive.scores()

    def _note(self, batch: list[Example], info: StepInfo) -> None:
        self.director.step()
        self.journal.step()
        losses = {name: value - self._losses[name] for name, value in info["losses"].items()}
        self._losses = Counter(self.progress.losses)
        self.watcher.stepped(info, step_row(self, batch, losses))

    @property
    def fresh(self) -> list[KeyedExample]:
        """The corrections of the last batch."""
        return self._fresh

    @property
    def drifted(self) -> list[str]:
        """Layers whose error was found to have drifted by the last batch."""
        return self._drifted


def step_row(session: Session, batch: Iterable[Example], losses: Mapping[str, float]) -> Row:
    """What is measured of a step, as JSON values."""
    examples, parts = list(batch), session.parts
    rehearsal = {name: round(value, 6) for name, value in losses.items() if name.endswith(".rehearsal")}
    scores = parts.progressive.scores()
    return {
        "kind": "step",
        "step": session.progress.step,
        "corrections": len(session.fresh),
        "rehearsed": len(examples) - len(session.fresh),
        "words": sum(map(len, examples)),
        "update": {name: round(value, 6) for name, value in losses.items() if name not in rehearsal},
        "rehearsal": {name.removesuffix(".rehearsal"): value for name, value in rehearsal.items()},
        "progressive": {layer: round(scores[layer], 6) for layer in parts.progressive.counts},
        "drifted": session.drifted,
        "positions": {str(partition): offset for partition, offset in sorted(session.positions.items())},
        "counts": dict(parts.intake.counts),
    }
