# SPDX-License-Identifier: Apache-2.0
"""What people say on its way into the log: once, in today's form, decided where two were asked."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from schemas import (
    CORRECTIONS,
    Answer,
    AnswerKind,
    DecodeError,
    LabelledSpan,
    Layer,
    decode_answer,
    encode_answer,
)
from schemas.answer_codec import answer_of_json
from tests.console.local import Local, local_console
from tests.console.strings import HOSTILE
from tests.console.support import wait_for
from workers.console.answers import lost, publish
from workers.console.ledger import Ledger
from workers.console.progress import Progress
from workers.console.publisher import Publisher
from workers.console.shares import asks_two
from workers.transports import OutgoingRecord

SPAN = {"start": 0, "end": 3, "label": "PER"}
ENTS = {"ents": {"status": "complete", "spans": [SPAN]}}


def test_an_accepted_card_becomes_an_answer_and_a_correction(local: Local) -> None:
    """Both records are there when the answer comes; the correction is one that everybody reads."""
    local.write(["Ada went."])
    item = local.post("/api/items/claim", {"n": 1})["items"][0]
    told = local.answer(item, "answer-1", layers=ENTS)
    answer, correction = local.records("answers")[0], local.records(CORRECTIONS)[0]
    assert answer["correction_id"] == correction["correction_id"] == told["correction_id"]
    assert (correction["author"], correction["id"], correction["layers"]) == ("ada", "m-0", ENTS)
    assert correction["source"] == {"topic": "texts", "partition": 0, "offset": 0}
    wait_for(
        lambda: local.get("/api/answers")["answers"][0]["progress"]["stage"] in ("in the log", "held out")
    )


def test_the_same_answer_twice_is_one(local: Local) -> None:
    """A retry, a double click and a reload change nothing: the id was made when the card was shown."""
    local.write(["Ada went."])
    item = local.post("/api/items/claim", {"n": 1})["items"][0]
    first = local.answer(item, "answer-1", layers=ENTS)
    second = local.answer(item, "answer-1", layers=ENTS)
    assert first["correction_id"] == second["correction_id"]
    assert len(local.records(CORRECTIONS)) == len(local.records("answers")) == 1


def test_the_same_answer_at_once_is_one(local: Local) -> None:
    """Two tabs, or a retry beside the first try, are answered alike, and one pair of records is written."""
    local.write(["Ada went."])
    item = local.post("/api/items/claim", {"n": 1})["items"][0]
    local.console.publisher = SlowPublisher(local.console.open_log)
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: local.answer(item, "answer-1", layers=ENTS), range(4)))
    assert len({one["correction_id"] for one in told}) == 1
    assert len(local.records(CORRECTIONS)) == len(local.records("answers")) == 1


def test_a_correction_that_was_not_read_back_yet_is_not_lost(local: Local) -> None:
    """What a console wrote itself is no fall's remains, however long its own reader takes."""
    local.write(["Ada went."])
    local.answer(local.post("/api/items/claim", {"n": 1})["items"][0], "answer-1", layers=ENTS)
    local.console.progress = Progress(local.console.settings.held_out_percent)  # has read nothing
    assert local.console.write_lost()
    assert len(local.records(CORRECTIONS)) == 1


class SlowPublisher(Publisher):
    """Takes its time, in which others come."""

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Write them, after a while."""
        time.sleep(0.05)
        super().send(records)


def test_the_author_is_who_asks_not_who_is_named(local: Local) -> None:
    """A body's author and time are passed over."""
    local.write(["Ada went."])
    item = local.post("/api/items/claim", {"n": 1})["items"][0]
    local.answer(item, "answer-1", layers=ENTS, author="mallory", created="1999-01-01")
    assert local.records(CORRECTIONS)[0]["author"] == "ada"
    assert not local.records(CORRECTIONS)[0]["created"].startswith("1999")


def test_what_nobody_could_learn_from_is_refused_in_words(local: Local) -> None:
    """A span of whitespace, one beyond the text, no text: 422 with the dead letter's reason; nothing is
    written."""
    local.write(["Ada went."])
    item = local.post("/api/items/claim", {"n": 1})["items"][0]
    for span in ({"start": 3, "end": 4, "label": "PER"}, {"start": 0, "end": 99, "label": "PER"}):
        layers = {"ents": {"status": "complete", "spans": [span]}}
        body = {
            "answer_id": "x",
            "id": item["id"],
            "text": item["text"],
            "answer": "accept",
            "layers": layers,
        }
        status, told, _ = local.ask("POST", "/api/answers", body)
        assert (status, told["got"]) == (422, "span")
    assert local.ask("POST", "/api/answers", {"answer_id": "x"})[0] == 422
    assert not local.records(CORRECTIONS)


