# SPDX-License-Identifier: Apache-2.0
"""The Faust app on a real broker: killed at any time it loses nothing, and what it writes twice is the same
twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError

from schemas import (
    Annotation,
    Correction,
    LabelledSpan,
    Layer,
    ModelRef,
    Source,
    decode_correction,
    encode_annotation,
    encode_correction,
    parse_dead_letter,
)
from tests.served import read_json
from tests.servers.kafka import KafkaBroker, free_port
from tests.workers.support import create_topics, write
from workers.corrections import CorrectionSettings, HandledCorrection
from workers.corrections.faust_app import FaustDriver, _Table, make_app, record_of
from workers.errors import SettingsError, WorkerError
from workers.transports import OutgoingRecord, Record, Transport, open_transport

N_TEXTS = 97
ROOT = Path(__file__).parents[3]
HOUR = int(time.time()) // 3600 * 3_600_000
"""Milliseconds: all records are of one window, and not so old that the broker would remove them."""


def test_the_app_is_for_kafka_alone() -> None:
    """Elsewhere the same functions run without Faust."""
    with pytest.raises(SettingsError, match="kafka://"):
        make_app("embedded:here", CorrectionSettings())


@pytest.mark.parametrize("headers", [[("a", b"1")], {"a": b"1"}])
def test_a_message_of_faust_is_a_record_of_ours(headers: object) -> None:
    """Whichever way its driver hands out headers."""
    message = SimpleNamespace(
        topic="t", partition=1, offset=7, timestamp=1.5, key=b"k", value=b"v", headers=headers
    )
    assert record_of(message) == Record("t", 1, 7, 1500, b"k", b"v", (("a", b"1"),))


OUTPUT = OutgoingRecord("corrections.valid", b"v")
REFUSED = MessageSizeTooLargeError("too large")
AWAY = KafkaConnectionError("away")
RECORD = Record("corrections", 0, 7, 0, b"k", b"v")


def without_broker(answers: list[Exception | None]) -> tuple[FaustDriver, list[OutgoingRecord]]:
    """The app's inner part over a broker that answers so, and what it was sent."""
    sent: list[OutgoingRecord] = []
    inner = FaustDriver(
        faust.App("test", broker="kafka://127.0.0.1:1", Table=_Table, autodiscover=False),
        "kafka://127.0.0.1:1",
        CorrectionSettings(),
    )

    async def send(outgoing: OutgoingRecord) -> None:
        sent.append(outgoing)
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    inner._send = send  # type: ignore[method-assign]  # the only way to the broker
    return inner, sent


def test_what_the_broker_never_takes_becomes_a_dead_letter_and_then_a_smaller_one() -> None:
    """Nothing is tried for ever that cannot succeed."""
    inner, sent = without_broker([REFUSED, REFUSED, None])
    handled = asyncio.run(inner._write(HandledCorrection(RECORD, "valid", OUTPUT)))
    assert [record.topic for record in sent] == ["corrections.valid", "corrections.dlq", "corrections.dlq"]
    assert (handled.outcome, handled.output) == ("MessageSizeTooLargeError", None)
    assert [record.value for record in sent] == [b"v", b"v", b""]
    assert parse_dead_letter(sent[2].headers).stage == "commit"


def test_an_error_that_may_pass_is_no_answer() -> None:
    """The caller tries the whole event again."""
    inner, _ = without_broker([AWAY])
    with pytest.raises(KafkaConnectionError):
        asyncio.run(inner._write(HandledCorrection(RECORD, "valid", OUTPUT)))


def test_a_change_of_a_table_that_was_not_written_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a crash after the next commit would lose it."""
    changes: list[tuple[object, ...]] = []

    async def written(error: Exception | None) -> None:
        if error is not None:
            raise error

    def send(self: object, *arguments: object) -> object:
        changes.append(arguments)
        return written(AWAY if len(changes) == 1 else None)

    monkeypatch.setattr(faust.Table, "send_changelog", send)
    table = without_broker([])[0]._tables["first"]
    table.send_changelog(0, "c-1", "0:7")

    async def wait_twice() -> None:
        with pytest.raises(KafkaConnectionError):
            await table.wait_until_written()
        await table.wait_until_written()

    asyncio.run(wait_twice())
    assert changes == [(0, "c-1", "0:7")] * 2


def test_an_event_that_cannot_even_be_a_dead_letter_ends_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """Going on would leave it behind; the next start reads it again."""
    inner, _ = without_broker([REFUSED, REFUSED])
    crashes: list[BaseException] = []

    async def crash(error: BaseException) -> None:
        crashes.append(error)

    monkeypatch.setattr(inner.app, "crash", crash)
    monkeypatch.setattr(inner, "_read_annotations", lambda: None)
    message = SimpleNamespace(
        topic="corrections", partition=0, offset=7, timestamp=0.0, key=b"k", value=b"no json", headers=None
    )
    with pytest.raises(WorkerError, match="at least the headers"):
        asyncio.run(inner._process(SimpleNamespace(message=message)))
    assert [type(error) for error in crashes] == [WorkerError]


def test_tables_are_told_only_when_they_are_whole() -> None:
    """Not before the first recovery is complete, and not while another one or a rebalance is under way."""
    inner, _ = without_broker([])
    told = [inner.has_tables()]
    inner.app.tables.recovery.completed.set()
    told.append(inner.has_tables())
    for state in ("in_recovery", "rebalancing"):
        setattr(inner.app, state, True)
        told.append(inner.has_tables())
        setattr(inner.app, state, False)
    assert told == [False, True, False, False]


SLOW_SEEK = """
import asyncio
from faust.transport.consumer import Consumer
from workers.cli.app import main

