# SPDX-License-Identifier: Apache-2.0
"""Corrections on the command line: sent from files of both forms, read back, wrong lines left to the dead
letters."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from schemas import DecodeError
from tests.workers.support import create_topics, write
from workers.corrections import Refusals
from workers.transports import OutgoingRecord, open_transport

from .conftest import Run

SPAN = {"start": 0, "end": 4, "label": "BRAND"}
TASK = {
    "text": "Nike and Vans",
    "_input_hash": 5,
    "_task_hash": 6,
    "_view_id": "ner_manual",
    "spans": [SPAN],
    "answer": "accept",
}
OURS = {
    "id": "m-1",
    "author": "ada",
    "text": "Nike",
    "layers": {"cats": {"status": "partial", "scores": {"SHOES": 1.0}}},
}


@pytest.fixture
def with_topic(run: Run) -> Run:
    """A log that has the topic corrections, of one partition."""
    assert run("topics", "create", "corrections", "--partitions", 1).exit_code == 0
    return run


def lines(*rows: object) -> str:
    """Rows as JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_both_forms_arrive_as_corrections(with_topic: Run, tmp_path: Path) -> None:
    """A Prodigy export and our own form may stand in one file; the key is the text's id, the header says what
    it is."""
    (tmp_path / "file.jsonl").write_text(lines(TASK, OURS))
    sent = with_topic("send", "corrections", tmp_path / "file.jsonl", "--author", "bo")
    assert "2 records to corrections" in sent.stderr
    rows = [json.loads(line) for line in with_topic("read", "corrections", "--json").stdout.splitlines()]
    assert [(row["key"], row["value"]["author"]) for row in rows] == [("prodigy:5", "bo"), ("m-1", "ada")]
    assert {row["headers"]["freshet-schema"] for row in rows} == {"correction/1"}
    assert all(row["value"]["correction_id"] and row["value"]["created"] for row in rows)


def test_a_file_sent_twice_makes_the_same_ids(with_topic: Run) -> None:
    """So what was learned once is known as such."""
    for _ in range(2):
        with_topic("send", "corrections", "--author", "bo", input=lines(TASK, OURS))
    ids = [
        json.loads(line)["correction_id"] for line in with_topic("read", "corrections").stdout.splitlines()
    ]
    assert ids[:2] == ids[2:]


def test_what_says_nothing_is_not_sent_and_what_is_wrong_is_told(with_topic: Run) -> None:
    """A wrong line goes as it is, for the dead letters to say why."""
    sent = with_topic("send", "corrections", input=lines(TASK | {"answer": "ignore"}, OURS | {"layers": {}}))
    assert "1 lines say nothing" in sent.stderr
    assert "1 lines are no corrections (layer)" in sent.stderr
    assert json.loads(with_topic("read", "corrections").stdout) == OURS | {"layers": {}}


OLD = {"text": "No brand.", "_input_hash": 7, "answer": "accept"}


def test_what_is_left_out_is_counted_by_reason_in_the_last_line(with_topic: Run) -> None:
    """Also an older export's task that does not tell its layer."""
    rows = [TASK | {"answer": "ignore"}] * 2 + [TASK | {"answer": "reject"}, OLD, OURS | {"layers": {}}, TASK]
    told = with_topic("send", "corrections", input=lines(*rows)).stderr.strip().splitlines()
    last = " ".join(told).partition("4 lines say nothing")
    assert last[1]
    assert "2 ignored; 1 rejected as a whole" in last[2]
    assert "1 accepted without spans, label or interface; --layer ents" in last[2]
    assert "are no corrections" not in last[2]


def test_nothing_here_is_sent_as_a_complete_and_empty_layer(with_topic: Run) -> None:
    """Whoever deletes a wrong entity teaches something; --layer says it where nothing else does."""
    bare = {key: value for key, value in TASK.items() if key != "_view_id"} | {"spans": []}
    with_topic("send", "corrections", "--layer", "ents", input=lines(bare, OLD))
    rows = [json.loads(line) for line in with_topic("read", "corrections").stdout.splitlines()]
    assert [row["layers"] for row in rows] == [{"ents": {"status": "complete", "spans": []}}] * 2


def test_the_sender_may_say_that_all_spans_are_marked(with_topic: Run) -> None:
    """Exports of own interfaces do not say it themselves."""
    with_topic("send", "corrections", "--complete", input=lines(TASK | {"_view_id": "blocks"}))
    assert json.loads(with_topic("read", "corrections").stdout)["layers"]["ents"]["status"] == "complete"


def test_corrections_of_another_topic_are_named_as_such(run: Run) -> None:
    """The format decides, not only the topic's name."""
    run("topics", "create", "mine", "--partitions", 1)
    run("send", "mine", "--format", "corrections", input=lines(TASK))
    assert json.loads(run("read", "mine").stdout)["id"] == "prodigy:5"


def test_corrections_are_pretty_too(with_topic: Run) -> None:
    """People see the spans with their labels."""
    with_topic("send", "corrections", input=lines(TASK, OURS))
    shown = with_topic("read", "corrections", "--pretty").stdout
    assert "Nike BRAND" in shown
    assert "SHOES 1.00" in shown


def test_a_record_goes_back_once_however_many_letters_tell_of_it(run: Run) -> None:
    """Each reader of corrections writes a dead letter of its own."""
    with closing(open_transport("embedded:log")) as log:
        create_topics(log, 1, ["corrections"])
        write(log, [OutgoingRecord("corrections", b"no json")])
        (record,) = log.read("corrections")
        for stage in ("learn", "decode"):
            with closing(Refusals(log, "corrections", stage)) as refusals:
                refusals.write(record, DecodeError("json", "no JSON"))
        told = run("dlq", "redrive", "--all", "--topic", "corrections.dlq", "--broker", "embedded:log")
        assert "1 records went back" in told.stderr
        assert [record.value for record in log.read("corrections")] == [b"no json"] * 2
