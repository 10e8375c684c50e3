# SPDX-License-Identifier: Apache-2.0
"""The simulated people of the demo, their texts, and what the demo makes of the registry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from schemas import Source, decode_correction
from workers.cli.demo.feed import Learning
from workers.cli.demo.outcomes import Outcome
from workers.cli.demo.people import EntityScores, People
from workers.cli.demo.samples import BASE, HOLDOUT, Gold, read_corrected, read_tickers
from workers.gate import held_out
from workers.model_registry import Lineage, Version
from workers.transports.base import OutgoingRecord, Record

VERSION = Version(2, "candidate", 1, "d", Lineage(), {"0": 5}, {}, None, "now", "trainer", {})


class Sent:
    """A producer that remembers."""

    def __init__(self) -> None:
        self.records: list[OutgoingRecord] = []

    def send(self, records: list[OutgoingRecord]) -> None:
        """Keep them."""
        self.records += records

    def close(self) -> None:
        """Nothing is held."""


def outcome(text_id: str, version: str = "1", ents: tuple[dict[str, Any], ...] = ()) -> Outcome:
    """An annotation of a text."""
    row = {"id": text_id, "ents": list(ents), "model": {"version": version}}
    return Outcome(Record("annotations", 0, 0, 0, None, b""), Source("texts", 1, 7), row)


def test_the_texts_of_the_demo_are_apart() -> None:
    """Nothing is both learned from and judged by: corrections, base, holdout and the later tickers share no
    text."""
    early, later = read_tickers()
    parts = [{gold.text for gold in read_corrected()}, {gold.text for gold in later}, set(), set()]
    parts[2], parts[3] = (
        {line.split('"text":"')[1].split('","ents"')[0] for line in f.read_text().splitlines()}
        for f in (BASE, HOLDOUT)
    )
    assert len(early) == 90
    assert sum(map(len, parts)) == len(set().union(*parts))


def test_their_entities_lie_in_their_texts() -> None:
    """Every span is inside its text and has words in it."""
    for gold in [*read_corrected(), *read_tickers()[1]]:
        assert all(
            gold.text[span.start : span.end].strip() == gold.text[span.start : span.end] != ""
            for span in gold.ents
        )


def test_some_corrections_are_held_out() -> None:
    """At the demo's percentage there are enough to judge by and enough to learn from."""
    share = sum(held_out(gold.id, 20) for gold in read_corrected())
    assert 15 < share < 45


def test_people_correct_what_they_know_once() -> None:
    """A correction names the text, its place, the version that was seen and its author; the same text is
    corrected once."""
    gold, sent = read_corrected()[0], Sent()
    people = People(sent, [gold], "run-1")
    for text_id in ("unknown", gold.id, gold.id):
        people.see(outcome(text_id, "3"))
    (record,) = sent.records
    correction = decode_correction(record.value, headers=record.headers)
    assert (correction.id, correction.text, correction.model_version, str(correction.source)) == (
        gold.id,
        gold.text,
        "3",
        "texts:1:7",
    )
    assert tuple(correction.layers["ents"].spans) == gold.ents
    assert (record.topic, record.key, people.sent) == ("corrections", gold.id.encode(), 1)


def test_another_demo_sends_other_corrections() -> None:
    """Corrections of a second demo in the same folder are not taken for those of the first."""
    gold, sent = read_corrected()[0], Sent()
    for run in ("a", "b"):
        People(sent, [gold], run).see(outcome(gold.id))
    assert len({decode_correction(record.value).correction_id for record in sent.records}) == 2


def test_scores_are_kept_by_version() -> None:
    """F over all known texts of each version; texts that nobody knows do not count."""
    gold = Gold("g", "Oslo beat Bari", ())
    gold = replace(gold, ents=read_tickers()[0][0].ents[:1])
    span = {"start": gold.ents[0].start, "end": gold.ents[0].end, "label": "ORG"}
    scores = EntityScores([gold])
    for row in (outcome("g", "1").row, outcome("g", "2", (span,)).row, outcome("x", "2").row, None):
        scores.see(row)
    assert scores.by_version() == {"1": 0.0, "2": 1.0}


def test_learning_is_over_when_the_last_version_is_judged_and_has_read_all() -> None:
    """A version without verdict, or with corrections left, is not the end."""
    judged = replace(VERSION, verdict={"passed": True}, state="champion")
    assert not Learning(1, ()).has_read({0: 5})
    assert not Learning(1, (VERSION,)).has_read({0: 5})
    assert not Learning(2, (judged,)).has_read({0: 6})
    learning = Learning(2, (judged, replace(judged, number=3, verdict={"passed": False}, state="candidate")))
    assert learning.has_read({0: 5})
    assert (
        [v.number for v in learning.promoted],
        [v.number for v in learning.refused],
        learning.n_learned,
    ) == ([2], [3], 5)
