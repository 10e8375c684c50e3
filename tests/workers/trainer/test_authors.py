# SPDX-License-Identifier: Apache-2.0
"""Authors who are held back, accepted and revoked, by the trainer itself; nothing is learned twice, wherever
it falls."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.file_digests import FileRecord
from schemas import LabelledSpan, Layer
from workers.corrections import AuthorDecision, Decided, decide
from workers.errors import WorkerError
from workers.model_registry import Version
from workers.trainer.author_ledger import Standing
from workers.trainer.checkpoints import Checkpoints
from workers.trainer.events import SegmentEnd
from workers.trainer.partition_cursor import ReadPosition
from workers.trainer.pending import Pending, Timing
from workers.trainer.reproduce import reproduce_version
from workers.trainer.source import LiveSource
from workers.transports.base import OutgoingRecord
from workers.transports.memory import MemoryTransport

from .support import Workshop, correction, record_of
from .test_exactly_once import FallError, fall_after

FLIPPED = {"ents": Layer(spans=[LabelledSpan(0, 3, "LOC")])}
PEOPLE = ("ada", "bo", "flip")


EAGER = {
    "learner__authors__false_alarm": 0.3,
    "learner__authors__tolerated": 0.0,
    "training__optimizer__learn_rate__rate": 0.02,
    "training__optimizer__learn_rate__schedule__rate": 0.02,
}
"""A toy learns fast, and is soon convinced."""


def sent(n: int, first: int = 0) -> list[OutgoingRecord]:
    """Corrections of three people in turn; one of them turns everything round."""
    made = []
    for i in range(first, first + n):
        author = PEOPLE[i % 3]
        said = FLIPPED if author == "flip" else correction(i).layers
        made.append(record_of(correction(i, author=author, layers=said)))
    return made


def decision(shop: Workshop, decided: Decided, op: str) -> None:
    """Somebody decides about the one who turns everything round."""
    with shop.open() as registry:
        decide(registry, "flip", decided, actor="tester", reason="seen", op_id=op)


def reviewed_run(shop: Workshop, learn: Callable[[], object]) -> None:
    """Held back, then accepted, then revoked, with corrections between, learned by `learn`."""
    decision(shop, Decided.HOLD, "1")
    shop.send(sent(21))
    learn()
    decision(shop, Decided.ACCEPT, "2")
    shop.send(sent(12, 21))
    learn()
    decision(shop, Decided.REVOKE, "3")
    shop.send(sent(9, 33))
    learn()


def weights(version: Version) -> dict[str, FileRecord]:
    """A version's own files, without its journal, in which decisions have the time of their link."""
    return {name: file for name, file in version.files.items() if not name.startswith("learning/")}


def state_of(shop: Workshop) -> dict[str, bytes]:
    """The files of the last state, without the times of decisions."""
    with shop.open() as registry:
        found = Checkpoints(registry).load()
    assert found is not None
    return {name: re.sub(rb'"\d{13}-\d+"', b'"when"', data) for name, data in found[1].items()}


def test_what_is_held_back_is_kept_and_learned_once_accepted(tmp_path: Path) -> None:
    """Counted, kept with the state, learned with the first segment after the decision."""
    shop = Workshop(tmp_path)
    decision(shop, Decided.HOLD, "1")
    shop.send(sent(30))
    held = shop.learn(learner__held_out_percent=0.0).parts.filter
    assert (held.counts["learned"], held.counts["held_back"]) == (20, 10)
    assert held.held_back.count("flip") == 10
    decision(shop, Decided.ACCEPT, "2")
    accepted = shop.learn(learner__held_out_percent=0.0).parts.filter
    assert accepted.counts["learned"] == 30
    assert accepted.held_back.count("flip") == 0
    assert accepted.authors.standing("flip") is Standing.TRUSTED