seek = Consumer.perform_seek

async def seek_slowly(self):
    await seek(self)
    await asyncio.sleep(1)

Consumer.perform_seek = seek_slowly
main()
"""


class App:
    """The app as a process that can be killed and started again."""

    def __init__(self, broker: KafkaBroker, folder: Path) -> None:
        self.address = f"kafka://{broker.address}"
        self.topic = f"corrections-{uuid.uuid4().hex[:8]}"
        self.annotations = f"annotations-{self.topic}"
        self.settings = CorrectionSettings(self.topic, f"{self.topic}.valid", annotations=self.annotations)
        self.url = f"http://127.0.0.1:{(port := free_port())}/corrections"
        group = f"group-{self.topic}"
        options = [
            "--topic",
            self.topic,
            "--group",
            group,
            "--port",
            str(port),
            "--annotations",
            self.annotations,
            "--data-dir",
            str(folder),
        ]
        self._command = [
            sys.executable,
            "-m",
            "workers.cli",
            "stream-app",
            "--broker",
            self.address,
            *options,
        ]
        self._log = folder / "app.log"
        self._process: subprocess.Popen[bytes] | None = None

    def slow_down(self) -> None:
        """Let each start take a second more for its seek, as on a loaded machine."""
        self._command[1:3] = ["-c", SLOW_SEEK]

    def start(self) -> None:
        """Start it."""
        environment = os.environ | {"FRESHET_SESSION_TIMEOUT": "10", "FRESHET_SLOT": self.topic}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def kill(self) -> None:
        """End it without warning."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(20)
            self._process = None

    def report(self) -> dict[str, Any]:
        """What it serves; nothing while it is not up."""
        found: dict[str, Any] | None = read_json(f"{self.url}/tables/")
        return found or {"windows": {}, "outcomes": {}}

    def redrive(self) -> int:
        """Ask it to send all dead letters back; how many."""
        body = urllib.request.Request(
            f"{self.url}/redrive/", b'{"all": true}', {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(body, timeout=20) as answer:
            return int(json.load(answer)["redriven"])

    def wait(self, check: Callable[[], bool], timeout: float = 60.0) -> None:
        """Wait for a condition; its log's end where that does not come true."""
        deadline = time.monotonic() + timeout
        while not check():
            assert time.monotonic() < deadline, self._log.read_text()[-3000:]
            time.sleep(0.1)


@pytest.fixture
def app(kafka_broker: KafkaBroker, tmp_path: Path) -> Iterator[App]:
    """An app on topics of its own, not yet started."""
    made = App(kafka_broker, tmp_path)
    yield made
    made.kill()


def correction(i: int, supersedes: str | None = None) -> Correction:
    """A correction of text `i`."""
    layers = {"ents": Layer("complete", [LabelledSpan(0, 4, "BRAND" if i % 3 else "SHOP")])}
    return Correction(
        f"c-{i}", "ada", "2026-11-21", f"m-{i % N_TEXTS}", f"Nike {i}", layers, supersedes=supersedes
    )


def annotation(i: int) -> bytes:
    """The annotation of text `i`, in which the model found nothing."""
    place = Source("texts", 0, i)
    return encode_annotation(
        Annotation(
            f"m-{i}", f"Nike {i}", None, {"start": [], "end": []}, ModelRef("m", "3", "d"), place, ents=[]
        )
    )


def send(transport: Transport, topic: str, values: list[tuple[bytes | None, bytes]]) -> None:
    """Write values."""
    write(transport, [OutgoingRecord(topic, value, key, timestamp_ms=HOUR) for key, value in values])


def pairs(*corrections: Correction) -> list[tuple[bytes | None, bytes]]:
    """Keys and values of corrections."""
    return [(found.id.encode(), encode_correction(found)) for found in corrections]


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_kills_lose_nothing_and_change_nothing(app: App) -> None:
    """Killed in the middle and started again, twice: each id is in the output with one content, and the
    tables count it once."""
    transport, n = open_transport(app.address), 600
    create_topics(transport, 3, (app.annotations, *app.settings.topics))
    send(transport, app.annotations, [(None, annotation(i)) for i in range(N_TEXTS)])

    def valid() -> list[Record]:
        return list(transport.read(app.settings.output_topic))

    superseding = correction(n + 1, supersedes="late")
    late = replace(correction(n + 1), correction_id="late")
    values = pairs(*(correction(i) for i in range(n)), superseding)
    again = pairs(*(correction(i) for i in range(0, n, 2)))
    silent_and_wrong: list[tuple[bytes | None, bytes]] = [
        (None, b"no json"),
        (b"k", b'{"answer":"ignore","text":""}'),
    ]
    send(transport, app.topic, [*values, *again, *pairs(late), *silent_and_wrong])
    for share in (0.15, 0.55):
        app.start()
        app.wait(lambda share=share: len(valid()) >= share * n)  # type: ignore[misc]  # mypy does not infer lambdas with defaults
        app.kill()
    app.start()
    expected = {f"c-{i}" for i in range(n)} | {superseding.correction_id}

    def counted() -> int:
        return sum(window["corrections"] for window in app.report()["windows"].values())

    app.wait(
        lambda: (
            counted() == len(expected)
            and {decode_correction(record.value).correction_id for record in valid()} == expected
        )
    )
    contents = {
        (decode_correction(record.value).correction_id, record.key, record.value, record.headers)
        for record in valid()
    }
    assert len(contents) == len(expected)
    app.wait(lambda: len(list(transport.read(app.settings.dead_letters_to))) >= 1)
    assert {
        parse_dead_letter(record.headers).exception for record in transport.read(app.settings.dead_letters_to)
    } == {"json"}
    before = app.report()["windows"]
    (window,) = before.values()
    assert window["labels"]["ents"] == {"BRAND": n - n // 3 + 1, "SHOP": n // 3}
    joined = len(range(0, N_TEXTS, 3))
    assert window["changes"] == {"3": {"ents": {"BRAND": [0, N_TEXTS - joined, 0], "SHOP": [0, joined, 0]}}}
    app.kill()
    app.start()
    app.wait(lambda: bool(app.report()["windows"]))
    assert app.report()["windows"] == before
    assert app.redrive() >= 1
    app.wait(
        lambda: (
            max(
                parse_dead_letter(record.headers).attempts
                for record in transport.read(app.settings.dead_letters_to)
            )
            == 2
        )
    )
    transport.close()


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_nothing_is_lost_while_a_start_seeks(app: App) -> None:
    """Faust alone throws away what it reads between a recovery of tables and their streams' positions."""
    transport, n = open_transport(app.address), 30
    create_topics(transport, 3, app.settings.topics)

    def counted() -> int:
        return sum(window["corrections"] for window in app.report()["windows"].values())

    app.slow_down()
    for n_sent, n_all in ((0, n), (n, 20 * n)):  # the second start has tables to recover
        send(transport, app.topic, pairs(*(correction(i) for i in range(n_sent, n_all))))
        app.start()
        app.wait(lambda n_all=n_all: counted() == n_all)  # type: ignore[misc]  # mypy does not infer lambdas with defaults
        app.kill()
    transport.close()


@pytest.mark.broker
@pytest.mark.nightly
@pytest.mark.timeout(240)
def test_a_broker_that_dies_and_comes_back_is_waited_for(tmp_path: Path) -> None:
    """The app goes on where it stood, without a restart of its own."""
    broker, n = KafkaBroker(tmp_path / "broker"), 800
    broker.start()
    app = App(broker, tmp_path)
    transport = open_transport(app.address)
    create_topics(transport, 3, app.settings.topics)
    send(transport, app.topic, pairs(*(correction(i) for i in range(n))))
    try:
        app.start()
        app.wait(lambda: len(list(transport.read(app.settings.output_topic))) >= n // 4)
        broker.stop(kill=True)
        time.sleep(5)
        broker.start()
        app.wait(
            lambda: sum(window["corrections"] for window in app.report()["windows"].values()) == n,
            timeout=120,
        )
        found = {
            decode_correction(record.value).correction_id
            for record in open_transport(app.address).read(app.settings.output_topic)
        }
        assert found == {f"c-{i}" for i in range(n)}
    finally:
        app.kill()
        broker.stop(kill=True)
