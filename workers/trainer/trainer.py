# SPDX-License-Identifier: Apache-2.0
"""The streaming trainer: corrections in, versions out, nothing learned twice, wherever it is stopped or
killed."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TextIO

from engine.doc.example import Example
from engine.pipeline.pipeline import Pipeline
from engine.training.learner_state import LearnerState
from engine.training.loop import StepInfo
from schemas import DecodeError

from ..bundled import find_model
from ..corrections import AuthorDecision, DecisionLog, Refusals
from ..errors import WorkerError
from ..model_registry import (
    MissingBlobError,
    ModelRegistry,
    StaleWriterError,
    UnknownVersionError,
    open_registry,
)
from ..transports.base import PartitionReader, Record, TransportError
from .candidates import ACTOR, CandidateOrigin, fetch_pipeline, propose
from .checkpointer import Checkpointer
from .consolidator import Consolidator
from .events import SegmentEnd, TeacherEvent
from .known_registry import remember_registry, require_known_registry
from .metrics_rows import Row, authors_row, candidate_row, log_row
from .pending import Timing
from .registry_retry import RegistryRetry
from .remake import remake_session
from .session import Session, SessionListener
from .session_parts import SessionParts, make_parts
from .session_state import begin_session, restore_session
from .source import LiveSource, TrainingSource
from .telemetry import TrainerTelemetry
from .trainer_config import TrainerConfig

log = logging.getLogger(__name__)

STAGE = "learn"
"""What the trainer's dead letters are known by."""


def run_trainer(
    config: TrainerConfig,
    *,
    stdout: TextIO,
    stderr: TextIO,
    until_end: bool = False,
    stopped: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
    on_step: Callable[[str], None] = lambda step: None,
    telemetry: TrainerTelemetry | None = None,
) -> Session:
    """Learn until the log's end, or until `stopped`; the session as it ended.

    Goes on from the last checkpoint in the registry. Without one it begins with the champion, and without a
    champion it makes the pipeline that the config names the first one. `on_step` is called between the steps
    of what it does, for fault tests; `telemetry` hears how it goes.
    Raises: StaleWriterError where another trainer took over; TransportError where records were lost;
    UnknownRegistryError where the registry was emptied or is another one; RegistryError, EngineError.
    """
    telemetry = telemetry or TrainerTelemetry()
    stopped = _beating(telemetry, stopped)
    with ExitStack() as stack, _fenced(telemetry):
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freshet-learn-")))
        registry = stack.enter_context(open_registry(config.settings.registry, config.settings.name))
        transport = stack.enter_context(closing(config.reader.open()))
        RegistryRetry(stopped)(lambda: require_known_registry(registry, transport, config))
        reader = stack.enter_context(closing(config.reader.partitions(transport)))
        refusals = stack.enter_context(closing(Refusals(transport, config.reader.topic, STAGE)))
        trainer = Trainer(
            config, registry, reader, refusals, scratch, stopped=stopped, on_step=on_step, telemetry=telemetry
        )
        source = LiveSource(
            reader,
            trainer.champion,
            timing_of(config),
            until_end=until_end,
            stopped=stopped,
            clock=clock,
            sleep=time.sleep,
            decided=trainer.decided,
        )
        session = trainer.open_session(source, clock)
        RegistryRetry(stopped)(lambda: remember_registry(registry))
        log_step, finish_log = config.logger(session.parts.learner.pipeline, stdout, stderr)
        trainer.log_step = log_step
        stack.callback(finish_log)
        telemetry.note_session(session)
        while session.run() is SegmentEnd.REVOKED:
            again = trainer.revoke(session, source, clock)
            if again is None:
                break
            session = again
            telemetry.note_session(session)
        return session


def _beating(telemetry: TrainerTelemetry, stopped: Callable[[], bool]) -> Callable[[], bool]:
    """The same question, whose asking is a sign of life."""

    def ask() -> bool:
        telemetry.beat()
        return stopped()

    return ask


@contextmanager
def _fenced(telemetry: TrainerTelemetry) -> Iterator[None]:
    """Says so where another trainer takes over."""
    try:
        yield
    except StaleWriterError:
        telemetry.note_fenced()
        raise