def test_who_turns_everything_round_is_held_back_with_all_that_was_said_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of the author is rehearsed or judges any more; all of it is kept for the review."""
    shop = Workshop(tmp_path)
    sometimes = [one for i, one in enumerate(sent(120)) if i % 3 != 2 or i % 6 == 5]
    shop.send(sometimes)
    session = shop.learn(**EAGER)
    book = session.parts.filter
    assert {name: book.authors.standing(name) for name in PEOPLE} == {
        "ada": Standing.OPEN,
        "bo": Standing.OPEN,
        "flip": Standing.HELD,
    }
    assert "corrections of 'flip' are held back" in caplog.text
    said = [*session.parts.reservoir.stream.values(), *book.recent, *book.choosing]  # type: ignore[union-attr]
    assert "flip" not in {one.author for one in said}
    assert book.held_back.count("flip") >= book.counts["held_back"] > 0
    with shop.open() as registry:
        (last,) = [row.row for row in registry.metrics() if row.row["kind"] == "authors"][-1:]
        assert last["authors"]["flip"]["standing"] == "held"
        newest = registry.versions()[-1].number
        assert reproduce_version(registry, newest, broker=shop.broker).same


def test_a_revoked_authors_corrections_leave_no_trace(tmp_path: Path) -> None:
    """The weights are those of a trainer to whom the author never said anything; the candidate names what it
    was made without, and can be learned again to the last bit."""
    shop = Workshop(tmp_path / "revoked")
    shop.send(sent(30))
    shop.learn()
    before = shop.learn().parts.filter.counts["learned"]
    decision(shop, Decided.REVOKE, "1")
    session = shop.learn()
    assert session.parts.filter.authors.standing("flip") is Standing.REVOKED
    assert session.parts.filter.counts["learned"] < before
    assert session.parts.filter.counts["passed_over"] == 10
    assert not [one for one in session.parts.reservoir.stream.values() if one.author == "flip"]  # type: ignore[union-attr]
    with shop.open() as registry:
        version = registry.versions()[-1]
        assert version.lineage.notes["without_authors"] == "flip"
        assert version.verdict is not None
        assert reproduce_version(registry, version.number, broker=shop.broker).same
        assert [entry.detail for entry in registry.audit() if entry.action == "author-revoke"] == ["flip"]
    shop.send(sent(9, 30))
    assert shop.learn().parts.filter.counts["passed_over"] == 13
    with shop.open() as registry:
        assert reproduce_version(registry, registry.versions()[-1].number, broker=shop.broker).same


def test_no_candidate_keeps_a_share_of_a_champion_that_a_revoked_author_taught(tmp_path: Path) -> None:
    """It serves on where the gate refuses what was learned without the author; it is mixed into nothing."""
    shop = Workshop(tmp_path)
    halves = {"learner__champion_shares": [0.5], "learner__consolidation__every": 0}
    shop.send(sent(30))
    shop.learn(**halves)
    with shop.open() as registry:
        tainted = registry.head().champion
    assert tainted is not None
    assert tainted > 1
    refusing = {**halves, "learner__gate__min_gain": 0.99}
    shop.send(sent(30, 30))
    shop.learn(**refusing)
    with shop.open() as registry:
        before = registry.versions()[-1]
        assert before.lineage.notes["champion_share"] == f"0.5 of {tainted}"
    decision(shop, Decided.REVOKE, "1")
    shop.learn(**refusing)
    shop.send(sent(30, 60))
    shop.learn(**refusing)
    with shop.open() as registry:
        assert registry.head().champion == tainted
        made = [one.lineage.notes for one in registry.versions() if one.number > before.number]
    assert [notes["without_authors"] for notes in made] == ["flip"] * len(made)
    assert len(made) >= 2
    assert not [notes for notes in made if notes.get("champion_share", "").endswith(f"of {tainted}")]


@pytest.mark.timeout(900)
def test_falls_while_authors_are_reviewed_change_nothing(tmp_path: Path) -> None:
    """Every run falls one place later than the run before, through holding, accepting and learning again
    without an author: the same state and the same versions as without falls."""
    whole, fallen, falls = Workshop(tmp_path / "whole"), Workshop(tmp_path / "fallen"), list[str]()
    places: list[str] = []
    reviewed_run(whole, lambda: whole.learn(places.append))
    assert "remade" in places

    def fall_again_and_again() -> None:
        for n in itertools.count(1, 5):
            try:
                fallen.learn(fall_after(n))
                return
            except FallError as fall:
                falls.append(str(fall))

    reviewed_run(fallen, fall_again_and_again)
    assert len(falls) > 8
    with fallen.open() as registry, whole.open() as other:
        assert [weights(v) for v in registry.versions()] == [weights(v) for v in other.versions()]
        assert registry.head().champion == other.head().champion
    assert state_of(fallen) == state_of(whole)


def test_where_records_are_gone_the_author_is_only_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was learned stays, and the log says so; the trainer goes on."""

    def trimmed(cursor: object, wanted: object) -> None:
        raise WorkerError("was the topic trimmed?")

    monkeypatch.setattr("workers.trainer.remake.read_first", trimmed)
    shop = Workshop(tmp_path)
    shop.send(sent(21))
    learned = shop.learn().parts.filter.counts["learned"]
    decision(shop, Decided.REVOKE, "1")
    shop.send(sent(6, 21))
    session = shop.learn()
    assert "what 'flip' taught stays" in caplog.text
    assert session.parts.filter.counts["learned"] > learned
    assert session.parts.filter.authors.standing("flip") is Standing.REVOKED
    kinds = [entry for entry in session.stream.journal.saved()["entries"] if entry[0] == "author"]
    assert [entry[2:] for entry in kinds] == [["flip", "pass-over"]]


def test_a_decision_wakes_a_trainer_to_whom_nothing_comes() -> None:
    """It looks now and then; what it finds ends the segment."""
    log = MemoryTransport()
    log.admin().create_topic("corrections", 1)
    now, decisions = [0.0], list[AuthorDecision]()

    def sleep(seconds: float) -> None:
        now[0] += seconds
        if now[0] > 3.0:
            decisions.append(AuthorDecision("5-0", "flip", Decided.HOLD))

    source = LiveSource(
        log.partitions("corrections", "g"),
        lambda: 0,
        Timing(),
        until_end=False,
        stopped=lambda: False,
        clock=lambda: now[0],
        sleep=sleep,
        decided=lambda last: decisions,
    )
    assert source.decisions("") == []
    assert source.next(ReadPosition(), Pending()) is SegmentEnd.REVIEW
