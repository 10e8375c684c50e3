# SPDX-License-Identifier: Apache-2.0
"""A learner at work: examples in, steps, and a segment's end now and then; all that it does follows from what
it read."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from engine.doc.example import Example
from engine.pipeline.pipeline import Pipeline
from engine.scoring.unit_pairs import UnitPair
from engine.training.growth import new_labels
from engine.training.keyed_example import KeyedExample
from engine.training.loop import Evaluation, Progress, StepInfo, train_while_improving
from schemas import DecodeError

from ..corrections import AuthorDecision, Decided
from ..transports.base import Record
from .consolidator import Consolidator
from .correction_filter import UNKNOWN_LABELS
from .events import SegmentEnd
from .example_stream import ExampleStream
from .metrics_rows import Row, ScoredBatch, step_row
from .session_parts import SessionParts
from .source import Begin, Drop, TrainingSource

log = logging.getLogger(__name__)


class SessionListener(Protocol):
    """Who is told what the session does, and keeps it. `judges`: whether the student is compared with the
    champion on what it is about to learn."""

    judges: bool

    def refused(self, record: Record, error: DecodeError) -> None:
        """A record was read that is no correction."""

    def stepped(self, info: StepInfo, row: Row) -> None:
        """A batch was learned."""

    def consolidating(self, session: Session, end: SegmentEnd) -> None:
        """A consolidation begins, at a segment's end: work that need not be lost in a fall."""

    def segment_ended(self, session: Session, end: SegmentEnd) -> None:
        """The state is as it shall be kept. May be told again after a fall."""

    def teacher(self, version: int) -> Pipeline:
        """The pipeline of a version that teaches from here on."""