def timing_of(config: TrainerConfig) -> Timing:
    """When checkpoints and candidates are due."""
    settings = config.settings
    return Timing(
        settings.checkpoint_every,
        settings.candidate_every,
        settings.candidate_seconds,
        settings.candidate_idle_seconds,
        settings.candidate_idle_gap,
    )


class Trainer:
    """Opens a session where the last one ended, and listens to it: steps are logged, states kept, candidates
    proposed."""

    judges = True

    def __init__(
        self,
        config: TrainerConfig,
        registry: ModelRegistry,
        reader: PartitionReader,
        refusals: Refusals,
        scratch: Path,
        *,
        stopped: Callable[[], bool],
        on_step: Callable[[str], None],
        telemetry: TrainerTelemetry,
    ) -> None:
        self._telemetry = telemetry
        self.log_step: Callable[[StepInfo | None], None] = lambda info: None
        self._config, self._registry, self._scratch = config, registry, scratch
        self._reader, self._refusals = reader, refusals
        self._retry, self._on_step, self._stopped = RegistryRetry(stopped), on_step, stopped
        self._checkpointer = Checkpointer(registry, reader, config.reader.topic, self._retry, on_step)
        self._holdout: tuple[list[Example], list[Example]] | None = None
        self._decisions = DecisionLog(registry)
        self._base: list[Example] = []

    def open_session(self, source: LiveSource, clock: Callable[[], float]) -> Session:
        """The session that goes on from the last checkpoint, or the first one."""
        state = self._checkpointer.take_over()
        self._telemetry.note_fence(self._checkpointer.fence)
        if state is None:
            start = self._first_champion()
            session = self._session(
                make_parts(self._config, self.teacher(start)), source, self, clock, start, start
            )
            source.idle = session.consolidator
            offsets = dict(enumerate(first for first, _ in self._reader.bounds()))
            begin_session(session, self._config, start, offsets)
            session.teach_by(start)
            return session
        student = self._student(state.values["start"], state.values["tutor"])
        parts = make_parts(self._config, student, state.values["schedules"])
        session = self._session(parts, source, self, clock, state.values["start"], state.values["tutor"])
        source.idle = session.consolidator
        restore_session(session, state)
        session.teach_by(session.teacher_version)
        self._check_config(session, state)
        log.info("going on from step %d, positions %s", session.progress.step, session.positions)
        return session

    def _session(
        self,
        parts: SessionParts,
        source: TrainingSource,
        listener: SessionListener,
        clock: Callable[[], float],
        start: int,
        teacher: int,
    ) -> Session:
        """A session whose idle time is for consolidation."""
        consolidator = Consolidator(
            self._config.settings.consolidation,
            parts,
            lambda: self._retry(lambda: self._student(start, teacher)),
            lambda: self._holdout_parts(parts.learner.pipeline)[1],
        )
        return Session(parts, source, listener, clock, consolidator)

    def champion(self) -> int:
        """The version that teaches now; 0 where nobody serves."""
        head = self._retry(self._registry.head)
        return head.champion if head.champion is not None else 0

    def decided(self, last: str) -> Sequence[AuthorDecision]:
        """What was decided about authors after a decision; the audit chain is read where it has grown."""
        return self._retry(lambda: self._decisions.after(last))

    def revoke(self, session: Session, source: LiveSource, clock: Callable[[], float]) -> Session | None:
        """The session learned again without an author, up to where it stands; None where it was stopped
        before. Where records or the first version are gone, the same session, which passes over what the
        author says from here on."""
        decision = session.revoking
        assert decision is not None, "nothing is to be revoked; a bug in Freshet"
        log.info("learning again without %r", decision.author)
        start = session.stream.journal.start

        def make(source: TrainingSource, listener: SessionListener) -> Session:
            parts = make_parts(self._config, self.teacher(start))
            return self._session(parts, source, listener, clock, start, start)

        try:
            again = remake_session(session, self._config, make, self.teacher, self._reader, self._stopped)
        except (TransportError, WorkerError) as error:
            log.warning("what %r taught stays: it cannot be learned again: %s", decision.author, error)
            session.pass_over()
            return session
        if again is None:
            return None
        source.idle = again.consolidator
        again.attach(source, self)
        self._on_step("remade")
        return again

    def refused(self, record: Record, error: DecodeError) -> None:
        """Write the record's dead letter, before a checkpoint has passed the record."""
        self._refusals.write(record, error)
        self._on_step("refused")

    def stepped(self, info: StepInfo, row: Row) -> None:
        """See `SessionListener.stepped`."""
        self._on_step("learned")
        self._telemetry.note_step(row)
        self.log_step(info if info["score"] is not None else None)
        log_row(self._registry, row)
        self._on_step("logged")

    def consolidating(self, session: Session, end: SegmentEnd) -> None:
        """Commit what a consolidation begins with, so that after a fall it begins with the same."""
        self._checkpointer.commit(session, end)
        self._on_step("consolidating")

    def segment_ended(self, session: Session, end: SegmentEnd) -> None:
        """Commit the state; then make a candidate, if it is time for one."""
        digest = self._checkpointer.commit(session, end)
        self._telemetry.note_checkpoint(end.value)
        log_row(self._registry, authors_row(session.progress.step, session.parts))
        is_adopted = end is SegmentEnd.CONSOLIDATED and session.stream.journal.has_adopted
        if end.makes_candidate and (session.stream.pending.candidate or is_adopted):
            self._retry(lambda: self._propose(session, digest))
            self._retry(lambda: self._discard(session))
            self._on_step("proposed")

    def teacher(self, version: int) -> Pipeline:
        """A version's pipeline."""
        return self._retry(lambda: fetch_pipeline(self._registry, version, self._scratch))

    def _propose(self, session: Session, digest: str) -> None:
        judging, choosing = self._holdout_parts(session.parts.learner.pipeline)
        version = propose(
            session,
            self._registry,
            digest,
            CandidateOrigin.from_config(self._config),
            judging,
            choosing,
            self._config.settings,
            fence=self._checkpointer.fence,
            base=self._base,
        )
        reasons = [] if version.verdict is None else version.verdict.get("reasons", [])
        refused = f", refused: {'; '.join(map(str, reasons))}" if reasons else ""
        log.info("version %d: %s%s", version.number, version.state, refused)
        self._telemetry.note_candidate(version.state)
        log_row(self._registry, candidate_row(session.progress.step, version))

    def _holdout_parts(self, pipeline: Pipeline) -> tuple[list[Example], list[Example]]:
        """The fixed holdout: what judges, and what candidates are made by."""
        if self._holdout is None:
            self._holdout = self._config.holdout(pipeline)
            self._base = [] if self._holdout[0] else self._config.base(pipeline)
        return self._holdout

    def _discard(self, session: Session) -> None:
        """Drop what was refused or serves no more, but for the newest, and for what it takes to learn again
        what this session has learned."""
        if keep := self._config.settings.keep_versions:
            journal = session.stream.journal
            taught = {event.version for event in journal.events if isinstance(event, TeacherEvent)}
            protect = sorted({journal.start, *taught})
            self._registry.discard(keep, protect=protect, actor=ACTOR, fence=self._checkpointer.fence)

    def _first_champion(self) -> int:
        head = self._retry(self._registry.head)
        if head.champion is not None:
            return head.champion
        folder = find_model(self._config.model)
        first = self._registry.put(folder, actor=ACTOR, op_id="first-put", fence=self._checkpointer.fence)
        self._registry.promote(
            first.number,
            expected_epoch=head.epoch,
            actor=ACTOR,
            reason="the first version",
            force=True,
            op_id="first-promote",
        )
        return first.number

    def _student(self, start: int, teacher: int) -> Pipeline:
        """A pipeline of the state's form, whose weights the state replaces: the one that learning began with,
        else its teacher."""
        try:
            return fetch_pipeline(self._registry, start, self._scratch / "student")
        except (UnknownVersionError, MissingBlobError):
            return fetch_pipeline(self._registry, teacher, self._scratch / "student")

    def _check_config(self, session: Session, state: LearnerState) -> None:
        if state.values["config_hash"] != self._config.config_hash:
            log.warning(
                "the config was changed since the last checkpoint; versions from here on cannot be verified "
                "by `freshet replay --verify`"
            )
            session.stream.journal.add_config(self._config.config_hash)
