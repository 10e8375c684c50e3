# SPDX-License-Identifier: Apache-2.0
"""A session's state: how it begins, and the one form in which all of it is kept and read again."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from engine.training.learner_state import LearnerState, capture, restore
from engine.training.loop import Progress

from .events import SegmentEnd
from .example_stream import ExampleStream
from .journal import Journal
from .partition_cursor import ReadPosition
from .pending import Pending
from .session import Session
from .session_parts import SessionParts
from .trainer_config import TrainerConfig

FORMAT = 1


def begin_session(session: Session, config: TrainerConfig, start: int, offsets: Mapping[int, int]) -> None:
    """Make a fresh session the first one after version `start`: the base goes into the reservoir, reading
    starts at these offsets."""
    session.stream.journal = Journal(start, dict(offsets))
    session.stream.position = ReadPosition(dict(offsets))
    if session.parts.reservoir is None:
        return
    for i, example in enumerate(config.base(session.parts.learner.pipeline)):
        key = f"base:{i}"
        session.parts.reservoir.add_base(key, session.parts.examples.from_document(key, example.reference))


def capture_session(session: Session) -> LearnerState:
    """All that the session must keep."""
    return capture(session.parts.learner, session.parts.optimizer, session_values(session))


def restore_session(session: Session, state: LearnerState) -> None:
    """Give a fresh session, made with the state's `schedules`, all that `capture_session` kept.

    Raises: WorkerError where the journal is of a newer version; EngineError where weights do not fit.
    """
    session.parts.learner.grow(state.values.get("grown", {}), session.parts.optimizer)
    restore_values(session, state.values)
    dropout, step = session.parts.loop.dropout, session.progress.step
    if not isinstance(dropout, int | float):
        next(islice(dropout, step, step), None)
    restore(state, session.parts.learner, session.parts.optimizer, step)


def session_values(session: Session) -> dict[str, Any]:
    """What the session keeps beside arrays, as JSON values."""
    progress = session.progress
    return {
        "format": FORMAT,
        "config_hash": session.parts.config_hash,
        "tutor": session.teacher_version,
        "ended": "" if session.ended is None else session.ended.value,
        "progress": [progress.step, progress.words, progress.losses, progress.results[-1:]],
        **_stream_values(session.stream),
        **_part_values(session.parts),
        **({"consolidation": consolidation} if (consolidation := session.consolidator.state()) else {}),
        **_grown_labels(session.parts),
    }


def _grown_labels(parts: SessionParts) -> dict[str, Any]:
    """What heads were given, which a pipeline of the start version must be given before it takes the
    weights."""
    grown = parts.learner.grown
    return {"grown": {name: list(labels) for name, labels in grown.items()}} if grown else {}


def restore_values(session: Session, values: Mapping[str, Any]) -> None:
    """Give a fresh session what `session_values` made."""
    step, words, losses, results = values["progress"]
    session.resume(Progress(step, words, dict(losses), [(score, at) for score, at in results]))
    session.teacher_version = values["tutor"]
    session.ended = SegmentEnd(values["ended"]) if values["ended"] else None
    _restore_parts(session.parts, values)
    _restore_stream(session.stream, session.parts, values)
    session.consolidator.load_state(values.get("consolidation", {}))


def _stream_values(stream: ExampleStream) -> dict[str, Any]:
    journal = stream.journal.saved()
    return {
        "start": journal["start"],
        "first": journal["first"],
        "journal": journal["entries"],
        "positions": stream.position.saved(),
        "turn": stream.position.turn,
        "since": [stream.pending.checkpoint, stream.pending.candidate],
        "open": [[example.key, example.source] for example in stream.open],
    }


def _restore_stream(stream: ExampleStream, parts: SessionParts, values: Mapping[str, Any]) -> None:
    offsets = {int(partition): offset for partition, offset in values["positions"].items()}
    at_checkpoint, at_candidate = values["since"]
    stream.journal = Journal.from_saved(values["start"], values["first"], values["journal"])
    stream.position = ReadPosition(offsets, values["turn"])
    stream.pending = Pending(at_checkpoint, at_candidate, stream.clock() if at_candidate else None)
    stream.reopen([parts.examples.rebuild(key, source) for key, source in values["open"]])


def _part_values(parts: SessionParts) -> dict[str, Any]:
    reservoir = parts.reservoir
    return {
        "intake": parts.filter.state(),
        "progressive": parts.progressive.state(),
        **(
            {"stream_evidence": parts.stream_evidence.state()}
            if parts.stream_evidence.process.documents
            else {}
        ),
        "reservoir": None if reservoir is None else reservoir.state(lambda example: example.source),
        "schedules": parts.schedules.taken,
    }


def _restore_parts(parts: SessionParts, values: Mapping[str, Any]) -> None:
    parts.filter.load_state(values["intake"])
    parts.progressive.load_state(values["progressive"])
    if "stream_evidence" in values:  # none in states of Freshet 0.2, and before the first document
        parts.stream_evidence.load_state(values["stream_evidence"])
    if parts.reservoir is not None:
        parts.reservoir.load_state(values["reservoir"], parts.examples.rebuild)
