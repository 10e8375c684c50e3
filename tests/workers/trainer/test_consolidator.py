# SPDX-License-Identifier: Apache-2.0
"""The slow one of a learner's two speeds, in the trainer."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from pathlib import Path

from workers.trainer.events import (
    AdoptEvent,
    ConsolidateEvent,
    ConsolidationEvent,
    DropEvent,
    FlushEvent,
    SegmentEnd,
    StepEvent,
)
from workers.trainer.reproduce import reproduce_version
from workers.trainer.session import Session
from workers.trainer.trainer import run_trainer
from workers.transports.base import OutgoingRecord

from .support import Workshop, correction, record_of, records

READ_BY_THEN = 40
"""Looks at the log after which all records of these tests are read, and some slices done."""


def consolidations(session: Session) -> list[ConsolidationEvent]:
    """What the journal says of consolidation."""
    return [event for event in session.stream.journal.events if isinstance(event, ConsolidationEvent)]


def test_a_stream_ends_with_a_consolidation_on_base_and_all_corrections(tmp_path: Path) -> None:
    """It has all that was learned and the base, and its steps are journalled."""
    shop = Workshop(tmp_path)
    shop.send(records(10))
    session = shop.learn(training__batcher__capacity=50)
    begun, adopted = consolidations(session)
    assert isinstance(begun, ConsolidateEvent)
    assert isinstance(adopted, AdoptEvent)
    assert begun.examples == 3 + session.parts.filter.counts["learned"]
    assert adopted.steps > 0
    assert session.consolidator.since == 0
    assert session.consolidator.state() == {}


def test_zero_consolidates_never(tmp_path: Path) -> None:
    """Then the student is all there is."""
    shop = Workshop(tmp_path)
    shop.send(records(10))
    assert consolidations(shop.learn(learner__consolidation__every=0)) == []


def test_what_is_not_shown_to_be_better_than_the_student_is_dropped(tmp_path: Path) -> None:
    """A consolidation of one pass knows less than a student of a long stream: the student goes on, and its
    version can be learned again to the last bit."""
    shop = Workshop(tmp_path)
    shop.send(records(80))
    session = shop.learn(
        learner__consolidation__max_epochs=1,
        learner__consolidation__every=1000,
        learner__choosing_percent=50.0,
    )
    begun, dropped = consolidations(session)
    assert isinstance(begun, ConsolidateEvent)
    assert isinstance(dropped, DropEvent)
    assert not session.consolidator.has_begun
    with shop.open() as registry:
        last = registry.versions()[-1]
        assert reproduce_version(registry, last.number, broker=shop.broker).same


def test_in_idle_time_it_is_cut_into_slices_and_what_comes_meanwhile_is_learned(tmp_path: Path) -> None:
    """A correction that arrives between two slices is learned before the consolidation is done, and learned
    again by what came out; the version can be learned again to the last bit."""
    shop = Workshop(tmp_path)
    shop.send(records(24))
    session = learn_idly(shop, late=[record_of(correction(i)) for i in range(60, 64)])
    events = session.stream.journal.events
    begin = next(i for i, event in enumerate(events) if isinstance(event, ConsolidateEvent))
    adopt = next(i for i, event in enumerate(events) if isinstance(event, AdoptEvent))
    between = events[begin:adopt]
    assert any(isinstance(event, StepEvent) and event.ranges for event in between)
    assert any(isinstance(e, FlushEvent) and e.reason is SegmentEnd.CONSOLIDATED for e in between)
    with shop.open() as registry:
        last = registry.versions()[-1]
        assert reproduce_version(registry, last.number, broker=shop.broker).same


def test_a_consolidation_that_was_cut_off_goes_on_from_its_recorded_beginning(tmp_path: Path) -> None:
    """The state names what it learns from; a trainer that starts again adopts the same."""
    shop = Workshop(tmp_path)
    shop.send(records(24))
    stopped = learn_idly(shop, stop_at=READ_BY_THEN)
    assert stopped.consolidator.begun is not None
    session = learn_idly(shop)
    assert [type(event) for event in consolidations(session)] == [ConsolidateEvent, AdoptEvent]
    with shop.open() as registry:
        last = registry.versions()[-1]
        assert reproduce_version(registry, last.number, broker=shop.broker).same


def test_new_labels_give_up_what_was_begun(tmp_path: Path) -> None:
    """Its heads would not fit any longer; a new one is due at once."""
    shop = Workshop(tmp_path)
    shop.send(records(24))
    session = learn_idly(shop, stop_at=READ_BY_THEN)
    session.consolidator.give_up()
    assert not session.consolidator.has_begun
    assert session.consolidator.is_due()


def learn_idly(shop: Workshop, *, late: Sequence[OutgoingRecord] = (), stop_at: int = 0) -> Session:
    """Learn as at a person's pace, until a consolidation was adopted, or until so many looks at the log after
    one began; `late` corrections come when all others are read and it is being worked at."""
    config = shop.config(
        learner__candidate_every=0,
        learner__candidate_idle_seconds=0.0,
        learner__checkpoint_every=4,
        learner__consolidation__slice_words=20,
        learner__consolidation__max_epochs=30,
        learner__consolidation__patience=30,
    )
    steps, looks = list[str](), itertools.count(1)

    def stopped() -> bool:
        """Asked at every look at the log."""
        if "consolidating" not in steps:
            return "proposed" in steps
        look = next(looks)
        if look == READ_BY_THEN and late:
            shop.send(list(late))
        return "proposed" in steps or 0 < stop_at <= look

    return run_trainer(
        config, stdout=io.StringIO(), stderr=io.StringIO(), stopped=stopped, on_step=steps.append
    )
