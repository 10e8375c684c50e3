# SPDX-License-Identifier: Apache-2.0
"""The streaming trainer: corrections in, versions out, nothing learned twice, wherever it is stopped or
killed."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TextIO, TypeVar

from engine.doc.example import Example
from engine.pipeline.pipeline import Pipeline
from engine.pipeline.save import digest_of
from engine.training.learner_state import LearnerState
from engine.training.loop import StepInfo

from ..bundled import find_model
from ..model_registry import (
    MissingBlobError,
    ModelRegistry,
    UnknownVersionError,
    UnreachableError,
    open_registry,
)
from ..transports.base import PartitionReader
from .candidates import ACTOR, fetched, propose
from .checkpoints import Checkpoints, RegistryCheckpoints
from .config import Plan, begin, make_session
from .session import CANDIDATES, Row, Session
from .source import LiveDirector

log = logging.getLogger(__name__)
Result = TypeVar("Result")

RETRY = 1.0  # seconds between tries while Redis is away


def run_trainer(
    plan: Plan,
    *,
    stdout: TextIO,
    stderr: TextIO,
    until_end: bool = False,
    stopped: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
    on_step: Callable[[str], None] = lambda step: None,
) -> Session:
    """Learn until the log's end, or until `stopped`; the session as it ended.

    Goes on from the last checkpoint in the registry. Without one it begins with the champion, and without a
    champion it makes the pipeline that the config names the first one. `on_step` is called between the steps
    of what it does, for fault tests.
    Raises: StaleWriterError where another trainer took over; TransportError where records were lost;
    RegistryError, EngineError.
    """
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freshet-learn-")))
        registry = stack.enter_context(open_registry(plan.settings.registry, plan.settings.name))
        reader = stack.enter_context(
            closing(plan.reader.partitions(stack.enter_context(closing(plan.reader.open()))))
        )
        keeper = Keeper(
            plan, registry, RegistryCheckpoints(registry), reader, scratch, stopped=stopped, on_step=on_step
        )
        director = LiveDirector(
            reader,
            keeper.champion,
            checkpoint_every=plan.settings.checkpoint_every,
            candidate_every=plan.settings.candidate_every,
            candidate_seconds=plan.settings.candidate_seconds,
            until_end=until_end,
            stopped=stopped,
            clock=clock,
            sleep=time.sleep,
        )
        session = keeper.open_session(director, clock)
        log_step, finish_log = plan.logger(session.parts.learner.pipeline, stdout, stderr)
        keeper.log_step = log_step
        stack.callback(finish_log)
        session.run()
        return session


class Keeper:
    """Keeps what a session comes to: states and metrics in the registry, offsets of the group, candidates."""

    def __init__(
        self,
        plan: Plan,
        registry: ModelRegistry,
        checkpoints: Checkpoints,
        reader: PartitionReader,
        scratch: Path,
        *,
        stopped: Callable[[], bool],
        on_step: Callable[[str], None],
    ) -> None:
        self._plan, self._registry, self._checkpoints, self._reader = plan, registry, checkpoints, reader
        self._scratch, self._stopped, self._on_step = scratch, stopped, on_step
        self._parent: str | None = None
        self._holdout: list[Example] | None = None
        self.log_step: Callable[[StepInfo | None], None] = lambda info: None

    def open_session(self, director: LiveDirector, clock: Callable[[], float]) -> Session:
        """The session that goes on from the last checkpoint, or the first one."""
        self._patiently(self._checkpoints.begin)
        found = self._patiently(self._checkpoints.load)
        if found is None:
            start = self._first_champion()
            session = make_session(self._plan, self.tutor(start), director, self, clock)
            begin(session, self._plan, start, dict(enumerate(first for first, _ in self._reader.bounds())))
            session.teach_by(start)
            return session
        self._parent, files = found
        state = LearnerState.from_files(files)
        student = self._student(state.values["start"], state.values["tutor"])
        session = make_session(self._plan, student, director, self, clock, taken=state.values["schedules"])
        session.load_state(state)
        session.teach_by(session.tutor)
        self._check_config(session, state)
        log.info("going on from step %d, positions %s", session.progress.step, session.positions)
        return session

    def champion(self) -> int:
        """The version that teaches now; the first one where nobody serves."""
        head = self._patiently(self._registry.head)
        return head.champion if head.champion is not None else 0

    # --- what the session tells

    def stepped(self, info: StepInfo, row: Row) -> None:
        """A batch was learned."""
        self._on_step("learned")
        self.log_step(info if info["score"] is not None else None)
        self._metrics(row)
        self._on_step("logged")

    def reached(self, session: Session, why: str) -> None:
        """Commit the state, then note offsets; then make a candidate, if it is time for one."""
        state = session.state()
        files = state.to_files()
        digest = digest_of(files)
        if digest != self._parent:
            topic = self._plan.reader.topic
            offsets = {f"{topic}:{partition}": offset for partition, offset in session.positions.items()}
            self._on_step("commit")
            self._patiently(lambda: self._checkpoints.commit(self._parent, digest, offsets, files))
            self._on_step("committed")
            self._parent = digest
            self._metrics({"kind": "checkpoint", "step": session.progress.step, "digest": digest, "why": why})
        self._reader.note(session.positions)
        self._on_step("noted")
        if why in CANDIDATES and session.since.candidate:
            self._patiently(lambda: self._propose(session, digest))
            self._on_step("proposed")

    def tutor(self, version: int) -> Pipeline:
        """A version's pipeline."""
        return self._patiently(lambda: fetched(self._registry, version, self._scratch))

    # --- helpers

    def _propose(self, session: Session, digest: str) -> None:
        if self._holdout is None:
            self._holdout = self._plan.holdout(session.parts.learner.pipeline)
        settings = self._plan.settings
        fence = self._checkpoints.fence
        found = propose(
            session,
            self._registry,
            digest,
            self._plan.origin,
            self._holdout,
            settings.gate,
            fence=fence,
            may_promote=settings.promote,
        )
        passed = bool(found.verdict and found.verdict["passed"])
        reasons = [] if found.verdict is None else found.verdict.get("reasons", [])
        log.info("version %d: %s %s", found.number, found.state, "; ".join(map(str, reasons)))
        row = {
            "kind": "candidate",
            "step": session.progress.step,
            "version": found.number,
            "state": found.state,
            "passed": passed,
        }
        self._metrics({**row, "scores": dict(found.scores)})

    def _first_champion(self) -> int:
        head = self._patiently(self._registry.head)
        if head.champion is not None:
            return head.champion
        folder = find_model(self._plan.model)
        first = self._registry.put(folder, actor=ACTOR, op_id="first-put", fence=self._checkpoints.fence)
        self._registry.promote(
            first.number,
            expected_epoch=head.epoch,
            actor=ACTOR,
            reason="the first version",
            force=True,
            op_id="first-promote",
        )
        return first.number

    def _student(self, start: int, tutor: int) -> Pipeline:
        """A pipeline of the state's form, whose weights the state replaces: the one that learning began with,
        else its tutor."""
        try:
            return fetched(self._registry, start, self._scratch / "student")
        except (UnknownVersionError, MissingBlobError):
            return fetched(self._registry, tutor, self._scratch / "student")

    def _check_config(self, session: Session, state: LearnerState) -> None:
        if state.values["config_hash"] != self._plan.config_hash:
            log.warning(
                "the config was changed since the last checkpoint; versions from here on cannot be "
                "verified by replay"
            )
            session.journal.entries.append(["config", self._plan.config_hash])

    def _metrics(self, row: Row) -> None:
        try:
            self._registry.log_metrics(row)
        except UnreachableError as error:
            log.warning("a row of metrics is lost: %s", error)

    def _patiently(self, call: Callable[[], Result]) -> Result:
        """Try until Redis is there; who wants to stop is not held up."""
        while True:
            try:
                return call()
            except UnreachableError as error:
                if self._stopped():
                    raise
                log.warning("learning waits: %s", error)
                time.sleep(RETRY)
