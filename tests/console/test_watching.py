# SPDX-License-Identifier: Apache-2.0
"""Reading topics without a trace: tails, the window, orders of work, the stream of events."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.console.local import Local, local_console
from tests.console.support import annotate, fill, wait_for
from workers.console.events import QUEUE, Hub
from workers.console.lag import group_lags
from workers.console.queues import Knowledge, order
from workers.console.tail import Tail
from workers.console.watch import labels_of
from workers.console.window import A_MINUTE, Window
from workers.transports import ConsumerOptions, OutgoingRecord, Record, Transport, open_transport


def run_apart(work: Coroutine[Any, Any, list[bytes]]) -> list[bytes]:
    """What it gives, in a thread of its own: playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result(30)


def _records(n: int, at_ms: int = 0) -> list[Record]:
    return [Record("annotations", 0, i, at_ms or i, b"k", annotate(f"Ada {i}.", i)) for i in range(n)]


def _tail(broker: str, got: list[int], stop: threading.Event, **options: bool) -> Tail:
    take = lambda records: got.extend(record.offset for record in records)  # noqa: E731
    return Tail(
        lambda: open_transport(broker), "annotations", take, stop, at_once=50, interval=0.01, **options
    )


@pytest.mark.parametrize(("whole", "expected"), [(True, 200), (False, 50)])
def test_a_topic_is_read_whole_or_by_its_end(tmp_path: Path, whole: bool, expected: int) -> None:
    """A sampled topic is jumped through: never more than so many records of a partition in a look."""
    broker = f"embedded:{tmp_path}"
    fill(broker, [f"Ada {i}." for i in range(200)])
    got: list[int] = []
    stop = threading.Event()
    tail = _tail(broker, got, stop, whole=whole)
    tail.start()
    assert tail.read_first.wait(10)
    stop.set()
    tail.join(5)
    assert got == list(range(200 - expected, 200))
    assert tail.ends == [200]


def test_groups_and_their_lags_are_not_touched(tmp_path: Path) -> None:
    """What a console reads changes no group's place: the same lags before and after, and no new group."""
    broker = f"embedded:{tmp_path}"
    fill(broker, ["Ada went."] * 20)
    with closing(open_transport(broker)) as log:
        consumer = log.consumer(ConsumerOptions("workers", ("texts",)))
        consumer.poll(1.0, 5)
        consumer.close()
        before = _lags(log)
        with local_console(tmp_path, broker=broker) as local:
            wait_for(lambda: local.console.window.newest())
            local.get("/api/health")
            local.get("/api/texts/texts:0:3")
        assert _lags(log) == before


def _lags(log: Transport) -> list[object]:
    with closing(log.admin()) as admin:
        groups = ("workers", "freshet-console", "freshet-annotate")
        return [admin.group_lag(group, ["texts", "annotations"]) for group in groups]


def test_lag_is_told_in_seconds(tmp_path: Path) -> None:
    """The age of the first record that a group has not read; 0 where it has read all."""
    broker = f"embedded:{tmp_path}"
    fill(broker, ["Ada went."])
    with closing(open_transport(broker)) as log:
        later = log.read("texts").__iter__().__next__().timestamp_ms / 1000 + 12
        assert group_lags(log, [("workers", "texts")], lambda: later)[0].seconds == 12.0
        assert group_lags(log, [("workers", "none")]) == []


def test_a_missing_topic_is_waited_for(tmp_path: Path) -> None:
    """No error: it comes when somebody makes it."""
    broker = f"embedded:{tmp_path}"
    got: list[int] = []
    stop = threading.Event()
    open_transport(broker).close()
    tail = _tail(broker, got, stop, whole=True)
    tail.start()
    assert tail.read_first.wait(10)
    assert not tail.away
    stop.set()
    tail.join(5)


def test_the_window_holds_the_newest_and_a_fair_sample() -> None:
    """Bounded by number and by bytes; a later annotation of a text takes the place of the earlier one; so
    many of each minute stay."""
    window = Window(10, 10**9)
    window.add(_records(100, at_ms=60_000))
    assert [shown.id for shown in window.newest()] == [f"m-{i}" for i in range(90, 100)]
    assert len(window.sample()) == A_MINUTE
    assert window.find("texts:0:99") is not None
    assert window.find("texts:0:3") is None
    window.add([Record("annotations", 0, 999, 1, b"k", b"{}"), Record("annotations", 0, 1000, 1, b"k", None)])
    assert window.unread == 2
    small = Window(10, 1_000)
    small.add(_records(100))
    assert 1 <= len(small.newest()) < 10


def test_orders_of_work_do_what_they_say() -> None:
    """Mixed gives at least a fifth at random, and says which queue gave each; an empty queue leaves its turn
    to random."""
    window = Window(100, 10**9)
    texts = window.add(_records(50))
    known = Knowledge({"texts:0:7": 9, "texts:0:8": 1}, {}, {"PER": 3}, frozenset({"m-5"}))
    mixed = order("mixed", texts, known)
    assert len({shown.source for _, shown in mixed}) == 50
    assert (mixed[0][0], mixed[0][1].source) == ("disagree", "texts:0:7")
    assert sum(name == "random" for name, _ in mixed) >= 10
    assert [shown.id for _, shown in order("asked", texts, known)] == ["m-5"]
    assert order("flipped", texts, known) == []
    assert order("new", texts, known)[0][1].id == "m-49"
    assert [shown.source for _, shown in order("random", texts)] == [
        s.source for _, s in order("random", texts[::-1])
    ]