def test_a_text_that_the_log_does_not_take_comes_back_in_words(local: Local) -> None:
    """A record of more than 1,000,000 bytes is 422, and says to split the text."""
    text = "a " * 480_000
    spans = [{"start": 2 * i, "end": 2 * i + 1, "label": "PER"} for i in range(2_000)]
    body = {
        "answer_id": "x",
        "id": "long",
        "text": text,
        "answer": "accept",
        "layers": {"ents": {"status": "complete", "spans": spans}},
    }
    status, told, _ = local.ask("POST", "/api/answers", body)
    assert (status, told["do"]) == (422, "split the text")


def test_rejecting_and_ignoring_teach_nothing(local: Local) -> None:
    """Neither writes a correction; what is rejected waits for a review."""
    local.write(["Ada went.", "Ada stayed."])
    for item, kind in zip(
        local.post("/api/items/claim", {"n": 2})["items"], ("reject", "ignore"), strict=True
    ):
        told = local.answer(item, f"answer-{kind}", answer=kind, layers={})
        assert told["progress"]["stage"] == "nothing to learn"
    assert not local.records(CORRECTIONS)
    cases = local.get("/api/reviews")["cases"]
    assert [case["answers"][0]["answer"] for case in cases] == ["reject"]
    assert local.ask("GET", "/api/reviews", role="annotate")[0] == 403


def test_a_later_answer_takes_the_place_of_an_earlier_one(local: Local) -> None:
    """The new correction supersedes the old one; taking an answer back leaves nothing said."""
    local.write(["Ada went."])
    item = local.post("/api/items/claim", {"n": 1})["items"][0]
    first = local.answer(item, "answer-1", layers=ENTS)
    second = local.answer(item, "answer-2", supersedes="answer-1")
    third = local.answer(item, "answer-3", supersedes="answer-2", answer="ignore", layers={})
    rows = local.records(CORRECTIONS)
    assert [row.get("supersedes") for row in rows] == [None, first["correction_id"], second["correction_id"]]
    assert rows[2]["layers"] == {}
    assert third["correction_id"] == rows[2]["correction_id"]


@pytest.fixture
def shared(tmp_path: Path) -> Local:
    """A console in which every text goes to two people."""
    with local_console(tmp_path, overlap_share=1.0) as local:
        local.write(["Ada went."])
        for person in ("ada", "grace"):
            local.console.people.see(person)
        yield local


def test_two_people_who_agree_make_one_correction(shared: Local) -> None:
    """Nothing is published before both are in, and neither sees the other's answer."""
    items = [shared.post("/api/items/claim", {"n": 1}, person=name)["items"][0] for name in ("ada", "grace")]
    assert items[0] == items[1]
    assert items[0]["overlap"]
    waiting = shared.answer(items[0], "answer-1", layers=ENTS)
    assert waiting["progress"]["stage"] == "waits for a second person"
    assert not shared.records(CORRECTIONS)
    shared.answer(items[1], "answer-2", person="grace", layers=ENTS)
    assert [row["author"] for row in shared.records(CORRECTIONS)] == ["ada"]
    assert not shared.get("/api/reviews")["cases"]


def test_two_people_who_differ_go_to_a_review(shared: Local) -> None:
    """What the reviewer says is published, once, by the reviewer; the case is closed."""
    for name in ("ada", "grace"):
        item = shared.post("/api/items/claim", {"n": 1}, person=name)["items"][0]
        shared.answer(
            item,
            f"answer-{name}",
            person=name,
            layers=ENTS if name == "ada" else {**ENTS, "ents": {"status": "complete", "spans": []}},
        )
    assert not shared.records(CORRECTIONS)
    case = shared.get("/api/reviews")["cases"][0]
    keys = [answer["answer_id"] for answer in case["answers"]]
    assert keys == ["answer-ada", "answer-grace"]
    status, _, _ = shared.ask(
        "POST",
        "/api/answers",
        {
            "answer_id": "r",
            "id": "m-0",
            "text": "Ada went.",
            "answer": "accept",
            "review": keys,
            "layers": ENTS,
        },
        role="annotate",
    )
    assert status == 403
    shared.answer(item, "review-1", person="barbara", queue="review", review=keys, layers=ENTS)
    assert [row["author"] for row in shared.records(CORRECTIONS)] == ["barbara"]
    assert not shared.get("/api/reviews")["cases"]


