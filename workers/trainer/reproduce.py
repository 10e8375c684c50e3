# SPDX-License-Identifier: Apache-2.0
"""Learning a version again from the records that its journal names, to see that the same bytes come out."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.config.config import parse_config
from engine.pipeline.pipeline import Pipeline
from engine.training.loop import StepInfo
from schemas import DecodeError

from ..errors import WorkerError
from ..model_registry import ModelRegistry
from ..transports.base import Record
from .candidates import FOLDER, JOURNAL, fetched, pipeline_digest, write_candidate
from .config import Plan, begin, make_session, read_plan
from .session import Row, Session
from .source import JournalDirector


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came out: digests of weights, labels, rules and config, as they were recorded and as they are
    now."""

    version: int
    expected: str
    got: str
    steps: int
    corrections: int

    @property
    def same(self) -> bool:
        """Whether it is the same model to the last bit."""
        return self.expected == self.got


def replay_version(registry: ModelRegistry, number: int, *, broker: str = "") -> Replayed:
    """Learn a version again: from the version that learning began with, the recorded config, and the recorded
    ranges of the log.

    The same bytes are to be expected from the same code on the same kind of processor. Raises: WorkerError
    where the version was not learned from corrections, or this run goes another way than its journal;
    TransportError where records are gone.
    """
    with tempfile.TemporaryDirectory(prefix="freshet-replay-") as scratch:
        folder = registry.fetch(number, Path(scratch) / "recorded")
        told = read_journal(folder, number)
        plan = read_plan(
            parse_config((folder / FOLDER / "learn.cfg").read_text(encoding="utf8")), broker=broker
        )
        session = _learn_again(registry, plan, told, Path(scratch))
        write_candidate(session, Path(scratch) / "again", plan.origin)
        got = pipeline_digest(Path(scratch) / "again")
    return Replayed(
        number, str(told["digest"]), got, session.progress.step, session.parts.intake.counts["learned"]
    )


def read_journal(folder: Path, number: int) -> dict[str, Any]:
    """What a version's files tell of how it was learned. Raises: WorkerError."""
    file = folder / FOLDER / JOURNAL
    if not file.is_file():
        raise WorkerError(
            f"expected version {number} to be one that `freshet learn` made; it has no "
            f"{FOLDER}/{JOURNAL} to replay"
        )
    told: dict[str, Any] = json.loads(file.read_bytes())
    return told


class Onlooker:
    """Keeps nothing; hands out the versions that taught."""

    def __init__(self, registry: ModelRegistry, scratch: Path) -> None:
        self._registry, self._scratch = registry, scratch

    def refused(self, record: Record, error: DecodeError) -> None:
        """See `Watcher.refused`; whoever learned first has said it."""

    def stepped(self, info: StepInfo, row: Row) -> None:
        """See `Watcher.stepped`."""

    def reached(self, session: Session, why: str) -> None:
        """See `Watcher.reached`."""

    def tutor(self, version: int) -> Pipeline:
        """See `Watcher.tutor`."""
        return fetched(self._registry, version, self._scratch)


def _learn_again(registry: ModelRegistry, plan: Plan, told: Mapping[str, Any], scratch: Path) -> Session:
    onlooker, start = Onlooker(registry, scratch), int(told["start"])
    with closing(plan.reader.open()) as transport, closing(plan.reader.partitions(transport)) as reader:
        director = JournalDirector(reader, told["entries"])
        session = make_session(
            plan, fetched(registry, start, scratch / "student"), director, onlooker, time.monotonic
        )
        first = {int(partition): offset for partition, offset in told["first"].items()}
        begin(session, plan, start, first)
        session.teach_by(start)
        while not director.is_over(session.positions, session.turn):
            session.run()
    return session