def test_what_the_model_is_unsure_of_comes_first() -> None:
    """By the confidence that annotations bring; without such nothing is uncertain."""
    sure = Record(
        "annotations",
        0,
        0,
        0,
        b"k",
        orjson.dumps(orjson.loads(annotate("Ada.", 0)) | {"confidence": {"text": 0.9}}),
    )
    unsure = Record(
        "annotations",
        0,
        1,
        0,
        b"k",
        orjson.dumps(orjson.loads(annotate("Bob.", 1)) | {"confidence": {"text": 0.2}}),
    )
    texts = Window(10, 10**9).add([sure, unsure, *_records(1)[:0]])
    assert [shown.id for _, shown in order("uncertain", texts)] == ["m-1", "m-0"]


def test_a_slow_browser_hears_of_a_gap() -> None:
    """One bounded queue: the oldest events go, and the page is told to look again."""
    hub = Hub()

    async def listen() -> list[bytes]:
        stream = hub.listen()
        await anext(stream)
        for i in range(QUEUE + 40):
            hub.send("rate", {"came": i})
        await asyncio.sleep(0.05)
        hub.close()
        return [event async for event in stream]

    events = run_apart(listen())
    assert len(events) <= QUEUE + 1
    assert events[0].startswith(b"event: gap")


def test_who_comes_back_goes_on_where_it_was() -> None:
    """By the last event's id; another process's id is a gap."""
    hub = Hub()

    async def listen(last: str) -> list[bytes]:
        found = []
        async for event in hub.listen(last, heartbeat=0.01):
            found.append(event)
            if event.startswith(b":"):
                return found
        return found

    hub.send("rate", 1)
    first = run_apart(listen("none"))[1].split(b"id: ")[1].split(b"\n")[0].decode()
    hub.send("rate", 2)
    events = run_apart(listen(first))
    assert [event.partition(b"\n")[0] for event in events[1:-1]] == [b"event: rate"]
    assert b"event: gap" in run_apart(listen("other-3"))[1]


def test_labels_are_read_of_the_components_own_files() -> None:
    """By kind: entities, arcs, tags, features, categories."""
    assert labels_of("ner/labels.json", {"actions": [["B", "PER"], ["O", ""]]}) == {"ents": ["PER"]}
    assert labels_of("parser/labels.json", {"actions": [["L", "det"]]}) == {"deps": ["det", "ROOT"]}
    assert labels_of("tagger/labels.json", {"labels": ["NN"]}) == {"tags": ["NN"]}
    assert labels_of("morphologizer/labels.json", {"labels": ["Number=Sing|POS=NOUN"]}) == {
        "pos": ["NOUN"],
        "morphs": ["Number=Sing"],
    }
    assert labels_of("textcat/labels.json", {"labels": ["news"]}) == {"cats": ["news"]}
    assert labels_of("odd/labels.json", []) == {}


def test_a_text_that_is_tried_comes_back(local: Local) -> None:
    """It goes into the topic of texts like any other; its annotation is told by its id."""
    key = local.post("/api/tries", {"text": "Ada went."})["id"]
    assert local.get(f"/api/tries?id={key}")["card"] is None
    with closing(local.log.producer()) as producer:
        producer.send([OutgoingRecord("annotations", annotate("Ada went.", 0, key), key.encode())])
    wait_for(lambda: local.get(f"/api/tries?id={key}")["card"])
    assert local.ask("POST", "/api/tries", {"text": " "})[0] == 422


def test_a_blind_card_has_no_opinion_in_it(tmp_path: Path) -> None:
    """Nothing that the model said is sent to who is asked without it."""
    with local_console(tmp_path, blind_share=1.0) as local:
        local.write(["Ada went to Kigali."], cats={"news": 0.9})
        item = local.post("/api/items/claim", {"n": 1, "full": True})["items"][0]
        assert item["blind"]
        assert item["ents"] == []
        assert set(item["tokens"]) == {"start", "end"}
        assert "cats" not in item


def test_one_text_has_one_page(local: Local) -> None:
    """All annotations of it, what people said and what became of it, by its place."""
    local.write(["Ada went."])
    item = local.post("/api/items/claim", {"n": 1})["items"][0]
    local.answer(item, "answer-1")
    told = wait_for(lambda: (found := local.get("/api/texts/texts:0:0"))["corrections"] and found)
    assert [one["version"] for one in told["annotations"]] == ["1"]
    assert [one["author"] for one in told["answers"]] == ["ada"]
    assert local.get("/api/texts?q=m-0")["source"] == "texts:0:0"
    assert not local.get("/api/texts/texts:0:77")["found"]
    assert local.ask("GET", "/api/texts/nonsense")[0] == 404