def test_one_person_alone_is_never_waited_for(tmp_path: Path) -> None:
    """Where there is no second person, nothing goes to two."""
    with local_console(tmp_path, overlap_share=1.0) as local:
        local.write(["Ada went."])
        item = local.post("/api/items/claim", {"n": 1})["items"][0]
        assert not item["overlap"]
        local.answer(item, "answer-1", layers=ENTS)
        assert len(local.records(CORRECTIONS)) == 1


def test_what_a_fall_left_undone_is_done_at_the_next_start(tmp_path: Path) -> None:
    """An answer whose correction is not in the log was written by a console that fell between the two."""
    broker = f"embedded:{tmp_path}"
    with local_console(tmp_path, broker=broker) as local:
        said = Answer(
            "answer-1",
            "ada",
            "",
            "m-0",
            AnswerKind.ACCEPT,
            "Ada went.",
            layers={"ents": Layer("complete", [LabelledSpan(0, 3, "PER")])},
        )
        published = publish(said, Ledger())
        local.console.publisher.send(published.records()[:1])
    with local_console(tmp_path, broker=broker) as local:
        wait_for(lambda: local.records(CORRECTIONS))
        assert published.correction is not None
        assert local.records(CORRECTIONS)[0]["correction_id"] == published.correction.correction_id
        wait_for(lambda: published.correction.correction_id in local.console.progress.ids())
        assert not lost(local.console.ledger.all(), local.console.progress.ids(), local.console.ledger)


def test_an_answer_survives_its_bytes() -> None:
    """What is written is read back as it was, and a wrong kind is refused with a reason."""
    row = {
        "answer_id": "a",
        "author": "ada",
        "id": "m-1",
        "text": "Ada went.",
        "answer": "accept",
        "layers": ENTS,
        "blind": True,
        "keys": 4,
        "tokens": {"start": [0, 4], "end": [3, 8]},
    }
    answer = answer_of_json(row)
    assert decode_answer(encode_answer(answer)) == answer
    for wrong in ({"answer": "maybe"}, {"blind": 1}, {"keys": "4"}, {"review": [1]}, {"answer_id": ""}):
        with pytest.raises(DecodeError):
            decode_answer(json.dumps({**row, **wrong}).encode())


def test_shares_are_the_same_everywhere() -> None:
    """Overlap has nothing to do with what is held out, and a tenth is a tenth."""
    ids = [f"text-{i}" for i in range(4_000)]
    assert 0.08 < sum(asks_two(key, 0.1) for key in ids) / len(ids) < 0.12
    assert not any(asks_two(key, 0.0) for key in ids)


def test_hostile_strings_are_taken_as_strings_or_refused_in_words(local: Local) -> None:
    """As id, author, label, comment, queue, topic and reason: an answer or a refusal, never an error of the
    console's own."""
    local.write(["Ada went."])
    for i, evil in enumerate(HOSTILE * 3):
        layers = {"ents": {"status": "complete", "spans": [SPAN | {"label": evil[:60]}]}}
        body = {"answer_id": f"a-{i}", "id": evil, "text": evil or "x", "answer": "accept", "queue": evil}
        source = {"topic": evil, "partition": 0, "offset": 0}
        body |= {"comment": evil, "source": source, "layers": layers if len(evil) > 3 else {}}
        assert local.ask("POST", "/api/answers", body, person=evil or "x")[0] in (200, 422), evil
        assert local.ask("POST", "/api/items/open", {"source": evil})[0] == 404
        assert local.ask("POST", "/api/items/claim", {"queue": evil})[0] == 422
        assert local.ask("POST", "/api/letters/redrive", {"topic": evil, "reason": evil})[0] == 404
        assert local.ask("GET", f"/api/texts/{quote(evil, safe='')}")[0] in (200, 404), evil
        assert local.ask("GET", f"/api/texts?q={quote(evil, safe='')}")[0] in (200, 404), evil
    assert local.get("/api/answers?n=200", person="x") is not None
    assert local.get("/api/agreement")["people"]
    assert local.get("/api/reviews") is not None