class Session:
    """Learns until its source ends it, segment by segment, each from a fresh batcher to a checkpoint or a
    flush. `run` may be called once; between segments the state is all that there is to know."""

    def __init__(
        self,
        parts: SessionParts,
        source: TrainingSource,
        listener: SessionListener,
        clock: Callable[[], float],
        consolidator: Consolidator,
    ) -> None:
        self.parts = parts
        self.consolidator = consolidator
        self.stream = ExampleStream(source, parts.filter, parts.reservoir, listener.refused, clock)
        self.progress = Progress()
        self.teacher_version = 0
        self.ended: SegmentEnd | None = None
        self.revoking: AuthorDecision | None = None
        """The decision for which all of this is to be learned again, without an author."""
        self._listener = listener
        self._rival: Pipeline | None = None
        self._clock = clock
        self._scored = ScoredBatch()
        self._answered: list[Mapping[str, UnitPair]] = []
        self._losses: Counter[str] = Counter()

    def run(self) -> SegmentEnd:
        """Learn segment after segment; why the last one ended."""
        if self.ended is None:
            self._review()
        else:
            if not self._end_segment(self.ended):
                return SegmentEnd.STOP
            if self.revoking is not None:
                return SegmentEnd.REVOKED
            if self.ended is SegmentEnd.END and self._is_over():
                return self.ended
        while True:
            end = self._learn_segment()
            if not self._end_segment(end):
                return SegmentEnd.STOP
            if self.revoking is not None and end is not SegmentEnd.STOP:
                return SegmentEnd.REVOKED
            if end.ends_session and not (end is SegmentEnd.END and self.stream.open):
                return end

    def _is_over(self) -> bool:
        return not self.stream.open and self.stream.source.is_over(self.stream.position)

    def attach(self, source: TrainingSource, listener: SessionListener) -> None:
        """Let another source say what comes next, and another listener hear of it."""
        self.stream.source, self.stream.refused, self._listener = source, listener.refused, listener
        self.teach_by(self.teacher_version)

    @property
    def positions(self) -> dict[int, int]:
        """The next offset in each partition."""
        return self.stream.position.offsets

    def teach_by(self, version: int) -> None:
        """Let a version teach from here on."""
        self.teacher_version = version
        distils, judges = bool(self.parts.learner.settings.distillation), self._listener.judges
        teacher = self._listener.teacher(version) if distils or judges else None
        if distils:
            self.parts.learner.teacher = teacher
        self._rival = teacher if judges else None
        self.parts.stream_evidence.face(version)

    def resume(self, progress: Progress) -> None:
        """Go on counting from there."""
        self.progress = progress
        self._losses = Counter(progress.losses)

    def _end_segment(self, end: SegmentEnd) -> bool:
        """Consolidate if it is time for it, let the state be kept, then see who teaches now; all of it may be
        done again after a fall, with the same result. False where it was stopped on the way."""
        self.ended = end
        if not self._consolidate(end):
            return False
        self._listener.segment_ended(self, end)
        version = self.stream.source.teacher(self.teacher_version)
        if version != self.teacher_version:
            self.stream.journal.add_teacher(version)
            self.teach_by(version)
        self._review()
        return True

    def _consolidate(self, end: SegmentEnd) -> bool:
        """Begin and adopt what the source says; whether it was not stopped in that."""
        source, journal = self.stream.source, self.stream.journal
        while (move := source.consolidation(end, self.consolidator)) is not None:
            if isinstance(move, Begin):
                journal.add_consolidation(self.consolidator.begin(self.progress.step))
                self._listener.consolidating(self, end)
                continue
            if isinstance(move, Drop):
                journal.add_consolidation(self.consolidator.drop())
                continue
            came = self.consolidator.adopt(self.progress, source.is_stopped, move.steps)
            if came is None:
                return False
            journal.add_consolidation(came)
        return True

    def _review(self) -> None:
        """Let hold what was decided about authors; what that releases is learned next."""
        for decision in self.stream.source.decisions(self.parts.filter.authors.applied):
            if decision.decided is Decided.REVOKE and self.stream.journal.has_read:
                self.revoking = decision
                return
            self._apply(decision)

    def pass_over(self) -> None:
        """Leave what was learned as it is, and learn nothing more of the author who is to be revoked."""
        assert self.revoking is not None, "nothing is to be revoked; a bug in Freshet"
        decision, self.revoking = replace(self.revoking, decided=Decided.PASS_OVER), None
        self._apply(decision)

    def _apply(self, decision: AuthorDecision) -> None:
        self.stream.journal.add_author(decision)
        self.stream.release(self.parts.filter.apply(decision))
        if decision.decided is not Decided.ACCEPT:
            self._set_aside(decision.author)

    def _set_aside(self, author: str) -> None:
        self.stream.set_aside(author)
        self.consolidator.give_up()

    def _hear_answer(self, example: Example, pairs: Mapping[str, UnitPair]) -> None:
        """What the student says of a correction that it is about to learn."""
        self._answered.append(pairs)
        self._judge_author(example, pairs)

    def _judge_author(self, example: Example, pairs: Mapping[str, UnitPair]) -> None:
        """Weigh what an author said against the model; what one taught who is held back from here on is
        rehearsed no more."""
        author = example.author if isinstance(example, KeyedExample) else ""
        if author and self.parts.filter.authors.judge(author, pairs):
            log.warning(
                "corrections of %r are held back: they disagree with the model far more than the others'; "
                "see `freshet corrections authors`",
                author,
            )
            self._set_aside(author)

    def _learn_segment(self) -> SegmentEnd:
        parts, stream = self.parts, self.stream
        stream.start_segment(self.ended)
        del self.progress.results[:-1]
        steps = train_while_improving(
            parts.learner,
            parts.optimizer,
            self._score_batches(),
            self._evaluate,
            parts.loop,
            clock=self._clock,
            progress=self.progress,
        )
        try:
            for batch, info, _ in steps:
                if batch and self._note_step(batch, info):
                    return SegmentEnd.CHECKPOINT
        finally:
            steps.close()  # type: ignore[attr-defined]  # a generator; its batcher must not outlive the segment
        stream.reopen(())
        assert stream.flushed is not None
        return stream.flushed

    def _score_batches(self) -> Iterator[tuple[int, list[Example]]]:
        """Batches of the batcher, each scored before it is learned."""
        for batch in self.parts.batcher(iter(self.stream)):
            new = self.stream.close(batch)
            self.consolidator.since += len(new)
            self._answered = []
            self._scored = ScoredBatch(len(new), self._score(new) if new else [])
            self._meet_labels(new)
            yield 0, batch

    def _score(self, new: list[KeyedExample]) -> list[str]:
        """Let learner and champion answer what is about to be learned; the layers whose error has drifted.
        The learner has the weights that a candidate would have: averaged ones are better."""
        with self.parts.learner.candidate() as pipeline:
            drifted = self.parts.progressive.score(pipeline, new, self._hear_answer)
        if self._rival is not None:
            self.parts.stream_evidence.score(self._rival, new, self._answered)
        return drifted

    def _meet_labels(self, new: list[KeyedExample]) -> None:
        """Give heads the labels that corrections bring, before these are learned; count those that no head
        gets."""
        parts, learner = self.parts, self.parts.learner
        labels = new_labels(learner.pipeline, new)
        grown = parts.labels_to_learn(labels)
        if grown:
            learner.grow(grown, parts.optimizer)
            self.consolidator.give_up()
            log.info("labels were given to %s", ", ".join(grown))
        passed_over = sum(map(len, labels.values())) - sum(map(len, grown.values()))
        if passed_over:
            parts.filter.counts[UNKNOWN_LABELS] += passed_over

    def _evaluate(self) -> Evaluation:
        """Scores of the loop's table: those of progressive validation, which cost nothing more."""
        return self.parts.progressive.mean(), self.parts.progressive.scores()

    def _note_step(self, batch: list[Example], info: StepInfo) -> bool:
        """Journal and report what was learned; whether a checkpoint is due."""
        stream = self.stream
        stream.source.step()
        stream.journal.add_step()
        losses = {name: value - self._losses[name] for name, value in info["losses"].items()}
        self._losses = Counter(self.progress.losses)
        row = step_row(self.progress.step, batch, self._scored, losses, self.parts, stream.position)
        self._listener.stepped(info, row)
        if stream.flushed is not None or not stream.source.needs_checkpoint(stream.pending):
            return False
        stream.journal.add_checkpoint()
        return True
